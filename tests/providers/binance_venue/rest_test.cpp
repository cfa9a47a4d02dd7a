#include "providers/binance_venue/fake_port.hpp"

#include "binance/venue/rest.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::binance_venue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
namespace json = boost::json;

struct RestFixture : VenueFixture {
    explicit RestFixture(VenueOptions options = {}, std::optional<kit::Replay> replay = std::nullopt)
        : VenueFixture(std::move(options), std::move(replay)), door(engine) {}

    net::HttpResponse get(std::string_view path, std::string_view query = {}, std::string_view header = {}) {
        net::HttpRequest request;
        request.method = "GET";
        request.path = path;
        request.query = query;
        request.peer = "127.0.0.1:5000";
        if (!header.empty())
            request.headers.emplace_back(header.substr(0, header.find(':')), header.substr(header.find(':') + 1));
        return door.handle(request, now);
    }
    json::value json_of(std::string_view path, std::string_view query = {}, std::string_view header = {}) {
        const auto response = get(path, query, header);
        EXPECT_EQ(response.status, 200) << response.body;
        return json::parse(response.body);
    }
    static std::string header_of(const net::HttpResponse& response, std::string_view name) {
        for (const auto& [key, value] : response.headers)
            if (key == name)
                return value;
        return {};
    }
    RestDoor door;
};

TEST(VenueRest, AnswersPingTimeAndUnknownPaths) {
    RestFixture venue;
    EXPECT_EQ(venue.get("/api/v3/ping").body, "{}");
    EXPECT_EQ(venue.get("/api/v3/time").body, R"({"serverTime":1763683200250})");
    EXPECT_EQ(venue.get("/api/v3/time", {}, "x-mbx-time-unit:MICROSECOND").body, R"({"serverTime":1763683200250000})");
    EXPECT_EQ(venue.get("/api/v3/nothing").status, 404);
    EXPECT_EQ(venue.get("/api/v1/ping").status, 404);
    EXPECT_EQ(venue.get("/").status, 404);
}

TEST(VenueRest, ListsSymbols) {
    RestFixture venue;
    const auto all = venue.json_of("/api/v3/exchangeInfo");
    EXPECT_EQ(all.at("symbols").as_array().size(), 50u);
    EXPECT_EQ(all.at("rateLimits").at(0).at("limit").as_int64(), 6000);
    const auto two =
        venue.json_of("/api/v3/exchangeInfo", "symbols=%5B%22BTCUSDT%22,%22ETHUSDT%22%5D&showPermissionSets=false");
    ASSERT_EQ(two.at("symbols").as_array().size(), 2u);
    const auto& btc = two.at("symbols").at(0);
    EXPECT_EQ(btc.at("baseAsset").as_string(), "BTC");
    EXPECT_EQ(btc.at("filters").at(0).at("tickSize").as_string(), "0.01000000");
    EXPECT_EQ(btc.at("filters").at(1).at("stepSize").as_string(), "0.00001000");
    EXPECT_TRUE(btc.at("permissionSets").as_array().empty());
    const auto unknown = venue.get("/api/v3/exchangeInfo", "symbols=[\"BTCUSDT\",\"NOSUCH\"]");
    EXPECT_EQ(unknown.status, 400);
    EXPECT_EQ(unknown.body, R"({"code":-1121,"msg":"Invalid symbol."})");
    EXPECT_THAT(venue.get("/api/v3/exchangeInfo", "symbols=BTC").body, HasSubstr("-1100"));
    EXPECT_THAT(venue.get("/api/v3/exchangeInfo", "symbols=[\"BTCUSDT\",\"BTCUSDT\"]").body, HasSubstr("-1151"));
    EXPECT_THAT(venue.get("/api/v3/exchangeInfo", "symbol=BTCUSDT&symbols=[\"BTCUSDT\"]").body, HasSubstr("-1128"));
    const auto usdm = venue.json_of("/fapi/v1/exchangeInfo");
    EXPECT_EQ(usdm.at("symbols").at(0).at("contractType").as_string(), "PERPETUAL");
}

TEST(VenueRest, BookTickerIsTheStreamsNewest) {
    RestFixture venue;
    FakePort port;
    venue.connect(port, "/ws/btcusdt@bookTicker");
    venue.pass(2s);
    const auto one = venue.json_of("/api/v3/ticker/bookTicker", "symbol=BTCUSDT");
    const auto last = json::parse(port.frames.back());
    EXPECT_EQ(one.at("bidPrice"), last.at("b"));
    EXPECT_EQ(one.at("bidQty"), last.at("B"));
    EXPECT_EQ(one.at("askPrice"), last.at("a"));
    EXPECT_EQ(venue.json_of("/api/v3/ticker/bookTicker").as_array().size(), 50u);
    EXPECT_TRUE(venue.json_of("/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT").at("time").is_int64());
}

TEST(VenueRest, KlinesPageAsDocumented) {
    RestFixture venue;
    const std::string base = "symbol=BTCUSDT&interval=1m";
    const auto now_ms = to_micros(venue.now.wall) / 1000;
    const auto minute = now_ms / 60000 * 60000;
    const auto open_times = [&](const std::string& query) {
        std::vector<std::int64_t> out;
        const auto rows = venue.json_of("/api/v3/klines", base + query);
        for (const auto& row : rows.as_array())
            out.push_back(row.at(0).as_int64());
        return out;
    };
    const auto newest = open_times("&limit=3");
    EXPECT_EQ(newest, (std::vector<std::int64_t>{minute - 120000, minute - 60000, minute}));
    const auto from = std::to_string(minute - 600'001);
    EXPECT_EQ(
        open_times("&startTime=" + from + "&limit=2"), (std::vector<std::int64_t>{minute - 600'000, minute - 540'000}));
    EXPECT_EQ(open_times("&startTime=" + from).size(), 11u);
    EXPECT_EQ(open_times("&endTime=" + std::to_string(minute - 600'000) + "&limit=2"),
        (std::vector<std::int64_t>{minute - 660'000, minute - 600'000}));
    EXPECT_EQ(open_times("&startTime=" + from + "&endTime=" + std::to_string(minute - 480'000)),
        (std::vector<std::int64_t>{minute - 600'000, minute - 540'000, minute - 480'000}));
    EXPECT_EQ(open_times("&startTime=" + std::to_string((minute - 60'000) * 1000)).size(), 2u); // microseconds
    EXPECT_EQ(open_times("&startTime=" + std::to_string(minute + 600'000)).size(), 0u);
    EXPECT_EQ(open_times("").size(), 500u);
    EXPECT_EQ(open_times("&limit=5000").size(), 1000u);
}

TEST(VenueRest, KlinesOfEveryIntervalEndWhereTheyShould) {
    RestFixture venue;
    for (const auto tf : all_timeframes) {
        const auto interval = std::string(to_string(tf));
        const auto response = venue.get("/api/v3/klines", "symbol=ETHUSDT&limit=2&interval=" + interval);
        if (!has_interval(Kind::spot, tf)) {
            EXPECT_THAT(response.body, HasSubstr("-1120"));
            continue;
        }
        const auto rows = json::parse(response.body).as_array();
        ASSERT_EQ(rows.size(), 2u) << interval;
        EXPECT_EQ(rows[0].at(6).as_int64() + 1, rows[1].at(0).as_int64()) << interval;
        EXPECT_EQ(rows[0].as_array().size(), 12u);
        EXPECT_EQ(rows[0].at(4), rows[1].at(1)) << interval;
    }
    EXPECT_THAT(venue.get("/fapi/v1/klines", "symbol=ETHUSDT&interval=1s").body, HasSubstr("-1120"));
    EXPECT_THAT(venue.get("/api/v3/klines", "symbol=ETHUSDT").body, HasSubstr("-1102"));
    EXPECT_THAT(venue.get("/api/v3/klines", "interval=1m").body, HasSubstr("-1102"));
    EXPECT_THAT(venue.get("/api/v3/klines", "symbol=ETHUSDT&interval=1m&limit=x").body, HasSubstr("-1100"));
}

TEST(VenueRest, KlinesAgreeWithTheStream) {
    auto options = patient();
    options.symbol_count = 2;
    RestFixture venue(options);
    FakePort port;
    venue.connect(port, "/ws/btcusdt@kline_1m");
    venue.pass(125s, 50ms);
    const auto rows = venue.json_of("/api/v3/klines", "symbol=BTCUSDT&interval=1m&limit=3").as_array();
    std::size_t compared = 0;
    for (const auto& text : port.frames) {
        const auto frame = json::parse(text);
        const auto& bar = frame.at("k");
        for (const auto& row : rows)
            if (bar.at("x").as_bool() && row.at(0) == bar.at("t")) {
                ++compared;
                const std::array<std::pair<std::size_t, const char*>, 11> columns{{{1, "o"}, {2, "h"}, {3, "l"},
                    {4, "c"}, {5, "v"}, {6, "T"}, {7, "q"}, {8, "n"}, {9, "V"}, {10, "Q"}, {11, "B"}}};
                for (const auto& [column, key] : columns)
                    EXPECT_EQ(row.at(column), bar.at(key)) << key;
            }
    }
    EXPECT_EQ(compared, 2u);
}

TEST(VenueRest, TradesAndAggTradesAreThoseOfTheStream) {
    VenueOptions options;
    options.symbol_count = 1;
    options.trade_permille = 500;
    RestFixture venue(options);
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@aggTrade");
    venue.pass(2s);
    const auto first = json::parse(port.frames.front()).at("data");
    const auto id = first.at("a").as_int64();
    const auto page =
        venue.json_of("/api/v3/aggTrades", "symbol=BTCUSDT&limit=20&fromId=" + std::to_string(id)).as_array();
    ASSERT_EQ(page.size(), 20u);
    for (std::size_t i = 0; i < page.size(); ++i) {
        const auto frame = json::parse(port.frames[i]).at("data");
        for (const auto* key : {"a", "p", "q", "f", "l", "T", "m", "M"})
            EXPECT_EQ(page[i].at(key), frame.at(key)) << key;
    }
    const auto newest = venue.json_of("/api/v3/aggTrades", "symbol=BTCUSDT&limit=1").as_array();
    EXPECT_EQ(newest.at(0).at("a"), json::parse(port.frames.back()).at("data").at("a"));
    const auto since = venue
                           .json_of("/api/v3/aggTrades",
                               "symbol=BTCUSDT&limit=5&startTime=" + std::to_string(page[4].at("T").as_int64()))
                           .as_array();
    EXPECT_EQ(since.at(0).at("T"), page[4].at("T"));
    const auto trades = venue.json_of("/api/v3/trades", "symbol=BTCUSDT&limit=7").as_array();
    ASSERT_EQ(trades.size(), 7u);
    const auto from = std::to_string(trades[0].at("id").as_int64());
    const auto again = venue.json_of("/api/v3/historicalTrades", "symbol=BTCUSDT&limit=7&fromId=" + from).as_array();
    EXPECT_EQ(again, trades);
}

TEST(VenueRest, TradesOfTheHoursBeforeTheStartAreToldByIdAndTime) {
    VenueOptions options;
    options.symbol_count = 2;
    options.history = 120s;
    options.rate = 200;
    RestFixture venue(options);
    const auto start_ms = to_micros(venue.now.wall) / 1000;
    const auto since = [&](std::int64_t ms, const std::string& more = {}) {
        return venue.json_of("/api/v3/aggTrades", "symbol=BTCUSDT&limit=1000&startTime=" + std::to_string(ms) + more)
            .as_array();
    };
    const auto all = since(start_ms - 40'000);
    ASSERT_GT(all.size(), 500u);
    for (std::size_t i = 1; i < all.size(); ++i) {
        EXPECT_EQ(all[i].at("a").as_int64(), all[i - 1].at("a").as_int64() + 1);
        EXPECT_EQ(all[i].at("f").as_int64(), all[i - 1].at("l").as_int64() + 1);
    }
    const auto window = since(start_ms - 40'000, "&endTime=" + std::to_string(start_ms - 20'001));
    ASSERT_GT(window.size(), 200u);
    EXPECT_LE(window.back().at("T").as_int64(), start_ms - 20'001);
    EXPECT_EQ(all[window.size() - 1], window.back());
    const auto newest = venue.json_of("/api/v3/aggTrades", "symbol=BTCUSDT&limit=3").as_array();
    ASSERT_EQ(newest.size(), 3u);
    EXPECT_EQ(newest[0], all[all.size() - 3]);
    const auto last = venue
                          .json_of("/api/v3/historicalTrades",
                              "symbol=BTCUSDT&limit=5&fromId=" + std::to_string(newest[0].at("f").as_int64()))
                          .as_array();
    EXPECT_EQ(last.at(0).at("id"), newest[0].at("f"));
    EXPECT_EQ(last.at(0).at("price"), newest[0].at("p"));
    EXPECT_TRUE(venue.json_of("/api/v3/historicalTrades", "symbol=BTCUSDT&fromId=99999999999999").as_array().empty());
    EXPECT_THAT(
        venue.get("/fapi/v1/aggTrades", "symbol=BTCUSDT&startTime=1000&endTime=3601000").body, HasSubstr("-1127"));
    EXPECT_EQ(venue.get("/fapi/v1/aggTrades", "symbol=BTCUSDT&startTime=1000&endTime=3600999").status, 200);
}

TEST(VenueRest, DowntimeLeavesRowsOut) {
    RestFixture venue;
    const auto minute = to_micros(venue.now.wall) / 60'000'000 * 60;
    const auto rows = [&] {
        return venue
            .json_of("/api/v3/klines",
                "symbol=BTCUSDT&interval=1m&startTime=" + std::to_string((minute - 600) * 1000) + "&limit=3")
            .as_array();
    };
    EXPECT_EQ(rows().at(1).at(0).as_int64(), (minute - 540) * 1000);
    venue.fault("hole=" + std::to_string(minute - 540) + "/" + std::to_string(minute - 420));
    const auto left = rows();
    ASSERT_EQ(left.size(), 3u) << "rows count, not time";
    EXPECT_EQ(left[0].at(0).as_int64(), (minute - 600) * 1000);
    EXPECT_EQ(left[1].at(0).as_int64(), (minute - 420) * 1000);
    FakePort port;
    venue.connect(port, "/ws/btcusdt@kline_1m");
    venue.fault("hole=" + std::to_string(minute) + "/" + std::to_string(minute + 60));
    venue.pass(61s, 50ms);
    for (const auto& frame : port.frames)
        EXPECT_NE(json::parse(frame).at("k").at("t").as_int64(), minute * 1000) << "nothing of it is streamed";
}

TEST(VenueRest, CountsWeightAndBansWhoGoesOn) {
    VenueOptions options;
    options.limits.weight = 50;
    RestFixture venue(options);
    EXPECT_EQ(
        RestFixture::header_of(venue.get("/api/v3/exchangeInfo", "symbol=BTCUSDT"), "X-MBX-USED-WEIGHT-1M"), "20");
    venue.step(20s);
    EXPECT_EQ(RestFixture::header_of(venue.get("/api/v3/trades", "symbol=BTCUSDT"), "X-MBX-USED-WEIGHT-1M"), "45");
    const auto over = venue.get("/api/v3/exchangeInfo", "symbol=BTCUSDT");
    EXPECT_EQ(over.status, 429);
    EXPECT_EQ(RestFixture::header_of(over, "Retry-After"), "40");
    venue.step(40s);
    EXPECT_EQ(venue.get("/api/v3/exchangeInfo", "symbol=BTCUSDT").status, 200);
    EXPECT_EQ(venue.get("/api/v3/exchangeInfo").status, 429);
    EXPECT_EQ(venue.get("/api/v3/exchangeInfo").status, 429);
    const auto banned = venue.get("/api/v3/exchangeInfo");
    EXPECT_EQ(banned.status, 418);
    EXPECT_EQ(RestFixture::header_of(banned, "Retry-After"), "120");
    EXPECT_THAT(banned.body, HasSubstr("IP banned until 17636833"));
    venue.step(119s);
    EXPECT_EQ(venue.get("/api/v3/ping").status, 418);
    venue.step(1s);
    EXPECT_EQ(venue.get("/api/v3/ping").status, 200);
    EXPECT_EQ(venue.get("/fapi/v1/ping").status, 200);
}

TEST(VenueRest, FaultStatusesLookLikeTheVenues) {
    RestFixture venue;
    for (const auto* status : {"429", "418", "451", "403", "500"}) {
        venue.fault(std::string("http_status=") + status + ",count=1,retry_after=3");
        const auto response = venue.get("/api/v3/ping");
        EXPECT_EQ(std::to_string(response.status), status);
        EXPECT_EQ(RestFixture::header_of(response, "Retry-After"), "3");
        EXPECT_EQ(venue.get("/api/v3/ping").status, 200);
    }
}

TEST(VenueRest, CompressesOnlyForThoseWhoTakeIt) {
    RestFixture venue;
    const auto plain = venue.get("/api/v3/exchangeInfo");
    const auto packed = venue.get("/api/v3/exchangeInfo", {}, "accept-encoding:gzip");
    EXPECT_EQ(RestFixture::header_of(packed, "Content-Encoding"), "gzip");
    EXPECT_LT(packed.body.size() * 5, plain.body.size());
    EXPECT_EQ(packed.body.substr(0, 2), "\x1f\x8b");
}

TEST(VenueRest, ACaptureAnswersWithItsOwnData) {
    std::string problem;
    const std::string stem = TICKGATE_FIXTURES "/binance/spot_combined_2021-10-12";
    auto replay = kit::Replay::load(stem + ".jsonl", stem + ".recv.txt", problem);
    ASSERT_TRUE(replay) << problem;
    VenueOptions options;
    options.replay_speed = 0;
    RestFixture venue(options, std::move(*replay));
    const auto info = venue.json_of("/api/v3/exchangeInfo", "symbol=NKNUSDT");
    EXPECT_EQ(info.at("symbols").at(0).at("filters").at(0).at("tickSize").as_string(), "0.00010000");
    EXPECT_EQ(venue.json_of("/api/v3/ticker/bookTicker", "symbol=NKNUSDT").at("bidPrice").as_string(), "0.35210000");
    FakePort port;
    venue.connect(port, "/stream", "streams=nknusdt@kline_1m");
    while (venue.engine.burst(100, venue.now)) {
    }
    const auto bar = json::parse(port.frames.back()).at("data").at("k");
    const auto rows = venue.json_of("/api/v3/klines", "symbol=NKNUSDT&interval=1m").as_array();
    ASSERT_FALSE(rows.empty());
    EXPECT_EQ(rows.back().at(4), bar.at("c"));
    EXPECT_EQ(rows.back().at(7), bar.at("q"));
    EXPECT_EQ(venue.json_of("/api/v3/aggTrades", "symbol=NKNUSDT").as_array().size(), 1u);
    // The other kind goes on with its synthetic market.
    EXPECT_FALSE(venue.json_of("/fapi/v1/klines", "symbol=BTCUSDT&interval=1m").as_array().empty());
}

} // namespace
} // namespace tickgate::binance_venue
