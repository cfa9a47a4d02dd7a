// What the provider tells of the past: which bars, trades by time, flat files.
#include "massive/provider.hpp"

#include "support/fake_rest.hpp"

#include "flat_test_data.hpp"
#include "memory_s3.hpp"
#include "recorder.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono;
using test::fixture;
using test::FlatRecorder;
using test::MemoryS3;
using tickgate::test::FakeRest;
using tickgate::test::run;

InstrumentName name(const char* text) { return *InstrumentName::parse(text); }
UnixNanos nanos(std::int64_t n) { return UnixNanos(nanoseconds(n)); }

struct History : testing::Test {
    std::unique_ptr<MassiveProvider> make(ProviderSettings more = {}) {
        more.emplace("api_key", "massive-test-key-10");
        std::string problem;
        auto settings = read_settings(more, problem);
        EXPECT_TRUE(settings) << problem;
        settings->s3_retry_pause = milliseconds(0);
        return std::make_unique<MassiveProvider>(std::move(*settings));
    }
    std::unique_ptr<MassiveProvider> with_files(ProviderSettings more = {}) {
        more.emplace("s3.access_key", "AKID");
        more.emplace("s3.secret_key", "massive-test-s3-secret");
        more.emplace("endpoints.s3", "https://files.example/");
        return make(std::move(more));
    }
    FakeRest rest;
    MemoryS3 s3;
};

// ---------------------------------------------------------------------------------------------------------- variants

TEST_F(History, UsualBars) {
    const auto p = make();
    struct Row {
        const char* instrument;
        Timeframe timeframe;
        PriceType price_type;
        Alignment align;
        std::size_t page;
    };
    using enum Timeframe;
    for (const auto& row : {Row{"equity:A", m1, PriceType::trade, Alignment::utc, 50000},
             Row{"equity:A", h1, PriceType::trade, Alignment::utc, 833},
             Row{"equity:A", m15, PriceType::trade, Alignment::utc, 3333},
             Row{"equity:A", d1, PriceType::trade, Alignment::exchange, 50000},
             Row{"equity:A", mo1, PriceType::trade, Alignment::exchange, 1612},
             Row{"option:A240119C00190000", d1, PriceType::trade, Alignment::exchange, 50000},
             Row{"index:SPX", d1, PriceType::trade, Alignment::exchange, 50000},
             Row{"crypto:BTC-USD", d1, PriceType::trade, Alignment::utc, 50000},
             Row{"crypto:BTC-USD", s5, PriceType::trade, Alignment::utc, 10000},
             Row{"fx:EUR-USD", d1, PriceType::bid, Alignment::utc, 50000},
             Row{"fx:EUR-USD", m1, PriceType::bid, Alignment::utc, 50000},
             Row{"future:ESZ4", m1, PriceType::trade, Alignment::utc, 50000}}) {
        const auto h = p->bar_history(name(row.instrument), row.timeframe, std::nullopt);
        ASSERT_TRUE(h) << row.instrument << " " << to_string(row.timeframe);
        EXPECT_EQ(h->variant.price_type, row.price_type) << row.instrument;
        EXPECT_EQ(h->variant.align, row.align) << row.instrument << " " << to_string(row.timeframe);
        EXPECT_FALSE(h->variant.adjusted || h->continuous || h->depth);
        EXPECT_EQ(h->page, row.page) << row.instrument << " " << to_string(row.timeframe);
        EXPECT_TRUE(p->bar_history(name(row.instrument), row.timeframe, h->variant));
    }
    for (const auto& [instrument, timeframe] : std::vector<std::pair<const char*, Timeframe>>{
             {"equity:A", h4}, {"equity:A", w1}, {"crypto:BTC-USD", d3}, {"future:ESZ4", d1}, {"cfd:SPX500-USD", m1}})
        EXPECT_EQ(p->bar_history(name(instrument), timeframe, std::nullopt).error(), errc::not_supported)
            << instrument << to_string(timeframe);
    BarVariant ny17;
    ny17.price_type = PriceType::bid;
    ny17.align = Alignment::ny17;
    EXPECT_FALSE(p->bar_history(name("fx:EUR-USD"), d1, ny17));
    EXPECT_FALSE(p->bar_history(name("fx:EUR-USD"), d1, BarVariant())) << "of trades";
    EXPECT_EQ(make({{"plan", "free"}})->bar_history(name("equity:A"), m1, std::nullopt)->depth, hours(24 * 730));
}

TEST_F(History, AdjustedBarsOnRequest) {
    BarVariant adjusted;
    adjusted.align = Alignment::exchange;
    adjusted.adjusted = true;
    const auto p = make();
    EXPECT_TRUE(p->bar_history(name("equity:A"), Timeframe::d1, adjusted)->variant.adjusted);
    adjusted.align = Alignment::utc;
    EXPECT_FALSE(p->bar_history(name("crypto:BTC-USD"), Timeframe::d1, adjusted)) << "has no splits";
    const auto set = make({{"adjusted", "true"}});
    EXPECT_TRUE(set->bar_history(name("equity:A"), Timeframe::m1, std::nullopt)->variant.adjusted);
    EXPECT_FALSE(set->bar_history(name("crypto:BTC-USD"), Timeframe::m1, std::nullopt)->variant.adjusted);
    EXPECT_TRUE(set->bar_history(name("equity:A"), Timeframe::m1, BarVariant())) << "raw when asked";

    BarRequest request;
    request.instrument = name("equity:A");
    request.from = from_millis(1704720600000);
    request.to = from_millis(1704721200000);
    request.variant = adjusted;
    const std::string bars = R"("results":[{"o":1,"h":2,"l":1,"c":2,"t":1704720600000}]})";
    rest.give(200, R"({"adjusted":true,)" + bars);
    auto page = run(p->get_bars(request, rest));
    ASSERT_TRUE(page && page->bars.size() == 1);
    EXPECT_TRUE(page->bars[0].adjusted);
    EXPECT_NE(rest.asked(0).find("?adjusted=true&"), std::string::npos);
    rest.give(200, R"({"adjusted":false,)" + bars);
    EXPECT_EQ(run(p->get_bars(request, rest)).error(), errc::not_supported) << "raw ones are not told as adjusted";
    request.variant->price_type = PriceType::mid;
    EXPECT_EQ(run(p->get_bars(request, rest)).error(), errc::not_supported);
    EXPECT_EQ(rest.requests.size(), 2u);
}

TEST_F(History, DaysOfAnotherClockAreNotMixed) {
    const auto p = make();
    BarRequest request;
    request.instrument = name("crypto:BTC-USD");
    request.timeframe = Timeframe::d1;
    request.from = from_millis(1590969600000);
    request.to = from_millis(1591142400000);
    request.variant = BarVariant();
    rest.give(200, fixture("rest/spec_aggs_crypto.json")); // begin at 04:00Z
    EXPECT_EQ(run(p->get_bars(request, rest)).error(), errc::not_supported);
    request.variant.reset();
    rest.give(200, fixture("rest/spec_aggs_crypto.json"));
    const auto page = run(p->get_bars(request, rest));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->bars.size(), 2u) << "as they are, where no clock was asked for";
}

// ------------------------------------------------------------------------------------------------------------ trades

struct Told {
    std::vector<std::string> ids;
    std::vector<UnixNanos> times;
    TradeSink sink() {
        return [this](const Trade& t) {
            ids.emplace_back(t.trade_id);
            times.push_back(t.event_time.value_or(UnixNanos{}));
        };
    }
};

TradeRequest trades_of(const char* instrument, std::int64_t from, std::int64_t to) {
    TradeRequest r;
    r.instrument = name(instrument);
    r.from = nanos(from);
    r.to = nanos(to);
    return r;
}

TEST_F(History, TradesByTimePageByPage) {
    const auto p = make();
    auto request = trades_of("equity:AAPL", 1704720600000000001, 1704720600000000009);
    rest.give(200, R"({"status":"OK","results":[{"id":"1","price":1,"size":1,"sip_timestamp":1704720600000000001},)"
                   R"({"id":"2","price":1,"size":1,"sip_timestamp":1704720600000000009}],)"
                   R"("next_url":"https://api.massive.com/v3/trades/AAPL?cursor=YXA9MQ"})");
    Told told;
    auto next = run(p->get_trades(request, told.sink(), rest));
    ASSERT_TRUE(next);
    EXPECT_EQ(rest.asked(0), "/v3/trades/AAPL?timestamp.gte=1704720600000000001&timestamp.lt=1704720600000000009"
                             "&order=asc&sort=timestamp&limit=50000");
    EXPECT_EQ(*next, "/v3/trades/AAPL?cursor=YXA9MQ");
    EXPECT_EQ(told.ids, std::vector<std::string>{"1"}) << "the end is not included";
    request.cursor = *next;
    rest.give(200, R"({"status":"OK"})");
    next = run(p->get_trades(request, told.sink(), rest));
    ASSERT_TRUE(next);
    EXPECT_TRUE(next->empty());
    EXPECT_EQ(rest.asked(1), "/v3/trades/AAPL?cursor=YXA9MQ");
    request.cursor.clear();
    request.limit = 10;
    rest.give(200, R"({"status":"OK"})");
    EXPECT_TRUE(run(p->get_trades(request, told.sink(), rest)));
    EXPECT_TRUE(rest.asked(2).ends_with("&limit=10"));
}

TEST_F(History, TradesOfTheSamples) {
    const auto p = make();
    Told told;
    rest.give(200, fixture("rest/trades_AAPL_limit2.json"));
    ASSERT_TRUE(
        run(p->get_trades(trades_of("equity:AAPL", 1651181000000000000, 1651182000000000000), told.sink(), rest)));
    EXPECT_EQ(told.ids, (std::vector<std::string>{"183276", "183276"}));
    EXPECT_EQ(told.times.at(0), nanos(1651181822461979400));
    rest.give(200, fixture("rest/spec_trades_crypto.json"));
    const auto next =
        run(p->get_trades(trades_of("crypto:BTC-USD", 1625097600000000000, 1625097601000000000), told.sink(), rest));
    EXPECT_NE(rest.asked(1).find("/v3/trades/X:BTCUSD?"), std::string::npos);
    EXPECT_EQ(told.ids.size(), 4u);
    ASSERT_TRUE(next) << "its next_url is on the old host";
    EXPECT_TRUE(next->starts_with("/v3/trades/X:BTC-USD?cursor="));
}

TEST_F(History, TradesThatCannotBeTold) {
    const auto p = make();
    Told told;
    for (const char* instrument : {"fx:EUR-USD", "index:SPX", "future:ESZ4", "cfd:SPX500-USD"})
        EXPECT_EQ(run(p->get_trades(trades_of(instrument, 1, 2), told.sink(), rest)).error(), errc::not_supported);
    auto request = trades_of("equity:A", 1, 2);
    request.first_id = 5;
    EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::not_supported);
    request = trades_of("equity:A", 2, 2);
    EXPECT_TRUE(run(p->get_trades(request, told.sink(), rest))->empty());
    EXPECT_TRUE(rest.requests.empty());
    request.to = nanos(9);
    for (const char* cursor :
        {"http://evil.example/v3/trades/A", "/v2/aggs", "/v3/trades/A b", "@evil.example/v3/trades/"}) {
        request.cursor = cursor;
        EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::bad_request) << cursor;
    }
    EXPECT_TRUE(rest.requests.empty());
    request.cursor.clear();
    for (const char* url :
        {"https://evil.example/v3/trades/A?cursor=1", "https://api.massive.com:444/v3/trades/A?cursor=1"}) {
        rest.give(200, std::string(R"({"next_url":")") + url + "\"}");
        EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::malformed_payload) << url;
    }
    request.cursor = "/v3/trades/A?cursor=1";
    rest.give(200, R"({"next_url":"https://api.massive.com/v3/trades/A?cursor=1"})");
    EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::malformed_payload) << "itself";
    rest.give(403, R"({"status":"NOT_AUTHORIZED","message":"You are not entitled to this data."})");
    EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::not_entitled);
    rest.give(200, R"({"results":[{"price":"x"}]})");
    EXPECT_EQ(run(p->get_trades(request, told.sink(), rest)).error(), errc::malformed_payload);
}

// -------------------------------------------------------------------------------------------------------- flat files

BulkRequest files_of(AssetClass asset_class, Kind kind, year_month_day first, year_month_day last) {
    BulkRequest r;
    r.asset_class = asset_class;
    r.kind = kind;
    r.from = UnixNanos(sys_days(first)) + hours(12);
    r.to = UnixNanos(sys_days(last)) + hours(12);
    return r;
}

TEST_F(History, FilesNeedTheirCredentials) {
    EXPECT_FALSE(make()->capabilities().bulk_files);
    EXPECT_TRUE(with_files()->capabilities().bulk_files);
    const auto request = files_of(AssetClass::equity, Kind::bar, 2024y / 3 / 1, 2024y / 3 / 8);
    EXPECT_EQ(run(make()->bulk_files(request, rest)).error(), errc::not_supported);
    std::string problem;
    EXPECT_FALSE(read_settings({{"api_key", "k"}, {"s3.access_key", "AKID"}}, problem));
    EXPECT_EQ(problem, "s3.access_key stands without s3.secret_key");
    EXPECT_FALSE(read_settings({{"api_key", "k"}, {"s3.secret_key", "massive-s3-secret-x"}}, problem));
    EXPECT_EQ(problem.find("massive-s3"), std::string::npos);
    EXPECT_FALSE(
        read_settings({{"api_key", "k"}, {"s3.access_key", "a b"}, {"s3.secret_key", "massive-s3-y"}}, problem));
    const auto p = with_files({{"s3.monthly_gb", "5"}});
    const auto& budget = p->capabilities().budgets.at(1);
    EXPECT_EQ(budget.name, "flat_files");
    ASSERT_EQ(budget.more.size(), 1u);
    EXPECT_EQ(budget.more[0].limit, 5'000'000'000);
    EXPECT_EQ(budget.more[0].unit, LimitSpec::Unit::bytes);
    EXPECT_EQ(budget.more[0].kind, LimitSpec::Kind::month);
}

TEST_F(History, FilesOfASpan) {
    const auto p = with_files();
    for (const char* day : {"01", "04", "05", "06", "07", "08", "11"})
        s3.put(std::string("us_stocks_sip/minute_aggs_v1/2024/03/2024-03-") + day + ".csv.gz", "x");
    s3.put("us_stocks_sip/minute_aggs_v1/2024/03/readme.txt", "x");
    s3.put("us_stocks_sip/minute_aggs_v1/2024/02/2024-02-29.csv.gz", "x");
    const auto request = files_of(AssetClass::equity, Kind::bar, 2024y / 3 / 1, 2024y / 3 / 8);
    const auto files = run(p->bulk_files(request, s3));
    ASSERT_TRUE(files);
    ASSERT_EQ(files->size(), 6u) << "no weekend";
    EXPECT_EQ((*files)[0].key, "us_stocks_sip/minute_aggs_v1/2024/03/2024-03-01.csv.gz");
    EXPECT_EQ((*files)[0].from, UnixNanos(sys_days(2024y / 3 / 1)) + hours(5)) << "midnight in New York";
    EXPECT_EQ((*files)[5].to, UnixNanos(sys_days(2024y / 3 / 9)) + hours(5));
    EXPECT_EQ(s3.requests.size(), 1u);
    EXPECT_EQ(s3.requests[0].base, "https://files.example");
    s3.put("global_crypto/trades_v1/2024/03/2024-03-02.csv.gz", "x");
    auto crypto = files_of(AssetClass::crypto, Kind::trade, 2024y / 2 / 1, 2024y / 4 / 8);
    const auto global = run(p->bulk_files(crypto, s3));
    ASSERT_TRUE(global && global->size() == 1);
    EXPECT_EQ((*global)[0].from, UnixNanos(sys_days(2024y / 3 / 2)));
    EXPECT_EQ(s3.requests.back().target, "/flatfiles?list-type=2&prefix=global_crypto%2Ftrades_v1%2F2024%2F");
    // What cannot be, and what is empty.
    auto hours_of_day = request;
    hours_of_day.timeframe = Timeframe::h1;
    EXPECT_EQ(run(p->bulk_files(hours_of_day, s3)).error(), errc::not_supported);
    auto forex = files_of(AssetClass::fx, Kind::trade, 2024y / 3 / 1, 2024y / 3 / 8);
    EXPECT_EQ(run(p->bulk_files(forex, s3)).error(), errc::not_supported);
    auto reversed = files_of(AssetClass::equity, Kind::bar, 2024y / 3 / 8, 2024y / 3 / 1);
    EXPECT_TRUE(run(p->bulk_files(reversed, s3))->empty());
    auto future = files_of(AssetClass::equity, Kind::bar, 2190y / 3 / 8, 2190y / 3 / 9);
    EXPECT_TRUE(run(p->bulk_files(future, s3))->empty());
    s3.first = {MemoryS3::error(403, "SignatureDoesNotMatch")};
    EXPECT_EQ(run(p->bulk_files(request, s3)).error(), errc::unauthorized);
}

BulkFile file_of(const std::string& key, AssetClass asset_class, Kind kind) {
    BulkFile f;
    f.key = key;
    f.kind = kind;
    f.asset_class = asset_class;
    return f;
}

TEST_F(History, AFileBrokenAgainAndAgainIsReadOnce) {
    const auto p = with_files();
    const std::string key = "us_stocks_sip/minute_aggs_v1/2024/03/2024-03-08.csv.gz";
    std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
    for (int i = 0; i < 5000; ++i)
        text += std::string(i % 2 == 0 ? "A," : "AAPL,") + std::to_string(i * 7919 % 10007) + ",1.5,2,3,0.5," +
                std::to_string(1709888400000000000 + i / 2 * 60000000000) + ",7\n";
    s3.put(key, test::gzip(text));
    s3.cuts = {3000, 5000, 1, 0, 0, 9000};
    FlatRecorder sink;
    ASSERT_FALSE(run(p->read_bulk_file(file_of(key, AssetClass::equity, Kind::bar), {name("equity:AAPL")}, sink, s3)));
    ASSERT_EQ(sink.bars.size(), 2500u);
    for (std::size_t i = 0; i < sink.bars.size(); ++i) {
        EXPECT_EQ(sink.bars[i].open_time, nanos(1709888400000000000) + minutes(i));
        EXPECT_EQ(sink.bars[i].volume->to_string(), std::to_string((2 * i + 1) * 7919 % 10007));
    }
    EXPECT_GT(s3.requests.size(), 6u);
}

TEST_F(History, FilesThatCannotBeRead) {
    const auto p = with_files();
    const std::string key = "us_stocks_sip/minute_aggs_v1/2024/03/2024-03-08.csv.gz";
    const auto file = file_of(key, AssetClass::equity, Kind::bar);
    FlatRecorder sink;
    const auto read = [&](const BulkFile& f) { return run(p->read_bulk_file(f, {name("equity:A")}, sink, s3)); };
    EXPECT_EQ(read(file), errc::venue_error) << "gone since it was listed";
    EXPECT_EQ(read(file_of("us_stocks_sip/../x", AssetClass::equity, Kind::bar)), errc::not_supported);
    EXPECT_EQ(read(file_of(key, AssetClass::equity, Kind::trade)), errc::not_supported) << "another kind of file";
    EXPECT_EQ(run(make()->read_bulk_file(file, {}, sink, s3)), errc::not_supported);
    const std::string text = "ticker,open,close,high,low,window_start\nA,1,1,1,1,1709888400000000000\n";
    const auto packed = test::gzip(text);
    s3.put(key, packed.substr(0, packed.size() - 5));
    EXPECT_EQ(read(file), errc::malformed_payload) << "truncated where it was made";
    s3.put(key, text);
    EXPECT_EQ(read(file), errc::malformed_payload) << "not compressed";
    s3.put(key, test::gzip("ticker,price\nA,1\n"));
    EXPECT_EQ(read(file), errc::malformed_payload) << "other columns";
    s3.put(key, packed, "\"00000000000000000000000000000000\"");
    EXPECT_EQ(read(file), errc::malformed_payload) << "another sum";
    s3.put(key, packed);
    sink = FlatRecorder();
    sink.refuse_after = 0;
    EXPECT_EQ(read(file), errc::cancelled);
    s3.first = {MemoryS3::error(403, ""), MemoryS3::error(403, "AccessDenied")};
    EXPECT_EQ(read(file), errc::not_entitled);
}

} // namespace
} // namespace tickgate::massive
