#include "tradier/reference.hpp"

#include "tradier/new_york.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::tradier {
namespace {

using namespace std::chrono;
using tradier_test::fixture;

TEST(TradierSessionAnswer, TheIdStandsAloneOrInTheUrl) {
    EXPECT_EQ(*parse_session(fixture("rest/session.json")), "316908ae-c98d-4cc4-bb3b-32a3dc58aca0");
    EXPECT_EQ(*parse_session(
                  R"({"stream":{"url":"https://stream.tradier.com/v1/markets/events","sessionid":"c8638963-a6d4"}})"),
        "c8638963-a6d4");
    EXPECT_EQ(*parse_session(R"({"stream":{"url":"https://stream.tradier.com/v1/markets/events/316908ae-c98d"}})"),
        "316908ae-c98d");
    for (const char* body :
        {"{}", R"({"stream":null})", R"({"stream":{"url":"wss://ws.tradier.com/v1/markets/events"}})",
            R"({"stream":{"sessionid":"a\"b"}})", "<html>"})
        EXPECT_FALSE(parse_session(body).has_value()) << body;
}

TEST(TradierSecurities, TheSearchOfTheFixture) {
    std::size_t skipped = 0;
    const auto found = parse_securities(fixture("rest/search.json"), skipped);
    ASSERT_TRUE(found.has_value());
    ASSERT_EQ(found->size(), 8u);
    EXPECT_EQ((*found)[0].name.to_string(), "equity:AAPL");
    EXPECT_EQ((*found)[7].description, "Appliance Recycling Centers Of America Inc");
    EXPECT_EQ(skipped, 0u);
    EXPECT_TRUE(parse_securities(R"({"securities":null})", skipped)->empty());
    const auto one = parse_securities(
        R"({"securities":{"security":{"symbol":"BRK/B","exchange":"N","type":"stock","description":"Berkshire"}}})",
        skipped);
    ASSERT_EQ(one->size(), 1u);
    EXPECT_EQ((*one)[0].name.to_string(), "equity:BRK.B");
    EXPECT_EQ((*one)[0].native, "BRK/B");
}

TEST(TradierClock, BothClocksOfTheFixtures) {
    auto clock = parse_clock(fixture("rest/doc_clock_2019.json"));
    ASSERT_TRUE(clock.has_value());
    EXPECT_EQ(clock->state, "open");
    EXPECT_EQ(clock->date, 2019y / May / 6);
    EXPECT_EQ(clock->time, UnixNanos(seconds(1557156988)));
    EXPECT_EQ(clock->next_change, "16:00");
    EXPECT_EQ(clock->next_state, "postmarket");
    clock = parse_clock(fixture("rest/clock.json"));
    ASSERT_TRUE(clock.has_value());
    EXPECT_EQ(clock->state, "closed");
    EXPECT_EQ(clock->time, UnixNanos(seconds(1370918353)));
    EXPECT_FALSE(parse_clock(R"({"clock":null})").has_value());
    EXPECT_FALSE(parse_clock(R"({"clock":{"date":"x","timestamp":1}})").has_value());
}

TEST(TradierCalendar, OnlyDaysThatDifferAreTold) {
    const auto days = parse_calendar(R"({"calendar":{"month":11,"year":2024,"days":{"day":[
        {"date":"2024-11-27","status":"open","description":"Market is open","premarket":{"start":"07:00","end":"09:24"},"open":{"start":"09:30","end":"16:00"},"postmarket":{"start":"16:00","end":"20:00"}},
        {"date":"2024-11-28","status":"closed","description":"Market is closed for Thanksgiving Day"},
        {"date":"2024-11-29","status":"open","description":"Market is open","premarket":{"start":"07:00","end":"09:24"},"open":{"start":"09:30","end":"13:00"},"postmarket":{"start":"13:00","end":"17:00"}},
        {"date":"2024-11-30","status":"closed","description":"Market is closed","open":null}]}}})");
    ASSERT_TRUE(days.has_value());
    ASSERT_EQ(days->size(), 6u) << "two days, three classes";
    EXPECT_TRUE((*days)[0].closed);
    EXPECT_EQ((*days)[0].date, 2024y / November / 28);
    EXPECT_EQ((*days)[0].name, "Market is closed for Thanksgiving Day");
    EXPECT_FALSE((*days)[3].closed);
    EXPECT_EQ((*days)[3].close, from_new_york(*parse_local("2024-11-29 13:00")));
    EXPECT_TRUE(parse_calendar(R"({"calendar":{"days":"null"}})")->empty());
    EXPECT_FALSE(parse_calendar(R"({"calendar":{"days":{"day":{"status":"open"}}}})").has_value());
}

} // namespace
} // namespace tickgate::tradier
