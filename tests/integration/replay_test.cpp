// Frames recorded from Binance, played by the venue flat out, arrive on Redis complete, in order, digit for digit.
#include "integration/gateway_system.hpp"

#include <fstream>
#include <map>

namespace tickgate::test {

namespace {

const std::string fixtures = std::string(TICKGATE_FIXTURES) + "/binance/";

// The frames of a capture whose stream ends in `suffix`, as text.
std::map<std::string, std::vector<std::string>> frames_of(const std::string& file, std::string_view suffix) {
    std::map<std::string, std::vector<std::string>> out;
    std::ifstream in(fixtures + file);
    for (std::string line; std::getline(in, line);)
        if (const auto stream = field(line, "stream"); stream.ends_with(suffix))
            out[stream.substr(0, stream.find('@'))].push_back(line);
    return out;
}

// What a message should hold, as the venue wrote it.
using Expected = std::vector<std::pair<std::string, std::string>>;

std::vector<Published> without_snapshots(std::vector<Published> messages) {
    std::erase_if(messages, [](const auto& m) { return m.get("flags").find("snapshot") != std::string::npos; });
    return messages;
}

void expect_same(const std::string& channel, const std::vector<Published>& all, const std::vector<Expected>& wanted) {
    EXPECT_TRUE(is_unbroken(all));
    const auto got = without_snapshots(all); // quotes asked from REST at the start
    ASSERT_EQ(got.size(), wanted.size()) << channel;
    for (std::size_t i = 0; i < got.size(); ++i)
        for (const auto& [key, value] : wanted[i])
            ASSERT_EQ(raw_field(got[i].payload, key), value) << channel << " message " << i << " " << key;
}

std::string micros(const std::string& frame, std::string_view key) { return field(frame, key) + "000"; }

Expected quote_of(const std::string& frame) {
    return {{"bid", field(frame, "b")}, {"bid_size", field(frame, "B")}, {"ask", field(frame, "a")},
        {"ask_size", field(frame, "A")}, {"src_seq", field(frame, "u")},
        {"ts_event_us", raw_field(frame, "T").empty() ? "null" : micros(frame, "T")}};
}

Expected trade_of(const std::string& frame) {
    return {{"price", field(frame, "p")}, {"size", field(frame, "q")}, {"src_seq", field(frame, "a")},
        {"trade_id", '"' + field(frame, "a") + '"'}, {"side", field(frame, "m") == "true" ? "\"sell\"" : "\"buy\""},
        {"action", "\"new\""}, {"ts_event_us", micros(frame, "T")}};
}

Expected bar_of(const std::string& frame) {
    const auto k = frame.substr(frame.find("\"k\":"));
    return {{"open", field(k, "o")}, {"high", field(k, "h")}, {"low", field(k, "l")}, {"close", field(k, "c")},
        {"volume", field(k, "v")}, {"trades", field(k, "n")}, {"final", field(k, "x")}, {"ts_open_us", micros(k, "t")},
        {"ts_close_us", std::to_string(std::stoull(field(k, "T")) + 1) + "000"}, {"ts_event_us", micros(frame, "E")}};
}

struct Capture {
    std::string file, kind, asset_class;
    std::vector<std::pair<std::string, std::string>> symbols; // the venue's and ours
};

void replay(const Capture& capture) {
    SystemOptions options;
    options.symbols = capture.asset_class + ": [";
    for (const auto& [native, name] : capture.symbols)
        options.symbols += name + ", ";
    options.symbols += "]";
    options.binance_more = "    trade_stream: aggTrade\n";
    options.venue = {"--kind", capture.kind, "--replay", fixtures + capture.file, "--speed", "0", "--replay-all",
        "--hold", std::to_string(capture.symbols.size() * 3), "--fault", "stall"};
    System system(options);
    Listener listener(system.redis.port());
    ASSERT_TRUE(System::eventually([&] {
        return system.metric("tickgate_feed_subscriptions_acked") == static_cast<double>(capture.symbols.size() * 3);
    }));
    system.clear_faults();

    const auto quotes = frames_of(capture.file, "@bookTicker");
    const auto trades = frames_of(capture.file, "@aggTrade");
    const auto bars = frames_of(capture.file, "@kline_1m");
    const auto depth = frames_of(capture.file, "@depth@100ms");
    std::size_t total = 0, skipped = 0;
    for (const auto* streams : {&quotes, &trades, &bars})
        for (const auto& [symbol, frames] : *streams)
            total += frames.size();
    for (const auto& [symbol, frames] : depth)
        skipped += frames.size();
    ASSERT_GT(total, 80u);
    ASSERT_GT(skipped, 100u);

    const auto data_channels = [&] {
        std::size_t n = 0;
        for (const auto& m : listener.all())
            n += !m.channel.starts_with("md:event:") && m.channel != "md:heartbeat" &&
                 m.get("flags").find("snapshot") == std::string::npos;
        return n;
    };
    EXPECT_TRUE(listener.until([&] { return data_channels() >= total; }));
    EXPECT_EQ(data_channels(), total);

    const auto expect_all = [&](const std::string& kind, const auto& streams, const auto& expected_of) {
        for (const auto& [native, name] : capture.symbols) {
            const auto it = streams.find(native);
            if (it == streams.end())
                continue;
            std::vector<Expected> wanted;
            for (const auto& frame : it->second)
                wanted.push_back(expected_of(frame));
            const auto channel = "md:" + kind + ":" + capture.asset_class + ":" + name;
            expect_same(channel, listener.on(channel), wanted);
        }
    };
    expect_all("quote", quotes, quote_of);
    expect_all("trade", trades, trade_of);
    expect_all("bar:1m", bars, bar_of);

    // Depth frames went to every connection, were skipped and counted.
    EXPECT_GE(system.metric("tickgate_feed_skipped_total", {"reason=\"unknown_type\""}), static_cast<double>(skipped));
    EXPECT_EQ(system.metric("tickgate_feed_skipped_total", {"reason=\"malformed\""}), 0);
    EXPECT_EQ(system.metric("tickgate_feed_skipped_total", {"reason=\"overflow\""}), 0);
    EXPECT_EQ(system.metric("tickgate_feed_gaps_total"), 0);
    // The last value is the last message.
    for (const auto& [native, name] : capture.symbols) {
        const auto sent = without_snapshots(listener.on("md:quote:" + capture.asset_class + ":" + name));
        if (sent.empty())
            continue;
        const auto key = "md:last:quote:" + capture.asset_class + ":" + name;
        EXPECT_TRUE(System::eventually([&] { return system.redis.get(key) == sent.back().payload; }));
    }
}

} // namespace

TEST(Replay, RecordedSpotFramesArriveDigitForDigit) {
    replay({"spot_combined_2021-10-12.jsonl", "spot", "crypto",
        {{"nknusdt", "NKN-USDT"}, {"blzeth", "BLZ-ETH"}, {"lrcbtc", "LRC-BTC"}}});
}

TEST(Replay, RecordedFuturesFramesArriveDigitForDigit) {
    replay({"usdm_combined_2021-07-22.jsonl", "usdm", "future",
        {{"sushiusdt", "SUSHI-USDT-PERP"}, {"akrousdt", "AKRO-USDT-PERP"}}});
}

} // namespace tickgate::test
