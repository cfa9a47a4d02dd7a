#include "providers/massive_venue/venue_fixture.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tickgate::massive_venue {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

using VenueStream = VenueFixture;

std::int64_t number(const json::object& object, std::string_view key) {
    return object.at({key.data(), key.size()}).to_number<std::int64_t>();
}

TEST_F(VenueStream, TradesCarryExactSizesAndGrowingSequences) {
    options.common.rate = 4000;
    options.common.symbol_count = 4;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "T.*");
    pass(2s);
    const auto trades = events(client.port->objects(), "T");
    ASSERT_GT(trades.size(), 200u);
    std::map<std::string, std::int64_t> last;
    bool fraction = false, hole = false, off_exchange = false;
    for (const auto& trade : trades) {
        const std::string symbol(trade.at("sym").as_string());
        const std::string exact(trade.at("ds").as_string());
        EXPECT_EQ(exact.substr(0, exact.find('.')), std::to_string(number(trade, "s")));
        fraction = fraction || exact.find('.') != std::string::npos;
        const auto q = number(trade, "q");
        EXPECT_GT(q, last[symbol]);
        hole = hole || (last[symbol] != 0 && q > last[symbol] + 1);
        last[symbol] = q;
        off_exchange = off_exchange || trade.contains("trfi");
        EXPECT_LE(std::abs(number(trade, "t") - now.wall.time_since_epoch() / 1ms), 2'100);
    }
    EXPECT_TRUE(fraction);
    EXPECT_TRUE(hole);
    EXPECT_TRUE(off_exchange);
    EXPECT_EQ(last.size(), 4u);
}

TEST_F(VenueStream, AcknowledgementsShareAFrameWithData) {
    options.common.rate = 5000;
    options.common.symbol_count = 2;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "Q.AAPL");
    step(1ms);
    client.port->frames.clear();
    say(client, "subscribe", "Q.MSFT");
    step(4ms);
    ASSERT_EQ(client.port->frames.size(), 1u);
    EXPECT_THAT(client.port->frames[0], testing::HasSubstr("subscribed to: Q.MSFT\"},{\"ev\":\"Q\""));
}

TEST_F(VenueStream, BarsAreMadeOfTheTrades) {
    options.common.rate = 400;
    options.common.symbol_count = 2;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "T.AAPL,A.AAPL,AM.AAPL");
    pass(125s, 100ms);
    const auto objects = client.port->objects();
    const auto trades = events(objects, "T"), seconds = events(objects, "A"), minutes = events(objects, "AM");
    ASSERT_EQ(minutes.size(), 2u);
    ASSERT_GT(seconds.size(), 80u);
    const auto check = [&](const json::object& bar) {
        const auto s = number(bar, "s"), e = number(bar, "e");
        std::vector<double> prices;
        double volume = 0;
        for (const auto& trade : trades) {
            if (number(trade, "t") < s || number(trade, "t") >= e)
                continue;
            prices.push_back(trade.at("p").to_number<double>());
            volume += std::stod(std::string(trade.at("ds").as_string()));
        }
        ASSERT_FALSE(prices.empty());
        EXPECT_EQ(bar.at("o").to_number<double>(), prices.front());
        EXPECT_EQ(bar.at("c").to_number<double>(), prices.back());
        EXPECT_EQ(bar.at("h").to_number<double>(), *std::max_element(prices.begin(), prices.end()));
        EXPECT_EQ(bar.at("l").to_number<double>(), *std::min_element(prices.begin(), prices.end()));
        EXPECT_NEAR(std::stod(std::string(bar.at("dv").as_string())), volume, 1e-6);
        EXPECT_GE(std::stod(std::string(bar.at("dav").as_string())), volume);
        EXPECT_EQ(number(bar, "v"), static_cast<std::int64_t>(volume + 1e-9));
    };
    check(minutes[1]);
    for (const auto& bar : seconds)
        if (number(bar, "s") > number(seconds.front(), "s"))
            check(bar);
    EXPECT_EQ(number(minutes[1], "e") - number(minutes[1], "s"), 60'000);
    // REST tells the same minute alike.
    const auto start_ms = std::to_string(number(minutes[1], "s"));
    const auto rest = get("/v2/aggs/ticker/AAPL/range/1/minute/" + start_ms + "/" + start_ms);
    const auto& bar = rest.at("results").as_array().at(0).as_object();
    for (const auto key : {"o", "h", "l", "c"})
        EXPECT_EQ(bar.at(key).to_number<double>(), minutes[1].at(key).to_number<double>());
    EXPECT_EQ(bar.at("vw").to_number<double>(), minutes[1].at("vw").to_number<double>());
}

TEST_F(VenueStream, EachClusterWritesItsOwnEvents) {
    options.common.rate = 2000;
    options.common.symbol_count = 3;
    options.luld_interval = 500ms;
    start();
    const auto keys_of = [&](std::string path, std::string pairs, std::string_view ev) {
        auto client = join(std::move(path));
        say(client, "subscribe", pairs);
        pass(1500ms);
        const auto found = events(client.port->objects(), ev);
        EXPECT_FALSE(found.empty()) << ev;
        std::set<std::string> keys;
        if (!found.empty())
            for (const auto& member : found.front())
                keys.insert(std::string(member.key()));
        return keys;
    };
    using Keys = std::set<std::string>;
    EXPECT_EQ(keys_of("/stocks", "Q.AAPL", "Q"),
        (Keys{"ev", "sym", "bx", "bp", "bs", "ax", "ap", "as", "c", "i", "t", "q", "z"}));
    EXPECT_EQ(keys_of("/stocks", "LULD.AAPL", "LULD"), (Keys{"ev", "T", "h", "l", "i", "z", "t", "q"}));
    EXPECT_EQ(keys_of("/business/stocks", "FMV.*", "FMV"), (Keys{"ev", "fmv", "sym", "t"}));
    EXPECT_EQ(keys_of("/options", "T.*", "T"), (Keys{"ev", "sym", "x", "p", "s", "c", "t", "q"}));
    EXPECT_EQ(keys_of("/forex", "C.EUR/USD", "C"), (Keys{"ev", "p", "x", "a", "b", "t"}));
    EXPECT_EQ(keys_of("/forex", "CAS.EUR-USD", "CAS"), (Keys{"ev", "pair", "o", "c", "h", "l", "v", "s", "e"}));
    EXPECT_EQ(keys_of("/crypto", "XT.BTC-USD", "XT"), (Keys{"ev", "pair", "p", "t", "s", "c", "i", "x", "r"}));
    EXPECT_EQ(keys_of("/crypto", "XQ.X:BTCUSD", "XQ"), (Keys{"ev", "pair", "bp", "bs", "ap", "as", "t", "x", "r"}));
    EXPECT_EQ(keys_of("/crypto", "XAS.*", "XAS"), (Keys{"ev", "pair", "v", "vw", "z", "o", "c", "h", "l", "s", "e"}));
    EXPECT_EQ(keys_of("/indices", "V.I:SPX", "V"), (Keys{"ev", "val", "T", "t"}));
    EXPECT_EQ(keys_of("/indices", "A.*", "A"), (Keys{"ev", "sym", "op", "o", "c", "h", "l", "s", "e"}));
    EXPECT_EQ(keys_of("/futures/cme", "Q.*", "Q"), (Keys{"ev", "sym", "bp", "bs", "bt", "ap", "as", "at", "t"}));
}

TEST_F(VenueStream, ForexIsAcknowledgedAsSentAndComesWithASlash) {
    options.common.rate = 2000;
    options.common.symbol_count = 2;
    start();
    auto client = join("/forex");
    say(client, "subscribe", "C.EUR-USD,C.EUR/USD");
    pass(500ms);
    const auto objects = client.port->objects();
    EXPECT_THAT(messages(objects), testing::ElementsAre("subscribed to: C.EUR-USD", "subscribed to: C.EUR/USD"));
    std::set<std::pair<std::int64_t, double>> seen;
    for (const auto& event : events(objects, "C")) {
        EXPECT_EQ(event.at("p"), "EUR/USD");
        seen.emplace(number(event, "t"), event.at("b").to_number<double>());
    }
    EXPECT_FALSE(seen.empty());
    say(client, "unsubscribe", "C.EUR-USD");
    pass(100ms);
    EXPECT_FALSE(events(client.port->objects(), "C").empty()); // the other spelling is still held
    say(client, "unsubscribe", "C.EUR/USD");
    pass(20ms);
    client.port->frames.clear();
    pass(200ms);
    EXPECT_THAT(client.port->frames, IsEmpty());
}

TEST_F(VenueStream, TheDelayedHostIsAQuarterOfAnHourBehind) {
    options.delayed = true;
    options.common.rate = 2000;
    options.common.symbol_count = 1;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "T.AAPL");
    pass(1s);
    const auto trades = events(client.port->objects(), "T");
    ASSERT_FALSE(trades.empty());
    EXPECT_NEAR(static_cast<double>(now.wall.time_since_epoch() / 1ms - number(trades.back(), "t")), 900'000, 2'000);
    EXPECT_EQ(get("/v2/last/trade/AAPL").at("status"), "DELAYED");
}

TEST_F(VenueStream, LeavesOutWhatFaultsSay) {
    options.common.rate = 4000;
    options.common.symbol_count = 2;
    start();
    auto client = join("/stocks");
    say(client, "subscribe", "Q.*");
    fault("silent_symbol,symbol=AAPL");
    client.port->frames.clear();
    pass(500ms);
    for (const auto& quote : events(client.port->objects(), "Q"))
        EXPECT_EQ(quote.at("sym"), "MSFT");
    faults.clear(std::nullopt);
    fault("market_closed");
    client.port->frames.clear();
    pass(500ms);
    EXPECT_THAT(client.port->frames, IsEmpty());
    EXPECT_EQ(get("/v1/marketstatus/now").at("market"), "closed");
    faults.clear(std::nullopt);
    fault("clock_skew=-5000");
    client.port->frames.clear();
    pass(500ms);
    const auto quotes = events(client.port->objects(), "Q");
    ASSERT_FALSE(quotes.empty());
    EXPECT_LT(number(quotes.back(), "t"), now.wall.time_since_epoch() / 1ms - 4'000);
}

TEST_F(VenueStream, PlaysPublishedFramesToWhoeverHasTheirPairs) {
    const std::string text =
        R"({"channel":"/stocks/T","frame":[{"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,)"
        R"("c":[0,12],)"
        R"("t":1536036818784,"q":3681328}]})"
        "\n"
        R"([{"ev":"status","status":"connected","message":"x"},{"ev":"XT","pair":"BTC-USD","p":33021.9,)"
        R"("t":1610462007425,)"
        R"("s":0.01616617,"c":[2],"i":14272084,"x":3,"r":1610462007576}])"
        "\n";
    std::string problem;
    auto loaded = kit::Replay::parse(text, "", problem);
    ASSERT_TRUE(loaded) << problem;
    replay = std::move(*loaded);
    options.common.replay_hold = 2;
    start();
    auto stocks = join("/stocks");
    auto crypto = join("/crypto");
    say(stocks, "subscribe", "T.MSFT");
    say(crypto, "subscribe", "XT.*");
    pass(1s);
    EXPECT_THAT(stocks.port->frames,
        testing::Contains(testing::HasSubstr(R"({"ev":"T","sym":"MSFT","x":4,"i":"12345","z":3,"p":114.125,"s":100,)"
                                             R"("c":[0,12],"t":1536036818784,"q":3681328})")));
    EXPECT_EQ(events(crypto.port->objects(), "XT").size(), 1u);
}

TEST_F(VenueStream, FlatOutMakesAsMuchAsIsAsked) {
    options.common.flat_out = true;
    options.common.symbol_count = 2;
    start();
    EXPECT_FALSE(venue->burst(100, now)); // nobody listens
    auto client = join("/crypto");
    say(client, "subscribe", "XT.*,XQ.*");
    EXPECT_TRUE(venue->burst(1000, now));
    EXPECT_EQ(events(client.port->objects(), "XQ").size() > 500, true);
}

} // namespace
} // namespace tickgate::massive_venue
