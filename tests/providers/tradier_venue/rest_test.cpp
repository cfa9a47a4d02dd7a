#include "rig.hpp"

#include "tradier/bar_query.hpp"
#include "tradier/errors.hpp"
#include "tradier/history.hpp"
#include "tradier/new_york.hpp"
#include "tradier/quotes.hpp"
#include "tradier/reference.hpp"

namespace tickgate::tradier_venue {
namespace {

using VenueRest = VenueRig;

RestResponse as_answer(const net::HttpResponse& response) {
    RestResponse r;
    r.status = response.status;
    r.body = response.body;
    for (const auto& [name, value] : response.headers) {
        std::string lower;
        for (const char c : name)
            lower += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
        r.headers.emplace_back(lower, value);
    }
    return r;
}

TEST_F(VenueRest, TokensAreChecked) {
    const auto wrong = tradier::error_of(as_answer(ask("GET", "/v1/markets/clock", {}, "wrong")));
    EXPECT_EQ(wrong.code, errc::unauthorized);
    EXPECT_EQ(wrong.text, "Invalid Access Token");
    fault("auth_expired");
    const auto expired = tradier::error_of(as_answer(get("/v1/markets/clock")));
    EXPECT_EQ(expired.text, "Access Token expired");
    EXPECT_EQ(expired.code, errc::unauthorized);
}

TEST_F(VenueRest, SessionsAreMadeByPostAlone) {
    EXPECT_EQ(get("/v1/markets/events/session").status, 405);
    EXPECT_TRUE(tradier::parse_session(ask("POST", "/v1/markets/events/session").body).has_value());
    options.old_session = true;
    make();
    const auto old = ask("POST", "/v1/markets/events/session").body;
    EXPECT_EQ(old.find("sessionid"), std::string::npos);
    EXPECT_EQ(tradier::parse_session(old)->size(), 36u);
    options.sandbox = true;
    make();
    EXPECT_EQ(ask("POST", "/v1/markets/events/session").status, 403);
}

TEST_F(VenueRest, WithoutTheHeaderTheAnswerIsXml) {
    make();
    auto request = http("GET", "/v1/markets/clock");
    request.headers.erase(request.headers.begin());
    EXPECT_TRUE(venue->request(request, false, now).response.body.starts_with("<?xml"));
    EXPECT_EQ(get("/v1/markets/nothing").status, 404);
    EXPECT_EQ(ask("POST", "/v1/markets/clock").status, 405);
}

TEST_F(VenueRest, QuotesAreWhatTheAdapterReads) {
    make();
    venue->burst(300, now);
    std::size_t skipped = 0, seen = 0;
    const auto answer =
        ask("POST", "/v1/markets/quotes", "symbols=SPY,BRK%2FB,SPX,SPY270115C00480000,ZZZZ&greeks=false");
    EXPECT_FALSE(tradier::error_in(as_answer(answer)).has_value());
    const auto ec = tradier::parse_quotes(
        answer.body, 100, now.wall,
        [&](const tradier::QuoteRow& row) {
            ++seen;
            const auto* book = venue->find(row.native);
            ASSERT_NE(book, nullptr);
            EXPECT_EQ(row.type, book->type());
            if (book->is_index()) {
                EXPECT_FALSE(row.quote.bid.has_value());
                EXPECT_TRUE(row.quote.last.has_value());
                return;
            }
            EXPECT_EQ(*row.quote.bid, Decimal::from_parts(book->quote.bid, -2));
            EXPECT_EQ(*row.quote.ask_size,
                Decimal::from_integer(book->quoted(book->quote.ask_lots) * (book->is_option() ? 1 : 100)));
        },
        skipped);
    EXPECT_FALSE(ec);
    EXPECT_EQ(seen, 4u);
    EXPECT_EQ(skipped, 0u);
    EXPECT_EQ(*tradier::parse_unmatched(answer.body), (std::vector<std::string>{"ZZZZ"}));
    EXPECT_NE(get("/v1/markets/quotes?symbols=SPY").body.find(R"("quote":{)"), std::string::npos) << "one is no list";
    EXPECT_EQ(get("/v1/markets/quotes?symbols=ZZZZ").body, R"({"quotes":{"unmatched_symbols":{"symbol":"ZZZZ"}}})");
    EXPECT_EQ(get("/v1/markets/quotes").status, 400);
}

TEST_F(VenueRest, NamesAreFoundByBeginningAndByWords) {
    std::size_t skipped = 0;
    auto found = tradier::parse_securities(get("/v1/markets/lookup?q=sp").body, skipped);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->size(), 3u) << "SPY, its option, SPX";
    found = tradier::parse_securities(get("/v1/markets/search?q=index&indexes=true").body, skipped);
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ((*found)[0].name.to_string(), "index:SPX");
    EXPECT_EQ(get("/v1/markets/search?q=index").body, R"({"securities":null})");
    options.null_text = true;
    make();
    EXPECT_EQ(get("/v1/markets/search?q=nothing").body, R"({"securities":"null"})");
}

TEST_F(VenueRest, ClockAndCalendar) {
    const auto clock = tradier::parse_clock(get("/v1/markets/clock").body);
    ASSERT_TRUE(clock.has_value());
    EXPECT_EQ(clock->state, "open");
    EXPECT_EQ(tradier::date_text(clock->date), "2027-01-01");
    fault("market_closed");
    EXPECT_EQ(tradier::parse_clock(get("/v1/markets/clock").body)->state, "closed");
    const auto days = tradier::parse_calendar(get("/v1/markets/calendar?month=11&year=2026").body);
    ASSERT_TRUE(days.has_value());
    EXPECT_EQ(days->size(), 6u) << "Thanksgiving and the day after, three classes";
    EXPECT_EQ(get("/v1/markets/calendar?month=13&year=2026").status, 400);
}

TEST_F(VenueRest, BarsAreWhatTheAdapterReads) {
    now.wall -= 18h; // of New Year's Eve, 15:00 New York
    BarRequest request;
    request.instrument = {AssetClass::equity, "SPY"};
    request.timeframe = Timeframe::m5;
    request.from = now.wall - 6h;
    request.to = now.wall;
    auto query = tradier::query_of(request, now.wall);
    auto bars = tradier::parse_timesales(get(query->target).body, Timeframe::m5, now.wall);
    ASSERT_TRUE(bars.has_value());
    EXPECT_EQ(bars->bars.size(), 72u);
    EXPECT_EQ(bars->bars.front().open_time, request.from);
    request.timeframe = Timeframe::d1;
    request.from = now.wall - 24h * 30;
    query = tradier::query_of(request, now.wall);
    bars = tradier::parse_history(get(query->target).body, Timeframe::d1, now.wall);
    ASSERT_TRUE(bars.has_value());
    EXPECT_GT(bars->bars.size(), 19u);
    EXPECT_EQ(bars->dropped, 0u);
    request.instrument = {AssetClass::option, "SPY270115C00480000"};
    query = tradier::query_of(request, now.wall);
    EXPECT_GT(tradier::parse_history(get(query->target).body, Timeframe::d1, now.wall)->dropped, 0u)
        << "days without a trade";
    EXPECT_EQ(
        get("/v1/markets/timesales?symbol=SPY&interval=1min&start=2026-01-05%2009:30&end=2026-01-05%2016:00").body,
        R"({"series":null})")
        << "too far back";
    EXPECT_EQ(get("/v1/markets/history?symbol=ZZZZ").body, R"({"history":null})");
    EXPECT_EQ(get("/v1/markets/timesales?symbol=SPY&interval=2min").status, 400);
    EXPECT_EQ(get("/v1/markets/timesales?symbol=SPY&interval=1min&start=soon").status, 400);
    venue->burst(400, now);
    const auto ticks =
        tradier::parse_ticks(get("/v1/markets/timesales?symbol=SPY&interval=tick&session_filter=open").body);
    ASSERT_TRUE(ticks.has_value());
    EXPECT_GT(ticks->size(), 5u);
    EXPECT_EQ(get("/v1/markets/timesales?symbol=SPY&interval=tick").body, R"({"series":null})")
        << "there are no ticks of all hours";
    EXPECT_EQ(get("/v1/markets/timesales?symbol=SPY&interval=tick&session_filter=open&start=2026-12-20%2009:30").body,
        R"({"series":null})")
        << "ticks reach back five days";
}

TEST_F(VenueRest, TheMadeUpPastKeepsTheHoursOfTheCalendar) {
    make();
    const auto minutes = [&](std::string_view symbol, UnixNanos from, UnixNanos to) {
        BarRequest request;
        request.instrument = {symbol.size() > 6 ? AssetClass::option : AssetClass::equity, std::string(symbol)};
        request.timeframe = Timeframe::m15;
        request.from = from;
        request.to = to;
        const auto query = tradier::query_of(request, now.wall);
        return tradier::parse_timesales(get(query->target).body, Timeframe::m15, now.wall)->bars;
    };
    const auto at = [](const char* text) { return tradier::from_new_york(*tradier::parse_local(text)); };
    EXPECT_TRUE(minutes("SPY", at("2026-12-26"), at("2026-12-28")).empty()) << "a weekend";
    EXPECT_TRUE(minutes("SPY", at("2026-12-25"), at("2026-12-26")).empty()) << "Christmas";
    const auto day = minutes("SPY", at("2026-12-30"), at("2026-12-31"));
    ASSERT_EQ(day.size(), 52u);
    EXPECT_EQ(day.front().open_time, at("2026-12-30 07:00"));
    EXPECT_EQ(day.back().open_time, at("2026-12-30 19:45"));
    EXPECT_EQ(minutes("SPY270115C00480000", at("2026-12-30"), at("2026-12-31")).size(), 26u);
    const auto whole = tradier::parse_history(
        get("/v1/markets/history?symbol=SPY&interval=daily&start=2026-12-30&end=2026-12-30").body, Timeframe::d1,
        now.wall);
    ASSERT_TRUE(whole && whole->bars.size() == 1);
    Decimal volume;
    for (const auto& bar : day)
        volume = *Decimal::add(volume, *bar.volume);
    EXPECT_EQ(whole->bars[0].volume, volume) << "the day is what its quarters of an hour are";
    EXPECT_EQ(whole->bars[0].open, day.front().open);
    EXPECT_EQ(whole->bars[0].close, day.back().close);
}

TEST_F(VenueRest, WhatWasTradedIsWhatHistoryTells) {
    settings.rate = 40;
    settings.history = 180s;
    make();
    for (int i = 0; i < 50; ++i)
        advance(20ms);
    const auto* book = venue->find("SPY");
    ASSERT_NE(book->last.id, 0);
    const auto ticks =
        tradier::parse_ticks(get("/v1/markets/timesales?symbol=SPY&interval=tick&session_filter=open").body);
    ASSERT_TRUE(ticks && ticks->size() > 100);
    EXPECT_EQ(ticks->back().price, Decimal::from_parts(book->last.price, -2));
    EXPECT_GE(ticks->front().time, now.wall - 182s);
    const auto minute = bar_open(now.wall, Timeframe::m1) - 1min;
    Decimal volume;
    for (const auto& tick : *ticks)
        if (tick.time >= minute && tick.time < minute + 1min)
            volume = *Decimal::add(volume, tick.volume);
    BarRequest request;
    request.instrument = {AssetClass::equity, "SPY"};
    request.from = minute;
    request.to = minute + 1min;
    const auto bars =
        tradier::parse_timesales(get(tradier::query_of(request, now.wall)->target).body, Timeframe::m1, now.wall);
    ASSERT_TRUE(bars && bars->bars.size() == 1);
    EXPECT_EQ(bars->bars[0].volume, volume);
    const auto seconds = [](UnixNanos t) { return std::to_string(t.time_since_epoch() / 1s); };
    fault("hole=" + seconds(minute) + "/" + seconds(minute + 1min));
    EXPECT_EQ(get(tradier::query_of(request, now.wall)->target).body, R"({"series":null})");
}

TEST_F(VenueRest, TheMinuteBeginsWithItsFirstRequest) {
    options.requests_per_minute = 3;
    make();
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(get("/v1/markets/clock").status, 200);
    const auto refused = as_answer(get("/v1/markets/clock"));
    EXPECT_EQ(refused.status, 429);
    EXPECT_TRUE(refused.body.starts_with("Quota Violation"));
    EXPECT_EQ(tradier::error_of(refused).code, errc::rate_limited);
    const auto reading = tradier::budget_of(refused, now.wall);
    EXPECT_EQ(reading.limit, 3);
    EXPECT_EQ(reading.pause, 60s);
    now.mono += 60s;
    now.wall += 60s;
    EXPECT_EQ(get("/v1/markets/clock").status, 200);
}

} // namespace
} // namespace tickgate::tradier_venue
