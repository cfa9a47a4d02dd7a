// The skeleton that docs/provider-guide.md walks through does what the guide says.
#include "provider.hpp"
#include "session.hpp"

#include <tickgate/provider_settings.hpp>

#include <gtest/gtest.h>

namespace tickgate::acme {

const ProviderSpec& provider_spec() noexcept;

namespace {

TEST(SkeletonSettings, TheAdapterTakesEveryKeyOfItsTable) {
    ProviderRegistry registry;
    register_acme(registry);
    ProviderSettings all;
    for (const SettingSpec& setting : provider_spec().settings)
        all.emplace(setting.key, setting.example);
    std::string problem;
    EXPECT_EQ(all.size(), 3u);
    EXPECT_TRUE(registry.find(provider_spec().name)->make(all, problem)) << problem;
}

struct Seen final : Outbox, EventSink {
    void send(std::string_view text) override { sent.emplace_back(text); }
    void on_quote(const Quote& q) override { quotes.push_back(q); }
    void on_acknowledged(std::span<const Subscription> done) override { acknowledged += done.size(); }
    void on_rejected(Subscription, error_code why, std::string_view) override { rejected = why; }
    void on_skipped(Skip why, std::string_view) override { skipped.push_back(why); }

    std::vector<std::string> sent;
    std::vector<Quote> quotes;
    std::vector<Skip> skipped;
    std::size_t acknowledged = 0;
    error_code rejected;
};

class Skeleton : public ::testing::Test {
protected:
    Skeleton() {
        SubscriptionDelta delta;
        Subscription s;
        s.instrument = static_cast<InstrumentId>(4);
        delta.add.push_back({s, "EURUSD"});
        session.want(delta, now, seen, seen);
    }
    void receive(std::string text) {
        const auto size = text.size();
        text.resize(size + 64);
        session.received(std::string_view(text).substr(0, size), now, seen, seen);
    }
    Moment now{};
    AcmeSession session{"wss://stream.acme.example", "secret"};
    Seen seen;
};

TEST_F(Skeleton, AsksOnceItIsOpenAndPublishesTheVenuesDigits) {
    EXPECT_TRUE(seen.sent.empty()) << "nothing before the connection is up";
    session.opened(now, seen);
    ASSERT_EQ(seen.sent.size(), 1u);
    EXPECT_EQ(seen.sent[0], R"({"op":"subscribe","s":"EURUSD"})");
    receive(R"({"t":"ok","s":"EURUSD"})");
    EXPECT_EQ(seen.acknowledged, 1u);
    receive(R"({"t":"q","s":"EURUSD","b":1.0850,"a":1.08520,"ts":1700000000123})");
    ASSERT_EQ(seen.quotes.size(), 1u);
    EXPECT_EQ(seen.quotes[0].bid->to_string(), "1.0850");
    EXPECT_EQ(seen.quotes[0].ask->to_string(), "1.08520");
    EXPECT_EQ(seen.quotes[0].instrument, static_cast<InstrumentId>(4));
    EXPECT_EQ(seen.quotes[0].event_time, from_millis(1700000000123));
}

TEST_F(Skeleton, CountsWhatItCannotUse) {
    session.opened(now, seen);
    receive("{");
    receive(R"({"t":"q","s":"EURUSD","b":"x","a":1,"ts":1})");
    receive(R"({"t":"q","s":"GBPUSD","b":1,"a":1,"ts":1})");
    receive(R"({"t":"q","s":"EURUSD","b":1234567890123456789,"a":1,"ts":1})");
    receive(R"({"t":"weather","s":"EURUSD"})");
    EXPECT_EQ(seen.skipped, (std::vector<Skip>{Skip::malformed, Skip::malformed, Skip::unknown_instrument,
                                Skip::overflow, Skip::unknown_type}));
    receive(R"({"t":"no","s":"EURUSD","why":"not listed"})");
    EXPECT_EQ(seen.rejected, errc::unknown_symbol);
    EXPECT_TRUE(seen.quotes.empty());
}

TEST_F(Skeleton, ABadTokenIsFinalAndEverythingElseIsTriedAgain) {
    EXPECT_EQ(recovery_of(session.closed(4001, "bad token").reason), Recovery::give_up);
    EXPECT_EQ(recovery_of(session.closed(1001, "").reason), Recovery::retry);
}

TEST(SkeletonProvider, IsMadeFromSettingsAndNamesThoseItDoesNotKnow) {
    ProviderRegistry registry;
    register_acme(registry);
    const auto* factory = registry.find("acme");
    ASSERT_NE(factory, nullptr);
    std::string problem;
    const auto provider = factory->make({{"token", "secret"}}, problem);
    ASSERT_TRUE(provider);
    EXPECT_EQ(provider->capabilities().feeds.at(0).part, "quotes");
    EXPECT_FALSE(factory->make({{"tokn", "secret"}}, problem));
    EXPECT_NE(problem.find("tokn"), std::string::npos);
    EXPECT_EQ(problem.find("secret"), std::string::npos);
}

} // namespace
} // namespace tickgate::acme
