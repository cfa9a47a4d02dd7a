// The recorded and published stream samples of OANDA, Massive and Tradier, played by their venues flat out, arrive on
// Redis complete, in order, digit for digit. Binance's: replay_test.cpp.
#include "integration/market_system.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <fstream>
#include <map>

namespace tickgate::test {
namespace {

const std::string fixtures = std::string(TICKGATE_FIXTURES) + "/";

// What a message should hold, as the venue wrote it; and messages by their channel.
using Expected = std::vector<std::pair<std::string, std::string>>;
using Channels = std::map<std::string, std::vector<Expected>>;

std::vector<std::string> lines_of(const std::string& file) {
    std::vector<std::string> lines;
    std::ifstream in(fixtures + file);
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

std::string quoted(const std::string& text) { return text.empty() ? "null" : '"' + text + '"'; }
std::string or_null(const std::string& text) { return text.empty() ? "null" : text; }
// Milliseconds, written as they are or as a text.
std::string micros(const std::string& json, std::string_view key) {
    const auto text = field(json, key);
    return text.empty() ? "null" : text + "000";
}

bool is_data(const Published& m) {
    return (m.channel.starts_with("md:quote:") || m.channel.starts_with("md:trade:")) &&
           m.get("flags").find("snapshot") == std::string::npos;
}

struct Sample {
    std::string provider, file, routes, symbols;
    std::vector<std::string> venue; // further arguments
    std::size_t streams = 0;        // that the gateway subscribes
    std::string more = {};
};

class Played {
public:
    explicit Played(const Sample& sample) : system_(options_of(sample)), listener(system_.redis.port()) {
        const auto acked = [&] { return metric("tickgate_feed_subscriptions_acked"); };
        if (!System::eventually([&] { return acked() == static_cast<double>(sample.streams); }))
            throw std::runtime_error(
                sample.file + ": acknowledged " + std::to_string(acked()) + "\n" + system_.gateway->standard_error());
        system_.clear_faults(sample.provider);
    }

    // Everything that is expected came, nothing else, and each message as it should be.
    void expect(const Channels& channels) {
        std::size_t quotes_and_trades = 0;
        for (const auto& [channel, wanted] : channels)
            if (!channel.starts_with("md:bar:"))
                quotes_and_trades += wanted.size();
        EXPECT_TRUE(listener.until([&] {
            return std::all_of(channels.begin(), channels.end(),
                [&](const auto& c) { return streamed(c.first).size() >= c.second.size(); });
        }));
        for (const auto& [channel, wanted] : channels) {
            EXPECT_TRUE(is_unbroken(listener.on(channel)));
            const auto got = streamed(channel);
            ASSERT_EQ(got.size(), wanted.size()) << channel;
            for (std::size_t i = 0; i < got.size(); ++i)
                for (const auto& [key, value] : wanted[i])
                    EXPECT_EQ(raw_field(got[i].payload, key), value) << channel << " message " << i << " " << key;
            // The last value is the last message.
            EXPECT_TRUE(System::eventually([&] { return system_.last(channel.substr(3)) == got.back().payload; }))
                << channel;
        }
        EXPECT_EQ(std::count_if(listener.all().begin(), listener.all().end(), is_data),
            static_cast<std::ptrdiff_t>(quotes_and_trades));
        EXPECT_EQ(metric("tickgate_feed_skipped_total", "reason=\"malformed\""), 0);
        EXPECT_EQ(metric("tickgate_feed_skipped_total", "reason=\"overflow\""), 0);
        EXPECT_EQ(metric("tickgate_feed_skipped_total", "reason=\"unknown_instrument\""), 0);
        EXPECT_EQ(metric("tickgate_feed_gaps_total"), 0);
    }

    double metric(std::string_view name, std::string_view label = {}) const {
        const auto text = system_.metrics();
        double sum = 0;
        for (std::size_t at = 0; at < text.size();) {
            const auto end = std::min(text.find('\n', at), text.size());
            const auto line = std::string_view(text).substr(at, end - at);
            at = end + 1;
            if (line.substr(0, line.find_first_of("{ ")) == name && line.find(label) != std::string_view::npos)
                sum += std::atof(std::string(line.substr(line.rfind(' ') + 1)).c_str());
        }
        return sum;
    }

private:
    // The replay waits for everything to be subscribed.
    static MarketOptions options_of(const Sample& sample) {
        MarketOptions o;
        auto& arguments = o.venues[sample.provider];
        arguments = {
            "--credential", credential, "--replay", fixtures + sample.file, "--speed", "0", "--fault", "stall"};
        arguments.insert(arguments.end(), sample.venue.begin(), sample.venue.end());
        o.routes = sample.routes;
        o.symbols = sample.symbols;
        o.more = sample.more;
        o.wait = false;
        return o;
    }

    // Without quotes that were asked from REST at the start.
    std::vector<Published> streamed(const std::string& channel) const {
        auto messages = listener.on(channel);
        std::erase_if(messages, [](const auto& m) { return m.get("flags").find("snapshot") != std::string::npos; });
        return messages;
    }

    MarketSystem system_;

public:
    Listener listener;
};

// ------------------------------------------------------------------------------------------------------------- OANDA

// The best level of a side: the highest bid, the lowest ask. `{price, liquidity}`, as written.
std::pair<std::string, std::string> best(const std::string& line, const std::string& side) {
    const auto from = line.find('"' + side + "\":[");
    const auto levels = line.substr(from, line.find(']', from) - from);
    std::pair<std::string, std::string> out;
    for (auto at = levels.find('{'); at != std::string::npos; at = levels.find('{', at + 1)) {
        const auto level = levels.substr(at, levels.find('}', at) + 1 - at);
        const auto price = field(level, "price");
        const bool better = out.first.empty() || (side == "bids" ? std::stod(price) > std::stod(out.first)
                                                                 : std::stod(price) < std::stod(out.first));
        if (better)
            out = {price, field(level, "liquidity")};
    }
    return out;
}

// `2017-02-23T20:57:21.215739156Z`, cut to microseconds.
std::string oanda_micros(const std::string& text) {
    std::tm t{};
    char fraction[7] = {};
    EXPECT_EQ(std::sscanf(text.c_str(), "%d-%d-%dT%d:%d:%d.%6[0-9]", &t.tm_year, &t.tm_mon, &t.tm_mday, &t.tm_hour,
                  &t.tm_min, &t.tm_sec, fraction),
        7);
    t.tm_year -= 1900;
    t.tm_mon -= 1;
    return std::to_string(timegm(&t)) + fraction;
}

Channels oanda_channels(const std::string& file) {
    Channels out;
    for (auto line : lines_of(file)) {
        std::erase(line, ' ');
        if (field(line, "type") != "PRICE" || field(line, "tradeable") != "true")
            continue;
        auto symbol = field(line, "instrument");
        std::replace(symbol.begin(), symbol.end(), '_', '-');
        const auto bid = best(line, "bids"), ask = best(line, "asks");
        Expected e{{"bid", bid.first}, {"bid_size", bid.second}, {"ask", ask.first}, {"ask_size", ask.second},
            {"last", "null"}, {"ts_event_us", oanda_micros(field(line, "time"))},
            {"native", quoted(field(line, "instrument"))}};
        out["md:quote:fx:" + symbol].push_back(std::move(e));
    }
    return out;
}

Sample oanda(const std::string& file, const std::string& symbols, std::size_t streams) {
    return {"oanda", "oanda/" + file, "fx: [oanda]", "fx: [" + symbols + "]", {"--accounts", oanda_account}, streams};
}

TEST(Samples, OandaStreamOfOneInstrument) {
    const auto wanted = oanda_channels("oanda/stream_EUR_USD_2017-02-23.jsonl");
    ASSERT_EQ(wanted.at("md:quote:fx:EUR-USD").size(), 17u);
    Played played(oanda("stream_EUR_USD_2017-02-23.jsonl", "EUR-USD", 1));
    played.expect(wanted);
}

TEST(Samples, OandaStreamOfTwoInstruments) {
    const auto wanted = oanda_channels("oanda/stream_two_instruments_2017-03-09.jsonl");
    ASSERT_EQ(wanted.at("md:quote:fx:EUR-USD").size(), 2u);
    ASSERT_EQ(wanted.at("md:quote:fx:EUR-JPY").size(), 2u);
    Played played(oanda("stream_two_instruments_2017-03-09.jsonl", "EUR-USD, EUR-JPY", 2));
    played.expect(wanted);
}

TEST(Samples, OandaEdgeCases) {
    const auto wanted = oanda_channels("oanda/stream_edge_cases.jsonl");
    ASSERT_EQ(wanted.at("md:quote:fx:EUR-USD").size(), 1u) << "the price of the closed market is a state, not a quote";
    EXPECT_EQ(wanted.at("md:quote:fx:EUR-USD")[0][0].second, "1.19197") << "in second place";
    Played played(oanda("stream_edge_cases.jsonl", "EUR-USD", 1));
    played.expect(wanted);
    ASSERT_TRUE(played.listener.until_event("closed", "fx:EUR-USD"));
    const auto closed = played.listener.events("closed", "fx:EUR-USD").back();
    EXPECT_EQ(closed.get("cause"), "venue") << closed.payload;
    EXPECT_EQ(closed.get("text"), "non-tradeable") << closed.payload;
}

// ----------------------------------------------------------------------------------------------------------- Massive

std::string massive_name(const std::string& event) {
    auto native = field(event, "sym");
    if (native.empty())
        native = field(event, field(event, "ev") == "C" ? "p" : "pair");
    const auto slash = native.find('/');
    if (slash != std::string::npos)
        return "fx:" + native.replace(slash, 1, "-");
    if (native.starts_with("O:"))
        return "option:" + native.substr(2);
    if (native.starts_with("I:"))
        return "index:" + native.substr(2);
    return (field(event, "ev").starts_with('X') ? "crypto:" : "equity:") + native;
}

std::string conditions_of(const std::string& event) {
    std::string out = "[";
    const auto list = raw_field(event, "c");
    for (std::size_t at = 1; at + 1 < list.size();) {
        const auto end = std::min(list.find(',', at), list.size() - 1);
        out += (out.size() > 1 ? ",\"" : "\"") + list.substr(at, end - at) + '"';
        at = end + 1;
    }
    return out + "]";
}

Expected massive_trade(const std::string& event) {
    const bool crypto = field(event, "ev") == "XT";
    return {{"price", raw_field(event, "p")}, {"size", raw_field(event, "s")}, {"trade_id", quoted(field(event, "i"))},
        {"exchange", quoted(field(event, "x"))}, {"conditions", conditions_of(event)},
        {"src_seq", or_null(raw_field(event, "q"))}, {"ts_event_us", micros(event, "t")}, {"action", "\"new\""},
        {"side", crypto && raw_field(event, "c") == "[2]" ? "\"buy\"" : "\"unknown\""}};
}

Expected massive_quote(const std::string& event) {
    const bool pair = field(event, "ev") == "C";
    const auto bid = field(event, "bx"), ask = field(event, "ax");
    return {{"bid", raw_field(event, pair ? "b" : "bp")}, {"bid_size", or_null(raw_field(event, "bs"))},
        {"ask", raw_field(event, pair ? "a" : "ap")}, {"ask_size", or_null(raw_field(event, "as"))},
        {"exchange", bid == ask ? quoted(field(event, "x")) : "null"}, {"src_seq", or_null(raw_field(event, "q"))},
        {"ts_event_us", micros(event, "t")}};
}

Expected massive_bar(const std::string& event, bool second) {
    const auto start = number(event, "s"), told = number(event, "e");
    const auto end =
        told > start ? told : start + (second ? 1000 : 60000); // some samples have no end or the start again
    const bool index = field(event, "sym").starts_with("I:"), fx = field(event, "ev") == "CA";
    return {{"open", raw_field(event, "o")}, {"high", raw_field(event, "h")}, {"low", raw_field(event, "l")},
        {"close", raw_field(event, "c")}, {"volume", index ? "null" : raw_field(event, "v")},
        {"vwap", index ? "null" : or_null(raw_field(event, "vw"))},
        {"volume_unit", index ? "null"
                        : fx  ? "\"ticks\""
                              : "\"base\""},
        {"ts_open_us", micros(event, "s")}, {"ts_close_us", std::to_string(end) + "000"},
        {"price_type", fx ? "\"bid\"" : "\"trade\""}, {"final", "true"}, {"source", "\"provider\""}};
}

// Events by their channels on Redis; of those that belong to subscriptions no session of this product makes
// (imbalances, values of other products), only their number.
Channels massive_channels(const std::string& file, std::size_t& others) {
    Channels out;
    for (const auto& line : lines_of(file)) {
        if (field(line, "dir") == "out" || line.find("\"ev\":\"status\"") != std::string::npos)
            continue;
        const bool other_crypto = field(line, "channel").starts_with("/launchpad/crypto");
        const auto frame = line.substr(line.find("\"frame\":["));
        for (auto at = frame.find('{'); at != std::string::npos; at = frame.find('{', at + 1)) {
            const auto event = frame.substr(at, frame.find('}', at) + 1 - at);
            const auto ev = field(event, "ev");
            const auto name = massive_name(event);
            if (ev == "NOI" || ev == "LV" || ev == "FMV" || other_crypto)
                ++others;
            else if (ev == "T" || ev == "XT")
                out["md:trade:" + name].push_back(massive_trade(event));
            else if (ev == "Q" || ev == "XQ" || ev == "C")
                out["md:quote:" + name].push_back(massive_quote(event));
            else if (ev == "A" || ev == "XAS")
                out["md:bar:1s:" + name].push_back(massive_bar(event, true));
            else
                out["md:bar:1m:" + name].push_back(massive_bar(event, false));
        }
    }
    return out;
}

TEST(Samples, MassivePublishedEventsOfEveryCluster) {
    std::size_t others = 0;
    const auto wanted = massive_channels("massive/ws/published_events.jsonl", others);
    std::size_t all = 0;
    for (const auto& [channel, messages] : wanted)
        all += messages.size();
    EXPECT_EQ(all, 17u);
    EXPECT_EQ(others, 8u); // one imbalance, three fair values, three launchpad values and a launchpad bar of crypto
    Sample sample{"massive", "massive/ws/published_events.jsonl",
        "equity: [massive], option: [massive], fx: [massive], crypto: [massive], index: [massive]",
        "equity: [MSFT, SPCE, GTE], option: [AMC210827C00037000, ONEM220121C00025000], fx: [USD-CNH, USD-EUR], "
        "crypto: [BTC-USD, BCD-USD], index: [SPX]",
        {"--symbols", "MSFT,SPCE,GTE,O:AMC210827C00037000,O:ONEM220121C00025000,C:USD-CNH,C:USD-EUR,X:BTC-USD,"
                      "X:BCD-USD,I:SPX"},
        3 * 4 + 2 * 4 + 2 * 3 + 2 * 4 + 3, "publish: {timeframes: [1s, 1m]}\n"};
    Played played(sample);
    played.expect(wanted);
}

TEST(Samples, MassiveSessionOfStockTrades) {
    std::size_t others = 0;
    const auto wanted = massive_channels("massive/ws/session_stocks_trades.jsonl", others);
    ASSERT_EQ(wanted.at("md:trade:equity:AAPL").size(), 1u);
    ASSERT_EQ(wanted.at("md:trade:equity:AMZN").size(), 2u);
    EXPECT_EQ(others, 0u);
    Played played({"massive", "massive/ws/session_stocks_trades.jsonl", "equity: [massive]", "equity: [AAPL, AMZN]",
        {"--symbols", "AAPL,AMZN"}, 2 * 3});
    played.expect(wanted);
}

// ----------------------------------------------------------------------------------------------------------- Tradier

std::string round_lots(const std::string& lots) { return std::to_string(std::stoull(lots) * 100); }

// Of the accounts of a trade the gateway takes `timesale`; `trade` and `tradex` repeat it. Summaries are no quotes.
Channels tradier_channels(const std::string& file) {
    Channels out;
    for (const auto& line : lines_of(file)) {
        const auto type = field(line, "type"), symbol = field(line, "symbol");
        if (type == "quote") {
            const auto bid = field(line, "bidexch"), ask = field(line, "askexch");
            const auto at = field(line, "biddate") > field(line, "askdate") ? "biddate" : "askdate"; // the later one
            Expected e{{"bid", raw_field(line, "bid")}, {"bid_size", round_lots(raw_field(line, "bidsz"))},
                {"ask", raw_field(line, "ask")}, {"ask_size", round_lots(raw_field(line, "asksz"))},
                {"exchange", bid == ask ? quoted(bid) : "null"}, {"ts_event_us", micros(line, at)}};
            out["md:quote:equity:" + symbol].push_back(std::move(e));
        } else if (type == "timesale") {
            Expected e{{"price", field(line, "last")}, {"size", field(line, "size")},
                {"trade_id", quoted(field(line, "seq"))}, {"src_seq", field(line, "seq")},
                {"exchange", quoted(field(line, "exch"))}, {"conditions", "[]"}, {"action", "\"new\""},
                {"ts_event_us", micros(line, "date")}};
            out["md:trade:equity:" + symbol].push_back(std::move(e));
        }
    }
    return out;
}

Sample tradier(const std::string& file, const std::string& symbols, std::size_t streams) {
    return {"tradier", "tradier/stream/" + file, "equity: [tradier]", "equity: [" + symbols + "]",
        {"--requests-per-minute", "0"}, streams};
}

TEST(Samples, TradierEventsOfTheDocumentation) {
    const auto wanted = tradier_channels("tradier/stream/events_doc_2019.jsonl");
    ASSERT_EQ(wanted.at("md:quote:equity:C").size(), 1u);
    ASSERT_EQ(wanted.at("md:trade:equity:SPY").size(), 1u);
    EXPECT_EQ(wanted.at("md:quote:equity:C")[0][1].second, "6000");
    Played played(tradier("events_doc_2019.jsonl", "C, SPY", 4));
    played.expect(wanted);
    EXPECT_GE(played.metric("tickgate_feed_skipped_total", "reason=\"unknown_type\""), 3) << "trade, summary, tradex";
}

TEST(Samples, TradierLiveEvents) {
    const auto wanted = tradier_channels("tradier/stream/events_live_2022.jsonl");
    ASSERT_EQ(wanted.at("md:quote:equity:SPY").size(), 2u);
    ASSERT_EQ(wanted.size(), 1u) << "a trade of size 0 is none";
    Played played(tradier("events_live_2022.jsonl", "SPY", 2));
    played.expect(wanted);
    EXPECT_EQ(played.listener.count("md:trade:equity:SPY"), 0u);
}

} // namespace
} // namespace tickgate::test
