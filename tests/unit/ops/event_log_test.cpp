#include "ops/event_log.hpp"

#include "unit/ops/fake_gateway.hpp"

#include <gtest/gtest.h>

namespace tickgate::ops {

namespace {

std::vector<std::string> names(const EventLog::Found& found) {
    std::vector<std::string> out;
    for (const auto& e : found.elements) {
        const auto at = e.find("\"event\":\"") + 9;
        out.push_back(e.substr(at, e.find('"', at) - at));
    }
    return out;
}

using Names = std::vector<std::string>;

} // namespace

TEST(EventLog, TellsTheNewestWithTheirCursorsOldestFirst) {
    EventLog log("r1", 5);
    EXPECT_TRUE(log.find({}).elements.empty());
    EXPECT_EQ(log.find({}).next, "") << "nothing to go on from";
    for (int i = 1; i <= 3; ++i)
        log.add(event_payload("e" + std::to_string(i), "BTC-USDT", i));
    EventLog::Query query;
    query.limit = 2;
    const auto found = log.find(query);
    EXPECT_EQ(names(found), (Names{"e2", "e3"}));
    EXPECT_EQ(found.elements[0].substr(0, 35), R"({"cursor":"r1-2","v":1,"type":"even)");
    EXPECT_TRUE(found.elements[0].ends_with("\"seq\":2}")) << "without the room that was left for the number";
    EXPECT_EQ(found.next, "r1-3");
    EXPECT_FALSE(found.missed);
}

TEST(EventLog, GoesOnBehindACursorWithoutHolesOrRepeats) {
    EventLog log("r1", 100);
    for (int i = 1; i <= 7; ++i)
        log.add(event_payload(i % 2 == 0 ? "even" : "odd", "BTC-USDT", i));
    EventLog::Query query;
    query.after = "r1-1";
    query.limit = 2;
    query.events = {"odd"};
    auto found = log.find(query);
    EXPECT_EQ(found.elements.size(), 2u); // 3, 5
    EXPECT_EQ(found.next, "r1-5");
    query.after = found.next;
    found = log.find(query);
    EXPECT_EQ(found.elements.size(), 1u); // 7
    query.after = found.next;
    EXPECT_EQ(query.after, "r1-7");
    EXPECT_TRUE(log.find(query).elements.empty());
    log.add(event_payload("even", "BTC-USDT", 8));
    EXPECT_EQ(log.find(query).next, "r1-8") << "what does not fit is passed over";
    log.add(event_payload("odd", "BTC-USDT", 9));
    EXPECT_EQ(names(log.find(query)), Names{"odd"});
}

TEST(EventLog, IsBoundedAndSaysWhatIsGone) {
    EventLog log("r1", 3);
    for (int i = 1; i <= 5; ++i)
        log.add(event_payload("e" + std::to_string(i), "BTC-USDT", i));
    EXPECT_EQ(log.size(), 3u);
    EventLog::Query query;
    query.after = "r1-2";
    EXPECT_FALSE(log.find(query).missed) << "3 is the next";
    query.after = "r1-1";
    const auto found = log.find(query);
    EXPECT_TRUE(found.missed);
    EXPECT_EQ(names(found), (Names{"e3", "e4", "e5"}));
}

TEST(EventLog, ACursorOfAnotherProcessBeginsAnew) {
    EventLog log("r2", 3);
    log.add(event_payload("e1", "BTC-USDT", 1));
    EventLog::Query query;
    query.after = "r1-500";
    const auto found = log.find(query);
    EXPECT_TRUE(found.known);
    EXPECT_TRUE(found.missed);
    EXPECT_EQ(names(found), Names{"e1"});
    for (const auto* wrong : {"x", "-1", "r2", "r2-", "r2-x", "r2-1x", "r2-2"}) {
        query.after = wrong;
        EXPECT_FALSE(log.find(query).known) << wrong;
    }
}

TEST(EventLog, FiltersByInstrumentAndFeed) {
    EventLog log("r1", 10);
    log.add(event_payload("stale", "BTC-USDT", 1));
    log.add(event_payload("stale", "ETH-USDT", 1));
    log.add(R"({"v":1,"type":"event","event":"link_up","class":null,"symbol":null,"feed":"binance.spot","seq":1})");
    log.add("nonsense");
    EXPECT_EQ(log.size(), 3u);
    EventLog::Query query;
    query.names = {instrument("crypto:ETH-USDT")};
    EXPECT_EQ(names(log.find(query)), Names{"stale"});
    query.names.clear();
    query.feed = "binance.spot";
    EXPECT_EQ(names(log.find(query)), Names{"link_up"});
    query.feed = "binance.usdm";
    EXPECT_TRUE(log.find(query).elements.empty());
}

} // namespace tickgate::ops
