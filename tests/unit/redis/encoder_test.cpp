#include "redis/json_writer.hpp"
#include "redis/message_encoder.hpp"
#include "redis/session_id.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include <array>
#include <random>

namespace tickgate::redis {
namespace {

Decimal dec(std::string_view text) { return Decimal::parse(text).value(); }
const InstrumentName eurusd{AssetClass::fx, "EUR-USD"};

template <class Message, class... Rev>
std::string encode(const std::string& head, const Message& m, std::uint64_t seq, Rev... rev) {
    const std::string session = session_part("01JD3K5Q8M");
    std::string out(payload_bound(head, m), '#');
    char* end = put_payload(out.data(), head, m, rev..., Stamp{1763682000171219, session, seq});
    EXPECT_LE(end, out.data() + out.size());
    out.resize(static_cast<std::size_t>(end - out.data()));
    EXPECT_NO_THROW((void)boost::json::parse(out)) << out;
    return out;
}

Quote sample_quote() {
    Quote q;
    q.bid = dec("1.08550");
    q.bid_size = dec("1000000");
    q.ask = dec("1.08561");
    q.ask_size = dec("1000000");
    q.event_time = from_micros(1763682000123456);
    q.received_time = from_micros(1763682000171203);
    return q;
}

TEST(Encoder, QuoteIsTheContractsSample) {
    const auto head = payload_head(Kind::quote, Timeframe::m1, eurusd, "oanda", "EUR_USD");
    EXPECT_EQ(encode(head, sample_quote(), 48211),
        R"({"v":1,"type":"quote","class":"fx","symbol":"EUR-USD","provider":"oanda","native":"EUR_USD",)"
        R"("bid":1.08550,"bid_size":1000000,"ask":1.08561,"ask_size":1000000,"last":null,"exchange":null,)"
        R"("ts_event_us":1763682000123456,"ts_recv_us":1763682000171203,"ts_pub_us":1763682000171219,)"
        R"("session":"01JD3K5Q8M","seq":48211,"src_seq":null,"flags":[]})");
}

TEST(Encoder, AbsentSidesAreNull) {
    Quote q;
    q.last = dec("5000.10");
    q.received_time = from_micros(5);
    q.src_seq = 18446744073709551615ull;
    q.flags.set(Flag::indicative);
    const auto head = payload_head(Kind::quote, Timeframe::m1, {AssetClass::index, "SPX"}, "massive", "I:SPX");
    EXPECT_EQ(encode(head, q, 1),
        R"({"v":1,"type":"quote","class":"index","symbol":"SPX","provider":"massive","native":"I:SPX",)"
        R"("bid":null,"bid_size":null,"ask":null,"ask_size":null,"last":5000.10,"exchange":null,)"
        R"("ts_event_us":null,"ts_recv_us":5,"ts_pub_us":1763682000171219,"session":"01JD3K5Q8M","seq":1,)"
        R"("src_seq":18446744073709551615,"flags":["indicative"]})");
}

TEST(Encoder, CrossedAndLockedAreFound) {
    const auto flags_of = [](const char* bid, const char* ask) {
        Quote q = sample_quote();
        q.bid = dec(bid);
        q.ask = dec(ask);
        const auto text = encode("{", q, 1);
        return text.substr(text.find("\"flags\""));
    };
    EXPECT_EQ(flags_of("2", "1"), R"("flags":["crossed"]})");
    EXPECT_EQ(flags_of("1.50", "1.5"), R"("flags":["locked"]})");
    EXPECT_EQ(flags_of("100", "99.9"), R"("flags":["crossed"]})");
    EXPECT_EQ(flags_of("99.9", "100"), R"("flags":[]})");
}

TEST(Encoder, TradeWithVenueTextIsEscaped) {
    Trade t;
    t.trade_id = "a\"b\\c\n\x01";
    t.price = dec("12345678901234.00000000");
    t.size = dec("0.001");
    t.side = Side::sell;
    t.exchange = "Q";
    const std::array<std::string_view, 2> conditions{"@", "t\"x"};
    t.conditions = conditions;
    t.action = TradeAction::cancel;
    t.ref_trade_id = "9";
    t.received_time = from_micros(7);
    t.src_seq = 3;
    t.flags.set(Flag::backfill);
    t.flags.set(Flag::delayed);
    const auto head = payload_head(Kind::trade, Timeframe::m1, {AssetClass::equity, "BRK.B"}, "tradier", "BRK/B");
    EXPECT_EQ(encode(head, t, 2),
        R"({"v":1,"type":"trade","class":"equity","symbol":"BRK.B","provider":"tradier","native":"BRK/B",)"
        R"("trade_id":"a\"b\\c\n\u0001","price":12345678901234.00000000,"size":0.001,"side":"sell","exchange":"Q",)"
        R"("conditions":["@","t\"x"],"action":"cancel","ref_trade_id":"9",)"
        R"("ts_event_us":null,"ts_recv_us":7,"ts_pub_us":1763682000171219,"session":"01JD3K5Q8M","seq":2,)"
        R"("src_seq":3,"flags":["delayed","backfill"]})");
}

TEST(Encoder, BarHasItsSpanAndRevision) {
    Bar b;
    b.timeframe = Timeframe::m5;
    b.open_time = from_micros(300000000);
    b.close_time = from_micros(600000000);
    b.open = b.high = b.low = b.close = dec("1.10");
    b.volume = dec("5");
    b.volume_unit = VolumeUnit::base;
    b.trades = 0;
    b.received_time = from_micros(9);
    const auto head = payload_head(Kind::bar, Timeframe::m5, eurusd, "oanda", "EUR_USD");
    EXPECT_EQ(encode(head, b, 4, std::uint64_t{3}),
        R"({"v":1,"type":"bar","class":"fx","symbol":"EUR-USD","provider":"oanda","native":"EUR_USD","timeframe":"5m",)"
        R"("ts_open_us":300000000,"ts_close_us":600000000,"open":1.10,"high":1.10,"low":1.10,"close":1.10,)"
        R"("volume":5,"volume_unit":"base","vwap":null,"trades":0,"price_type":"trade","align":"utc",)"
        R"("adjusted":false,"source":"provider","final":false,"rev":3,)"
        R"("ts_event_us":null,"ts_recv_us":9,"ts_pub_us":1763682000171219,"session":"01JD3K5Q8M","seq":4,)"
        R"("src_seq":null,"flags":[]})");
}

TEST(Encoder, IntegersPrintAsTheStandardLibraryDoes) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 100000; ++i) {
        const std::uint64_t v = random() >> (random() % 64);
        char text[32];
        EXPECT_EQ(std::string(text, put_uint(text, v)), std::to_string(v));
        const auto s = static_cast<std::int64_t>(v) * (i % 2 ? 1 : -1);
        EXPECT_EQ(std::string(text, put_int(text, s)), std::to_string(s));
    }
    char text[32];
    EXPECT_EQ(std::string(text, put_int(text, INT64_MIN)), std::to_string(INT64_MIN));
}

TEST(Encoder, BulkLengthsOfAnySizeFit) {
    for (const std::size_t n : {0u, 1u, 9u, 10u, 99u, 100u, 101u, 999u, 1000u, 1001u, 12345u}) {
        std::vector<char> out(n + 32);
        std::memset(out.data() + bulk_gap, 'x', n);
        const Bulk b = close_bulk(out.data(), out.data() + bulk_gap + n);
        const std::string want = std::to_string(n) + "\r\n" + std::string(n, 'x') + "\r\n";
        EXPECT_EQ(std::string(out.data(), b.end), want);
        EXPECT_EQ(b.payload, std::string(n, 'x'));
    }
}

TEST(Encoder, EventsStatesAndHeartbeatsAreJson) {
    Event e;
    e.event = "gap_opened";
    e.kind = Kind::bar;
    e.timeframe = Timeframe::h1;
    e.provider = "oanda";
    e.cause = "redis_slow";
    e.from_seq = 4;
    e.to_seq = 6;
    e.lost = 3;
    EXPECT_EQ(event_payload(e, &eurusd, {}, 11, session_part("S")) + "8}",
        R"({"v":1,"type":"event","event":"gap_opened","class":"fx","symbol":"EUR-USD","kind":"bar:1h","feed":null,)"
        R"("provider":"oanda","to_provider":null,"cause":"redis_slow","from_us":null,"to_us":null,"from_seq":4,"to_seq":6,)"
        R"("lost":3,"filled":null,"text":null,"ts_pub_us":11,"session":"S","seq":8})");
    EXPECT_EQ(state_payload(eurusd, InstrumentState::stale, "", "oanda", from_micros(3)),
        R"({"v":1,"type":"state","class":"fx","symbol":"EUR-USD","state":"stale","reason":null,"provider":"oanda","since_us":3})");
    HeartbeatFields h{"S", "host:1", "live", 2, 9, 1000, 12};
    EXPECT_EQ(heartbeat_payload(h, {{"binance.spot", FeedState::live}, {"oanda.pricing", FeedState::down}}),
        R"({"v":1,"type":"heartbeat","session":"S","epoch":2,"seq":9,"instance":"host:1","state":"live",)"
        R"("interval_ms":1000,"ts_pub_us":12,"feeds":{"binance.spot":"live","oanda.pricing":"down"}})");
}

TEST(Session, SortsByTimeAndAfterAnyPredecessor) {
    const auto a = make_session(from_millis(1763682000000), 5);
    const auto b = make_session(from_millis(1763682000001), 0);
    EXPECT_EQ(a.size(), 14u);
    EXPECT_LT(a, b);
    EXPECT_GT(make_session(from_millis(1000), 0, b), b); // the clock was set back
    EXPECT_EQ(make_session(from_millis(1763682000000), 5, "odd name"), a);
}

} // namespace
} // namespace tickgate::redis
