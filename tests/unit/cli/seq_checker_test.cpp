#include "cli/seq_checker.hpp"

#include <gtest/gtest.h>

namespace tickgate::cli {

using Kind = SeqChecker::Kind;
constexpr const char* a = "md:quote:crypto:BTC-USDT";
constexpr const char* b = "md:trade:crypto:BTC-USDT";

TEST(SeqChecker, BeginsWithTheFirstMessageOfEachChannel) {
    SeqChecker checker;
    EXPECT_EQ(checker.check(a, "S1", 500).kind, Kind::first);
    EXPECT_EQ(checker.check(b, "S1", 7).kind, Kind::first);
    EXPECT_EQ(checker.check(a, "S1", 501).kind, Kind::next);
    EXPECT_EQ(checker.check(b, "S1", 8).kind, Kind::next);
    EXPECT_EQ(checker.gaps(), 0u);
}

TEST(SeqChecker, NamesWhatIsMissing) {
    SeqChecker checker;
    checker.check(a, "S1", 4);
    const auto gap = checker.check(a, "S1", 8);
    EXPECT_EQ(gap.kind, Kind::gap);
    EXPECT_EQ(gap.from, 5u);
    EXPECT_EQ(gap.to, 7u);
    EXPECT_EQ(checker.check(a, "S1", 9).kind, Kind::next);
    EXPECT_EQ(checker.gaps(), 1u);
    EXPECT_EQ(checker.missing(), 3u);
}

TEST(SeqChecker, RepeatsAreDropped) {
    SeqChecker checker;
    checker.check(a, "S1", 4);
    EXPECT_EQ(checker.check(a, "S1", 4).kind, Kind::repeat);
    EXPECT_EQ(checker.check(a, "S1", 2).kind, Kind::repeat);
    EXPECT_TRUE(checker.check(a, "S1", 1).droppable());
    EXPECT_EQ(checker.check(a, "S1", 5).kind, Kind::next);
}

TEST(SeqChecker, AGreaterSessionStartsAnewAndIsToldOnce) {
    SeqChecker checker;
    EXPECT_FALSE(checker.check(a, "S1", 100).session_changed);
    checker.check(b, "S1", 100);
    const auto first = checker.check(a, "S2", 3);
    EXPECT_EQ(first.kind, Kind::first);
    EXPECT_TRUE(first.session_changed);
    const auto other = checker.check(b, "S2", 9);
    EXPECT_EQ(other.kind, Kind::first);
    EXPECT_FALSE(other.session_changed);
    EXPECT_EQ(checker.check(a, "S2", 5).kind, Kind::gap);
}

TEST(SeqChecker, ASmallerSessionIsDroppedOnEveryChannel) {
    SeqChecker checker;
    checker.check(a, "S2", 1);
    EXPECT_EQ(checker.check(a, "S1", 900).kind, Kind::old_session);
    EXPECT_TRUE(checker.check(b, "S1", 900).droppable());
    EXPECT_EQ(checker.check(a, "S2", 2).kind, Kind::next);
}

TEST(SeqChecker, PrefixesHaveSessionsOfTheirOwn) {
    SeqChecker checker;
    checker.check("eu:quote:fx:EUR-USD", "S9", 1);
    const auto verdict = checker.check("us:quote:fx:EUR-USD", "S1", 1);
    EXPECT_EQ(verdict.kind, Kind::first);
    EXPECT_FALSE(verdict.session_changed);
    EXPECT_EQ(checker.check("us:quote:fx:EUR-USD", "S1", 2).kind, Kind::next);
}

} // namespace tickgate::cli
