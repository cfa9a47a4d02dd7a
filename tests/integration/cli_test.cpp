// The command line against the running daemon: every command that asks it, as people and as programs call it.
#include "integration/gateway_system.hpp"

#include <algorithm>
#include <csignal>
#include <fstream>

namespace tickgate::test {

namespace {

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out.push_back(text.substr(at, end - at));
        at = end + 1;
    }
    return out;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Finished run_for(const System& system, std::vector<std::string> words, const Process::Variables& variables = {}) {
    words.insert(words.begin(), binary);
    words.insert(words.end(), {"--config", system.config_file});
    return run(std::move(words), variables);
}

} // namespace

// One gateway for all tests of the suite: they look, and put back what they change.
class Cli : public testing::Test {
protected:
    static void SetUpTestSuite() {
        SystemOptions options;
        options.more = "publish: {kinds: [quote, trade, bar]}\n";
        system = std::make_unique<System>(options);
        ASSERT_TRUE(system->wait_ready()) << system->gateway->standard_error();
        ASSERT_TRUE(System::eventually([] { return tickgate({"status"}).code == 0; })) << tickgate({"status"}).out;
    }
    static void TearDownTestSuite() { system.reset(); }

    static Finished tickgate(std::vector<std::string> words, const Process::Variables& variables = {}) {
        return run_for(*system, std::move(words), variables);
    }
    static std::unique_ptr<System> system;
};
std::unique_ptr<System> Cli::system;

TEST_F(Cli, StatusIsOneGlance) {
    const auto done = tickgate({"status"});
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    for (const auto* part : {"gateway", "this instance publishes", "2 live", "quotas", "binance.spot"})
        EXPECT_TRUE(has(done.out, part)) << part << "\n" << done.out;
    EXPECT_FALSE(has(done.out, "\x1b")) << "no colour in a pipe";
    EXPECT_TRUE(has(tickgate({"status", "--color", "always"}).out, "\x1b[32m"));
    EXPECT_TRUE(has(tickgate({"status", "--color", "always"}, {{"NO_COLOR", "1"}}).out, "\x1b[32m")) << "asked for";
    const auto json = tickgate({"status", "-o", "json"});
    EXPECT_EQ(json.out.find("{\"data\":[{\"v\":1,\"type\":\"status\""), 0u) << json.out;
}

TEST_F(Cli, ListsComeInEveryForm) {
    const std::pair<std::vector<std::string>, const char*> lists[] = {{{"feeds"}, "binance.spot"},
        {{"providers"}, "binance"}, {{"routes"}, "crypto:BTC-USDT"}, {{"subscriptions", "list"}, "crypto:BTC-USDT"},
        {{"quota"}, "requests"}, {{"events"}, "link_up"}, {{"quote", "crypto:BTC-USDT"}, "binance"},
        {{"symbols", "BTC"}, "crypto:BTC-USDT"}, {{"validate", "crypto:BTC-USDT"}, "binance"}};
    for (const auto& [words, part] : lists)
        for (const auto* format : {"table", "json", "ndjson", "csv"}) {
            auto command = words;
            command.insert(command.end(), {"-o", format});
            const auto done = tickgate(command);
            EXPECT_EQ(done.code, 0) << words.front() << ' ' << format << ": " << done.err;
            const std::string found(part);
            const auto bare = found.substr(found.find(':') + 1); // class and symbol may be two columns
            EXPECT_TRUE(has(done.out, bare)) << words.front() << ' ' << format << "\n" << done.out;
            if (std::string_view(format) == "json") {
                EXPECT_EQ(done.out.find("{\"data\":["), 0u) << done.out;
            }
            if (std::string_view(format) == "ndjson") {
                EXPECT_EQ(done.out.front(), '{');
                EXPECT_TRUE(done.out.ends_with("}\n"));
            }
        }
}

TEST_F(Cli, QuotesKeepTheVenuesDigits) {
    const auto done = tickgate({"quote", "BTC-USDT", "-o", "ndjson"});
    ASSERT_EQ(done.code, 0) << done.err;
    std::string last; // written a moment after the first quote
    ASSERT_TRUE(System::eventually([&] {
        last = system->redis.cli({"GET", "md:last:quote:crypto:BTC-USDT"}).text;
        return last.find("\"bid\"") != std::string::npos;
    }));
    const auto decimals = [](const std::string& number) { return number.size() - number.find('.'); };
    EXPECT_EQ(decimals(raw_field(done.out, "bid")), decimals(raw_field(last, "bid"))) << done.out << last;
    const auto wrong = tickgate({"quote", "crypto:BTC-USDT", "crypto:NO-SUCH"});
    EXPECT_EQ(wrong.code, 1);
    EXPECT_TRUE(has(wrong.out, "crypto:BTC-USDT"));
    EXPECT_TRUE(has(wrong.err, "crypto:NO-SUCH")) << wrong.err;
}

TEST_F(Cli, LeasesAreTakenAndEnded) {
    const auto added = tickgate({"subscriptions", "add", "crypto:SOL-USDT", "--lease", "5m", "--channels", "quote"});
    EXPECT_EQ(added.code, 0) << added.err;
    EXPECT_TRUE(has(added.out, "crypto:SOL-USDT")) << added.out;
    EXPECT_TRUE(has(tickgate({"subscriptions", "list", "-o", "ndjson"}).out, "\"client\":\"tickgate\""));
    const auto ended = tickgate({"subscriptions", "remove", "--all"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(tickgate({"subscriptions", "remove"}).code, 2);
    EXPECT_EQ(tickgate({"subscriptions", "add"}).code, 2);
}

TEST_F(Cli, EventsFollowUntilInterrupted) {
    Process follow({binary, "events", "--follow", "--limit", "1", "-o", "ndjson", "--config", system->config_file});
    ASSERT_TRUE(follow.wait_for_line("\"event\""));
    system->fault(R"({"fault":"drop"})");
    EXPECT_TRUE(follow.wait_for_line("\"event\":\"link_down\"")) << follow.standard_output() << follow.standard_error();
    follow.signal(SIGINT);
    EXPECT_EQ(follow.exit_code(), 0);
    EXPECT_TRUE(System::eventually([] { return tickgate({"status"}).code == 0; }));
}

TEST_F(Cli, TheLogLevelIsShownAndChanged) {
    EXPECT_EQ(tickgate({"log-level"}).out, "debug\n");
    EXPECT_EQ(tickgate({"log-level", "info"}).out, "info\n");
    EXPECT_EQ(tickgate({"log-level"}).out, "info\n");
    EXPECT_EQ(tickgate({"log-level", "debug"}).code, 0);
    EXPECT_EQ(tickgate({"log-level", "loud"}).code, 2);
}

TEST_F(Cli, AReloadSaysWhatCameOfIt) {
    std::string good;
    {
        std::ifstream in(system->config_file);
        good.assign(std::istreambuf_iterator<char>(in), {});
    }
    const auto same = tickgate({"reload"});
    EXPECT_EQ(same.code, 0) << same.err;
    EXPECT_TRUE(has(same.out, "nothing has changed")) << same.out;
    std::ofstream(system->config_file) << good << "nonsense: 1\n";
    const auto bad = run({binary, "reload", "--url", "http://127.0.0.1:" + std::to_string(system->http_port)});
    EXPECT_EQ(bad.code, 78) << bad.err;
    EXPECT_TRUE(has(bad.err, "nonsense")) << bad.err;
    EXPECT_TRUE(has(bad.err, "nothing was changed"));
    std::ofstream(system->config_file) << good;
}

TEST_F(Cli, ConfigShowsTheFileAndWhatRuns) {
    const auto file = tickgate({"config", "show", "-o", "json"});
    const auto running = tickgate({"config", "show", "--running", "-o", "json"});
    EXPECT_EQ(file.code, 0) << file.err;
    EXPECT_EQ(running.code, 0) << running.err;
    EXPECT_EQ(field(file.out, "digest"), field(running.out, "digest"));
    EXPECT_TRUE(has(tickgate({"config", "show"}).out, "redis.prefix: md\n"));
}

TEST_F(Cli, ChecksAreOneLineForNagios) {
    for (const auto* what : {"feed", "quota", "gaps", "all"}) {
        const auto done = tickgate({"check", what});
        EXPECT_TRUE(done.code == 0 || std::string_view(what) != "feed") << what << done.out;
        EXPECT_EQ(lines_of(done.out).size(), 1u) << done.out;
        EXPECT_EQ(std::count(done.out.begin(), done.out.end(), '|'), 1) << done.out;
        EXPECT_EQ(done.err, "");
    }
    EXPECT_EQ(tickgate({"check", "quota", "--critical", "@0:100"}).code, 2);
    EXPECT_EQ(tickgate({"check", "quota", "--warning", "@0:100", "--critical", "101"}).code, 1);
    EXPECT_EQ(tickgate({"check", "feed", "--feed", "nobody.x"}).code, 3);
    EXPECT_EQ(tickgate({"check", "all", "--warning", "5"}).code, 2) << "usage";
    EXPECT_EQ(tickgate({"check", "feed", "--warning", "x"}).code, 2) << "usage";
    const auto away = run({binary, "check", "--url", "http://127.0.0.1:1"});
    EXPECT_EQ(away.code, 2);
    EXPECT_TRUE(away.out.starts_with("CRITICAL - ")) << away.out;
    EXPECT_EQ(run({binary, "check", "--config", "/none.yaml"}).code, 3);
}

TEST_F(Cli, TopInAPipeIsLines) {
    const auto done = tickgate({"top", "--count", "2", "--interval", "0.6"});
    EXPECT_EQ(done.code, 0) << done.err;
    EXPECT_TRUE(has(done.out, "feed binance.spot state=live")) << done.out;
    EXPECT_TRUE(has(done.out, "symbol crypto:BTC-USDT state=live from=binance bid=")) << done.out;
    EXPECT_FALSE(has(done.out, "\x1b"));
    for (const auto* interval : {"nan", "-nan", "inf", "0", "1e9", "soon"})
        EXPECT_EQ(tickgate({"top", "--count", "1", "--interval", interval}).code, 2) << interval;
}

TEST_F(Cli, TopGivesTheTerminalBackHoweverItEnds) {
    for (const auto* end : {"q", "interrupt", "terminate", "hangup"}) {
        const auto done = run({"/usr/bin/python3", std::string(TICKGATE_SOURCE) + "/tests/integration/top_session.py",
            binary, system->config_file, end});
        EXPECT_EQ(done.code, 0) << end << "\n" << done.err;
    }
}

TEST_F(Cli, WhatIsWrongIsSaidWithTheFix) {
    const auto away = run({binary, "status", "--url", "http://127.0.0.1:1"});
    EXPECT_EQ(away.code, 69);
    EXPECT_EQ(away.out, "");
    EXPECT_TRUE(has(away.err, "http://127.0.0.1:1")) << away.err;
    EXPECT_TRUE(has(away.err, "is it running?")) << away.err;
    EXPECT_EQ(run({binary, "status", "--config", "/none.yaml"}).code, 78);
    EXPECT_EQ(run({binary, "status", "--url", "127.0.0.1:1"}).code, 2);
    EXPECT_EQ(run({binary, "status", "--token-file", "/none"}).code, 2);
    for (const auto& [words, meant] : {std::pair(std::vector<std::string>{"statsu"}, "`status`"),
             std::pair(std::vector<std::string>{"config", "shwo"}, "`show`"),
             std::pair(std::vector<std::string>{"feeds", "--outptu", "json"}, "`--output`")}) {
        auto command = words;
        command.insert(command.begin(), binary);
        const auto done = run(command);
        EXPECT_EQ(done.code, 2);
        EXPECT_TRUE(has(done.err, meant)) << done.err;
    }
    EXPECT_EQ(tickgate({"feeds", "-o", "xml"}).code, 2);
}

TEST_F(Cli, ABrokenPipeIsQuiet) {
    const auto done = run({"/bin/bash", "-c",
        "'" + binary + "' symbols T --limit 5000 -o ndjson --config '" + system->config_file +
            "' | head -1 >/dev/null"});
    EXPECT_EQ(done.err, "");
}

// A token of each scope, over TLS with a certificate that signed itself.
TEST(CliAccess, TokensAndTlsComeFromTheConfiguration) {
    SystemOptions options;
    options.start = false;
    System system(options);
    const auto admin = system.directory.write("admin", "admin-token-4711\n"),
               read = system.directory.write("read", "read-token-4711\n");
    const auto key = system.directory.path() + "/key.pem", certificate = system.directory.path() + "/cert.pem";
    ASSERT_EQ(run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                      "-subj", "/CN=localhost", "-days", "2", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"})
                  .code,
        0);
    std::string text;
    {
        std::ifstream in(system.config_file);
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    text.insert(text.find("http: {") + 7, "tls: {cert_file: " + certificate + ", key_file: " + key +
                                              "}, tokens: {boss: {scope: "
                                              "admin, token_file: " +
                                              admin + "}, guest: {scope: read, token_file: " + read + "}}, ");
    system.directory.write("tickgate.yaml", text);
    system.start_gateway();
    const auto tickgate = [&](std::vector<std::string> words) { return run_for(system, std::move(words)); };
    ASSERT_TRUE(System::eventually([&] { return tickgate({"status"}).code == 0; }))
        << tickgate({"status"}).err << system.gateway->standard_error();
    EXPECT_EQ(tickgate({"log-level", "info"}).code, 0) << "the token of admin scope is taken";
    const auto guest = tickgate({"log-level", "debug", "--token-file", read});
    EXPECT_EQ(guest.code, 77) << guest.err;
    EXPECT_TRUE(has(guest.err, "scope admin")) << guest.err;
    EXPECT_EQ(tickgate({"feeds", "--token-file", read}).code, 0);
    const auto wrong = tickgate({"feeds", "--token-file", system.directory.write("wrong", "nonsense\n")});
    EXPECT_EQ(wrong.code, 77);
    EXPECT_TRUE(has(wrong.err, "--token-file")) << wrong.err;
    EXPECT_FALSE(has(wrong.err, "nonsense"));
    const auto url = "https://127.0.0.1:" + std::to_string(system.http_port);
    const auto stranger = run({binary, "feeds", "--url", url, "--token-file", read});
    EXPECT_EQ(stranger.code, 69);
    EXPECT_TRUE(has(stranger.err, "certificate")) << stranger.err;
    EXPECT_EQ(run({binary, "feeds", "--url", url, "--token-file", read, "--ca-file", certificate}).code, 0);
    const auto no_authority = run({binary, "feeds", "--url", url, "--token-file", read, "--ca-file", "/none.pem"});
    EXPECT_EQ(no_authority.code, 2);
    EXPECT_TRUE(has(no_authority.err, "--ca-file /none.pem")) << no_authority.err;
}

// Secrets that systemd hands to the service alone, in the file that clients read as well.
TEST(CliAccess, WhatOnlyTheServiceCanReadKeepsNoClientFromAsking) {
    const TemporaryDirectory secrets;
    const auto token = secrets.write("secret_token", "a-token-of-the-desk-1\n");
    SystemOptions options;
    options.start = false;
    options.variables = {{"CREDENTIALS_DIRECTORY", secrets.path()}};
    System system(options);
    std::string text;
    {
        std::ifstream in(system.config_file);
        text.assign(std::istreambuf_iterator<char>(in), {});
    }
    text.insert(text.find("http: {") + 7, "token_file: \"${CREDENTIALS_DIRECTORY}/secret_token\", ");
    text.insert(text.find("providers:") + 10,
        "\n  massive: {enabled: false, api_key_file: \"${CREDENTIALS_DIRECTORY}/secret_token\"}");
    system.directory.write("tickgate.yaml", text);
    system.start_gateway();
    const auto tickgate = [&](std::vector<std::string> words) { return run_for(system, std::move(words)); };
    ASSERT_TRUE(System::eventually([&] {
        return tickgate({"status", "--token-file", token}).code == 0;
    })) << tickgate({"status", "--token-file", token}).err
        << system.gateway->standard_error();
    for (const auto& words : std::vector<std::vector<std::string>>{
             {"feeds"}, {"quote", "crypto:BTC-USDT"}, {"top", "--count", "1"}, {"subscriptions", "list"}}) {
        auto with = words;
        with.insert(with.end(), {"--token-file", token});
        const auto done = tickgate(with);
        EXPECT_EQ(done.code, 0) << words.front() << done.err;
        const auto without = tickgate(words);
        EXPECT_EQ(without.code, 77) << words.front() << without.err;
        EXPECT_TRUE(has(without.err, "CREDENTIALS_DIRECTORY") && has(without.err, "--token-file")) << without.err;
    }
    const auto tail = tickgate({"tail", "crypto:BTC-USDT", "--count", "1"});
    EXPECT_EQ(tail.code, 0) << tail.err;
    EXPECT_EQ(tickgate({"check-config"}).code, 78) << "what the service needs is still looked at";
}

} // namespace tickgate::test
