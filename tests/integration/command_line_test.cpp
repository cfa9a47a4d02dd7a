// Exit codes and messages of the command line, and what must never be in them.
#include "integration/gateway_system.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

namespace tickgate::test {

namespace {

const std::string quiet = "symbols: {}\n";

std::string file_text(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
}

} // namespace

TEST(CommandLine, SaysItsVersion) {
    const auto done = run({binary, "version"});
    EXPECT_EQ(done.code, 0);
    EXPECT_TRUE(done.out.starts_with("tickgate ")) << done.out;
}

TEST(CommandLine, ExitsTwoOnWrongUsageAndSuggestsTheNearestWord) {
    EXPECT_EQ(run({binary}).code, 2);
    EXPECT_EQ(run({binary, "run", "--no-such-option"}).code, 2);
    EXPECT_EQ(run({binary, "venue", "nobody"}).code, 2);
    EXPECT_EQ(run({binary, "venue", "binance", "--fault", "nonsense"}).code, 2);
    const auto done = run({binary, "chekc-config"});
    EXPECT_EQ(done.code, 2);
    EXPECT_NE(done.err.find("check-config"), std::string::npos) << done.err;
}

TEST(CommandLine, TellsEveryConfigurationProblemWithItsPlaceAndExits78) {
    const TemporaryDirectory directory;
    const auto file = directory.write("bad.yaml", "redis: {url: \"http://x\"}\npublish:\n  linger: soon\n  kinds: "
                                                  "[quote, tick]\nsymbls: {}\nhttp: {listen: \"0.0.0.0:80\"}\n");
    for (const auto* command : {"check-config", "run"}) {
        const auto done = run({binary, command, "--config", file});
        EXPECT_EQ(done.code, 78);
        for (const auto* part : {"bad.yaml:1:", "bad.yaml:3:", "bad.yaml:4:", "bad.yaml:5:", "bad.yaml:6:",
                 "publish.linger", "symbols", "token"})
            EXPECT_NE(done.err.find(part), std::string::npos) << part << "\n" << done.err;
    }
    EXPECT_EQ(run({binary, "run", "--config", directory.path() + "/none.yaml"}).code, 78);
}

TEST(CommandLine, AcceptsTheSampleConfiguration) {
    const auto done = run({binary, "check-config", "--config", std::string(TICKGATE_SOURCE) + "/config/tickgate.yaml"});
    EXPECT_EQ(done.code, 0) << done.err;
}

TEST(CommandLine, ExitsSixtyNineWhenItsPortIsTaken) {
    const RedisServer redis;
    const TemporaryDirectory directory;
    const auto file = directory.write(
        "tickgate.yaml", "redis: {url: \"" + redis.url() +
                             "\"}\nhttp: {listen: \"127.0.0.1:" + std::to_string(redis.port()) + "\"}\n" + quiet);
    const auto done = run({binary, "run", "--config", file});
    EXPECT_EQ(done.code, 69);
    EXPECT_NE(done.err.find("listen_failed"), std::string::npos) << done.err;
    const auto venue = run({binary, "venue", "binance", "--port", std::to_string(redis.port())});
    EXPECT_EQ(venue.code, 69);
}

// Words that only secrets hold are looked for in everything the daemon lets out.
TEST(CommandLine, NeverShowsSecrets) {
    const std::string password = "canary-redis-5f1c", token = "canary-token-77ab", massive = "canary-massive-90de",
                      oanda = "canary-oanda-31aa";
    SystemOptions options;
    options.redis = {"--requirepass", password};
    options.redis_more = ", password: \"" + password + "\"";
    options.binance_more =
        "  massive: {api_key: \"" + massive + "\"}\n  oanda: {token: \"${CANARY}\", account: \"1\"}\n";
    options.variables = {{"CANARY", oanda}};
    options.more = "log: {level: trace}\nroutes: {crypto: [binance]}\n";
    options.start = false;
    System system(options);
    auto text = file_text(system.config_file);
    const auto listen = text.find("http: {");
    text.insert(listen + 7, "token: \"" + token + "\", ");
    system.directory.write("tickgate.yaml", text);
    system.start_gateway();
    ASSERT_TRUE(system.wait_ready()) << system.gateway->standard_error();

    RedisClient reader(system.redis.port());
    reader({"AUTH", password});
    reader({"PSUBSCRIBE", "md:*"});
    std::string seen;
    RedisAnswer answer;
    for (int i = 0; i < 200 && reader.poll(answer, 1000); ++i)
        for (const auto& part : answer.elements)
            seen += part.text + "\n";
    // Reconnects and failures talk most.
    system.fault(R"({"fault":"drop"})");
    system.redis.stop();
    EXPECT_TRUE(system.gateway->wait_for_line("link_down"));
    EXPECT_TRUE(System::eventually([&] { return http_get(system.http_port, "/readyz").status == 503; }));
    const auto bearer = "Authorization: Bearer " + token + "\r\n";
    for (const auto* path : {"/healthz", "/readyz", "/metrics", "/nothing", "/api/v1/nothing"}) {
        const auto page = http(system.http_port, "GET", path, {}, bearer);
        seen += page.head + page.body;
        const auto open = http_get(system.http_port, std::string(path) + "?token=" + token);
        EXPECT_EQ(open.body.find(token), std::string::npos) << path;
    }
    seen += file_text("/proc/" + std::to_string(system.gateway->pid()) + "/cmdline");
    system.gateway->signal(SIGTERM);
    EXPECT_TRUE(system.gateway->exit_code());
    seen += system.gateway->standard_error() + system.gateway->standard_output();
    const auto show = run({binary, "check-config", "--show", "--config", system.config_file}, {{"CANARY", oanda}});
    EXPECT_EQ(show.code, 0) << show.err;
    seen += show.out + show.err;
    for (const auto& secret : {password, token, massive, oanda})
        EXPECT_EQ(seen.find(secret), std::string::npos) << secret << "\n" << seen;
}

} // namespace tickgate::test
