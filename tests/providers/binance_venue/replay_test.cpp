#include "providers/binance_venue/fake_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace tickgate::binance_venue {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAreArray;
using testing::IsEmpty;

const std::string spot_stem = TICKGATE_FIXTURES "/binance/spot_combined_2021-10-12";
const std::string usdm_stem = TICKGATE_FIXTURES "/binance/usdm_combined_2021-07-22";

kit::Replay capture(const std::string& stem) {
    std::string problem;
    auto replay = kit::Replay::load(stem + ".jsonl", stem + ".recv.txt", problem);
    if (!replay)
        throw std::runtime_error(problem);
    return std::move(*replay);
}

std::vector<std::string> lines_of(const std::string& stem, const std::vector<std::string>& streams) {
    std::vector<std::string> out;
    std::ifstream in(stem + ".jsonl");
    for (std::string line; std::getline(in, line);)
        for (const auto& stream : streams)
            if (line.starts_with("{\"stream\":\"" + stream + "\""))
                out.push_back(line);
    return out;
}

TEST(VenueReplay, DeliversTheFilesFramesByteForByteToWhoAsked) {
    VenueOptions options;
    options.replay_speed = 10;
    VenueFixture venue(options, capture(spot_stem));
    FakePort port, other;
    venue.pass(1s);
    EXPECT_FALSE(venue.engine.replay()->begun()); // nobody has subscribed
    venue.connect(port, "/stream", "streams=nknusdt@bookTicker/nknusdt@aggTrade/nknusdt@kline_1m");
    venue.connect(other, "/stream", "streams=btcusdt@bookTicker");
    venue.pass(4s);
    const auto expected = lines_of(spot_stem, {"nknusdt@bookTicker", "nknusdt@aggTrade", "nknusdt@kline_1m"});
    ASSERT_GT(expected.size(), 20u);
    EXPECT_THAT(port.frames, ElementsAreArray(expected));
    EXPECT_THAT(other.frames, IsEmpty());
    EXPECT_TRUE(venue.engine.replay()->done());
    EXPECT_EQ(venue.engine.replay()->played(), 265u);
}

TEST(VenueReplay, KeepsTheOriginalPace) {
    VenueFixture venue({}, capture(spot_stem));
    FakePort port;
    venue.connect(port, "/stream", "streams=nknusdt@depth@100ms");
    venue.pass(15s);
    const auto half = venue.engine.replay()->played();
    EXPECT_GT(half, 80u);
    EXPECT_LT(half, 200u);
    venue.pass(16s);
    EXPECT_TRUE(venue.engine.replay()->done());
    EXPECT_THAT(port.frames, ElementsAreArray(lines_of(spot_stem, {"nknusdt@depth@100ms"})));
}

TEST(VenueReplay, FlatOutComesInBursts) {
    VenueOptions options;
    options.replay_speed = 0;
    VenueFixture venue(options, capture(usdm_stem));
    EXPECT_EQ(venue.engine.replay()->kind(), Kind::usdm);
    FakePort of_public, of_market;
    EXPECT_FALSE(venue.engine.burst(100, venue.now));
    venue.connect(of_public, "/public/stream", "streams=sushiusdt@bookTicker/akrousdt@bookTicker");
    venue.connect(of_market, "/market/stream", "streams=sushiusdt@aggTrade/sushiusdt@kline_1m");
    while (venue.engine.burst(100, venue.now)) {
    }
    EXPECT_THAT(
        of_public.frames, ElementsAreArray(lines_of(usdm_stem, {"sushiusdt@bookTicker", "akrousdt@bookTicker"})));
    EXPECT_THAT(of_market.frames, ElementsAreArray(lines_of(usdm_stem, {"sushiusdt@aggTrade", "sushiusdt@kline_1m"})));
    EXPECT_FALSE(venue.engine.flat_out());
}

TEST(VenueReplay, RawConnectionsGetTheDataAlone) {
    VenueOptions options;
    options.replay_speed = 0;
    VenueFixture venue(options, capture(spot_stem));
    FakePort port;
    venue.connect(port, "/ws/nknusdt@aggTrade");
    while (venue.engine.burst(100, venue.now)) {
    }
    const auto lines = lines_of(spot_stem, {"nknusdt@aggTrade"});
    ASSERT_EQ(port.frames.size(), lines.size());
    for (std::size_t i = 0; i < lines.size(); ++i)
        EXPECT_NE(lines[i].find("\"data\":" + port.frames[i] + "}"), std::string::npos);
}

TEST(VenueReplay, CanSendEverythingToEverybody) {
    VenueOptions options;
    options.replay_speed = 0;
    options.replay_all = true;
    options.replay_hold = 2;
    VenueFixture venue(options, capture(spot_stem));
    FakePort port;
    venue.connect(port, "/stream", "streams=a@trade");
    EXPECT_FALSE(venue.engine.burst(1000, venue.now)); // two streams are to be waited for
    FakePort second;
    venue.connect(second, "/stream", "streams=b@trade");
    EXPECT_TRUE(venue.engine.burst(1000, venue.now));
    EXPECT_EQ(port.frames.size(), 265u);
    EXPECT_EQ(second.frames.size(), 265u);
}

TEST(VenueReplay, StallHoldsItWithoutLoss) {
    VenueFixture venue(patient(), capture(spot_stem));
    FakePort port;
    venue.connect(port, "/stream", "streams=nknusdt@depth@100ms");
    venue.pass(5s);
    venue.fault("stall,for_ms=60000");
    const auto before = port.frames.size();
    venue.pass(50s);
    EXPECT_EQ(port.frames.size(), before);
    venue.pass(37s);
    EXPECT_THAT(port.frames, ElementsAreArray(lines_of(spot_stem, {"nknusdt@depth@100ms"})));
}

TEST(VenueReplay, LoopsWhenAsked) {
    VenueOptions options;
    options.replay_loop = true;
    options.replay_speed = 100;
    VenueFixture venue(options, capture(spot_stem));
    FakePort port;
    venue.connect(port, "/stream", "streams=nknusdt@aggTrade");
    venue.pass(1s);
    EXPECT_GT(venue.engine.replay()->played(), 600u);
    EXPECT_FALSE(venue.engine.replay()->done());
}

TEST(VenueReplay, KnowsTheSymbolsOfItsCapture) {
    const VenueOptions options;
    const ReplayPlayer spot(capture(spot_stem), options);
    std::map<std::string, kit::SyntheticSymbol> symbols;
    for (auto& symbol : spot.symbols())
        symbols.emplace(symbol.joined(), symbol);
    ASSERT_EQ(symbols.size(), 4u);
    EXPECT_EQ(symbols.at("NKNUSDT").price_decimals, 4);
    EXPECT_EQ(symbols.at("BLZETH").quote, "ETH");
    EXPECT_EQ(symbols.at("RUNEEUR").quote, "EUR");
    EXPECT_EQ(symbols.at("LRCBTC").price_decimals, 8);
}

} // namespace
} // namespace tickgate::binance_venue
