#include "quality/findings.hpp"
#include "quality_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::quality {
namespace {

using namespace test;
using namespace std::chrono;

const auto s = subject("crypto:BTC-USDT");
const auto noon = at(year{2026} / 11 / 18, 12);

Finding one(Check check, Severity severity, int minute) {
    return {check, severity, noon + minutes(minute), noon + minutes(minute + 1), 1};
}
const auto word = [] { return std::string("text"); };

Grade grade(std::uint64_t checked, std::uint64_t missing, std::uint64_t errors, std::uint64_t warnings) {
    Findings f;
    for (std::uint64_t i = 0; i < errors; ++i)
        f.add(one(Check::ohlc, Severity::error, static_cast<int>(i)), word);
    for (std::uint64_t i = 0; i < warnings; ++i)
        f.add(one(Check::vwap, Severity::warning, static_cast<int>(i)), word);
    return f.report(checked, missing).grade;
}

TEST(Findings, Grades) {
    EXPECT_EQ(grade(1000, 0, 0, 0), Grade::excellent);
    EXPECT_EQ(grade(0, 0, 0, 0), Grade::excellent) << "nothing was expected";
    EXPECT_EQ(grade(1000, 0, 0, 1), Grade::good);
    EXPECT_EQ(grade(1000, 0, 0, 10), Grade::good);
    EXPECT_EQ(grade(1000, 0, 0, 11), Grade::fair);
    EXPECT_EQ(grade(1000, 0, 1, 0), Grade::fair);
    EXPECT_EQ(grade(1000, 0, 10, 0), Grade::fair);
    EXPECT_EQ(grade(1000, 0, 11, 0), Grade::poor);
    EXPECT_EQ(grade(999, 1, 0, 0), Grade::good);
    EXPECT_EQ(grade(990, 10, 0, 0), Grade::good);
    EXPECT_EQ(grade(989, 11, 0, 0), Grade::fair);
    EXPECT_EQ(grade(900, 100, 0, 0), Grade::fair);
    EXPECT_EQ(grade(899, 101, 0, 0), Grade::poor);
    EXPECT_EQ(grade(0, 1, 0, 0), Grade::poor);
}

TEST(Findings, NeighboursAreOneIssueAndEverythingIsCounted) {
    Findings f;
    for (int i = 0; i < 5; ++i)
        f.add(one(Check::vwap, Severity::warning, i), word);
    f.add(one(Check::vwap, Severity::warning, 7), word);
    const auto r = f.report(10, 0);
    EXPECT_EQ(text(r), "fair: vwap warning 5; vwap warning 1");
    EXPECT_EQ(r.issues[0].from, noon);
    EXPECT_EQ(r.issues[0].to, noon + 5min);
    EXPECT_EQ(r.counts[static_cast<std::size_t>(Check::vwap)], 6u);
    EXPECT_EQ(r.checked, 10u);
    EXPECT_EQ(r.expected, 10u);
}

TEST(Findings, AtMostAHundredTheFirstOfEachCheckFirst) {
    Findings f;
    for (int i = 0; i < 3000; i += 2)
        for (const auto check : {Check::ohlc, Check::vwap, Check::volume, Check::outlier, Check::gap, Check::disorder})
            f.add(one(check, check == Check::vwap ? Severity::note : Severity::error, i), word);
    f.add(one(Check::misaligned, Severity::warning, 9000), word);
    const auto r = f.report(10000, 0);
    ASSERT_EQ(r.issues.size(), 100u);
    EXPECT_EQ(text(std::vector<Issue>(r.issues.begin(), r.issues.begin() + 7)),
        "ohlc error 1; gap error 1; outlier error 1; disorder error 1; volume error 1; misaligned warning 1; vwap note "
        "1");
    EXPECT_EQ(r.counts[static_cast<std::size_t>(Check::ohlc)], 1500u);
    EXPECT_EQ(r.issues[7].severity, Severity::error);
}

TEST(Findings, TheTextIsMadeOnlyWhereItIsKept) {
    Findings f;
    int made = 0;
    for (int i = 0; i < 2000; i += 2)
        f.add(one(Check::ohlc, Severity::error, i), [&] {
            ++made;
            return std::string();
        });
    EXPECT_LT(made, 100);
}

TEST(Findings, TimesAsText) {
    EXPECT_EQ(time_text(noon + 61s), "2026-11-18T12:01:01Z");
    EXPECT_EQ(time_text(UnixNanos(-1s)), "1969-12-31T23:59:59Z");
}

} // namespace
} // namespace tickgate::quality
