#include "ops/demand_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::ops {

namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

DataName name(const std::string& text) { return DataName::parse(text).value(); }

class Demand : public ::testing::Test {
protected:
    std::vector<std::string> subscribed(const std::vector<std::string>& channels) {
        book.set_subscribed(channels, now);
        return take();
    }
    // `+name`, `-name`, `!name` (refused), in the order of the delta.
    std::vector<std::string> take() {
        std::vector<std::string> out;
        const auto delta = book.take(now);
        for (const auto& n : delta.remove)
            out.push_back("-" + n.to_string());
        for (const auto& n : delta.add)
            out.push_back("+" + n.to_string());
        for (const auto& r : delta.refused)
            out.push_back("!" + r.name.to_string());
        return out;
    }

    DemandOptions options{60s, 5, {}};
    DemandBook book{options};
    MonoTime now{1000s};
};

const std::string a = "quote:crypto:A", b = "quote:crypto:B", c = "trade:crypto:C", d = "bar:1m:crypto:D";

} // namespace

TEST_F(Demand, ConfiguredComeFirstAndOldestDemandNext) {
    book.set_subscribed({d, "junk", "quote:stock:X"}, now);
    book.set_subscribed({d, a}, now);
    book.set_configured({name(c), name(b)}, now);
    EXPECT_THAT(take(), ElementsAre("+" + c, "+" + b, "+" + d, "+" + a));
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(book.counts().wanted, 4u);
    EXPECT_EQ(book.counts().configured, 2u);
    EXPECT_EQ(book.counts().subscribed, 2u);
}

TEST_F(Demand, LingersAfterTheLastSubscriber) {
    EXPECT_THAT(subscribed({a}), ElementsAre("+" + a));
    now += 1s;
    EXPECT_THAT(subscribed({}), IsEmpty());
    now += 59999ms;
    EXPECT_THAT(take(), IsEmpty());
    now += 1ms;
    EXPECT_THAT(take(), ElementsAre("-" + a));
    EXPECT_EQ(book.counts().wanted, 0u);
    EXPECT_THAT(subscribed({a}), ElementsAre("+" + a));
}

TEST_F(Demand, WhoComesBackInTimeIsNotAskedForAgain) {
    subscribed({a});
    subscribed({});
    now += 30s;
    EXPECT_THAT(subscribed({a}), IsEmpty());
    now += 60s;
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_THAT(subscribed({}), IsEmpty());
    now += 60s;
    EXPECT_THAT(take(), ElementsAre("-" + a));
}

TEST_F(Demand, LeasesEndByTimeOrByWordAndThenLinger) {
    EXPECT_EQ(book.set_lease("me", name(a), now + 100s, now), "");
    EXPECT_EQ(book.set_lease("you", name(a), now + 10s, now), "");
    EXPECT_EQ(book.set_lease("you", name(b), now + 10s, now), "");
    EXPECT_THAT(take(), ElementsAre("+" + a, "+" + b));
    EXPECT_EQ(book.counts().leases, 3u);
    now += 10s;
    EXPECT_THAT(take(), IsEmpty());
    EXPECT_EQ(book.counts().leases, 1u);
    now += 60s;
    EXPECT_THAT(take(), ElementsAre("-" + b));
    EXPECT_TRUE(book.end_lease("me", name(a), now));
    EXPECT_FALSE(book.end_lease("me", name(a), now));
    now += 60s;
    EXPECT_THAT(take(), ElementsAre("-" + a));
    EXPECT_EQ(book.counts().leases, 0u);
}

TEST_F(Demand, ALaterLeaseOfTheSameClientReplacesTheFirst) {
    book.set_lease("me", name(a), now + 10s, now);
    book.set_lease("me", name(a), now + 20s, now);
    EXPECT_EQ(book.counts().leases, 1u);
    book.set_lease("me", name(b), now + 20s, now);
    take();
    EXPECT_EQ(book.end_leases("me", now), 2u);
    EXPECT_EQ(book.end_leases("me", now), 0u);
    now += 60s;
    EXPECT_THAT(take(), ElementsAre("-" + a, "-" + b));
}

TEST_F(Demand, WhatIsOverTheBoundIsRefusedOnceAndServedWhenThereIsRoom) {
    std::vector<std::string> many;
    for (int i = 0; i < 7; ++i)
        many.push_back("quote:crypto:N" + std::to_string(i));
    book.set_subscribed(many, now);
    auto delta = book.take(now);
    EXPECT_EQ(delta.add.size(), 5u);
    ASSERT_EQ(delta.refused.size(), 1u);
    EXPECT_EQ(delta.refused[0].name.to_string(), "quote:crypto:N5");
    EXPECT_EQ(delta.refused[0].count, 2u);
    EXPECT_THAT(delta.refused[0].reason, HasSubstr("too many channels"));
    EXPECT_EQ(book.counts().over_limit, 2u);
    EXPECT_THAT(book.set_lease("me", name(a), now + 10s, now), HasSubstr("too many channels"));
    book.set_subscribed(many, now);
    delta = book.take(now);
    ASSERT_EQ(delta.refused.size(), 1u) << "the lease; those subscribed were told";
    EXPECT_EQ(delta.refused[0].count, 1u);
    EXPECT_EQ(book.counts().refused, 3u);
    EXPECT_TRUE(book.take(now).empty());
    many.erase(many.begin());
    book.set_subscribed(many, now);
    now += 60s;
    EXPECT_EQ(book.take(now).remove.size(), 1u);
    book.set_subscribed(many, now);
    delta = book.take(now);
    ASSERT_EQ(delta.add.size(), 1u);
    EXPECT_EQ(delta.add[0].to_string(), "quote:crypto:N5");
    // The configuration is not bounded by it.
    book.set_configured({name(a), name(b)}, now);
    EXPECT_EQ(book.take(now).add.size(), 2u);
}

TEST_F(Demand, InstrumentsThatAreNotAdmittedAreRefusedUnlessConfigured) {
    std::string admitted = "A";
    options.admit = [&](const InstrumentName& instrument) { return instrument.symbol == admitted; };
    DemandBook strict(options);
    strict.set_subscribed({a, b}, now);
    auto delta = strict.take(now);
    ASSERT_EQ(delta.add.size(), 1u);
    ASSERT_EQ(delta.refused.size(), 1u);
    EXPECT_EQ(delta.refused[0].name.to_string(), b);
    EXPECT_THAT(delta.refused[0].reason, HasSubstr("too many different symbols"));
    EXPECT_THAT(strict.set_lease("me", name(b), now + 10s, now), HasSubstr("too many different symbols"));
    EXPECT_EQ(strict.counts().over_limit, 1u);
    EXPECT_EQ(strict.counts().leases, 0u);
    strict.set_configured({name(b)}, now);
    delta = strict.take(now);
    ASSERT_EQ(delta.add.size(), 1u);
    EXPECT_EQ(delta.add[0].to_string(), b);
    admitted = "C";
    EXPECT_EQ(strict.set_lease("me", name(c), now + 10s, now), "");
}

TEST_F(Demand, AHundredThousandNamesAreNoTrouble) {
    DemandBook big;
    std::vector<std::string> many;
    for (int i = 0; i < 110000; ++i)
        many.push_back("quote:equity:S" + std::to_string(i));
    big.set_subscribed(many, now);
    auto delta = big.take(now);
    EXPECT_EQ(delta.add.size(), 100000u);
    ASSERT_EQ(delta.refused.size(), 1u);
    EXPECT_EQ(delta.refused[0].count, 10000u);
    big.set_subscribed({}, now);
    now += 60s;
    EXPECT_EQ(big.counts().wanted, 100000u);
    EXPECT_EQ(big.take(now).remove.size(), 100000u);
    EXPECT_TRUE(big.take(now).empty());
    EXPECT_EQ(big.counts().wanted, 0u);
}

TEST_F(Demand, LeavingTheConfigurationLingersToo) {
    book.set_configured({name(a), name(b)}, now);
    take();
    book.set_subscribed({b}, now);
    book.set_configured({}, now);
    EXPECT_THAT(take(), IsEmpty());
    now += 60s;
    EXPECT_THAT(take(), ElementsAre("-" + a));
    EXPECT_EQ(book.counts().wanted, 1u);
    EXPECT_EQ(book.counts().configured, 0u);
}

TEST_F(Demand, AnotherLingerHoldsForWhatEndsFromThenOn) {
    subscribed({a, b});
    subscribed({b});
    book.set_linger(5s);
    subscribed({});
    now += 6s;
    EXPECT_THAT(take(), ElementsAre("-" + b));
    now += 55s;
    EXPECT_THAT(take(), ElementsAre("-" + a)) << "it was promised a minute";
}

} // namespace tickgate::ops
