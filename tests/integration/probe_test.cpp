// `tickgate probe` and `doctor` against venues, servers and machines that are well, and that are not.
#include "integration/gateway_system.hpp"

#include <algorithm>
#include <fstream>
#include <sys/stat.h>

namespace tickgate::test {

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// A provider's venue, and a configuration that names it.
class ProbeSystem {
public:
    explicit ProbeSystem(std::vector<std::string> venue_arguments = {}) : port_(free_port()) {
        std::vector<std::string> command{binary, "venue", "oanda", "--port", std::to_string(port_), "--rate", "500"};
        command.insert(command.end(), venue_arguments.begin(), venue_arguments.end());
        venue = std::make_unique<Process>(std::move(command));
        EXPECT_TRUE(System::eventually([&] { return http_get(port_, "/control/state").status == 200; }));
        write("http://127.0.0.1:" + std::to_string(port_), "test");
    }
    void write(const std::string& url, const std::string& token, const std::string& more = "") {
        file = directory.write("tickgate.yaml",
            "redis: {url: \"" + redis.url() + "\"}\nhttp: {listen: \"127.0.0.1:" + std::to_string(free_port()) +
                "\"}\nstore: {url: \"sqlite://" + directory.path() + "/bars.db\"}\nproviders:\n  oanda: {token: \"" +
                token + "\", account: \"101-004-1000001-001\", endpoints: {rest: \"" + url + "\", stream: \"" + url +
                "\"}" + more + "}\nroutes: {fx: [oanda]}\nsymbols: {fx: [EUR-USD]}\n");
    }
    Finished probe(std::vector<std::string> more = {}, const std::string& duration = "1s") const {
        std::vector<std::string> command{binary, "probe", "oanda", "--duration", duration, "--config", file};
        command.insert(command.end(), more.begin(), more.end());
        return run(std::move(command));
    }
    std::uint16_t port() const noexcept { return port_; }

    TemporaryDirectory directory;
    RedisServer redis;
    std::string file;
    std::unique_ptr<Process> venue;

private:
    std::uint16_t port_;
};

} // namespace

TEST(Probe, AProviderThatIsWellPassesEveryStep) {
    const ProbeSystem system;
    const auto done = system.probe();
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    for (const auto* part : {"redis", "ping", "oanda", "dns", "connect", "rest", "credentials", "accepted", "quotes",
             "history", "first message after", "0 failed"})
        EXPECT_TRUE(has(done.out, part)) << part << "\n" << done.out;
    EXPECT_FALSE(has(done.out, "FAIL")) << done.out;
    const auto json = system.probe({"-o", "json"}, "0");
    EXPECT_EQ(json.code, 0);
    EXPECT_EQ(json.out.find("{\"data\":[{\"subject\":\"redis\""), 0u) << json.out;
}

// A provider that lists nothing is searched; without configured symbols there is something to try all the same.
TEST(Probe, NeedsNoConfiguredSymbols) {
    const ProbeSystem system;
    const auto port = free_port();
    const Process venue({binary, "venue", "tradier", "--port", std::to_string(port)});
    ASSERT_TRUE(System::eventually([&] { return http_get(port, "/control/state").status != 0; }));
    const auto address = "127.0.0.1:" + std::to_string(port);
    const auto file = system.directory.write(
        "bare.yaml", "redis: {url: \"" + system.redis.url() +
                         "\"}\nproviders:\n  tradier: {token: test, endpoints: {rest: \"http://" + address +
                         "\", ws: \"ws://" + address + "\", stream: \"http://" + address + "\"}}\n");
    const auto done = run({binary, "probe", "tradier", "--duration", "1s", "--config", file});
    EXPECT_TRUE(has(done.out, "tried with equity:")) << done.out;
    EXPECT_TRUE(has(done.out, "accepted")) << done.out;
}

TEST(Probe, NamesThatCannotBeLookedUpAreSaid) {
    ProbeSystem system;
    system.write("http://no-such-host.invalid:8080", "test", ", allow_plaintext: true");
    const auto done = system.probe();
    EXPECT_EQ(done.code, 69) << done.out << done.err;
    EXPECT_TRUE(has(done.out, "FAIL  dns")) << done.out;
    EXPECT_TRUE(has(done.out, "providers.oanda.endpoints")) << done.out;
}

TEST(Probe, APortWhereNobodyListensIsSaid) {
    ProbeSystem system;
    system.write("http://127.0.0.1:1", "test");
    const auto done = system.probe();
    EXPECT_EQ(done.code, 69) << done.out;
    EXPECT_TRUE(has(done.out, "FAIL  connect")) << done.out;
    EXPECT_TRUE(has(done.out, "nothing listens there")) << done.out;
}

TEST(Probe, ACertificateThatIsNotTrustedIsSaidWithItsIssuer) {
    const TemporaryDirectory certificates;
    const auto key = certificates.path() + "/key.pem", certificate = certificates.path() + "/cert.pem";
    ASSERT_EQ(run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                      "-subj", "/CN=Nobody", "-days", "2", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"})
                  .code,
        0);
    const auto tls_port = free_port();
    ProbeSystem system({"--tls-port", std::to_string(tls_port), "--cert", certificate, "--key", key});
    const auto url = "https://127.0.0.1:" + std::to_string(tls_port);
    system.write(url, "test");
    const auto refused = system.probe();
    EXPECT_EQ(refused.code, 69) << refused.out;
    EXPECT_TRUE(has(refused.out, "FAIL  tls")) << refused.out;
    EXPECT_TRUE(has(refused.out, "CN = Nobody")) << refused.out;
    EXPECT_TRUE(has(refused.out, "providers.oanda.tls.ca_file")) << refused.out;
    system.write(url, "test", ", tls: {ca_file: \"" + certificate + "\"}");
    const auto trusted = system.probe();
    EXPECT_EQ(trusted.code, 0) << trusted.out;
    EXPECT_TRUE(has(trusted.out, "TLSv1.3")) << trusted.out;
    EXPECT_TRUE(has(trusted.out, "days left")) << trusted.out;
}

TEST(Probe, WrongCredentialsAreSaidAndNeverShown) {
    ProbeSystem system;
    system.write("http://127.0.0.1:" + std::to_string(system.port()), "canary-token-93ac");
    const auto done = system.probe();
    EXPECT_EQ(done.code, 77) << done.out;
    EXPECT_TRUE(has(done.out, "FAIL  credentials")) << done.out;
    EXPECT_FALSE(has(done.out + done.err, "canary-token-93ac"));
}

TEST(Probe, ALineWithoutDataIsSaid) {
    const ProbeSystem system({"--fault", "stall"});
    const auto done = system.probe();
    EXPECT_TRUE(has(done.out, "no message in")) << done.out;
    // While the market is closed that is no fault.
    EXPECT_EQ(done.code, has(done.out, "the market is closed now") ? 0 : 69) << done.out;
}

TEST(Probe, AFileThatIsWrongAndNamesThatAreNot) {
    ProbeSystem system;
    const auto bad = run({binary, "probe", "--config", "/none.yaml"});
    EXPECT_EQ(bad.code, 78);
    const auto misspelt = run({binary, "probe", "onada", "--config", system.file});
    EXPECT_EQ(misspelt.code, 2);
    EXPECT_TRUE(has(misspelt.err, "did you mean oanda")) << misspelt.err;
    const auto off = run({binary, "probe", "massive", "--config", system.file});
    EXPECT_EQ(off.code, 78) << off.out;
    EXPECT_EQ(system.probe({"--symbol", "nonsense"}).code, 2);
    EXPECT_EQ(system.probe({}, "soon").code, 2);
}

TEST(Probe, RedisThatRefusesUsIsSaid) {
    ProbeSystem system;
    system.redis.cli({"CONFIG", "SET", "requirepass", "else"});
    const auto done = system.probe({}, "0");
    EXPECT_EQ(done.code, 77) << done.out;
    EXPECT_TRUE(has(done.out, "redis.password")) << done.out;
}

TEST(Doctor, AMachineThatIsWell) {
    const ProbeSystem system;
    const auto done = run({binary, "doctor", "--config", system.file});
    EXPECT_EQ(done.code, 0) << done.out << done.err;
    for (const auto* part : {"configuration", "is valid", "permissions", "time zones", "open files", "redis", "version",
             "eviction", "store", "will be made", "port", "is free", "0 failed"})
        EXPECT_TRUE(has(done.out, part)) << part << "\n" << done.out;
}

TEST(Doctor, WhatIsWrongComesWithItsFix) {
    ProbeSystem system;
    ::chmod(system.file.c_str(), 0666);
    system.redis.cli({"CONFIG", "SET", "maxmemory", "100mb"});
    system.redis.cli({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
    std::ofstream(system.directory.path() + "/bars.db") << std::string(8192, 'x');
    const auto done = run({binary, "doctor", "--config", system.file});
    EXPECT_EQ(done.code, 69) << done.out;
    EXPECT_TRUE(has(done.out, "can be changed by others")) << done.out;
    EXPECT_TRUE(has(done.out, "allkeys-lru")) << done.out;
    EXPECT_TRUE(has(done.out, "FAIL  integrity")) << done.out;
    system.redis.stop();
    const auto without = run({binary, "doctor", "--config", system.file});
    EXPECT_TRUE(has(without.out, "nothing listens there")) << without.out;
    const auto none = run({binary, "doctor", "--config", "/none.yaml"});
    EXPECT_EQ(none.code, 78);
    EXPECT_TRUE(has(none.out, "machine")) << "what needs no configuration is looked at";
}

TEST(Doctor, ADaemonThatRunsIsSeen) {
    System system;
    const auto done = run({binary, "doctor", "--config", system.config_file});
    EXPECT_TRUE(has(done.out, "a daemon answers")) << done.out;
    EXPECT_TRUE(has(done.out, "one is alive")) << done.out;
}

} // namespace tickgate::test
