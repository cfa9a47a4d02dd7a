#include "publisher_fixture.hpp"

namespace tickgate::redis {
namespace {

class Owner : public PublisherFixture {
protected:
    test::RedisServer server;
};

TEST_F(Owner, ASecondPublisherIsSilentAndTakesOverWhenTheFirstStops) {
    Listener listener(server);
    auto& one = start(options(server.url(), "one"));
    ASSERT_TRUE(run_until([&] { return one->stats().owner; }));
    auto& two = start(options(server.url(), "two"));
    const auto q1 = open(one, "BTC-USDT"), q2 = open(two, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return two->stats().holder == "one"; }));
    two->publish(q2, quote());
    two->flush(now());
    EXPECT_EQ(two->last_seq(q2), 0u);
    EXPECT_EQ(two->stats().queued_bytes, 0u);
    one->publish(q1, quote());
    one->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:quote:crypto:BTC-USDT") == 1;
    }));
    const auto epoch = one->stats().epoch;
    const std::string first_session = one->session();
    ASSERT_TRUE(stop(one));
    ASSERT_TRUE(run_until([&] { return two->stats().owner; }));
    EXPECT_EQ(two->stats().epoch, epoch + 1);
    EXPECT_GT(two->session(), first_session);
    EXPECT_EQ(server.get("md:owner"), "two");
    two->publish(q2, quote());
    two->flush(now());
    EXPECT_EQ(two->last_seq(q2), 1u);
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:quote:crypto:BTC-USDT") == 2;
    }));
}

TEST_F(Owner, AStolenKeyEndsPublishingAndTheSession) {
    Listener listener(server);
    auto& p = start(options(server.url()));
    const auto q = open(p, "BTC-USDT");
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->publish(q, quote());
    p->flush(now());
    const std::string session = p->session();
    server.cli({"SET", "md:owner", "thief"});
    ASSERT_TRUE(run_until([&] { return p->stats().holder == "thief"; }));
    EXPECT_FALSE(p->stats().owner);
    p->publish(q, quote());
    p->flush(now());
    server.cli({"DEL", "md:owner"});
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    EXPECT_GT(p->session(), session);
    EXPECT_EQ(p->last_seq(q), 0u);
    p->publish(q, quote());
    p->flush(now());
    ASSERT_TRUE(run_until([&] {
        listener.poll();
        return listener.count("md:quote:crypto:BTC-USDT") == 2;
    }));
    EXPECT_EQ(listener.messages.back().body.at("seq").as_int64(), 1);
}

TEST_F(Owner, StatesToldBeforeAnotherOwnedThePrefixAreNotWrittenAgain) {
    auto& p = start(options(server.url()));
    open(p, "BTC-USDT");
    const auto id = table.intern({AssetClass::crypto, "BTC-USDT"});
    const auto state_key = [&] { return server.cli({"GET", "md:state:crypto:BTC-USDT"}); };
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    p->set_state(id, InstrumentState::live, "subscribed", "binance");
    ASSERT_TRUE(run_until([&] { return !state_key().is_nil(); }));
    server.cli({"SET", "md:owner", "thief"});
    ASSERT_TRUE(run_until([&] { return p->stats().holder == "thief"; }));
    EXPECT_FALSE(p->state_of(id));
    p->set_state(id, InstrumentState::live, "not ended so far", "binance");
    EXPECT_FALSE(p->state_of(id));
    server.cli({"DEL", "md:state:crypto:BTC-USDT", "md:owner", "md:symbols:crypto"});
    ASSERT_TRUE(run_until([&] {
        return p->stats().owner && !server.cli({"SMEMBERS", "md:symbols:crypto"}).elements.empty();
    }));
    EXPECT_TRUE(state_key().is_nil());
    p->set_state(id, InstrumentState::live, "subscribed", "binance");
    EXPECT_TRUE(run_until([&] { return !state_key().is_nil(); })) << "told anew";
}

TEST_F(Owner, ALostKeyIsTakenAgainWithinTheSameSession) {
    auto& p = start(options(server.url()));
    ASSERT_TRUE(run_until([&] { return p->stats().owner; }));
    const std::string session = p->session();
    const auto epoch = p->stats().epoch;
    server.cli({"DEL", "md:owner"});
    ASSERT_TRUE(run_until([&] { return p->stats().owner && p->stats().epoch == epoch + 1; }));
    EXPECT_EQ(p->session(), session);
}

} // namespace
} // namespace tickgate::redis
