#include "core/log.hpp"
#include "net/tls.hpp"
#include "publisher_fixture.hpp"
#include "redis/subscriber.hpp"
#include "support/test_certs.hpp"

#include <filesystem>

namespace tickgate::redis {
namespace {

class Access : public PublisherFixture {
protected:
    Access() {
        log::capture([this](log::Level, const std::string& line) { log_ += line + "\n"; });
    }
    ~Access() override { log::capture({}); }

    // Publishes a quote and sees it in the last value.
    void expect_publishes(PublisherOptions o, const test::RedisServer& server, const std::string& database = "0") {
        auto& p = start(std::move(o));
        const auto q = open(p, "BTC-USDT");
        ASSERT_TRUE(run_until([&] { return p->stats().owner; })) << p->stats().error;
        for (int i = 0; i < 2000; ++i)
            p->publish(q, quote());
        p->flush(now());
        EXPECT_TRUE(run_until([&] {
            test::RedisClient client(server.port());
            client({"SELECT", database});
            const auto last = client({"GET", "md:last:quote:crypto:BTC-USDT"});
            return !last.is_nil() && json::parse(last.text).at("seq") == 2000;
        }));
        ASSERT_TRUE(stop(p));
        EXPECT_EQ(p->stats().queued_bytes, 0u);
    }
    std::string log_;
};

TEST_F(Access, UnixSocket) {
    test::RedisServer server;
    expect_publishes(options("unix://" + server.unix_path()), server);
    expect_publishes(options("unix://" + server.unix_path() + "?db=2"), server, "2");
}

TEST_F(Access, DatabaseNumber) {
    test::RedisServer server;
    expect_publishes(options(server.url() + "/5"), server, "5");
    EXPECT_EQ(server.get("md:last:quote:crypto:BTC-USDT"), "");
}

TEST_F(Access, Tls) {
    const auto& certs = test::test_certs();
    test::RedisServer server({}, {certs.good.cert, certs.good.key, certs.ca});
    auto o = options("rediss://localhost:" + std::to_string(server.tls_port()));
    std::string problem;
    o.tls = net::TlsContext::client(certs.ca, problem).value();
    expect_publishes(std::move(o), server);
}

TEST_F(Access, AclUser) {
    test::RedisServer server;
    server.cli({"ACL", "SETUSER", "gate", "on", ">secret1", "~md:*", "&md:*", "+@all"});
    auto o = options(server.url());
    o.username = "gate";
    o.password = Secret("secret1");
    expect_publishes(std::move(o), server);
}

TEST_F(Access, AWrongPasswordIsNamedAndNeverShown) {
    test::RedisServer server({"--requirepass", "right-password"});
    auto o = options(server.url());
    o.password = Secret("wrong-password");
    auto& p = start(std::move(o));
    ASSERT_TRUE(run_until([&] { return log_.find("access_refused") != std::string::npos; }));
    EXPECT_NE(log_.find("redis.password"), std::string::npos);
    EXPECT_EQ(log_.find("wrong-password"), std::string::npos);
    EXPECT_NE(p->stats().error.find("WRONGPASS"), std::string::npos);
    auto& none = start(options(server.url(), "two"));
    ASSERT_TRUE(run_until([&] { return none->stats().error.find("NOAUTH") != std::string::npos; }));
    EXPECT_FALSE(p->stats().owner || none->stats().owner);
}

TEST_F(Access, TooManyClientsIsWaitedOut) {
    test::RedisServer server({"--maxclients", "1"});
    auto blocker = std::make_unique<test::RedisClient>(server.port());
    (*blocker)({"PING"});
    auto& p = start(options(server.url()));
    ASSERT_TRUE(run_until([&] {
        return p->stats().error.find("max number of clients") != std::string::npos || p->stats().reconnects > 2;
    }));
    EXPECT_FALSE(p->stats().owner);
    blocker.reset();
    EXPECT_TRUE(run_until([&] { return p->stats().owner; }));
}

TEST_F(Access, AReplicaIsNoPlaceToPublishAndWhatWentThereIsAnnounced) {
    test::RedisServer server;
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    server.cli({"REPLICAOF", "127.0.0.1", "1"});
    p->publish(q, quote());
    p->publish(q, quote());
    p->flush(now());
    ASSERT_TRUE(run_until([&] { return !p->stats().owner; }));
    Listener listener(server);
    server.cli({"REPLICAOF", "NO", "ONE"});
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:event:crypto:BTC-USDT") >= 2;
    }));
    for (const auto& m : listener.messages) {
        if (m.channel == "md:event:crypto:BTC-USDT") {
            EXPECT_EQ(m.body.at("cause"), "redis_readonly");
            EXPECT_TRUE(m.body.at("lost").is_null());
            EXPECT_EQ(m.body.at("from_seq"), 1);
            EXPECT_EQ(m.body.at("to_seq"), 2);
        }
    }
}

TEST_F(Access, OutOfMemoryLeavesMessagesFlowing) {
    test::RedisServer server;
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner && p->stats().writable; }));
    server.cli({"CONFIG", "SET", "maxmemory", "1"});
    std::size_t sent = 0;
    ASSERT_TRUE(run_until([&] {
        p->publish(q, quote());
        p->flush(now());
        ++sent;
        return !p->stats().writable;
    }));
    EXPECT_TRUE(p->stats().owner);
    EXPECT_NE(p->stats().error.find("OOM"), std::string::npos);
    // The owner key and the proof of life are renewed although nothing can be written.
    run_until([] { return false; }, std::chrono::milliseconds(3500));
    EXPECT_TRUE(p->stats().owner);
    EXPECT_EQ(server.get("md:owner"), "one");
    EXPECT_EQ(server.get("md:alive"), p->session());
    server.cli({"CONFIG", "SET", "maxmemory", "0"});
    ASSERT_TRUE(run_until([&] { return p->stats().writable; }));
    ASSERT_TRUE(run_until([&] { return !server.get("md:last:quote:crypto:BTC-USDT").empty(); }));
    listener.poll();
    EXPECT_EQ(listener.count("md:quote:crypto:BTC-USDT"), sent);
}

TEST_F(Access, ARedisThatCannotSaveEndsTheLeaseAndIsWaitedOut) {
    test::RedisServer server({"--save", "3600 1"});
    auto& p = start(options(server.url()));
    const auto t = open(p, "BTC-USDT", Kind::trade);
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const std::string blocker = server.cli({"CONFIG", "GET", "dir"}).elements.at(1).text + "/dump.rdb";
    ASSERT_TRUE(std::filesystem::create_directory(blocker)); // a file cannot be renamed to it
    server.cli({"BGSAVE"});
    ASSERT_TRUE(run_until([&] { return p->stats().error.find("MISCONF") != std::string::npos; }));
    EXPECT_FALSE(p->stats().writable);
    // The owner key cannot be renewed either: another could take it as soon as Redis recovers.
    ASSERT_TRUE(run_until([&] { return !p->stats().owner; }));
    const auto before = p->last_seq(t);
    p->publish(t, trade());
    EXPECT_EQ(p->last_seq(t), before + 1); // kept
    server.cli({"CONFIG", "SET", "stop-writes-on-bgsave-error", "no"});
    ASSERT_TRUE(run_until([&] { return p->stats().owner && p->stats().writable; }));
    EXPECT_TRUE(run_until([&] { return !server.get("md:last:trade:crypto:BTC-USDT").empty(); }));
}

TEST_F(Access, SubscriberReadsMessagesAndKeys) {
    test::RedisServer server;
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    std::string got, last;
    bool done = false;
    const auto read = [&]() -> asio::awaitable<void> {
        Subscriber s;
        Client c;
        ClientOptions so;
        so.url = server.url();
        ClientOptions co = so;
        std::string detail;
        EXPECT_FALSE(co_await s.connect(std::move(so), detail));
        EXPECT_FALSE(co_await c.connect(std::move(co), detail));
        std::vector<std::string> patterns{"md:quote:*", "md:trade:*"};
        EXPECT_FALSE(co_await s.subscribe(std::move(patterns)));
        p->publish(q, quote());
        p->flush(now());
        auto m = co_await s.next();
        got = m ? m->channel + " " + m->payload : "error";
        std::vector<std::string> get{"GET", "md:owner"};
        auto r = co_await c.command(std::move(get));
        last = r ? r->text : "error";
        done = true;
    };
    asio::co_spawn(io, read(), [](std::exception_ptr) {});
    ASSERT_TRUE(run_until([&] { return done; }));
    EXPECT_TRUE(got.starts_with("md:quote:crypto:BTC-USDT {\"v\":1,"));
    EXPECT_EQ(last, "one");
}

} // namespace
} // namespace tickgate::redis
