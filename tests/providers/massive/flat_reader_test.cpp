// Flat files row by row: every published sample to the digit, and what may be wrong with a file.
#include "massive/flat_reader.hpp"
#include "massive/history.hpp"

#include "flat_test_data.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono;
using test::fixture;
using test::FlatRecorder;

const UnixNanos now = from_micros(1790000000000000); // 2026-09
UnixNanos nanos(std::int64_t n) { return UnixNanos(nanoseconds(n)); }
std::string text_of(const OptionalDecimal& d) { return d ? d->to_string() : "null"; }

FlatSet set_of(AssetClass asset_class, Kind kind, Timeframe timeframe = Timeframe::m1) {
    const auto set = flat_set(asset_class, kind, timeframe);
    EXPECT_TRUE(set);
    return set.value_or(FlatSet{});
}

struct Flat {
    FlatRecorder sink;
    FlatStats stats;
    error_code ec;
};

// In pieces of `piece` compressed bytes.
void read(Flat& out, FlatSet set, const std::vector<InstrumentName>& wanted, std::string_view text,
    std::size_t piece = SIZE_MAX, int lot_size = 1) {
    const auto packed = test::gzip(text);
    FlatReader reader(set, wanted, out.sink, now, lot_size);
    for (std::string_view rest = packed; !rest.empty() && !out.ec;) {
        const auto part = rest.substr(0, piece);
        out.ec = reader.feed(part);
        rest.remove_prefix(part.size());
    }
    if (!out.ec)
        out.ec = reader.finish();
    out.stats = reader.stats();
}

const InstrumentName agilent{AssetClass::equity, "A"};
constexpr std::string_view bar_header = "ticker,volume,open,close,high,low,window_start,transactions\n";

TEST(FlatSamples, MinuteBarsOfStocks) {
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, fixture("flatfiles/us_stocks_sip_minute_aggs_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.bars.size(), 1u);
    const auto& b = f.sink.bars[0];
    EXPECT_EQ(b.open.to_string(), "138.0");
    EXPECT_EQ(b.close.to_string(), "137.93");
    EXPECT_EQ(b.high.to_string(), "138.36");
    EXPECT_EQ(b.low.to_string(), "137.75");
    EXPECT_EQ(text_of(b.volume), "18218");
    EXPECT_EQ(b.trades, 125);
    EXPECT_EQ(b.open_time, nanos(1769178600000000000));
    EXPECT_EQ(b.close_time, nanos(1769178660000000000));
    EXPECT_EQ(b.volume_unit, VolumeUnit::base);
    EXPECT_TRUE(b.final && !b.adjusted && !b.vwap);
    EXPECT_EQ(b.align, Alignment::utc);
    EXPECT_EQ(f.sink.names[0], "equity:A");
}

TEST(FlatSamples, TradesOfStocksWithFractions) {
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::trade), {agilent}, fixture("flatfiles/us_stocks_sip_trades_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.trades.size(), 3u);
    const auto& t = f.sink.trades;
    EXPECT_EQ(t[0].trade_id, "62879131135034");
    EXPECT_EQ(t[0].price.to_string(), "137.73");
    EXPECT_EQ(t[0].size.to_string(), "15");
    EXPECT_EQ(t[0].event_time, nanos(1769161728012983416)) << "every digit of nanoseconds";
    EXPECT_EQ(t[0].src_seq, 4798u);
    EXPECT_EQ(t[0].exchange, "12");
    EXPECT_EQ(f.sink.conditions[0], "12|37");
    EXPECT_FALSE(t[0].updates_last);
    EXPECT_EQ(f.sink.conditions[1], "12");
    EXPECT_EQ(t[1].price.to_string(), "129.79");
    EXPECT_EQ(t[1].event_time, nanos(1770810300033243132));
    EXPECT_EQ(t[2].price.to_string(), "113.950000") << "as written";
    EXPECT_EQ(t[2].size.to_string(), "0.123456789012345678");
    EXPECT_EQ(t[2].event_time, nanos(1775030437400930176));
    EXPECT_EQ(t[2].src_seq, 4410u);
    EXPECT_TRUE(t[2].flags.has(Flag::backfill));
}

TEST(FlatSamples, QuotesOfStocks) {
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::quote), {agilent}, fixture("flatfiles/us_stocks_sip_quotes_v1.csv"));
    ASSERT_FALSE(f.ec);
    EXPECT_EQ(f.stats.rows, 1u);
    EXPECT_EQ(f.stats.empty, 1u) << "both sides are 0";
    EXPECT_EQ(f.stats.bad, 0u);
    EXPECT_TRUE(f.sink.quotes.empty());
}

TEST(FlatSamples, QuotesOfOptions) {
    Flat f;
    read(f, set_of(AssetClass::option, Kind::quote),
        {{AssetClass::option, "A260717C00060000"}, {AssetClass::option, "A260717C00065000"}},
        fixture("flatfiles/us_options_opra_quotes_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.quotes.size(), 3u);
    const auto& q = f.sink.quotes;
    EXPECT_EQ(text_of(q[0].ask), "null");
    EXPECT_EQ(text_of(q[0].ask_size), "null");
    EXPECT_EQ(text_of(q[0].bid), "57.7");
    EXPECT_EQ(text_of(q[0].bid_size), "1");
    EXPECT_EQ(q[0].event_time, nanos(1781789401689374260));
    EXPECT_EQ(q[0].src_seq, 1149543u);
    EXPECT_EQ(text_of(q[1].ask), "72.7");
    EXPECT_EQ(q[1].exchange, "320");
    EXPECT_EQ(text_of(q[2].ask_size), "2");
    EXPECT_EQ(text_of(q[2].bid), "62.7");
    EXPECT_EQ(q[2].exchange, "300");
    EXPECT_EQ(q[0].exchange, "") << "two exchanges";
    EXPECT_EQ(q[2].event_time, nanos(1781789401696866913));
    EXPECT_EQ(f.sink.names[2], "option:A260717C00065000");
}

TEST(FlatSamples, TradesOfOptions) {
    Flat f;
    read(f, set_of(AssetClass::option, Kind::trade),
        {{AssetClass::option, "A260618C00100000"}, {AssetClass::option, "A260618C00115000"}},
        fixture("flatfiles/us_options_opra_trades_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.trades.size(), 3u);
    EXPECT_EQ(f.sink.trades[0].price.to_string(), "26.57");
    EXPECT_EQ(f.sink.trades[0].event_time, nanos(1781794876313000000));
    EXPECT_EQ(f.sink.conditions[0], "227");
    EXPECT_EQ(f.sink.trades[1].exchange, "325");
    EXPECT_EQ(f.sink.conditions[2], "209|227");
    EXPECT_EQ(f.sink.trades[2].price.to_string(), "10.7");
    EXPECT_EQ(f.sink.trades[2].size.to_string(), "2");
    EXPECT_FALSE(f.sink.trades[2].src_seq);
    EXPECT_TRUE(f.sink.trades[2].trade_id.empty());
}

TEST(FlatSamples, TradesOfCrypto) {
    Flat f;
    read(f, set_of(AssetClass::crypto, Kind::trade), {{AssetClass::crypto, "00-USD"}},
        fixture("flatfiles/global_crypto_trades_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.trades.size(), 2u);
    EXPECT_EQ(f.sink.names[0], "crypto:00-USD");
    EXPECT_EQ(f.sink.trades[0].trade_id, "3641496");
    EXPECT_EQ(f.sink.trades[0].price.to_string(), "0.0036");
    EXPECT_EQ(f.sink.trades[0].size.to_string(), "7575.0");
    EXPECT_EQ(f.sink.trades[0].event_time, nanos(1781656423480597000));
    EXPECT_EQ(f.sink.trades[0].side, Side::buy);
    EXPECT_TRUE(f.sink.trades[0].updates_last);
    EXPECT_EQ(f.sink.trades[1].size.to_string(), "30000.0");
    EXPECT_EQ(f.sink.trades[1].event_time, nanos(1781654446565723000)) << "the file's order, not time's";
}

TEST(FlatSamples, QuotesOfForex) {
    Flat f;
    read(f, set_of(AssetClass::fx, Kind::quote), {{AssetClass::fx, "AED-AUD"}},
        fixture("flatfiles/global_forex_quotes_v1.csv"));
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.quotes.size(), 1u);
    EXPECT_EQ(text_of(f.sink.quotes[0].ask), "0.412060465749694");
    EXPECT_EQ(text_of(f.sink.quotes[0].bid), "0.411836123587859");
    EXPECT_EQ(f.sink.quotes[0].event_time, nanos(1757552407000000000));
    EXPECT_EQ(f.sink.quotes[0].exchange, "48");
    EXPECT_FALSE(f.sink.quotes[0].bid_size || f.sink.quotes[0].ask_size);
}

// What REST tells of the same day is the same bar.
TEST(FlatRows, DayBarsEqualThoseOfRest) {
    struct Row {
        AssetClass asset_class;
        const char* symbol;
        const char* ticker;
        std::int64_t open_ms;
    };
    const Row rows[] = {{AssetClass::equity, "AAPL", "AAPL", 1112331600000},
        {AssetClass::equity, "AAPL", "AAPL", 1710046800000},
        {AssetClass::crypto, "BTC-USD", "X:BTC-USD", 1710028800000},
        {AssetClass::crypto, "BTC-USD", "X:BTC-USD", 1590984000000},
        {AssetClass::fx, "EUR-USD", "C:EUR-USD", 1710028800000}, {AssetClass::index, "SPX", "I:SPX", 1710050400000},
        {AssetClass::option, "AAPL240119C00190000", "O:AAPL240119C00190000", 1704862800000}};
    for (const auto& row : rows) {
        Flat f;
        const auto text = std::string(bar_header) + row.ticker + ",642646396.0,1.5032,1.4604,1.5064,1.4489," +
                          std::to_string(row.open_ms) + "000000,82132\n";
        const auto set = set_of(row.asset_class, Kind::bar, Timeframe::d1);
        read(f, set, {{row.asset_class, row.symbol}}, text);
        const auto page = parse_aggregates(R"({"status":"OK","adjusted":false,"results":[{"v":642646396.0,"o":1.5032,)"
                                           R"("c":1.4604,"h":1.5064,"l":1.4489,"n":82132,"t":)" +
                                               std::to_string(row.open_ms) + "}]}",
            set.cluster, Timeframe::d1, now);
        ASSERT_TRUE(page && f.sink.bars.size() == 1) << row.ticker;
        const auto &a = f.sink.bars[0], &b = page->bars.at(0);
        EXPECT_TRUE(a.open_time == b.open_time && a.close_time == b.close_time && a.align == b.align) << row.ticker;
        EXPECT_TRUE(a.price_type == b.price_type && a.volume_unit == b.volume_unit && a.adjusted == b.adjusted);
        EXPECT_TRUE(a.final == b.final && a.trades == b.trades && a.timeframe == b.timeframe && a.source == b.source);
        EXPECT_TRUE(a.open.same_text(b.open) && a.high.same_text(b.high) && a.low.same_text(b.low) &&
                    a.close.same_text(b.close) && a.volume->same_text(*b.volume));
        EXPECT_EQ(a.flags.bits(), b.flags.bits());
    }
}

TEST(FlatRows, ColumnsAreFoundByName) {
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::bar), {agilent},
        "\xEF\xBB\xBFwindow_start, Close ,LOW,high,open,news,ticker\r\n1769178600000000000,4,1,5,2,\"a,b\",A\r\n");
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.bars.size(), 1u);
    EXPECT_EQ(f.sink.bars[0].open.to_string() + f.sink.bars[0].high.to_string() + f.sink.bars[0].low.to_string() +
                  f.sink.bars[0].close.to_string(),
        "2514");
    EXPECT_FALSE(f.sink.bars[0].volume || f.sink.bars[0].trades);
    EXPECT_EQ(f.sink.bars[0].volume_unit, VolumeUnit::none);
}

TEST(FlatRows, IndexValuesAreIndicative) {
    Flat f;
    read(f, set_of(AssetClass::index, Kind::quote), {{AssetClass::index, "SPX"}},
        "ticker,value,timestamp\nI:SPX,4783.45,1704900600000000001\nI:VIX,12,1704900600000000001\n");
    ASSERT_FALSE(f.ec);
    ASSERT_EQ(f.sink.quotes.size(), 1u);
    EXPECT_EQ(text_of(f.sink.quotes[0].last), "4783.45");
    EXPECT_TRUE(f.sink.quotes[0].flags.has(Flag::indicative));
    EXPECT_EQ(f.sink.quotes[0].event_time, nanos(1704900600000000001));
}

TEST(FlatRows, QuoteSizesWereRoundLots) {
    constexpr std::string_view header = "ticker,ask_price,ask_size,bid_price,bid_size,sip_timestamp\n";
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::quote), {agilent},
        std::string(header) + "A,2,3,1,4,1762145999999999999\nA,2,3,1,4,1762146000000000000\n");
    ASSERT_EQ(f.sink.quotes.size(), 2u);
    EXPECT_EQ(*f.sink.quotes[0].bid_size, Decimal::from_integer(400));
    EXPECT_EQ(*f.sink.quotes[0].ask_size, Decimal::from_integer(300));
    EXPECT_EQ(text_of(f.sink.quotes[1].bid_size), "4");
    Flat options;
    read(options, set_of(AssetClass::option, Kind::quote), {{AssetClass::option, "A"}},
        std::string(header) + "O:A,2,3,1,4,1704900600000000000\n", SIZE_MAX, 10);
    EXPECT_EQ(text_of(options.sink.quotes.at(0).bid_size), "4") << "contracts";
}

TEST(FlatRows, OnlyWantedInstrumentsReachTheSink) {
    std::string text(bar_header);
    for (const char* ticker : {"A", "AA", "AAPL", "B", "AAPL", "aapl", "O:AAPL"})
        text += std::string(ticker) + ",1,1,1,1,1,1769178600000000000,1\n";
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::bar), {{AssetClass::equity, "AAPL"}, {AssetClass::crypto, "AA"}}, text);
    ASSERT_FALSE(f.ec);
    EXPECT_EQ(f.sink.names, (std::vector<std::string>{"equity:AAPL", "equity:AAPL"}));
    EXPECT_EQ(f.stats.rows, 7u);
    EXPECT_EQ(f.stats.delivered, 2u);
}

TEST(FlatRows, AnyCutGivesTheSame) {
    std::string text(bar_header);
    for (int i = 0; i < 300; ++i)
        text += (i % 3 == 0 ? "A," : "B,") + std::to_string(i) + ",1.5,2.5,3.5,0.5," +
                std::to_string(1769178600000000000 + i * 60000000000) + ",7\n";
    text.pop_back(); // no line end at the end of the file
    for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{64}, std::size_t{100000}}) {
        Flat f;
        read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, text, piece);
        ASSERT_FALSE(f.ec) << piece;
        ASSERT_EQ(f.sink.bars.size(), 100u) << piece;
        EXPECT_EQ(text_of(f.sink.bars[99].volume), "297");
    }
}

TEST(FlatRows, SeveralGzipMembersAreOneFile) {
    FlatRecorder sink;
    FlatReader reader(set_of(AssetClass::equity, Kind::bar), {agilent}, sink, now);
    const auto file = test::gzip(std::string(bar_header) + "A,1,1,1,1,1,17691786000") +
                      test::gzip("00000000,1\nA,1,1,1,1,1,1769178660000000000,1\n");
    EXPECT_FALSE(reader.feed(file));
    EXPECT_FALSE(reader.finish());
    EXPECT_EQ(sink.bars.size(), 2u);
}

TEST(FlatFaults, BadRowsAreCountedAndLeftOut) {
    const std::string good = "A,1,1,1,1,1,1769178600000000000,1\n";
    const std::string bad[] = {"A,1,x,1,1,1,1769178600000000000,1\n", "A,1,,1,1,1,1769178600000000000,1\n",
        "A,1,1,1,1,1,,1\n", "A,1,1,1,1,1,0,1\n", "A,1,1,1,1,1,-5,1\n", "A,1,1,1,1,1,99999999999999999999,1\n",
        "A,1,1,1,1,1\n", "A,1,1,1,1,1,1769178600000000000,1,1\n", "A,1,1,1,1,1,1769178600000000000,1.5\n",
        "A,volume,1,1,1,1,1769178600000000000,1\n", "A,1,1.2345678901234567891,1,1,1,1769178600000000000,1\n",
        "A,1,\"1,1,1,1,1769178600000000000,1\n", "A,1,\"1\"1,1,1,1,1769178600000000000,1\n"};
    for (const auto& row : bad) {
        Flat f;
        read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, std::string(bar_header) + good + row + good);
        EXPECT_FALSE(f.ec) << row;
        EXPECT_EQ(f.sink.bars.size(), 2u) << row;
        EXPECT_EQ(f.stats.bad, 1u) << row;
        EXPECT_EQ(f.stats.first_bad, 3u) << row;
        EXPECT_FALSE(f.stats.problem.empty()) << row;
    }
    Flat others;
    read(others, set_of(AssetClass::equity, Kind::bar), {agilent}, std::string(bar_header) + "B,x\n" + good);
    EXPECT_EQ(others.stats.bad, 0u) << "rows of others are not looked at";
    Flat wide;
    read(wide, set_of(AssetClass::equity, Kind::bar), {agilent},
        std::string(bar_header) + "A,1.2345678901234567891,1,1,1,1,1769178600000000000,1\n");
    EXPECT_EQ(text_of(wide.sink.bars.at(0).volume), "null") << "descriptive";
    Flat trades;
    read(trades, set_of(AssetClass::crypto, Kind::trade), {{AssetClass::crypto, "A-B"}},
        "ticker,conditions,exchange,id,participant_timestamp,price,size\nX:A-B,\"1,x\",1,1,1769178600000000000,1,1\n"
        "X:A-B,,1,1,,1,1\nX:A-B,,1,1,1769178600000000000,1,\nX:A-B,,1,1,1769178600000000000,1,2\n");
    EXPECT_EQ(trades.stats.bad, 3u);
    EXPECT_EQ(trades.sink.trades.size(), 1u);
}

TEST(FlatFaults, MostlyBadRowsEndTheReading) {
    std::string text(bar_header);
    for (int i = 0; i < 1500; ++i)
        text += "A,x\n";
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, text);
    EXPECT_EQ(f.ec, errc::malformed_payload);
}

TEST(FlatFaults, WrongColumns) {
    for (const char* header : {"", "ticker,volume\n", "ticker,open,open,close,high,low,window_start\n",
             "open,close,high,low,window_start\n", "<html>\n", "\"ticker\n"}) {
        Flat f;
        read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, std::string(header) + "A,1,1,1,1,1,1\n");
        EXPECT_EQ(f.ec, errc::malformed_payload) << header;
    }
    Flat quotes;
    read(quotes, set_of(AssetClass::equity, Kind::quote), {agilent}, std::string(bar_header));
    EXPECT_EQ(quotes.ec, errc::malformed_payload);
    Flat empty;
    read(empty, set_of(AssetClass::equity, Kind::bar), {agilent}, std::string(bar_header));
    EXPECT_FALSE(empty.ec) << "a header alone is an empty day";
}

TEST(FlatFaults, TruncatedOrSpoiledCompression) {
    std::string text(bar_header);
    for (int i = 0; i < 2000; ++i)
        text += "A," + std::to_string(i * 7919) + ",1,1,1,1,1769178600000000000,1\n";
    const auto packed = test::gzip(text);
    for (const auto size : {std::size_t{0}, std::size_t{5}, packed.size() / 2, packed.size() - 1}) {
        FlatRecorder sink;
        FlatReader reader(set_of(AssetClass::equity, Kind::bar), {agilent}, sink, now);
        EXPECT_FALSE(reader.feed(std::string_view(packed).substr(0, size)));
        EXPECT_EQ(reader.finish(), errc::malformed_payload) << size;
        EXPECT_LT(sink.bars.size(), 2001u);
    }
    auto spoiled = packed;
    spoiled[spoiled.size() - 6] = static_cast<char>(spoiled[spoiled.size() - 6] ^ 1); // in the checksum
    FlatRecorder sink;
    FlatReader reader(set_of(AssetClass::equity, Kind::bar), {agilent}, sink, now);
    EXPECT_EQ(reader.feed(spoiled), errc::malformed_payload);
    FlatReader plain(set_of(AssetClass::equity, Kind::bar), {agilent}, sink, now);
    EXPECT_EQ(plain.feed("<?xml version=\"1.0\"?><Error>"), errc::malformed_payload);
}

TEST(FlatFaults, ALineWithoutEndIsNotCollected) {
    Flat f;
    read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, std::string(bar_header) + std::string(200000, 'A'));
    EXPECT_EQ(f.ec, errc::malformed_payload);
}

TEST(FlatFaults, TheSinkMayEndIt) {
    std::string text(bar_header);
    for (int i = 0; i < 100; ++i)
        text += "A,1,1,1,1,1,1769178600000000000,1\n";
    Flat f;
    f.sink.refuse_after = 10;
    read(f, set_of(AssetClass::equity, Kind::bar), {agilent}, text);
    EXPECT_EQ(f.ec, errc::cancelled);
    EXPECT_EQ(f.sink.bars.size(), 11u);
}

TEST(FlatKeys, NamesAndDays) {
    const auto set = set_of(AssetClass::equity, Kind::trade);
    const sys_days day(2024y / March / 8);
    EXPECT_EQ(flat_key(set, day), "us_stocks_sip/trades_v1/2024/03/2024-03-08.csv.gz");
    EXPECT_EQ(day_of_key(set, flat_key(set, day)), day);
    for (const char* key : {"", "us_stocks_sip/trades_v1/", "us_stocks_sip/trades_v1/2024/04/2024-03-08.csv.gz",
             "us_stocks_sip/quotes_v1/2024/03/2024-03-08.csv.gz", "us_stocks_sip/trades_v1/2024/03/2024-03-08.csv",
             "us_stocks_sip/trades_v1/2024/02/2024-02-30.csv.gz", "us_stocks_sip/trades_v1/9999/03/9999-03-08.csv.gz",
             "../trades_v1/2024/03/2024-03-08.csv.gz"})
        EXPECT_FALSE(day_of_key(set, key)) << key;
    EXPECT_EQ(flat_prefix(set, day, day + days(3)), "us_stocks_sip/trades_v1/2024/03/");
    EXPECT_EQ(flat_prefix(set, day, day + days(90)), "us_stocks_sip/trades_v1/2024/");
    EXPECT_EQ(flat_prefix(set, day, day + days(400)), "us_stocks_sip/trades_v1/");
    // 2024-03-10 has 23 hours in New York, 24 everywhere else.
    const auto span = flat_span(Cluster::stocks, sys_days(2024y / March / 10));
    EXPECT_EQ(span.from, nanos(1710046800000000000));
    EXPECT_EQ(span.to - span.from, hours(23));
    EXPECT_EQ(flat_span(Cluster::crypto, sys_days(2024y / March / 10)).to, nanos(1710115200000000000));
    for (const auto cluster : {Cluster::stocks, Cluster::crypto, Cluster::indices})
        for (auto d = sys_days(2024y / January / 1); d < sys_days(2025y / January / 2); d += days(1)) {
            const auto s = flat_span(cluster, d);
            EXPECT_TRUE(flat_day(cluster, s.from) == d && flat_day(cluster, s.to - nanoseconds(1)) == d);
            EXPECT_EQ(s.to, flat_span(cluster, d + days(1)).from);
        }
    EXPECT_EQ(flat_ticker({AssetClass::fx, "EUR-USD"}), "C:EUR-USD");
    EXPECT_EQ(flat_ticker({AssetClass::crypto, "BTC-USD"}), "X:BTC-USD");
    EXPECT_EQ(flat_ticker({AssetClass::index, "SPX"}), "I:SPX");
    EXPECT_FALSE(flat_set(AssetClass::equity, Kind::bar, Timeframe::h1));
    EXPECT_FALSE(flat_set(AssetClass::fx, Kind::trade, Timeframe::m1));
    EXPECT_FALSE(flat_set(AssetClass::crypto, Kind::quote, Timeframe::m1));
    EXPECT_FALSE(flat_set(AssetClass::future, Kind::bar, Timeframe::m1));
    EXPECT_FALSE(flat_set(AssetClass::cfd, Kind::bar, Timeframe::m1));
}

} // namespace
} // namespace tickgate::massive
