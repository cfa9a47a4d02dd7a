#include "core/clock.hpp"
#include "diagnose/doctor.hpp"
#include "diagnose/reach.hpp"
#include "diagnose/redis_check.hpp"
#include "diagnose/watched_rest.hpp"
#include "net/http_server.hpp"
#include "support/fake_rest.hpp"
#include "support/redis_server.hpp"
#include "support/test_certs.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <gmock/gmock.h>

#include <fstream>
#include <optional>
#include <set>
#include <sstream>

namespace tickgate::diagnose {

namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class Diagnose : public testing::Test {
protected:
    Reporter reporter() {
        return Reporter("it", [this](Finding f) { findings.push_back(std::move(f)); });
    }
    const Finding& of(const std::string& check) const {
        for (const auto& f : findings)
            if (f.check == check)
                return f;
        static const Finding none;
        return none;
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        asio::co_spawn(loop, std::move(task), [&](const std::exception_ptr& e, T value) {
            EXPECT_FALSE(e);
            out.emplace(std::move(value));
        });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!out && loop.run_one_until(limit) > 0) {
        }
        return std::move(out.value());
    }
    bool reached(const std::string& url, const std::string& ca = {}) {
        ReachOptions o;
        std::string problem;
        o.tls = net::TlsContext::client(ca, problem).value();
        o.address_setting = "a.url";
        o.ca_setting = "a.ca_file";
        return run(reach(net::Url::parse(url).value(), std::move(o), reporter()));
    }

    asio::io_context loop{1};
    std::vector<Finding> findings;
};

// A TLS server that shakes hands.
class TlsServer {
public:
    TlsServer(asio::io_context& loop, const test::TestCerts::Pair& pair)
        : loop_(loop),
          server_(loop.get_executor(), options(pair),
              [](net::HttpRequest) -> asio::awaitable<net::HttpResponse> { co_return net::HttpResponse(); }) {
        EXPECT_FALSE(server_.listen());
        asio::co_spawn(loop, server_.run(), [this](const std::exception_ptr&) { ended_ = true; });
    }
    ~TlsServer() {
        server_.stop();
        loop_.restart();
        const auto limit = std::chrono::steady_clock::now() + 10s;
        while (!ended_ && loop_.run_one_until(limit) > 0) {
        }
    }
    std::string url() const { return "https://127.0.0.1:" + std::to_string(server_.port()); }

private:
    static net::HttpServerOptions options(const test::TestCerts::Pair& pair) {
        net::HttpServerOptions o;
        std::string problem;
        o.tls = net::TlsContext::server(pair.cert, pair.key, problem).value();
        return o;
    }
    asio::io_context& loop_;
    net::HttpServer server_;
    bool ended_ = false;
};

} // namespace

TEST_F(Diagnose, AGoodCertificateIsShownWithItsDays) {
    const TlsServer server(loop, test::test_certs().good);
    EXPECT_TRUE(reached(server.url(), test::test_certs().ca));
    EXPECT_EQ(of("dns").grade, Grade::ok);
    EXPECT_EQ(of("connect").grade, Grade::ok);
    EXPECT_THAT(of("tls").text, HasSubstr("TLSv1.3"));
    EXPECT_THAT(of("certificate").text, HasSubstr("days left"));
}

TEST_F(Diagnose, EachFaultOfACertificateHasItsOwnFix) {
    const auto& certs = test::test_certs();
    {
        const TlsServer server(loop, certs.untrusted);
        EXPECT_FALSE(reached(server.url(), certs.ca));
        EXPECT_EQ(of("tls").grade, Grade::failure);
        EXPECT_EQ(of("tls").exit, unreachable);
        EXPECT_THAT(of("tls").text, HasSubstr("issued by"));
        EXPECT_THAT(of("tls").fix, HasSubstr("a.ca_file"));
    }
    findings.clear();
    {
        const TlsServer server(loop, certs.expired);
        EXPECT_FALSE(reached(server.url(), certs.ca));
        EXPECT_THAT(of("tls").text, HasSubstr("expired"));
        EXPECT_THAT(of("tls").fix, HasSubstr("clock"));
    }
    findings.clear();
    {
        const TlsServer server(loop, certs.wrong_host);
        EXPECT_FALSE(reached(server.url(), certs.ca));
        EXPECT_THAT(of("tls").fix, HasSubstr("another name"));
    }
}

TEST_F(Diagnose, NamesAndPortsThatAreNotThere) {
    EXPECT_FALSE(reached("http://127.0.0.1:1"));
    EXPECT_THAT(of("connect").fix, HasSubstr("nothing listens there"));
    findings.clear();
    EXPECT_FALSE(reached("http://no-such-name.invalid"));
    EXPECT_EQ(of("dns").grade, Grade::failure);
    EXPECT_THAT(of("dns").fix, HasSubstr("a.url"));
}

TEST_F(Diagnose, CertificatesNearTheirEndAreWarnedOf) {
    net::Certificate c;
    c.subject = "CN = x";
    c.not_before = wall_now() - 24h;
    const auto grade = [&](std::chrono::hours left) {
        findings.clear();
        c.not_after = wall_now() + left;
        tell_certificate(c, "certificate", "renew", wall_now(), reporter());
        return findings.at(0).grade;
    };
    EXPECT_EQ(grade(24h * 30), Grade::ok);
    EXPECT_EQ(grade(24h * 3), Grade::warning);
    EXPECT_EQ(grade(-24h), Grade::failure);
    c.not_before = wall_now() + 24h;
    EXPECT_EQ(grade(24h * 30), Grade::failure) << "not valid yet";
    EXPECT_TRUE(net::read_certificate(test::test_certs().good.cert));
    EXPECT_FALSE(net::read_certificate("/none"));
    EXPECT_FALSE(net::read_certificate(test::test_certs().good.key));
}

TEST_F(Diagnose, RestIsLookedAtOnceAndRemembersWhatWasSaid) {
    test::FakeRest inner;
    const TlsServer server(loop, test::test_certs().good);
    ReachOptions how;
    std::string problem;
    how.tls = net::TlsContext::client(test::test_certs().ca, problem).value();
    WatchedRest rest(inner, std::move(how), reporter());
    const auto send = [&] {
        RestRequest request;
        request.base = server.url();
        return run(rest.send(std::move(request)));
    };
    RestResponse late;
    late.status = 403;
    late.body = "{\"error\":\n \"no\x1b[2J\"}";
    late.headers.emplace_back("date", "Sun, 06 Nov 1994 08:49:37 GMT");
    inner.answers.emplace_back(late);
    EXPECT_EQ(send()->status, 403);
    EXPECT_EQ(rest.last().status, 403);
    EXPECT_EQ(rest.last().words, "{\"error\": \"no [2J\"}");
    ASSERT_TRUE(rest.skew());
    EXPECT_GT(*rest.skew(), 24h * 365);
    inner.give(200, "x");
    EXPECT_EQ(send()->status, 200);
    EXPECT_TRUE(rest.skew()) << "the last that told a time";
    EXPECT_EQ(std::count_if(findings.begin(), findings.end(), [](const auto& f) { return f.check == "dns"; }), 1);
    rest.set_closed(true);
    EXPECT_EQ(send().error(), make_error_code(errc::cancelled));
}

// The gateway's user of config/redis-acl.conf.
class RedisUser : public Diagnose {
protected:
    RedisUser() {
        std::ifstream in(std::string(TICKGATE_SOURCE) + "/config/redis-acl.conf");
        for (std::string line; std::getline(in, line);) {
            if (!line.starts_with("user tickgate "))
                continue;
            std::istringstream words(line.substr(std::string_view("user tickgate ").size()));
            for (std::string word; words >> word;)
                rules_.push_back(word);
        }
    }
    // As the sample has it, without one right, with others.
    void look(const std::string& without = {}, const std::vector<std::string>& more = {}) {
        std::vector<std::string> command{"ACL", "SETUSER", "tickgate", "reset"};
        for (const auto& rule : rules_)
            if (rule != without)
                command.push_back(rule);
        command.insert(command.end(), more.begin(), more.end());
        ASSERT_EQ(server.cli(command).text, "OK");
        RedisCheck check;
        check.redis.username = "tickgate";
        check.redis.password = Secret("change-me-gateway");
        look(std::move(check));
    }
    void look(RedisCheck check) {
        findings.clear();
        check.redis.url = server.url();
        check.settings = true;
        bool done = false;
        asio::co_spawn(loop, check_redis(check, reporter()), [&](const std::exception_ptr& e) {
            EXPECT_FALSE(e);
            done = true;
        });
        loop.restart();
        const auto limit = std::chrono::steady_clock::now() + 20s;
        while (!done && loop.run_one_until(limit) > 0) {
        }
        EXPECT_TRUE(done);
        for (const auto& key : server.cli({"KEYS", "*"}).elements)
            EXPECT_GT(std::stol(server.cli({"PTTL", key.text}).text), 0) << key.text << " stays";
    }
    test::RedisServer server;
    std::vector<std::string> rules_;
};

TEST_F(RedisUser, OfTheSampleMayDoAllAndNothingIsLeft) {
    ASSERT_GT(rules_.size(), 30u);
    for (const auto& more : {std::vector<std::string>(), {"+acl|whoami", "+acl|dryrun"}, {"+acl|whoami"}, {"+info"}}) {
        look({}, more);
        EXPECT_TRUE(server.cli({"KEYS", "*"}).elements.empty()) << "something is left";
        EXPECT_EQ(of("acl").grade, Grade::ok) << of("acl").text;
        EXPECT_THAT(of("acl").text, HasSubstr("user tickgate"));
        EXPECT_EQ(of("version").grade, Grade::ok) << "HELLO tells it, too";
        EXPECT_EQ(of("writing").grade, Grade::ok);
    }
    look(RedisCheck());
    EXPECT_EQ(of("acl").grade, Grade::ok) << of("acl").text;
}

// The list that is tried and the sample are the same: without any one right of the sample something is missed.
TEST_F(RedisUser, IsToldEachRightThatIsMissing) {
    // What logs in and what `tickgate tail` listens with, which the gateway does not.
    const std::set<std::string> others{"+hello", "+auth", "+ping", "+select", "+client|id", "+subscribe", "+psubscribe",
        "+unsubscribe", "+punsubscribe"};
    for (const auto& rule : rules_) {
        if (!rule.starts_with("+") || others.contains(rule))
            continue;
        for (const auto& more : {std::vector<std::string>(), {"+acl|whoami", "+acl|dryrun"}}) {
            look(rule, more);
            EXPECT_EQ(of("acl").grade, Grade::failure) << rule;
            EXPECT_EQ(of("acl").exit, refused);
            EXPECT_EQ(of("acl").text.find("user tickgate may not " + rule.substr(1)), 0u) << of("acl").text;
            EXPECT_EQ(of("acl").text.find(','), rule == "+set" && more.empty() ? 25u : std::string::npos);
        }
    }
    std::set<std::string> sample(rules_.begin(), rules_.end());
    for (const auto& need : redis_needs("md"))
        EXPECT_TRUE(sample.contains("+" + need.name)) << need.name << " is not in the sample";
}

TEST_F(RedisUser, IsToldOfKeysAndChannelsOfAnotherPrefix) {
    RedisCheck check;
    check.prefix = "other";
    look();
    check.redis.username = "tickgate";
    check.redis.password = Secret("change-me-gateway");
    look(std::move(check));
    EXPECT_EQ(of("acl").grade, Grade::failure);
    EXPECT_THAT(of("acl").fix, HasSubstr("prefix other"));
}

TEST(RedisVersion, IsSixTwoOrNewer) {
    for (const auto* good : {"6.2", "6.2.14", "6.10.1", "7.0.15", "8.0.0", "255.255.255"})
        EXPECT_TRUE(is_new_enough(good)) << good;
    for (const auto* old : {"6.0.16", "6.1.240", "6", "5.0.14", "2.8.4", "", "x"})
        EXPECT_FALSE(is_new_enough(old)) << old;
}

TEST(HttpDate, IsTheOneFormThatServersSend) {
    EXPECT_EQ(http_date("Sun, 06 Nov 1994 08:49:37 GMT"), UnixNanos(std::chrono::seconds(784111777)));
    for (const auto* wrong : {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMTx", "1"})
        EXPECT_FALSE(http_date(wrong)) << wrong;
}

TEST(Advice, EveryErrorHasAMeaningAndAnExit) {
    for (int e = 1; e <= static_cast<int>(errc::cancelled); ++e) {
        const auto advice = advice_for(make_error_code(static_cast<errc>(e)), "providers.x");
        EXPECT_NE(advice.meaning, "");
        EXPECT_NE(advice.fix, "");
        EXPECT_TRUE(advice.exit == unreachable || advice.exit == refused || advice.exit == misconfigured);
    }
    EXPECT_EQ(advice_for(errc::unauthorized, "x").exit, refused);
    EXPECT_EQ(advice_for(errc::timed_out, "x").exit, unreachable);
    EXPECT_EQ(graver(unreachable, refused), refused);
    EXPECT_EQ(graver(misconfigured, refused), misconfigured);
    EXPECT_EQ(graver(0, unreachable), unreachable);
}

} // namespace tickgate::diagnose
