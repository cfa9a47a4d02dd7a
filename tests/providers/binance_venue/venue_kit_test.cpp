#include "venue_kit/control.hpp"
#include "venue_kit/market.hpp"
#include "venue_kit/replay_player.hpp"
#include "venue_kit/text.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::venue_kit {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr UnixNanos start{std::chrono::seconds(1'763'682'000)};

struct Recorder final : MarketListener {
    void on_quote(std::size_t symbol, const MarketQuote& q) override {
        lines.push_back("q " + std::to_string(symbol) + ' ' + std::to_string(q.update_id) + ' ' +
                        std::to_string(q.bid) + ' ' + std::to_string(q.ask) + ' ' +
                        std::to_string(q.time.time_since_epoch().count()));
        EXPECT_LT(q.bid, q.ask);
        EXPECT_GT(q.bid_lots, 0);
    }
    void on_trade(std::size_t symbol, std::span<const Fill> fills) override {
        for (const auto& f : fills)
            lines.push_back("t " + std::to_string(symbol) + ' ' + std::to_string(f.id) + ' ' + std::to_string(f.price) +
                            ' ' + std::to_string(f.lots) + ' ' + std::to_string(f.time.time_since_epoch().count()));
    }
    std::vector<std::string> lines;
};

MarketOptions options_of(std::size_t symbols, std::uint64_t rate) {
    MarketOptions options;
    options.seed = 7;
    options.symbols = crypto_symbols(symbols);
    options.rate = rate;
    return options;
}

TEST(VenueText, PrintsFixedDecimals) {
    const auto fixed = [](std::int64_t value, int decimals, int zeros) {
        std::string out;
        append_fixed(out, value, decimals, zeros);
        return out;
    };
    EXPECT_EQ(fixed(3521, 4, 4), "0.35210000");
    EXPECT_EQ(fixed(9'642'000, 2, 6), "96420.00000000");
    EXPECT_EQ(fixed(7, 8, 0), "0.00000007");
    EXPECT_EQ(fixed(672, 0, 8), "672.00000000");
    EXPECT_EQ(fixed(297, 0, 0), "297");
    EXPECT_EQ(fixed(-15, 1, 0), "-1.5");
}

TEST(VenueText, FindsFieldsOfFlatObjects) {
    constexpr std::string_view frame = R"({"e":"kline","E":163,"s":"NKNUSDT","x":false,"B":"0"})";
    EXPECT_EQ(json_field(frame, "s"), "NKNUSDT");
    EXPECT_EQ(json_field(frame, "E"), "163");
    EXPECT_EQ(json_field(frame, "x"), "false");
    EXPECT_EQ(json_field(frame, "kline"), "");
    EXPECT_EQ(json_field("", "s"), "");
}

TEST(PricePathTest, IsAFunctionOfSeedSymbolAndTime) {
    PricePath a(1, "BTC-USDT"), b(1, "BTC-USDT"), other(2, "BTC-USDT");
    for (int i = 0; i < 100; ++i)
        a.ratio_ppb(start + i * 1s); // what was asked before must not matter
    EXPECT_EQ(a.ratio_ppb(start + 42s), b.ratio_ppb(start + 42s));
    EXPECT_NE(b.ratio_ppb(start), other.ratio_ppb(start));
    for (int day = 0; day < 2000; ++day) {
        EXPECT_GT(b.ratio_ppb(start - day * 24h), 700'000'000);
        EXPECT_LT(b.ratio_ppb(start - day * 24h), 1'300'000'000);
    }
}

TEST(PricePathTest, MovesALittleInAMillisecond) {
    PricePath path(1, "ETH-USDT");
    for (int i = 0; i < 5000; ++i) {
        const auto step = path.ratio_ppb(start + (i + 1) * 1ms) - path.ratio_ppb(start + i * 1ms);
        EXPECT_LT(std::abs(step), 2'000'000) << i;
    }
}

TEST(SyntheticMarketTest, DoesNotDependOnHowOftenItIsAdvanced) {
    SyntheticMarket coarse(options_of(30, 1000), start), fine(options_of(30, 1000), start);
    Recorder one, many;
    coarse.advance(start + 900ms, one);
    for (int i = 1; i <= 9000; ++i)
        fine.advance(start + i * 100us, many);
    EXPECT_GT(one.lines.size(), 900u);
    EXPECT_EQ(one.lines, many.lines);
}

TEST(SyntheticMarketTest, KeepsItsRate) {
    SyntheticMarket market(options_of(5, 10'000), start);
    Recorder recorder;
    for (int i = 1; i <= 100; ++i)
        market.advance(start + i * 10ms, recorder);
    EXPECT_EQ(market.events(), 10'001u); // the first at the very start
}

TEST(SyntheticMarketTest, LeavesOutTheTimeItStoodStill) {
    SyntheticMarket market(options_of(5, 1000), start);
    Recorder recorder;
    market.advance(start + 1h, recorder);
    EXPECT_LT(market.events(), 10u);
}

TEST(SyntheticMarketTest, CountsTradesOfEachSymbolWithoutHoles) {
    auto options = options_of(3, 5000);
    options.trade_permille = 500;
    SyntheticMarket market(std::move(options), start);
    Recorder recorder;
    market.advance(start + 900ms, recorder);
    for (std::size_t i = 0; i < 3; ++i) {
        const auto& trades = market.tape(i).trades();
        ASSERT_GT(trades.size(), 100u);
        for (std::size_t n = 1; n < trades.size(); ++n) {
            EXPECT_EQ(trades[n].id, trades[n - 1].id + 1);
            EXPECT_LE(trades[n].aggregate - trades[n - 1].aggregate, 1);
        }
    }
}

TEST(SyntheticMarketTest, QuotesWithoutTradesStillMakeBars) {
    MarketOptions options;
    options.symbols = fx_symbols(2);
    options.rate = 1000;
    SyntheticMarket market(std::move(options), bar_open(start, Timeframe::m1));
    Recorder recorder;
    for (int i = 1; i <= 70; ++i)
        market.advance(bar_open(start, Timeframe::m1) + i * 1s, recorder);
    for (const auto& line : recorder.lines)
        EXPECT_EQ(line.front(), 'q');
    const auto bar = market.tape(0).minute(bar_open(start, Timeframe::m1));
    EXPECT_GT(bar.count, 25'000);
    EXPECT_EQ(bar.volume, bar.count);
    const auto& quote = market.quote(0);
    EXPECT_GE(quote.ask - quote.bid, market.symbol(0).spread);
}

TEST(SyntheticMarketTest, NothingHappensWhileItIsClosed) {
    SyntheticMarket market(options_of(3, 1000), start);
    Recorder recorder;
    market.advance(start + 500ms, recorder);
    const auto before = market.events();
    market.close(true);
    for (int i = 0; i < 100; ++i)
        market.advance(start + 600ms + i * 100ms, recorder);
    market.burst(10, start + 11s, recorder);
    EXPECT_EQ(market.events(), before);
    EXPECT_GT(market.next_due(), start + 10s);
    market.close(false);
    market.advance(start + 11s, recorder);
    market.advance(start + 11s + 100ms, recorder);
    EXPECT_NEAR(static_cast<double>(market.events() - before), 600, 5); // from the last look on
}

TEST(SyntheticMarketTest, VenuesQuoteTheSameInstrumentApart) {
    auto near_options = options_of(1, 1000), far_options = options_of(1, 1000);
    far_options.offset_spreads = 5;
    SyntheticMarket near_market(std::move(near_options), start), far_market(std::move(far_options), start);
    EXPECT_EQ(far_market.quote(0).bid - near_market.quote(0).bid, 5 * near_market.symbol(0).spread);
    const auto then = start - 30h;
    EXPECT_EQ(far_market.tape(0).price(then) - near_market.tape(0).price(then), 5);
}

TEST(SyntheticMarketTest, MostTradesAreOfWholeSteps) {
    auto options = options_of(1, 10'000);
    options.symbols[0].typical_lots = 5'000;
    options.symbols[0].lot_step = 1'000;
    options.trade_permille = 1'000;
    options.single_fills = true;
    SyntheticMarket market(std::move(options), start);
    Recorder recorder;
    market.advance(start + 900ms, recorder);
    std::size_t whole = 0;
    const auto& trades = market.tape(0).trades();
    for (const auto& fill : trades)
        whole += fill.lots % 1'000 == 0 ? 1u : 0u;
    EXPECT_GT(whole * 10, trades.size() * 8);
    EXPECT_LT(whole, trades.size());
}

TEST(TapeTest, MinutesAddUpToHours) {
    SyntheticMarket market(options_of(1, 100), start);
    auto& tape = market.tape(0);
    const auto hour = bar_open(start - 30h, Timeframe::h1);
    const auto whole = tape.bar(Timeframe::h1, hour, start);
    const auto minutes = tape.bars(Timeframe::m1, hour, hour + 1h - 1ns, 1000, false, start);
    ASSERT_EQ(minutes.size(), 60u);
    TapeBar sum = minutes.front();
    for (std::size_t i = 1; i < minutes.size(); ++i) {
        EXPECT_EQ(minutes[i].open, minutes[i - 1].close);
        sum.append(minutes[i]);
    }
    EXPECT_EQ(whole.open, minutes.front().open);
    EXPECT_EQ(whole.close, minutes.back().close);
    EXPECT_EQ(whole.high, sum.high);
    EXPECT_EQ(whole.low, sum.low);
    EXPECT_EQ(whole.volume, sum.volume);
    EXPECT_EQ(whole.count, sum.count);
    EXPECT_LE(whole.low * whole.volume, whole.turnover);
    EXPECT_GE(whole.high * whole.volume, whole.turnover);
}

TEST(TapeTest, LiveBarsAreMadeOfTheTrades) {
    auto options = options_of(1, 200);
    SyntheticMarket market(std::move(options), bar_open(start, Timeframe::m1));
    const auto open = bar_open(start, Timeframe::m1);
    Recorder recorder;
    for (int i = 1; i <= 1500; ++i)
        market.advance(open + i * 100ms, recorder);
    auto& tape = market.tape(0);
    const auto bar = tape.bar(Timeframe::m1, open + 1min, open + 150s);
    TapeBar expected = TapeBar::flat(open + 1min, 0);
    for (const auto& fill : tape.trades())
        if (fill.time >= open + 1min && fill.time < open + 2min)
            expected.add(fill);
    ASSERT_GT(expected.count, 100);
    EXPECT_EQ(bar.count, expected.count);
    EXPECT_EQ(bar.open, expected.open);
    EXPECT_EQ(bar.close, expected.close);
    EXPECT_EQ(bar.turnover, expected.turnover);
    EXPECT_EQ(bar.first_id, expected.first_id);
    // three minutes so far, the last one running
    const auto bars = tape.bars(Timeframe::m1, open, open + 1h, 10, false, open + 150s);
    ASSERT_EQ(bars.size(), 3u);
    const auto hour = tape.bar(Timeframe::h1, bar_open(open, Timeframe::h1), open + 150s);
    EXPECT_EQ(hour.last_id, tape.trades().back().id);
    EXPECT_EQ(hour.first_id, tape.trades().front().id);
}

TEST(TapeTest, AQuietMinuteIsFlat) {
    SyntheticMarket market(options_of(1, 1000), start);
    Recorder recorder;
    market.advance(start + 900ms, recorder);
    const auto close = market.tape(0).trades().back().price;
    const auto bar = market.tape(0).bar(Timeframe::m1, bar_open(start, Timeframe::m1) + 5min, start + 1h);
    EXPECT_EQ(bar.open, close);
    EXPECT_EQ(bar.high, close);
    EXPECT_EQ(bar.count, 0);
    EXPECT_EQ(bar.first_id, -1);
}

TEST(FaultText, ReadsBothForms) {
    std::string problem;
    const auto text = parse_fault("slow=1000,for_ms=500,after_ms=20,symbol=btcusdt", problem);
    ASSERT_TRUE(text) << problem;
    EXPECT_EQ(text->kind, FaultKind::slow);
    EXPECT_EQ(text->value, 1000);
    EXPECT_EQ(text->lasts, 500ms);
    EXPECT_EQ(text->after, 20ms);
    EXPECT_EQ(text->symbol, "BTCUSDT");
    const auto body = parse_fault_json(R"({"fault":"http_status","value":418,"retry_after":7,"count":2})", problem);
    ASSERT_TRUE(body) << problem;
    EXPECT_EQ(body->value, 418);
    EXPECT_EQ(body->retry_after_s, 7);
    const auto garbage = parse_fault_json(R"({"fault":"garbage","value":"huge"})", problem);
    ASSERT_TRUE(garbage) << problem;
    EXPECT_EQ(garbage->text, "huge");
}

TEST(FaultText, SaysWhatIsWrong) {
    std::string problem;
    EXPECT_FALSE(parse_fault("stal", problem));
    EXPECT_THAT(problem, HasSubstr("unknown fault 'stal'; known: stall"));
    EXPECT_FALSE(parse_fault("slow", problem));
    EXPECT_FALSE(parse_fault("slow=x", problem));
    EXPECT_FALSE(parse_fault("stall,until=3", problem));
    EXPECT_FALSE(parse_fault("garbage=soup", problem));
    EXPECT_FALSE(parse_fault("silent_symbol", problem));
    EXPECT_FALSE(parse_fault("http_status=200", problem));
    EXPECT_FALSE(parse_fault_json("[]", problem));
    EXPECT_FALSE(parse_fault_json("{\"value\":1}", problem));
}

TEST(FaultBoardTest, BeginsAndEndsInTime) {
    FaultBoard board;
    std::string problem;
    MonoTime now{100s};
    board.add(*parse_fault("stall,after_ms=1000,for_ms=500", problem), now);
    board.add(*parse_fault("drop,after_ms=1200", problem), now);
    EXPECT_TRUE(board.advance(now).empty());
    EXPECT_FALSE(board.has(FaultKind::stall));
    board.advance(now + 1000ms);
    EXPECT_TRUE(board.has(FaultKind::stall));
    EXPECT_EQ(board.advance(now + 1200ms).size(), 1u);
    board.advance(now + 1500ms);
    EXPECT_FALSE(board.any());
    EXPECT_EQ(board.begun(FaultKind::stall), 1u);
    EXPECT_THAT(board.state_json(now), HasSubstr(R"("drop":1)"));
}

TEST(FaultBoardTest, HttpStatusHitsAsManyAsAsked) {
    FaultBoard board;
    std::string problem;
    board.add(*parse_fault("http_status=500,count=2", problem), MonoTime{});
    board.advance(MonoTime{});
    board.use_http_status();
    EXPECT_TRUE(board.has(FaultKind::http_status));
    board.use_http_status();
    EXPECT_FALSE(board.has(FaultKind::http_status));
}

TEST(FaultBoardTest, TellsWhenAVenueMustSpeak) {
    FaultBoard board;
    std::string problem;
    board.add(*parse_fault("market_closed,for_ms=100", problem), MonoTime{});
    board.add(*parse_fault("error_text=not_authorized", problem), MonoTime{});
    board.add(*parse_fault("http_status=500,path=/v3/", problem), MonoTime{});
    const auto due = board.advance(MonoTime{});
    ASSERT_EQ(due.size(), 2u);
    EXPECT_EQ(due[0].kind, FaultKind::market_closed);
    EXPECT_EQ(due[1].text, "not_authorized");
    EXPECT_TRUE(board.has(FaultKind::market_closed));
    EXPECT_NE(board.find(FaultKind::http_status, "/v3/trades"), nullptr);
    EXPECT_EQ(board.find(FaultKind::http_status, "/v2/aggs"), nullptr);
    board.advance(MonoTime{100ms});
    EXPECT_FALSE(board.has(FaultKind::market_closed));
    EXPECT_FALSE(parse_fault("error_text", problem));
    EXPECT_FALSE(parse_fault("bad_body=soup", problem));
}

TEST(ReplayPlayerTest, KeepsTimeAndStandsStillUnderAStall) {
    std::string problem;
    auto replay = Replay::parse("{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n", "1.0\n1.5\n2.0\n", problem);
    ASSERT_TRUE(replay) << problem;
    ReplayOptions options;
    options.speed = 2;
    options.hold = 1;
    ReplayPlayer player(std::move(*replay), options);
    std::size_t heard = 0;
    const auto hear = [&](const ReplayFrame&, std::size_t) { ++heard; };
    const MonoTime now{10s};
    EXPECT_EQ(player.advance(now, 0, false, 10, hear), 0u);
    EXPECT_FALSE(player.begun());
    EXPECT_EQ(player.advance(now, 1, false, 10, hear), 1u);
    EXPECT_EQ(player.next_due(), now + 250ms);
    EXPECT_EQ(player.advance(now + 200ms, 1, true, 10, hear), 0u);
    EXPECT_EQ(player.advance(now + 300ms, 1, false, 10, hear), 0u); // 200 ms stood still
    EXPECT_EQ(player.advance(now + 450ms, 1, false, 10, hear), 1u);
    EXPECT_EQ(player.advance(now + 700ms, 1, false, 10, hear), 1u);
    EXPECT_TRUE(player.done());
    EXPECT_EQ(heard, 3u);
}

TEST(ControlDoor, AnswersLikeAnHttpService) {
    std::vector<Fault> added;
    int cleared = 0;
    ControlTarget target{[&](Fault f) { added.push_back(std::move(f)); }, [&](std::optional<FaultKind>) { ++cleared; },
        [] { return std::string("{}"); }};
    EXPECT_EQ(control("POST", "/control/fault", R"({"fault":"drop"})", target).status, 200);
    EXPECT_EQ(added.size(), 1u);
    EXPECT_EQ(control("POST", "/control/fault", R"({"fault":"nothing"})", target).status, 400);
    EXPECT_EQ(control("GET", "/control/fault", "", target).status, 405);
    EXPECT_EQ(control("POST", "/control/clear", "", target).status, 200);
    EXPECT_EQ(control("POST", "/control/clear", R"({"fault":"x"})", target).status, 400);
    EXPECT_EQ(cleared, 1);
    EXPECT_EQ(control("GET", "/control/state", "", target).status, 200);
    EXPECT_EQ(control("GET", "/control/other", "", target).status, 404);
}

TEST(ReplayReader, KeepsTextAndTimes) {
    std::string problem;
    const auto replay = Replay::parse(
        "{\"stream\":\"a@trade\",\"data\":{\"s\":\"A\"}}\n{\"x\":1}\n", "1633998512.0633569\n1633998512.5\n", problem);
    ASSERT_TRUE(replay) << problem;
    ASSERT_EQ(replay->frames().size(), 2u);
    EXPECT_EQ(replay->frames()[0].stream, "a@trade");
    EXPECT_EQ(replay->frames()[0].data, R"({"s":"A"})");
    EXPECT_EQ(replay->frames()[1].at, 436'643'100ns);
    EXPECT_EQ(replay->frames()[1].stream, "");
    EXPECT_FALSE(Replay::parse("{}\n{}\n", "1.0\n", problem));
    EXPECT_THAT(problem, HasSubstr("line 2"));
    EXPECT_FALSE(Replay::parse("", "", problem));
    EXPECT_FALSE(Replay::load("/nowhere/frames", "", problem));
}

} // namespace
} // namespace tickgate::venue_kit
