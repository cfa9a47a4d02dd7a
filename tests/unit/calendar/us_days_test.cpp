// The rules against the holidays and early closes as NYSE published them.
#include "calendar/us_days.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace tickgate::calendar {
namespace {

using namespace std::chrono;

struct PublishedYear {
    int year_number;
    std::vector<month_day> closed, early;
};

const std::vector<PublishedYear>& published() {
    static const std::vector<PublishedYear> years{
        {2019,
            {January / 1, January / 21, February / 18, April / 19, May / 27, July / 4, September / 2, November / 28,
                December / 25},
            {July / 3, November / 29, December / 24}},
        {2020,
            {January / 1, January / 20, February / 17, April / 10, May / 25, July / 3, September / 7, November / 26,
                December / 25},
            {November / 27, December / 24}},
        {2021,
            {January / 1, January / 18, February / 15, April / 2, May / 31, July / 5, September / 6, November / 25,
                December / 24},
            {November / 26}},
        {2022,
            {January / 17, February / 21, April / 15, May / 30, June / 20, July / 4, September / 5, November / 24,
                December / 26},
            {November / 25}},
        {2023,
            {January / 2, January / 16, February / 20, April / 7, May / 29, June / 19, July / 4, September / 4,
                November / 23, December / 25},
            {July / 3, November / 24}},
        {2024,
            {January / 1, January / 15, February / 19, March / 29, May / 27, June / 19, July / 4, September / 2,
                November / 28, December / 25},
            {July / 3, November / 29, December / 24}},
        {2025, // and 9 January, a day of mourning, which no rule tells
            {January / 1, January / 20, February / 17, April / 18, May / 26, June / 19, July / 4, September / 1,
                November / 27, December / 25},
            {July / 3, November / 28, December / 24}},
        {2026,
            {January / 1, January / 19, February / 16, April / 3, May / 25, June / 19, July / 3, September / 7,
                November / 26, December / 25},
            {November / 27, December / 24}},
        {2027,
            {January / 1, January / 18, February / 15, March / 26, May / 31, June / 18, July / 5, September / 6,
                November / 25, December / 24},
            {November / 26}},
    };
    return years;
}

TEST(UsDays, AreThoseThatWerePublished) {
    for (const auto& y : published())
        for (sys_days d = year{y.year_number} / January / 1; year_month_day{d}.year() == year{y.year_number};
             d += days(1)) {
            const year_month_day ymd{d};
            const month_day md{ymd.month(), ymd.day()};
            const weekday w{d};
            auto expected = UsDay::Kind::regular;
            if (w == Saturday || w == Sunday)
                expected = UsDay::Kind::weekend;
            else if (std::find(y.closed.begin(), y.closed.end(), md) != y.closed.end())
                expected = UsDay::Kind::holiday;
            else if (std::find(y.early.begin(), y.early.end(), md) != y.early.end())
                expected = UsDay::Kind::early_close;
            EXPECT_EQ(us_day(d).kind, expected) << y.year_number << '-' << static_cast<unsigned>(ymd.month()) << '-'
                                                << static_cast<unsigned>(ymd.day());
        }
}

TEST(UsDays, HaveNamesWhereTheyDiffer) {
    EXPECT_EQ(us_day(year{2026} / November / 26).name, "Thanksgiving");
    EXPECT_EQ(us_day(year{2026} / November / 27).name, "Thanksgiving");
    EXPECT_EQ(us_day(year{2026} / November / 25).name, "");
}

TEST(UsDays, EasterSundays) {
    for (const auto d : {year{2008} / March / 23, year{2011} / April / 24, year{2019} / April / 21,
             year{2024} / March / 31, year{2025} / April / 20, year{2038} / April / 25})
        EXPECT_EQ(easter_sunday(d.year()), sys_days(d));
}

} // namespace
} // namespace tickgate::calendar
