// The configuration is read again while everything runs: what did not change is not touched.
#include "integration/market_system.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tickgate::test {
namespace {

using namespace std::chrono_literals;

const std::string btc = "crypto:BTC-USDT", eth = "crypto:ETH-USDT";

// The calendar says closed on a weekend until data has shown otherwise for a while.
bool serves(const std::string& feed_state) { return feed_state == "live" || feed_state == "closed"; }

std::string text_of(const std::string& path) {
    std::ifstream in(path);
    std::stringstream buffer;
    buffer << in.rdbuf();
    return buffer.str();
}

// Writes the file anew with one part replaced; the part must be there.
void edit(const std::string& path, const std::string& part, const std::string& by) {
    auto text = text_of(path);
    const auto at = text.find(part);
    ASSERT_NE(at, std::string::npos) << part << " is not in\n" << text;
    std::ofstream(path) << text.replace(at, part.size(), by);
}

// What both fixtures have.
template <class S>
class Reloaded {
public:
    explicit Reloaded(S& system) : system_(system) {}

    HttpAnswer post() const { return http(system_.http_port, "POST", "/api/v1/reload"); }
    std::size_t count(const std::string& result) const {
        const auto text = http_get(system_.http_port, "/metrics").body;
        const auto name = "tickgate_config_reloads_total{result=\"" + result + "\"} ";
        const auto at = text.find(name);
        return at == std::string::npos ? 0 : std::strtoul(text.c_str() + at + name.size(), nullptr, 10);
    }
    // SIGHUP; true when it was applied (or refused, as `result` says).
    bool hang_up(const std::string& result = "applied") const {
        const auto before = count(result);
        system_.gateway->signal(SIGHUP);
        return System::eventually([&] { return count(result) > before; });
    }
    double metric(const std::string& series) const {
        const auto text = "\n" + http_get(system_.http_port, "/metrics").body;
        const auto at = text.find("\n" + series + " ");
        return at == std::string::npos ? -1 : std::atof(text.c_str() + at + series.size() + 2);
    }
    double attempts(const std::string& feed) const {
        return metric("tickgate_feed_connect_attempts_total{feed=\"" + feed + "\"}");
    }
    std::string status() const { return http_get(system_.http_port, "/api/v1/status").body; }

private:
    S& system_;
};

SystemOptions one_symbol() {
    SystemOptions o;
    o.venue = {"--kind", "spot", "--symbols", "BTCUSDT,ETHUSDT", "--rate", "100"};
    o.symbols = "crypto: [BTC-USDT]";
    o.more = "publish: {linger: 1s, timeframes: [1s]}\n";
    return o;
}

MarketOptions two_venues() {
    MarketOptions o;
    for (const char* name : {"massive", "tradier"})
        o.venues[name] = small_venue(name);
    o.routes = "equity: [massive, tradier]";
    o.symbols = "equity: [AAPL]";
    return o;
}

TEST(Reload, SymbolsComeAndGoWhileTheOthersKeepTheirConnectionAndTheirNumbers) {
    System system(one_symbol());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    const auto attempts = reload.attempts("binance.spot");
    const auto session = listener.on("md:trade:" + btc).front().get("session");

    edit(system.config_file, "crypto: [BTC-USDT]", "crypto: [BTC-USDT, ETH-USDT]");
    ASSERT_TRUE(reload.hang_up());
    for (const auto* kind : {"md:quote:", "md:trade:", "md:bar:1s:"})
        EXPECT_TRUE(listener.until_message(kind + eth)) << kind;
    EXPECT_TRUE(System::eventually([&] { return system.state_of(eth) == "live"; }));
    EXPECT_NE(system.redis.get("md:last:quote:" + eth), "");

    edit(system.config_file, "crypto: [BTC-USDT, ETH-USDT]", "crypto: [BTC-USDT]");
    const auto answer = reload.post();
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_NE(answer.body.find("\"applied\":true"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("symbols.crypto:ETH-USDT"), std::string::npos) << answer.body;
    for (const auto* key : {"md:state:", "md:last:quote:", "md:last:trade:", "md:last:bar:1s:"})
        EXPECT_TRUE(System::eventually([&] { return system.redis.get(key + eth).empty(); })) << key;
    EXPECT_EQ(system.redis.cli({"SISMEMBER", "md:symbols:crypto", "ETH-USDT"}).text, "0");

    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    ASSERT_TRUE(listener.until_message("md:bar:1s:" + btc));
    for (const auto* channel : {"md:quote:", "md:trade:", "md:bar:1s:"})
        EXPECT_TRUE(is_unbroken(listener.on(channel + btc))) << channel;
    EXPECT_EQ(listener.on("md:trade:" + btc).back().get("session"), session);
    EXPECT_TRUE(listener.events("gap_opened").empty());
    EXPECT_TRUE(listener.events("link_down").empty());
    EXPECT_EQ(reload.attempts("binance.spot"), attempts) << "the connection was kept";
    EXPECT_TRUE(listener.until([&] { return listener.events("config_reloaded", "gateway").size() == 2; }));
    EXPECT_EQ(reload.metric("tickgate_config_last_reload_successful"), 1);
}

TEST(Reload, ABadFileLeavesEverythingAsItWas) {
    System system(one_symbol());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    const auto good = text_of(system.config_file);
    const auto digest = system.redis.cli({"HGET", "md:info", "config_digest"}).text;
    const auto attempts = reload.attempts("binance.spot");

    edit(system.config_file, "linger: 1s", "linger: soon, lingr: 1s");
    edit(system.config_file, "[BTC-USDT]", "[ETH-USDT]"); // good by itself, and not applied
    const auto answer = reload.post();
    EXPECT_EQ(answer.status, 422) << answer.body;
    EXPECT_NE(answer.head.find("application/problem+json"), std::string::npos) << answer.head;
    EXPECT_NE(answer.body.find("publish.linger"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("publish.lingr"), std::string::npos) << "every problem: " << answer.body;
    EXPECT_NE(answer.body.find("\"line\":"), std::string::npos) << answer.body;
    ASSERT_TRUE(reload.hang_up("refused")) << "SIGHUP likewise";
    EXPECT_TRUE(system.gateway->wait_for_line("event=problem file=" + system.config_file + " line="));
    EXPECT_TRUE(system.gateway->wait_for_line("event=config_rejected"));
    ASSERT_TRUE(listener.until_event("config_rejected", "gateway"));
    const auto event = listener.events("config_rejected", "gateway").front();
    EXPECT_NE(event.get("text").find(digest), std::string::npos) << event.payload;
    EXPECT_EQ(reload.metric("tickgate_config_last_reload_successful"), 0);

    std::filesystem::remove(system.config_file);
    const auto missing = reload.post();
    EXPECT_EQ(missing.status, 422) << missing.body;
    EXPECT_NE(missing.body.find("cannot read the configuration"), std::string::npos) << missing.body;

    EXPECT_TRUE(listener.until_message("md:trade:" + btc));
    EXPECT_TRUE(is_unbroken(listener.on("md:trade:" + btc)));
    EXPECT_EQ(system.state_of(eth), "");
    EXPECT_EQ(reload.attempts("binance.spot"), attempts);
    EXPECT_EQ(system.redis.cli({"HGET", "md:info", "config_digest"}).text, digest);

    std::ofstream(system.config_file) << good;
    EXPECT_EQ(reload.post().status, 200);
    EXPECT_EQ(reload.metric("tickgate_config_last_reload_successful"), 1);
}

TEST(Reload, WhatNeedsARestartIsListedAndStaysAsItIs) {
    System system(one_symbol());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    const auto before = system.redis.cli({"HGET", "md:info", "config_digest"}).text;
    edit(system.config_file, "redis: {", "redis: {prefix: other, ");
    edit(system.config_file, "timeframes: [1s]", "timeframes: [1s, 5s]");
    const auto answer = reload.post();
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_NE(answer.body.find("\"restart\":[\"redis.prefix\"]"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find("publish.timeframes"), std::string::npos) << answer.body;
    EXPECT_TRUE(system.gateway->wait_for_line("key=redis.prefix old=md new=other effect=restart"));
    EXPECT_TRUE(system.gateway->wait_for_line("key=publish.timeframes"));
    EXPECT_TRUE(listener.until_message("md:bar:5s:" + btc)) << "the rest is applied";
    EXPECT_NE(reload.status().find("\"restart_pending\":[\"redis.prefix\"]"), std::string::npos) << reload.status();
    EXPECT_EQ(reload.metric("tickgate_config_restart_pending"), 1);
    EXPECT_TRUE(System::eventually([&] {
        return system.redis.cli({"HGET", "md:info", "config_digest"}).text != before;
    }));

    edit(system.config_file, "redis: {prefix: other, ", "redis: {");
    ASSERT_EQ(reload.post().status, 200);
    EXPECT_EQ(reload.metric("tickgate_config_restart_pending"), 0);
}

TEST(Reload, CredentialsAreRotatedWithoutAHole) {
    auto options = two_venues();
    options.venues["massive"].insert(options.venues["massive"].end(), {"--max-connections", "2"});
    MarketSystem system(options);
    Reloaded reload(system);
    Listener listener(system.redis.port());
    const std::string channel = "md:trade:equity:AAPL";
    ASSERT_TRUE(listener.until(
        [&] { return !listener.on(channel).empty() && listener.on(channel).back().get("provider") == "massive"; },
        60s));
    const auto tradier = reload.attempts("tradier.market");
    listener.forget();

    // A wrong key: the connection that was made with the right one goes on.
    edit(system.config_file, "massive: {api_key: " + credential, "massive: {api_key: wrong-credential-0000000000");
    const auto answer = reload.post();
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_NE(answer.body.find("(changed)"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.body.find("wrong-credential"), std::string::npos) << answer.body;
    EXPECT_TRUE(system.gateway->wait_for_line("event=replacement_failed feed=massive.stocks"));
    EXPECT_TRUE(listener.until_message(channel));

    edit(system.config_file, "massive: {api_key: wrong-credential-0000000000", "massive: {api_key: " + credential);
    ASSERT_TRUE(reload.hang_up());
    EXPECT_TRUE(System::eventually(
        [&] { return reload.metric("tickgate_feed_rotations_total{feed=\"massive.stocks\"}") >= 1; }, 60s));
    ASSERT_TRUE(listener.until_message(channel));
    for (const auto& m : listener.on(channel))
        EXPECT_EQ(m.get("provider"), "massive");
    EXPECT_TRUE(is_unbroken(listener.on(channel)));
    EXPECT_TRUE(listener.events("gap_opened", "equity:AAPL").empty());
    EXPECT_TRUE(listener.events("route", "equity:AAPL").empty());
    EXPECT_EQ(reload.attempts("tradier.market"), tradier) << "another provider is not touched";
    EXPECT_EQ(system.gateway->standard_error().find("wrong-credential"), std::string::npos);
    EXPECT_EQ(system.gateway->standard_error().find(credential), std::string::npos);
}

TEST(Reload, RefusedCredentialsAreMendedWithoutARestart) {
    auto options = two_venues();
    options.venues["massive"][1] = "another-credential-9876543210";
    options.wait = false;
    MarketSystem system(options);
    Reloaded reload(system);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:quote:equity:AAPL"));
    ASSERT_TRUE(system.gateway->wait_for_line("check the credentials of providers.massive"));
    edit(system.config_file, "massive: {api_key: " + credential, "massive: {api_key: another-credential-9876543210");
    ASSERT_TRUE(reload.hang_up());
    EXPECT_TRUE(listener.until(
        [&] {
            return !listener.on("md:quote:equity:AAPL").empty() &&
                   listener.on("md:quote:equity:AAPL").back().get("provider") == "massive";
        },
        60s));
    EXPECT_TRUE(serves(system.redis.cli({"HGET", "md:status:massive.stocks", "state"}).text));
}

TEST(Reload, AnotherOrderOfTheRouteSwitchesWithOneEvent) {
    MarketSystem system(two_venues());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    const std::string channel = "md:quote:equity:AAPL";
    ASSERT_TRUE(listener.until(
        [&] { return !listener.on(channel).empty() && listener.on(channel).back().get("provider") == "massive"; },
        60s));
    const auto massive = reload.attempts("massive.stocks"), tradier = reload.attempts("tradier.market");
    listener.forget();
    ASSERT_TRUE(listener.until_message(channel));
    edit(system.config_file, "equity: [massive, tradier]", "equity: [tradier, massive]");
    ASSERT_EQ(reload.post().status, 200);
    ASSERT_TRUE(listener.until([&] { return listener.on(channel).back().get("provider") == "tradier"; }, 60s));
    ASSERT_TRUE(listener.until_message(channel));
    EXPECT_EQ(listener.events("route", "equity:AAPL").size(), 1u);
    EXPECT_TRUE(is_unbroken(listener.on(channel)));
    EXPECT_EQ(reload.attempts("massive.stocks"), massive);
    EXPECT_EQ(reload.attempts("tradier.market"), tradier);
}

TEST(Reload, AProviderIsTurnedOffAndOnAgain) {
    MarketSystem system(two_venues());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    const std::string channel = "md:quote:equity:AAPL";
    ASSERT_TRUE(listener.until(
        [&] { return !listener.on(channel).empty() && listener.on(channel).back().get("provider") == "massive"; },
        60s));
    edit(system.config_file, "massive: {", "massive: {enabled: false, ");
    edit(system.config_file, "equity: [massive, tradier]", "equity: [tradier]");
    ASSERT_EQ(reload.post().status, 200);
    ASSERT_TRUE(listener.until([&] { return listener.on(channel).back().get("provider") == "tradier"; }));
    EXPECT_TRUE(System::eventually([&] {
        return system.redis.cli({"EXISTS", "md:status:massive.stocks"}).text == "0";
    }));
    EXPECT_TRUE(System::eventually([&] { return reload.attempts("massive.stocks") == -1; })) << "no series of it";
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 200; }));
    const auto state = http_get(system.control_ports.at("massive"), "/control/state").body;
    EXPECT_TRUE(is_unbroken(listener.on(channel))) << state;

    edit(system.config_file, "massive: {enabled: false, ", "massive: {");
    edit(system.config_file, "equity: [tradier]", "equity: [massive, tradier]");
    ASSERT_TRUE(reload.hang_up());
    EXPECT_TRUE(listener.until([&] { return listener.on(channel).back().get("provider") == "massive"; }, 60s));
    EXPECT_TRUE(is_unbroken(listener.on(channel)));
    EXPECT_TRUE(serves(system.redis.cli({"HGET", "md:status:massive.stocks", "state"}).text));
}

TEST(Reload, AnotherAddressIsConnectedToAndItsHoleAnnounced) {
    System system(one_symbol());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    const auto port = free_port();
    Process other({binary, "venue", "binance", "--port", std::to_string(port), "--control-port",
        std::to_string(free_port()), "--kind", "spot", "--symbols", "BTCUSDT", "--rate", "100"});
    ASSERT_TRUE(other.wait_for_line("simulated Binance venue"));
    edit(system.config_file, "ws: \"ws://127.0.0.1:" + std::to_string(system.venue_port),
        "ws: \"ws://127.0.0.1:" + std::to_string(port));
    listener.forget();
    ASSERT_EQ(reload.post().status, 200);
    ASSERT_TRUE(listener.until_event("gap_opened", btc));
    EXPECT_FALSE(listener.events("link_down", "binance.spot").empty());
    EXPECT_EQ(listener.events("link_down").front().get("text"), "the configuration was changed");
    ASSERT_TRUE(listener.until_event("link_up", "binance.spot"));
    ASSERT_TRUE(System::eventually([&] { return system.state_of(btc) == "live"; }));
    listener.drain();
    EXPECT_TRUE(listener.until_message("md:trade:" + btc)) << "its ids are lower, and no repeats for that";
    EXPECT_TRUE(is_unbroken(listener.on("md:trade:" + btc)));
    EXPECT_EQ(listener.events("gap_opened", btc).front().get("cause"), "configuration");
}

std::size_t entries(const std::string& directory) {
    std::error_code ec;
    std::size_t n = 0;
    for (auto it = std::filesystem::directory_iterator(directory, ec);
         !ec && it != std::filesystem::directory_iterator(); it.increment(ec))
        ++n;
    return n;
}

TEST(Reload, FiftyInARowLeakNothingAndLoseNothing) {
    System system(one_symbol());
    Reloaded reload(system);
    Listener listener(system.redis.port());
    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    const auto attempts = reload.attempts("binance.spot");
    const auto process = "/proc/" + std::to_string(system.gateway->pid());
    const auto one = text_of(system.config_file);
    edit(system.config_file, "crypto: [BTC-USDT]", "crypto: [BTC-USDT, ETH-USDT]");
    edit(system.config_file, "binance:\n", "binance:\n    limits: {messages_per_second: 4}\n");
    edit(system.config_file, "linger: 1s", "linger: 0s");
    const auto two = text_of(system.config_file);
    double memory = 0;
    std::size_t files = 0, threads = 0;
    for (int i = 0; i < 50; ++i) {
        std::ofstream(system.config_file) << (i % 2 == 0 ? two : one);
        ASSERT_EQ(reload.post().status, 200) << i;
        listener.drain();
        if (i == 9) {
            memory = reload.metric("tickgate_resident_bytes");
            files = entries(process + "/fd");
            threads = entries(process + "/task");
        }
    }
    EXPECT_LT(reload.metric("tickgate_resident_bytes"), memory + (8 << 20));
    EXPECT_LE(entries(process + "/fd"), files + 3);
    EXPECT_LE(entries(process + "/task"), threads + 1);
    EXPECT_EQ(reload.count("applied"), 50u);
    ASSERT_TRUE(listener.until_message("md:trade:" + btc));
    EXPECT_TRUE(is_unbroken(listener.on("md:trade:" + btc)));
    EXPECT_TRUE(is_unbroken(listener.on("md:quote:" + btc)));
    EXPECT_TRUE(losses_are_announced(listener, btc));
    EXPECT_TRUE(listener.events("gap_opened", btc).empty());
    EXPECT_EQ(reload.attempts("binance.spot"), attempts);
}

TEST(Reload, ManyAtOnceAreDoneOneAfterTheOther) {
    System system(one_symbol());
    Reloaded reload(system);
    std::vector<std::thread> clients;
    std::atomic<int> good{0};
    for (int i = 0; i < 8; ++i)
        clients.emplace_back([&] { good += reload.post().status == 200; });
    for (int i = 0; i < 8; ++i)
        system.gateway->signal(SIGHUP);
    for (auto& client : clients)
        client.join();
    EXPECT_EQ(good, 8);
    EXPECT_TRUE(System::eventually([&] { return reload.count("applied") >= 9; }));
    EXPECT_TRUE(system.gateway->running());
}

bool holds_hang_ups(pid_t pid) {
    std::error_code none;
    if (std::filesystem::read_symlink("/proc/" + std::to_string(pid) + "/exe", none).filename() != "tickgate")
        return false; // until then it is a copy of this process, with every signal held
    const auto status = text_of("/proc/" + std::to_string(pid) + "/status");
    const auto at = status.find("SigBlk:");
    return at != std::string::npos && (std::strtoull(status.c_str() + at + 7, nullptr, 16) & 1u << (SIGHUP - 1)) != 0;
}

TEST(Reload, AHangUpNeverEndsTheGateway) {
    auto options = one_symbol();
    options.start = false;
    System system(options);
    system.start_gateway();
    // Before its first instruction nothing can be held back.
    ASSERT_TRUE(System::eventually([&] { return holds_hang_ups(system.gateway->pid()); }));
    do {
        system.gateway->signal(SIGHUP);
        ASSERT_TRUE(system.gateway->running()) << system.gateway->standard_error();
    } while (!system.gateway->wait_for_line("event=started", 1ms));
    ASSERT_TRUE(system.wait_ready());
    Reloaded reload(system);
    EXPECT_TRUE(System::eventually([&] { return reload.count("applied") >= 1; }))
        << "asked for before there was an ear";
    system.gateway->signal(SIGTERM);
    for (int i = 0; i < 200 && system.gateway->running(); ++i)
        system.gateway->signal(SIGHUP);
    EXPECT_EQ(system.gateway->exit_code(), 0) << system.gateway->standard_error();
}

TEST(Reload, TheLogLevelIsChangedAtRunTime) {
    System system(one_symbol());
    const auto before = http_get(system.http_port, "/api/v1/log-level");
    EXPECT_NE(before.body.find("debug"), std::string::npos) << before.body;
    const auto put =
        http(system.http_port, "PUT", "/api/v1/log-level", R"({"level":"warn"})", "Content-Type: application/json\r\n");
    EXPECT_EQ(put.status, 200) << put.body;
    EXPECT_TRUE(system.gateway->wait_for_line("event=log_level old=debug new=warn"));
    EXPECT_NE(http_get(system.http_port, "/api/v1/log-level").body.find("warn"), std::string::npos);
    EXPECT_EQ(
        http(system.http_port, "PUT", "/api/v1/log-level", R"({"level":"loud"})", "Content-Type: application/json\r\n")
            .status,
        400);
}

} // namespace
} // namespace tickgate::test
