// Access and TLS of the whole door, over real sockets.
#include "api/api.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/byte_stream.hpp"
#include "support/test_certs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <span>

namespace tickgate::api {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const std::string reader = "reader-token-0123456789", admin = "admin-token-0123456789";

class QuietSource final : public Source {
public:
    asio::awaitable<Readiness> readiness() override { co_return Readiness(); }
    asio::awaitable<std::vector<Family>> metrics() override { co_return std::vector<Family>(); }
};

class DoorTest : public testing::Test {
protected:
    DoorTest() {
        log::capture([this](log::Level, const std::string& line) { lines += line + "\n"; });
        options.port = 0;
        options.access.tokens = {{"desk", Scope::read, Secret(reader)}, {"ops", Scope::admin, Secret(admin)}};
    }
    ~DoorTest() override { log::capture({}); }

    void start() {
        api = std::make_unique<Api>(loop.get_executor(), options, source);
        ASSERT_FALSE(api->listen());
        asio::co_spawn(loop, api->run(), [this](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            ended = true;
        });
    }
    void TearDown() override {
        if (!api)
            return;
        streams.clear();
        api->stop();
        run_until([this] { return ended; });
        EXPECT_TRUE(ended);
    }
    void run_until(const std::function<bool()>& done) {
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!done() && loop.run_one_until(limit) > 0) {
        }
    }
    template <class T>
    T wait(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::co_spawn(loop, keep(std::move(task), out), [&](const std::exception_ptr& e) { EXPECT_FALSE(e); });
        run_until([&] { return out.has_value(); });
        return std::move(out.value());
    }
    template <class T>
    static asio::awaitable<void> keep(asio::awaitable<T> task, std::optional<T>& out) {
        T value = co_await std::move(task);
        out.emplace(std::move(value));
    }

    static std::shared_ptr<net::TlsContext> client() {
        std::string problem;
        return net::TlsContext::client(test::test_certs().ca, problem).value();
    }

    // Connects; null if that fails, `detail` says why.
    net::ByteStream* connect(std::shared_ptr<net::TlsContext> tls = nullptr) {
        const std::string scheme = tls ? "https" : "http";
        auto url = net::Url::parse(scheme + "://localhost:" + std::to_string(api->port())).value();
        net::ConnectOptions o;
        o.tls = std::move(tls);
        auto stream = wait(net::connect(std::move(url), std::move(o), detail));
        if (!stream)
            return nullptr;
        streams.push_back(std::move(*stream));
        return streams.back().get();
    }
    asio::awaitable<std::string> talk(net::ByteStream* stream, std::string text) {
        if (const auto ec = co_await stream->write(text))
            co_return "error: " + ec.message();
        co_return co_await read(stream);
    }
    // Up to the end of one answer, or of the connection.
    asio::awaitable<std::string> read(net::ByteStream* stream) {
        std::string all, piece(4096, '\0');
        for (;;) {
            const auto head = all.find("\r\n\r\n");
            const auto length = all.find("Content-Length: ");
            if (head != std::string::npos && length < head &&
                all.size() >= head + 4 + static_cast<std::size_t>(std::stoi(all.substr(length + 16))))
                co_return all;
            const std::span<char> room(piece.data(), piece.size());
            const auto n = co_await stream->read_some(room);
            if (!n)
                co_return all + "[end]";
            all.append(piece, 0, *n);
        }
    }
    std::string ask(net::ByteStream* stream, const std::string& line, const std::string& headers = {}) {
        return wait(talk(stream, line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n"));
    }
    static std::string bearer(const std::string& token) { return "Authorization: Bearer " + token + "\r\n"; }

    QuietSource source;
    ApiOptions options;
    asio::io_context loop{1};
    std::unique_ptr<Api> api;
    std::vector<std::unique_ptr<net::ByteStream>> streams;
    std::string lines, detail;
    bool ended = false;
};

// The files in force, of a folder of their own.
class Files {
public:
    Files() : folder_(std::filesystem::path(test::test_certs().directory) / "in_force") {
        std::filesystem::create_directories(folder_);
    }
    ~Files() { std::filesystem::remove_all(folder_); }
    Files(const Files&) = delete;
    Files& operator=(const Files&) = delete;

    void put(const std::string& cert_from, const std::string& key_from) const {
        const auto over = std::filesystem::copy_options::overwrite_existing;
        std::filesystem::copy_file(cert_from, cert(), over);
        std::filesystem::copy_file(key_from, key(), over);
    }
    std::string cert() const { return (folder_ / "cert.pem").string(); }
    std::string key() const { return (folder_ / "key.pem").string(); }

private:
    std::filesystem::path folder_;
};

} // namespace

TEST_F(DoorTest, ScopesHoldOverTheWire) {
    start();
    auto* s = connect();
    ASSERT_NE(s, nullptr) << detail;
    EXPECT_THAT(ask(s, "GET /api/v1/nothing"), HasSubstr("401 Unauthorized"));
    EXPECT_THAT(ask(s, "GET /api/v1/nothing", bearer(reader)), HasSubstr("404 Not Found"));
    const auto forbidden = ask(s, "POST /api/v1/reload", bearer(reader) + "Content-Length: 0\r\n");
    EXPECT_THAT(forbidden, HasSubstr("403 Forbidden"));
    EXPECT_THAT(forbidden, HasSubstr("\"code\":\"forbidden\""));
    EXPECT_THAT(forbidden, HasSubstr("\r\nX-Request-Id: "));
    EXPECT_THAT(forbidden, HasSubstr("\r\nCache-Control: no-store\r\n"));
    EXPECT_THAT(ask(s, "POST /api/v1/reload", bearer(admin) + "Content-Length: 0\r\n"), HasSubstr("404 Not Found"));
    const auto metrics = ask(s, "GET /metrics");
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_refused_total{reason=\"unauthorized\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_refused_total{reason=\"forbidden\"} 1\n"));
    EXPECT_THAT(metrics, HasSubstr("tickgate_http_requests_total{route=\"api\",status=\"4xx\"} "));
}

TEST_F(DoorTest, TheAccessLogNamesTheClientAndNotItsToken) {
    log::setup(log::Level::debug, log::Format::logfmt);
    start();
    auto* s = connect();
    ASSERT_NE(s, nullptr) << detail;
    ask(s, "GET /api/v1/nothing", bearer(reader));
    log::setup(log::Level::info, log::Format::logfmt);
    EXPECT_THAT(lines, HasSubstr("client=desk"));
    EXPECT_THAT(lines, Not(HasSubstr(reader)));
}

// Nobody who is not let in can make us keep a body.
TEST_F(DoorTest, ABodyIsNotReadForWhoeverIsNotLetIn) {
    start();
    auto* s = connect();
    ASSERT_NE(s, nullptr) << detail;
    const auto answer = ask(s, "POST /api/v1/bars", "Content-Length: 1000000\r\nExpect: 100-continue\r\n");
    EXPECT_THAT(answer, testing::StartsWith("HTTP/1.1 401"));
    EXPECT_THAT(answer, Not(HasSubstr("100 Continue")));
    EXPECT_THAT(answer, HasSubstr("Connection: close"));
}

TEST_F(DoorTest, ATokenThatIsTakenAwayEndsItsConnections) {
    start();
    auto *desk = connect(), *ops = connect();
    ASSERT_TRUE(desk != nullptr && ops != nullptr) << detail;
    ask(desk, "GET /api/v1/nothing", bearer(reader));
    ask(ops, "GET /api/v1/nothing", bearer(admin));
    AccessOptions changed = options.access;
    changed.tokens.erase(changed.tokens.begin());
    EXPECT_FALSE(api->set_access(changed));
    EXPECT_EQ(wait(read(desk)), "[end]");
    EXPECT_THAT(ask(ops, "GET /api/v1/nothing", bearer(admin)), HasSubstr("404"));
    EXPECT_THAT(ask(ops, "GET /api/v1/nothing", bearer(reader)), HasSubstr("401"));
}

TEST_F(DoorTest, APublicDoorKeepsAToken) {
    options.host = "0.0.0.0";
    options.loopback = false;
    start();
    EXPECT_EQ(api->set_access({}), errc::configuration);
    auto* s = connect();
    ASSERT_NE(s, nullptr) << detail;
    EXPECT_THAT(ask(s, "GET /api/v1/nothing"), HasSubstr("401"));
}

TEST_F(DoorTest, CertificatesAreReplacedForNewConnectionsOnly) {
    const auto& certs = test::test_certs();
    const Files files;
    files.put(certs.good.cert, certs.good.key);
    options.cert_file = files.cert();
    options.key_file = files.key();
    start();
    auto* old = connect(client());
    ASSERT_NE(old, nullptr) << detail;
    EXPECT_THAT(ask(old, "GET /healthz"), HasSubstr("200 OK"));

    files.put(certs.untrusted.cert, certs.untrusted.key); // a good pair, and clients can tell it from the first
    std::string problem;
    EXPECT_FALSE(api->reload_tls(files.cert(), files.key(), problem)) << problem;
    EXPECT_EQ(connect(client()), nullptr); // the new one is there
    EXPECT_THAT(ask(old, "GET /healthz"), HasSubstr("200 OK"));
    EXPECT_THAT(lines, HasSubstr("event=certificate_loaded"));

    files.put(certs.good.cert, certs.good.key);
    EXPECT_FALSE(api->reload_tls(files.cert(), files.key(), problem)) << problem;
    EXPECT_NE(connect(client()), nullptr) << detail;
}

TEST_F(DoorTest, BadNewCertificatesLeaveTheOldInForce) {
    const auto& certs = test::test_certs();
    const Files files;
    files.put(certs.good.cert, certs.good.key);
    options.cert_file = files.cert();
    options.key_file = files.key();
    start();
    const auto refused = [&](const std::string& what) {
        std::string problem;
        EXPECT_EQ(api->reload_tls(files.cert(), files.key(), problem), errc::configuration) << what;
        EXPECT_THAT(problem, HasSubstr("in_force/")) << what;
        auto* s = connect(client());
        ASSERT_NE(s, nullptr) << what << detail;
        EXPECT_THAT(ask(s, "GET /healthz"), HasSubstr("200 OK")) << what;
    };
    files.put(certs.untrusted.cert, certs.good.key);
    refused("a key of another certificate");
    files.put(certs.good.key, certs.good.key);
    refused("no certificate");
    files.put(certs.good.cert, certs.good.cert);
    refused("no key");
    std::ofstream(files.cert()).close();
    refused("an empty file");
    std::filesystem::remove(files.cert());
    refused("no file");
    EXPECT_THAT(lines, HasSubstr("event=certificate_refused"));
}

// What a command on this machine does: it can read the file, and the name of the door is not in it.
TEST_F(DoorTest, APinnedCertificateIsTakenByAnyNameAndNoOtherIs) {
    const auto& certs = test::test_certs();
    options.cert_file = certs.wrong_host.cert;
    options.key_file = certs.wrong_host.key;
    start();
    std::string problem;
    EXPECT_EQ(connect(client()), nullptr);
    EXPECT_NE(connect(net::TlsContext::pinned(certs.wrong_host.cert, problem).value()), nullptr) << detail;
    EXPECT_EQ(connect(net::TlsContext::pinned(certs.good.cert, problem).value()), nullptr);
    EXPECT_FALSE(net::TlsContext::pinned("/none", problem));
    EXPECT_THAT(problem, HasSubstr("/none: "));
}

TEST_F(DoorTest, AnExpiredCertificateIsTold) {
    options.cert_file = test::test_certs().expired.cert;
    options.key_file = test::test_certs().expired.key;
    start();
    EXPECT_THAT(lines, HasSubstr("event=certificate_expired"));
    EXPECT_EQ(connect(client()), nullptr);
}

TEST_F(DoorTest, TheEndOfTheCertificateIsAMetric) {
    options.cert_file = test::test_certs().good.cert;
    options.key_file = test::test_certs().good.key;
    start();
    auto* s = connect(client());
    ASSERT_NE(s, nullptr) << detail;
    const auto text = ask(s, "GET /metrics");
    const auto at = text.find("\ntickgate_http_certificate_expiry_seconds ");
    ASSERT_NE(at, std::string::npos) << text;
    const double end = std::stod(text.substr(text.find(' ', at) + 1));
    const std::chrono::duration<double> now = wall_now().time_since_epoch();
    EXPECT_NEAR(end, now.count() + 30 * 86400, 3600);
}

TEST_F(DoorTest, AWrongCertificateAtTheStartIsAConfigurationFault) {
    options.cert_file = test::test_certs().good.cert;
    options.key_file = test::test_certs().untrusted.key;
    Api refused(loop.get_executor(), options, source);
    EXPECT_EQ(refused.listen(), errc::configuration);
    EXPECT_THAT(lines, HasSubstr("event=certificate_refused"));
}

TEST_F(DoorTest, PlainTextAtATlsDoorAndTlsAtAPlainDoorEndQuickly) {
    options.cert_file = test::test_certs().good.cert;
    options.key_file = test::test_certs().good.key;
    start();
    auto* s = connect();
    ASSERT_NE(s, nullptr) << detail;
    EXPECT_THAT(ask(s, "GET /healthz"), Not(HasSubstr("200 OK")));
}

} // namespace tickgate::api
