// Known answers: every stream sample, frame by frame, through a whole session.
#include "massive/session.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tickgate::massive {
namespace {

using namespace std::chrono_literals;
using test::Padded;

struct Live {
    explicit Live(Cluster cluster, const std::vector<std::string>& natives) {
        SessionOptions options;
        options.cluster = cluster;
        options.url = "wss://socket.example";
        options.key = Secret("massive-test-key-2");
        options.luld = options.fmv = true;
        session = std::make_unique<MassiveSession>(options);
        SubscriptionDelta delta;
        for (std::uint32_t i = 0; i < natives.size(); ++i)
            for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
                for (const auto tf : {Timeframe::s1, Timeframe::m1}) {
                    if ((kind == Kind::trade && prefix_of(cluster, Channel::trade).empty()) ||
                        (kind != Kind::bar && tf == Timeframe::s1))
                        continue;
                    Subscription s;
                    s.instrument = static_cast<InstrumentId>(i);
                    s.kind = kind;
                    s.timeframe = tf;
                    delta.add.push_back({s, natives[i]});
                }
        session->want(delta, now, seen, seen);
        session->opened(now, seen);
        receive(R"([{"ev":"status","status":"connected","message":"Connected Successfully"}])");
        receive(R"([{"ev":"status","status":"auth_success","message":"authenticated"}])");
    }
    void receive(std::string_view frame) {
        const Padded bytes(frame);
        session->received(bytes.view(), now, seen, seen);
    }
    std::unique_ptr<MassiveSession> session;
    test::Recorder seen;
    Moment now{MonoTime(1h), from_micros(1763682000000000)};
};

std::string text_of(const OptionalDecimal& d) { return d ? d->to_string() : "null"; }

TEST(MassiveSamples, EveryPublishedEventHasItsKnownAnswer) {
    std::map<std::string, Live> lives;
    const auto live = [&](Cluster c, std::vector<std::string> natives) {
        lives.try_emplace(std::string(part_of(c)), c, natives);
    };
    live(Cluster::stocks, {"MSFT", "SPCE", "GTE", "AAPL", "NTEST.Q"});
    live(Cluster::options, {"O:AMC210827C00037000", "O:ONEM220121C00025000", "O:TSLA210903C00700000"});
    live(Cluster::forex, {"USD/CNH", "USD/EUR", "EUR/USD"});
    live(Cluster::crypto, {"BTC-USD", "BCD-USD"});
    live(Cluster::indices, {"I:SPX"});
    std::size_t lines = 0;
    for (const auto& line : test::lines_of("ws/published_events.jsonl")) {
        const auto [channel, frame] = test::split_line(line);
        if (channel.starts_with("/launchpad/") && channel.ends_with("/AM") &&
            channel.find("crypto") != std::string::npos)
            continue; // crypto bars are XA on the cluster; `AM` exists on launchpad connections only
        std::string cluster = channel.substr(1);
        for (const char* prefix : {"business/", "launchpad/"})
            if (cluster.starts_with(prefix))
                cluster.erase(0, std::string(prefix).size());
        cluster.erase(cluster.find('/'));
        lives.at(cluster).receive(frame);
        ++lines;
    }
    EXPECT_EQ(lines, 24u);

    auto& stocks = lives.at("stocks").seen;
    ASSERT_EQ(stocks.trades.size(), 1u);
    EXPECT_EQ(stocks.trades[0].price.to_string(), "114.125");
    EXPECT_EQ(stocks.trades[0].size.to_string(), "100");
    EXPECT_EQ(stocks.trades[0].trade_id, "12345");
    EXPECT_EQ(stocks.trades[0].src_seq, 3681328u);
    EXPECT_EQ(stocks.trades[0].event_time, from_millis(1536036818784));
    EXPECT_FALSE(stocks.trades[0].updates_last);
    ASSERT_EQ(stocks.quotes.size(), 1u);
    EXPECT_EQ(text_of(stocks.quotes[0].bid), "114.125");
    EXPECT_EQ(text_of(stocks.quotes[0].bid_size), "100");
    EXPECT_EQ(text_of(stocks.quotes[0].ask), "114.128");
    EXPECT_EQ(text_of(stocks.quotes[0].ask_size), "160");
    EXPECT_EQ(stocks.quotes[0].src_seq, 50385480u);
    ASSERT_EQ(stocks.bars.size(), 3u); // A, AM, and AM of launchpad
    EXPECT_EQ(stocks.bars[0].timeframe, Timeframe::s1);
    EXPECT_EQ(stocks.bars[0].open_time, from_millis(1610144868000));
    EXPECT_EQ(stocks.bars[0].close_time, from_millis(1610144869000));
    EXPECT_EQ(text_of(stocks.bars[0].vwap), "25.3981");
    EXPECT_EQ(text_of(stocks.bars[1].volume), "4110");
    EXPECT_EQ(stocks.bars[1].low.to_string(), "0.4486");
    ASSERT_EQ(stocks.values.size(), 1u);
    EXPECT_EQ(text_of(stocks.values[0].last), "189.22");
    EXPECT_EQ(stocks.values[0].event_time, from_millis(1678220098130));
    EXPECT_EQ(stocks.skips(Skip::unknown_type), 2u); // NOI, LV

    auto& options = lives.at("options").seen;
    ASSERT_EQ(options.trades.size(), 1u);
    EXPECT_EQ(options.trades[0].price.to_string(), "1.54");
    EXPECT_EQ(options.trades[0].exchange, "65");
    EXPECT_EQ(options.conditions[0], std::vector<std::string>{"233"});
    EXPECT_EQ(options.trades[0].trade_id, "");
    EXPECT_EQ(options.bars.size(), 3u);
    EXPECT_EQ(options.bars[1].close.to_string(), "2.05");
    ASSERT_EQ(options.values.size(), 1u);
    EXPECT_EQ(options.values[0].event_time, UnixNanos(1401715883806000000ns));

    auto& forex = lives.at("forex").seen;
    ASSERT_EQ(forex.quotes.size(), 1u);
    EXPECT_EQ(text_of(forex.quotes[0].bid), "6.83363");
    EXPECT_EQ(text_of(forex.quotes[0].ask), "6.83366");
    EXPECT_EQ(forex.quotes[0].exchange, "44");
    ASSERT_EQ(forex.bars.size(), 1u);
    EXPECT_EQ(forex.bars[0].close_time, from_millis(1539145800000)) << "the sample has no end";
    EXPECT_EQ(forex.bars[0].volume_unit, VolumeUnit::ticks);
    EXPECT_EQ(text_of(forex.bars[0].volume), "20");
    EXPECT_EQ(forex.bars[0].price_type, PriceType::bid);
    EXPECT_EQ(forex.values.size(), 1u);

    auto& crypto = lives.at("crypto").seen;
    ASSERT_EQ(crypto.trades.size(), 1u);
    EXPECT_EQ(crypto.trades[0].size.to_string(), "0.01616617");
    EXPECT_EQ(crypto.trades[0].trade_id, "14272084");
    EXPECT_EQ(crypto.trades[0].side, Side::buy);
    EXPECT_FALSE(crypto.trades[0].src_seq.has_value());
    ASSERT_EQ(crypto.quotes.size(), 1u);
    EXPECT_EQ(text_of(crypto.quotes[0].ask_size), "0.601");
    EXPECT_EQ(crypto.quotes[0].exchange, "1");
    ASSERT_EQ(crypto.bars.size(), 2u);
    EXPECT_EQ(crypto.bars[0].timeframe, Timeframe::m1);
    EXPECT_EQ(crypto.bars[1].timeframe, Timeframe::s1);
    EXPECT_EQ(text_of(crypto.bars[0].volume), "951.6112");

    auto& indices = lives.at("indices").seen;
    ASSERT_EQ(indices.bars.size(), 2u);
    EXPECT_EQ(indices.bars[1].open.to_string(), "3985.67");
    EXPECT_FALSE(indices.bars[1].volume.has_value());
    EXPECT_EQ(indices.bars[1].close_time - indices.bars[1].open_time, 60s) << "the sample's end is its start";
    for (auto& [name, l] : lives) {
        EXPECT_EQ(l.seen.skips(Skip::malformed), 0u) << name;
        EXPECT_EQ(l.seen.skips(Skip::unknown_instrument), 0u) << name;
        EXPECT_EQ(l.seen.skips(Skip::overflow) + l.seen.skips(Skip::field_overflow), 0u) << name;
    }
}

TEST(MassiveSamples, IndexValuesAreQuotesWithOnlyALast) {
    Live live(Cluster::indices, {"I:SPX"});
    live.receive(R"([{"ev":"V","val":3988.5,"T":"I:SPX","t":1678220098130}])");
    ASSERT_EQ(live.seen.quotes.size(), 1u);
    EXPECT_EQ(text_of(live.seen.quotes[0].last), "3988.5");
    EXPECT_FALSE(live.seen.quotes[0].bid || live.seen.quotes[0].ask);
    EXPECT_TRUE(live.seen.quotes[0].flags.has(Flag::indicative));
}

TEST(MassiveSamples, TheRecordedSessionIsPlayedThrough) {
    Live live(Cluster::stocks, {"AAPL", "AMZN"});
    std::size_t in = 0;
    for (const auto& line : test::lines_of("ws/session_stocks_trades.jsonl")) {
        const auto [direction, frame] = test::split_line(line);
        if (direction == "in") {
            live.receive(frame);
            ++in;
        }
    }
    EXPECT_EQ(in, 5u);
    EXPECT_EQ(live.seen.acked.size(), 2u) << "T.AAPL by name, T.AMZN by its data";
    ASSERT_EQ(live.seen.trades.size(), 3u);
    EXPECT_EQ(live.seen.trades[0].price.to_string(), "161.87");
    EXPECT_EQ(live.seen.trades[0].exchange, "10");
    EXPECT_TRUE(live.seen.trades[0].updates_last);
    EXPECT_EQ(live.seen.conditions[1], (std::vector<std::string>{"14", "37", "41"}));
    EXPECT_FALSE(live.seen.trades[1].updates_last) << "an odd lot";
    EXPECT_TRUE(live.seen.conditions[2].empty());
    EXPECT_EQ(live.seen.trades[2].event_time, from_millis(1651684192717));
    EXPECT_EQ(live.seen.trades[2].src_seq, 4009434u);
    EXPECT_EQ(live.seen.all_skips(), 0u);
}

TEST(MassiveSamples, EveryStatusFrameIsUnderstood) {
    std::size_t ends = 0, lines = 0;
    for (const auto& line : test::lines_of("ws/status_frames.jsonl")) {
        Live live(line.find("XT.") != std::string::npos     ? Cluster::crypto
                  : line.find("C.EUR") != std::string::npos ? Cluster::forex
                                                            : Cluster::stocks,
            {"AAPL", "EUR/USD", "BTC-USD"});
        live.receive(line);
        ++lines;
        ends += live.session->ended() ? 1u : 0u;
        EXPECT_EQ(live.seen.all_skips(), 0u) << line;
        EXPECT_EQ(live.seen.acked.size(), line.find("\"subscribed to") != std::string::npos ? 1u : 0u) << line;
    }
    EXPECT_EQ(lines, 11u);
    EXPECT_EQ(ends, 4u); // auth_failed twice, auth_timeout, max_connections
}

} // namespace
} // namespace tickgate::massive
