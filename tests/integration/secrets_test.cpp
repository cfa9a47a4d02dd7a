// Canaries in every slot of the configuration that can hold a secret, found by the table that reads the file; a daemon
// that fails wherever it can; and a look at all that it says.
#include "api/endpoints.hpp"
#include "config/reference.hpp"
#include "integration/echo_venue.hpp"
#include "integration/gateway_system.hpp"
#include "support/test_certs.hpp"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>

namespace tickgate::test {
namespace {

const std::string mark = "cNrY"; // in every canary, and in nothing else

std::string file_text(const std::string& path) {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
}

// A configuration by dotted keys, in YAML.
class Tree {
public:
    void set(std::string_view key, std::string value) {
        const auto dot = key.find('.');
        Tree& below = below_[std::string(key.substr(0, dot))];
        if (dot == std::string_view::npos)
            below.value_ = std::move(value);
        else
            below.set(key.substr(dot + 1), std::move(value));
    }
    std::string text(const std::string& indent = {}) const {
        std::string out;
        for (const auto& [key, tree] : below_)
            out +=
                indent + key + ":" + (tree.below_.empty() ? " " + tree.value_ + "\n" : "\n" + tree.text(indent + "  "));
        return out;
    }

private:
    std::map<std::string, Tree> below_;
    std::string value_;
};

enum class Way { in_url, in_place, in_file, in_variable };

// A TLS client without any care, for reading what the door says.
HttpAnswer ask_tls(std::uint16_t port, const std::string& method, const std::string& path, const std::string& headers,
    const std::string& body = {}) {
    HttpAnswer answer;
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const timeval patient{10, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patient, sizeof patient);
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), &SSL_free);
    SSL_set_fd(ssl.get(), fd);
    std::string text;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && SSL_connect(ssl.get()) == 1) {
        const std::string request = method + " " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
                                    headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        SSL_write(ssl.get(), request.data(), static_cast<int>(request.size()));
        std::array<char, 16384> piece;
        for (int n = 0; (n = SSL_read(ssl.get(), piece.data(), piece.size())) > 0;)
            text.append(piece.data(), static_cast<std::size_t>(n));
    }
    ::close(fd);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos)
        return answer;
    answer.status = std::atoi(text.c_str() + 9);
    answer.head = text.substr(0, end);
    answer.body = text.substr(end + 4);
    return answer;
}

class Secrets : public ::testing::TestWithParam<Way> {
protected:
    Secrets()
        : redis_({"--requirepass", canary("redis.password"), "--rdbcompression", "no"}), http_port_(free_port()) {}

    static std::string canary(const std::string& key) {
        std::string word;
        for (const char c : key)
            word += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '-';
        return mark + "-" + word + "-4f1e9a";
    }

    // Names everything that holds a canary or a line of the key, so that a failure says where it stood.
    void expect_clean(const std::string& where, const std::string& text) {
        for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
            ADD_FAILURE() << where << " shows …" << text.substr(at > 80 ? at - 80 : 0, 200);
            return;
        }
        for (const auto& line : key_lines_)
            EXPECT_EQ(text.find(line), std::string::npos) << where << " shows the TLS key";
    }

    void write_configuration() {
        Tree tree;
        const std::string venue = "\"http://127.0.0.1:" + std::to_string(venue_.port()) + "\"";
        const std::string venue_ws = "\"ws://127.0.0.1:" + std::to_string(venue_.port()) + "\"";
        const bool postgres = GetParam() == Way::in_url || GetParam() == Way::in_place;
        tree.set("redis.url", "\"" + redis_.url() + "\"");
        tree.set("http.listen", "\"127.0.0.1:" + std::to_string(http_port_) + "\"");
        const auto& pair = test_certs().good;
        tree.set("http.tls.cert_file", "\"" + pair.cert + "\"");
        tree.set("http.tls.key_file", "\"" + pair.key + "\"");
        std::istringstream key(file_text(pair.key));
        for (std::string line; std::getline(key, line);)
            if (line.size() > 20 && !line.starts_with("-----"))
                key_lines_.push_back(line);
        ASSERT_FALSE(key_lines_.empty());
        tree.set("store.url",
            postgres ? "\"postgresql://tickgate@127.0.0.1:1/bars\"" : "\"sqlite://" + directory_.path() + "/bars.db\"");
        const std::string good_venue = "://127.0.0.1:" + std::to_string(good_venue_port_) + "\"";
        tree.set("providers.binance.endpoints.ws", "\"ws" + good_venue); // or nothing would be left to serve
        tree.set("providers.binance.endpoints.rest", "\"http" + good_venue);
        tree.set("providers.oanda.account", "101-001-1234567-001");
        tree.set("providers.oanda.endpoints.rest", venue);
        tree.set("providers.oanda.endpoints.stream", venue);
        tree.set("providers.massive.endpoints.rest", venue);
        tree.set("providers.massive.endpoints.ws", venue_ws);
        tree.set("providers.massive.endpoints.s3", venue);
        tree.set("providers.tradier.endpoints.rest", venue);
        tree.set("providers.tradier.endpoints.ws", venue_ws);
        tree.set("providers.tradier.endpoints.stream", venue);
        tree.set("symbols.crypto", "[BTC-USDT]");
        tree.set("symbols.fx", "[EUR-USD]");
        tree.set("symbols.equity", "[SPY]");
        tree.set("log.level", "trace");
        for (const auto& setting : config::settings())
            if (setting.secret)
                plant(tree, setting.key);
        config_file_ = directory_.write("tickgate.yaml", tree.text());
    }

    // `*` is a name of the operator's own.
    void plant(Tree& tree, std::string key) {
        if (const auto star = key.find('*'); star != std::string::npos)
            key.replace(star, 1, "desk");
        const auto secret = canary(key);
        planted_[key] = secret;
        switch (GetParam()) {
        case Way::in_url:
            if (key == "redis.password")
                return tree.set(
                    "redis.url", "\"redis://:" + secret + "@127.0.0.1:" + std::to_string(redis_.port()) + "\"");
            if (key == "store.password")
                return tree.set("store.url", "\"postgresql://tickgate:" + secret + "@127.0.0.1:1/bars\"");
            [[fallthrough]];
        case Way::in_place:
            return tree.set(key, "\"" + secret + "\"");
        case Way::in_file:
            return tree.set(key + "_file",
                "\"" + directory_.write("secret-" + std::to_string(planted_.size()), secret + "\n") + "\"");
        case Way::in_variable:
            variables_["SLOT_" + std::to_string(planted_.size())] = secret;
            return tree.set(key, "\"${SLOT_" + std::to_string(planted_.size()) + "}\"");
        }
    }

    std::string bearer(const std::string& token) const { return "Authorization: Bearer " + token + "\r\n"; }
    HttpAnswer ask(const std::string& method, const std::string& path, const std::string& body = {}) {
        auto answer = ask_tls(http_port_, method, path,
            bearer(planted_["http.token"]) + (body.empty() ? "" : "Content-Type: application/json\r\n"), body);
        expect_clean(method + " " + path, answer.head + answer.body);
        return answer;
    }

    // Each endpoint as it is, with a symbol, with nonsense, and for whoever has no right to it.
    void look_at_the_api() {
        for (const char* path : {"/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", "/ws/me", "/nothing"})
            ask("GET", path);
        for (const auto& e : api::endpoints()) {
            std::string path = "/api/v1" + std::string(e.path);
            if (path.ends_with('*'))
                path.replace(path.size() - 1, 1, "crypto:BTC-USDT");
            const std::string method(e.method);
            if (method != "GET") {
                ask(method, path,
                    R"({"symbols":["crypto:BTC-USDT"],"timeframes":"1m","start":"2026-01-02","level":"trace"})");
                continue;
            }
            ask(method, path);
            ask(method, path + "?symbols=crypto:BTC-USDT,equity:SPY&timeframe=1m&start=2026-01-02&end=2026-01-03&"
                               "deadline_ms=2000");
            ask(method,
                path + "?symbols=crypto:BTC-USDT&limit=" +
                    planted_["http.token"]); // what the client itself sent by mistake
            for (const auto& [name, token] : {std::pair<std::string, std::string>("wrong", "wrong-token-0123456789"),
                     std::pair<std::string, std::string>("desk", planted_["http.tokens.desk.token"])}) {
                const auto answer = ask_tls(http_port_, method, path, bearer(token));
                expect_clean(name + " " + path, answer.head + answer.body);
            }
        }
        ask("POST", "/api/v1/backfill",
            R"({"symbols":"equity:SPY","timeframes":"1m","start":"2026-01-05","end":"2026-01-06","method":"flat_files"})");
    }

    // Every key as Redis keeps it, and every message meanwhile.
    void look_at_redis(RedisClient& listener) {
        for (const auto& key : redis_.cli({"KEYS", "*"}).elements) {
            expect_clean("key", key.text);
            expect_clean("the value of " + key.text, redis_.cli({"DUMP", key.text}).text);
        }
        RedisAnswer message;
        while (listener.poll(message, 0))
            for (const auto& part : message.elements)
                expect_clean("a message", part.text);
    }

    void look_at_the_process(const Process& gateway) {
        const std::string folder = "/proc/" + std::to_string(gateway.pid());
        expect_clean("cmdline", file_text(folder + "/cmdline"));
        expect_clean("comm", file_text(folder + "/comm"));
        const auto limits = file_text(folder + "/limits");
        const auto core = limits.find("Max core file size");
        ASSERT_NE(core, std::string::npos);
        std::istringstream line(limits.substr(core + 18));
        std::string soft, hard;
        line >> soft >> hard;
        EXPECT_EQ(soft + hard, "00") << "core dumps hold secrets";
    }

    void look_at_the_commands() {
        const std::vector<std::vector<std::string>> commands{{"check-config", "--show"}, {"config", "show"},
            {"config", "check"}, {"doctor"}, {"status"}, {"feeds"}, {"check"}, {"tail", "--count", "1"},
            {"coverage", "crypto:BTC-USDT"}, {"probe", "oanda", "--duration", "1s"},
            {"probe", "massive", "--duration", "1s"}, {"probe", "tradier", "--duration", "1s"}};
        for (const auto& words : commands) {
            std::vector<std::string> command{binary};
            command.insert(command.end(), words.begin(), words.end());
            command.insert(command.end(), {"--config", config_file_});
            Process process(command, variables_);
            process.exit_code(std::chrono::seconds(4)); // what it has said until then counts
            expect_clean("tickgate " + words.front(), process.standard_output() + process.standard_error());
        }
    }

    EchoVenue venue_;
    std::uint16_t good_venue_port_ = free_port();
    TemporaryDirectory directory_;
    RedisServer redis_;
    std::uint16_t http_port_;
    std::string config_file_;
    std::map<std::string, std::string> planted_; // by key
    std::vector<std::string> key_lines_;
    Process::Variables variables_;
};

TEST_P(Secrets, AppearNowhere) {
    write_configuration();
    for (const char* key : {"redis.password", "store.password", "http.token", "http.tokens.desk.token",
             "providers.oanda.token", "providers.tradier.token", "providers.massive.api_key",
             "providers.massive.s3.access_key", "providers.massive.s3.secret_key"})
        EXPECT_TRUE(planted_.contains(key)) << key << " is no secret of the schema any more";

    RedisClient listener(redis_.port());
    listener({"AUTH", planted_["redis.password"]});
    listener.send({"PSUBSCRIBE", "*"});
    Process good_venue({binary, "venue", "binance", "--port", std::to_string(good_venue_port_)});
    ASSERT_TRUE(good_venue.wait_for_line("simulated Binance venue")) << good_venue.standard_error();
    Process gateway({binary, "run", "--config", config_file_, "--log-level", "trace"}, variables_);
    ASSERT_TRUE(gateway.wait_for_line("event=started")) << gateway.standard_error();
    // The venues have been sent what is secret, and have said it back.
    const auto venue_knows = [&](const std::string& key) {
        return venue_.seen().find(planted_[key]) != std::string::npos;
    };
    for (const char* key : {"providers.oanda.token", "providers.tradier.token", "providers.massive.api_key"})
        EXPECT_TRUE(System::eventually([&] { return venue_knows(key); })) << key;

    look_at_the_api();
    look_at_redis(listener);
    look_at_the_process(gateway);
    look_at_the_commands();

    // A bad file, a changed secret, and a password that Redis does not take any more.
    const auto good = file_text(config_file_);
    std::ofstream(config_file_) << good << "nonsense: [" << planted_["http.token"] << "]\n";
    ask("POST", "/api/v1/reload");
    std::ofstream(config_file_) << good << "publish:\n  linger: 5s\n";
    ask("POST", "/api/v1/reload");
    redis_.cli({"CLIENT", "KILL", "TYPE", "pubsub"});
    redis_.cli({"CONFIG", "SET", "requirepass", "another-password"});
    RedisClient killer(redis_.port());
    killer({"AUTH", "another-password"});
    killer({"CLIENT", "KILL", "TYPE", "normal"});
    EXPECT_TRUE(gateway.wait_for_line("module=redis event=access_refused"));
    ask("GET", "/readyz");
    ask("GET", "/api/v1/status");

    gateway.signal(SIGTERM);
    gateway.exit_code();
    expect_clean("standard error", gateway.standard_error());
    expect_clean("standard output", gateway.standard_output());
}

std::string name_of(const ::testing::TestParamInfo<Way>& way) {
    constexpr std::array<const char*, 4> names{"InUrl", "InPlace", "InFile", "InVariable"};
    return names[static_cast<std::size_t>(way.param)];
}
INSTANTIATE_TEST_SUITE_P(
    Ways, Secrets, ::testing::Values(Way::in_url, Way::in_place, Way::in_file, Way::in_variable), name_of);

// What is wrong around a secret must not take it along into the report.
TEST(SecretsInFaults, AppearNowhere) {
    const TemporaryDirectory directory;
    for (const auto& setting : config::settings()) {
        if (!setting.secret)
            continue;
        std::string key = setting.key;
        if (const auto star = key.find('*'); star != std::string::npos)
            key.replace(star, 1, "desk");
        const std::string secret = mark + "-4f1e9a-0123456789";
        for (const std::string& value :
            {secret, "[" + secret + "]", "{" + secret + ": 1}", "\"" + secret + "\\q\"", "*" + secret,
                "!" + secret + " x", "@" + secret, "\"" + secret, "${" + secret + "}", "${SLOT:?}" + secret}) {
            Tree tree;
            tree.set(key, value);
            tree.set(key + "_file", "/does/not/exist");
            tree.set("redis.prefix", "\"a b\"");
            const auto file = directory.write("faulty.yaml", tree.text());
            const auto done = run({binary, "check-config", file}, {{"SLOT", secret}});
            EXPECT_NE(done.code, 0) << key << ": " << value;
            // A name of a variable is no secret, and neither is what stands where a key should.
            if (value.starts_with("${" + mark))
                continue;
            EXPECT_EQ((done.out + done.err).find(secret), std::string::npos) << key << ": " << value << "\n"
                                                                             << done.err;
        }
    }
}

} // namespace
} // namespace tickgate::test
