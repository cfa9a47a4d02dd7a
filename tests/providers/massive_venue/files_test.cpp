// The flat files of the venue: the same past as by REST, behind signatures that are really looked at.
#include "providers/massive_venue/venue_fixture.hpp"

#include "massive/flat_reader.hpp"
#include "massive/history.hpp"
#include "massive/s3_answers.hpp"
#include "massive/sigv4.hpp"
#include "providers/massive/flat_test_data.hpp"

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
using massive::test::FlatRecorder;
using testing::HasSubstr;

struct VenueFiles : VenueFixture {
    VenueFiles() {
        options.common.symbols = {"AAPL", "MSFT", "O:SPY270115C00480000", "C:EUR-USD", "X:BTC-USD", "I:SPX"};
        key.id = "test";
        key.secret = Secret("test-secret");
    }
    using Headers = std::vector<std::pair<std::string, std::string>>;
    net::HttpResponse fetch(std::string path, std::vector<std::pair<std::string, std::string>> query = {},
        Headers extra = {}, std::string method = "GET") {
        massive::SignedRequest request;
        request.method = method;
        request.path = path;
        request.query = query;
        request.headers = {{"host", "venue:1"}, {"x-amz-content-sha256", std::string(massive::empty_payload_hash())},
            {"x-amz-date", massive::amz_date(now.wall + skew)}};
        net::HttpRequest wire;
        wire.method = method;
        wire.path = path;
        wire.query = massive::canonical_query(query);
        wire.headers = request.headers;
        wire.headers.emplace_back(
            "authorization", massive::authorization(request, massive::empty_payload_hash(), key, now.wall + skew));
        wire.headers.insert(wire.headers.end(), extra.begin(), extra.end());
        if (spoil)
            spoil(wire);
        auto admission = venue->request(wire, false, now);
        EXPECT_EQ(admission.kind, kit::Admission::Kind::answer);
        return admission.response;
    }
    static std::string header(const net::HttpResponse& response, std::string_view name) {
        for (const auto& [n, value] : response.headers)
            if (n == name)
                return value;
        return {};
    }
    static std::string path_of(const massive::FlatSet& set) {
        return "/flatfiles/" + massive::flat_key(set, std::chrono::sys_days(std::chrono::year(2025) / 11 / 19));
    }
    void read(AssetClass asset_class, Kind kind, const char* symbol, FlatRecorder& sink,
        Timeframe timeframe = Timeframe::m1) {
        const auto set = massive::flat_set(asset_class, kind, timeframe);
        ASSERT_TRUE(set);
        const auto response = fetch(path_of(*set));
        ASSERT_EQ(response.status, 200) << response.body;
        massive::FlatReader reader(*set, {{asset_class, symbol}}, sink, now.wall);
        EXPECT_FALSE(reader.feed(response.body));
        EXPECT_FALSE(reader.finish());
        EXPECT_EQ(reader.stats().bad, 0u) << reader.stats().problem;
    }

    massive::SigningKey key;
    std::chrono::minutes skew{0};
    std::function<void(net::HttpRequest&)> spoil;
};

const auto minute_bars = [] { return *massive::flat_set(AssetClass::equity, Kind::bar, Timeframe::m1); };

TEST_F(VenueFiles, SignaturesAreReallyChecked) {
    start();
    const auto path = path_of(minute_bars());
    EXPECT_EQ(fetch(path).status, 200);
    EXPECT_EQ(fetch("/flatfiles", {{"list-type", "2"}, {"prefix", "us_indices/day_aggs_v1/2025/11/"}}).status, 200);
    const auto refused = [&](const char* code) {
        const auto response = fetch(path, {{"x", "a/b c"}});
        EXPECT_EQ(response.status, 403) << code;
        EXPECT_THAT(response.body, HasSubstr("<Code>" + std::string(code) + "</Code>"));
        spoil = nullptr;
    };
    EXPECT_EQ(fetch(path, {{"x", "a/b c"}}).status, 200);
    spoil = [](net::HttpRequest& r) { r.query = "x=other"; };
    refused("SignatureDoesNotMatch");
    spoil = [](net::HttpRequest& r) { r.path += "x"; };
    refused("SignatureDoesNotMatch");
    spoil = [](net::HttpRequest& r) { r.method = "HEAD"; };
    refused("SignatureDoesNotMatch");
    spoil = [](net::HttpRequest& r) { r.headers[0].second = "other:1"; };
    refused("SignatureDoesNotMatch");
    spoil = [](net::HttpRequest& r) { r.headers.emplace_back("x-amz-more", "unsigned"); };
    refused("AccessDenied");
    spoil = [](net::HttpRequest& r) {
        std::erase_if(r.headers, [](const auto& h) { return h.first == "authorization"; });
    };
    refused("AccessDenied");
    key.secret = Secret("another-secret");
    refused("SignatureDoesNotMatch");
    key.id = "other";
    refused("InvalidAccessKeyId");
    key.id = "test";
    key.secret = Secret("test-secret");
    for (const auto off : {16min, -16min}) {
        skew = off;
        refused("RequestTimeTooSkewed");
    }
    skew = 14min;
    EXPECT_EQ(fetch(path).status, 200);
}

TEST_F(VenueFiles, RangesTagsAndListings) {
    start();
    const auto path = path_of(minute_bars());
    const auto whole = fetch(path);
    const auto tag = header(whole, "ETag");
    ASSERT_GT(whole.body.size(), 1000u);
    EXPECT_EQ(fetch(path).body, whole.body) << "stable";
    EXPECT_EQ(header(fetch(path, {}, {}, "HEAD"), "ETag"), tag);
    const auto piece = fetch(path, {}, {{"range", "bytes=100-199"}, {"if-match", tag}});
    EXPECT_EQ(piece.status, 206);
    EXPECT_EQ(piece.body, whole.body.substr(100, 100));
    EXPECT_EQ(header(piece, "Content-Range"), "bytes 100-199/" + std::to_string(whole.body.size()));
    EXPECT_EQ(fetch(path, {}, {{"range", "bytes=-10"}}).body, whole.body.substr(whole.body.size() - 10));
    EXPECT_EQ(fetch(path, {}, {{"range", "bytes=99999999-"}}).status, 416);
    EXPECT_EQ(fetch(path, {}, {{"if-match", "\"x\""}}).status, 412);
    EXPECT_EQ(fetch("/flatfiles/us_stocks_sip/trades_v1/2025/11/2025-11-21.csv.gz").status, 404) << "today";
    EXPECT_EQ(fetch("/flatfiles/us_stocks_sip/trades_v1/2025/11/2025-11-20.csv.gz").status, 404)
        << "published at 11:00 New York; now it is 10:00";
    EXPECT_EQ(fetch("/flatfiles/us_stocks_sip/trades_v1/2019/11/2019-11-20.csv.gz").status, 404);
    EXPECT_EQ(fetch("/flatfiles/nothing").status, 404);
    EXPECT_EQ(fetch(path, {}, {}, "PUT").status, 405);

    std::vector<std::string> keys;
    std::string token;
    do {
        std::vector<std::pair<std::string, std::string>> query{
            {"list-type", "2"}, {"prefix", "us_stocks_sip/minute_aggs_v1/2025/1"}, {"max-keys", "20"}};
        if (!token.empty())
            query.emplace_back("continuation-token", token);
        const auto listing = massive::parse_listing(fetch("/flatfiles", query).body);
        ASSERT_TRUE(listing);
        for (const auto& object : listing->objects)
            keys.push_back(object.key);
        token = listing->next;
    } while (!token.empty());
    ASSERT_EQ(keys.size(), 31u + 19u);
    EXPECT_EQ(keys.front(), "us_stocks_sip/minute_aggs_v1/2025/10/2025-10-01.csv.gz");
    EXPECT_EQ(keys.back(), "us_stocks_sip/minute_aggs_v1/2025/11/2025-11-19.csv.gz");
    EXPECT_EQ(fetch("/flatfiles", {{"list-type", "1"}}).status, 400);
}

TEST_F(VenueFiles, PlansAndClosedDays) {
    options.clusters = {"stocks"};
    options.rest_refused = {"/flatfiles/us_stocks_sip/quotes_v1/"};
    options.market_hours = true;
    start();
    EXPECT_EQ(fetch(path_of(minute_bars())).status, 200);
    EXPECT_EQ(fetch(path_of(*massive::flat_set(AssetClass::equity, Kind::quote, Timeframe::m1))).status, 403);
    EXPECT_EQ(fetch(path_of(*massive::flat_set(AssetClass::crypto, Kind::trade, Timeframe::m1))).status, 403);
    EXPECT_EQ(fetch("/flatfiles/us_stocks_sip/trades_v1/2025/11/2025-11-16.csv.gz").status, 404) << "Sunday";
}

TEST_F(VenueFiles, BarsAreThoseOfRest) {
    start();
    struct Row {
        AssetClass asset_class;
        const char *symbol, *ticker;
        massive::Cluster cluster;
        const char *from, *to;
    };
    for (const auto& [asset_class, symbol, ticker, cluster, from, to] :
        {Row{AssetClass::equity, "MSFT", "MSFT", massive::Cluster::stocks, "1763528400000", "1763614799999"},
            Row{AssetClass::option, "SPY270115C00480000", "O:SPY270115C00480000", massive::Cluster::options,
                "1763528400000", "1763614799999"},
            Row{AssetClass::crypto, "BTC-USD", "X:BTCUSD", massive::Cluster::crypto, "1763510400000", "1763596799999"},
            Row{AssetClass::fx, "EUR-USD", "C:EURUSD", massive::Cluster::forex, "1763510400000", "1763596799999"},
            Row{AssetClass::index, "SPX", "I:SPX", massive::Cluster::indices, "1763528400000", "1763614799999"}}) {
        for (const auto timeframe : {Timeframe::m1, Timeframe::d1}) {
            FlatRecorder sink;
            read(asset_class, Kind::bar, symbol, sink, timeframe);
            const auto target = std::string("/v2/aggs/ticker/") + ticker +
                                (timeframe == Timeframe::m1 ? "/range/1/minute/" : "/range/1/day/") + from + "/" + to +
                                "?sort=asc&limit=50000&adjusted=false";
            const auto page = massive::parse_aggregates(ask(target).body, cluster, timeframe, now.wall);
            ASSERT_TRUE(page) << ticker;
            ASSERT_EQ(sink.bars.size(), page->bars.size()) << ticker;
            ASSERT_GE(sink.bars.size(), timeframe == Timeframe::m1 ? 300u : 1u) << ticker;
            for (std::size_t i = 0; i < sink.bars.size(); ++i) {
                const auto &a = sink.bars[i], &b = page->bars[i];
                ASSERT_TRUE(a.open_time == b.open_time && a.close_time == b.close_time && a.align == b.align)
                    << ticker << i;
                ASSERT_TRUE(a.open.same_text(b.open) && a.high.same_text(b.high) && a.low.same_text(b.low) &&
                            a.close.same_text(b.close))
                    << ticker << i;
                ASSERT_TRUE(a.volume == b.volume && a.volume_unit == b.volume_unit && a.trades == b.trades)
                    << ticker << i;
                ASSERT_TRUE(a.price_type == b.price_type && a.adjusted == b.adjusted && a.final == b.final)
                    << ticker << i;
            }
        }
    }
}

TEST_F(VenueFiles, TicksAreThoseOfRest) {
    start();
    const std::string whole_day =
        "?timestamp.gte=1763528400000000000&timestamp.lt=1763614800000000000&order=asc&limit=50000";
    FlatRecorder sink;
    read(AssetClass::equity, Kind::trade, "AAPL", sink);
    FlatRecorder rest;
    const auto next = massive::parse_trades(
        ask("/v3/trades/AAPL" + whole_day).body, massive::Cluster::stocks, now.wall, [&](const Trade& t) {
            rest.on_trade({AssetClass::equity, "AAPL"}, t);
        });
    ASSERT_TRUE(next && next->empty());
    ASSERT_EQ(sink.trades.size(), rest.trades.size());
    ASSERT_GT(sink.trades.size(), 5000u);
    for (std::size_t i = 0; i < sink.trades.size(); ++i) {
        const auto &a = sink.trades[i], &b = rest.trades[i];
        ASSERT_TRUE(a.trade_id == b.trade_id && a.event_time == b.event_time && a.src_seq == b.src_seq) << i;
        ASSERT_TRUE(a.price.same_text(b.price) && a.size == b.size && a.exchange == b.exchange) << i;
        ASSERT_EQ(sink.conditions[i], rest.conditions[i]);
        ASSERT_EQ(a.updates_last, b.updates_last);
    }
    FlatRecorder quotes;
    read(AssetClass::equity, Kind::quote, "AAPL", quotes);
    std::size_t i = 0;
    const auto more = massive::parse_quotes(ask("/v3/quotes/AAPL" + whole_day).body, now.wall, [&](const Quote& q) {
        ASSERT_LT(i, quotes.quotes.size());
        const auto& a = quotes.quotes[i++];
        ASSERT_TRUE(a.event_time == q.event_time && a.bid == q.bid && a.ask == q.ask && a.bid_size == q.bid_size &&
                    a.src_seq == q.src_seq);
    });
    ASSERT_TRUE(more);
    EXPECT_EQ(i, quotes.quotes.size());
    FlatRecorder forex, values, coins;
    read(AssetClass::fx, Kind::quote, "EUR-USD", forex);
    read(AssetClass::index, Kind::quote, "SPX", values);
    read(AssetClass::crypto, Kind::trade, "BTC-USD", coins);
    EXPECT_GT(forex.quotes.size(), 5000u);
    EXPECT_GT(values.quotes.size(), 5000u);
    EXPECT_TRUE(values.quotes[0].last && values.quotes[0].flags.has(Flag::indicative));
    EXPECT_GT(coins.trades.size(), 5000u);
    EXPECT_NE(coins.trades[0].side, Side::unknown);
}

TEST_F(VenueFiles, FaultsOfTheFiles) {
    start();
    const auto path = path_of(minute_bars());
    const auto whole = fetch(path);
    fault("error_text=slow_down");
    for (int i = 0; i < 3; ++i)
        EXPECT_EQ(fetch(path).status, 503);
    EXPECT_EQ(fetch(path).status, 200);
    fault("error_text=wrong_etag");
    EXPECT_NE(header(fetch(path), "ETag"), header(whole, "ETag"));
    fault("error_text=truncated_file");
    EXPECT_EQ(fetch(path).body, whole.body.substr(0, whole.body.size() / 2));
}

} // namespace
} // namespace tickgate::massive_venue
