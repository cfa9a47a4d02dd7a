#include "providers/binance_venue/fake_port.hpp"

#include "venue_kit/text.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

namespace tickgate::binance_venue {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

VenueOptions busy() {
    VenueOptions options;
    options.symbol_count = 3;
    options.rate = 1000;
    options.trade_permille = 400;
    return options;
}

std::string field(const std::string& text, std::string_view key) { return std::string(kit::json_field(text, key)); }

// The keys of an object in order, nested ones with their parent's name.
std::string keys_of(const boost::json::object& object) {
    std::string out;
    for (const auto& member : object) {
        out.append(member.key().data(), member.key().size()).push_back(' ');
        if (const auto* inner = member.value().if_object())
            out.append("{ " + keys_of(*inner) + "} ");
    }
    return out;
}

std::string keys_of(std::string_view text) {
    return keys_of(boost::json::parse({text.data(), text.size()}).get_object());
}

// The first captured frame of a stream type.
std::string captured(const std::string& file, const std::string& type) {
    std::ifstream in(TICKGATE_FIXTURES "/binance/" + file);
    for (std::string line; std::getline(in, line);)
        if (line.find(type + "\",\"data\"") != std::string::npos)
            return line;
    return {};
}

TEST(VenueFrames, HaveTheKeysOfCapturedOnesInOrder) {
    VenueFixture venue(busy());
    FakePort port;
    auto& spot = venue.connect(port, "/stream", "streams=btcusdt@bookTicker/btcusdt@aggTrade/btcusdt@kline_1m");
    FakePort of_public, of_market;
    auto& a = venue.connect(of_public, "/public/stream", "streams=btcusdt@bookTicker");
    auto& b = venue.connect(of_market, "/market/stream", "streams=btcusdt@aggTrade/btcusdt@kline_1m");
    venue.pass(5s);
    const auto check = [](const FakePort& p, const std::string& type, const std::string& file) {
        const auto it = std::find_if(p.frames.begin(), p.frames.end(),
            [&](const std::string& f) { return f.find("btcusdt@" + type + '"') != std::string::npos; });
        ASSERT_NE(it, p.frames.end()) << type;
        EXPECT_EQ(keys_of(*it), keys_of(captured(file, type))) << *it;
    };
    for (const auto* type : {"bookTicker", "aggTrade", "kline_1m"}) {
        check(port, type, "spot_combined_2021-10-12.jsonl");
        check(std::string_view(type) == "bookTicker" ? of_public : of_market, type, "usdm_combined_2021-07-22.jsonl");
    }
    venue.engine.ended(spot);
    venue.engine.ended(a);
    venue.engine.ended(b);
}

TEST(VenueFrames, PrintSpotWithEightDigitsAndUsdmNatively) {
    VenueFixture venue(busy());
    FakePort spot, usdm;
    venue.connect(spot, "/ws/btcusdt@bookTicker");
    venue.connect(usdm, "/public/ws/btcusdt@bookTicker");
    venue.pass(500ms);
    ASSERT_FALSE(spot.frames.empty());
    ASSERT_FALSE(usdm.frames.empty());
    EXPECT_THAT(field(spot.frames[0], "b"), testing::MatchesRegex("[0-9]+\\.[0-9]{2}000000"));
    EXPECT_THAT(field(spot.frames[0], "B"), testing::MatchesRegex("[0-9]+\\.[0-9]{5}000"));
    EXPECT_THAT(field(usdm.frames[0], "b"), testing::MatchesRegex("[0-9]+\\.[0-9]{2}"));
    EXPECT_THAT(spot.frames[0], StartsWith(R"({"u":)"));
    EXPECT_THAT(usdm.frames[0], StartsWith(R"({"e":"bookTicker","u":)"));
}

TEST(VenueFrames, GiveMicrosecondsWhenAsked) {
    VenueFixture venue(busy());
    FakePort millis, micros;
    venue.connect(millis, "/stream", "streams=btcusdt@trade/btcusdt@kline_1m");
    venue.connect(micros, "/stream", "streams=btcusdt@trade/btcusdt@kline_1m&timeUnit=MICROSECOND");
    venue.pass(3s);
    ASSERT_EQ(millis.frames.size(), micros.frames.size());
    ASSERT_GT(millis.frames.size(), 50u);
    for (std::size_t i = 0; i < millis.frames.size(); ++i) {
        EXPECT_EQ(field(millis.frames[i], "E"), field(micros.frames[i], "E").substr(0, 13));
        EXPECT_EQ(field(micros.frames[i], "E").size(), 16u);
    }
}

TEST(VenueStreams, UnknownOnesAreSilentAndWrongUsdmPathsToo) {
    VenueFixture venue(busy());
    FakePort unknown, wrong_a, wrong_b;
    venue.connect(unknown, "/stream", "streams=nosuch@trade/btcusdt@depth/BTCUSDT@trade");
    venue.connect(wrong_a, "/public/stream", "streams=btcusdt@aggTrade/btcusdt@kline_1m");
    venue.connect(wrong_b, "/market/stream", "streams=btcusdt@bookTicker/btcusdt@kline_1s");
    venue.pass(3s);
    EXPECT_THAT(unknown.frames, IsEmpty());
    EXPECT_THAT(wrong_a.frames, IsEmpty());
    EXPECT_THAT(wrong_b.frames, IsEmpty());
}

TEST(VenueStreams, TradesHaveContinuousIds) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=ethusdt@trade/ethusdt@aggTrade");
    venue.pass(2s);
    std::int64_t last_trade = 0, last_order = 0, last_of_order = 0;
    for (const auto& frame : port.frames) {
        if (frame.find("@trade") != std::string::npos) {
            const auto id = std::stoll(field(frame, "t"));
            EXPECT_TRUE(last_trade == 0 || id == last_trade + 1);
            last_trade = id;
        } else {
            const auto id = std::stoll(field(frame, "a"));
            EXPECT_TRUE(last_order == 0 || id == last_order + 1);
            EXPECT_TRUE(last_of_order == 0 || std::stoll(field(frame, "f")) == last_of_order + 1);
            last_order = id;
            last_of_order = std::stoll(field(frame, "l"));
            EXPECT_EQ(last_of_order, last_trade);
        }
    }
    EXPECT_GT(last_of_order, 0);
}

TEST(VenueKlines, AreTheTradesOfTheirSpan) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@trade/btcusdt@kline_1s");
    venue.pass(4s, 3ms);
    std::map<std::string, std::vector<std::string>> by_second;
    std::size_t finals = 0;
    for (const auto& frame : port.frames) {
        if (frame.find("@trade") != std::string::npos) {
            const auto second = field(frame, "T").substr(0, 10);
            by_second[second].push_back(frame);
        } else if (field(frame, "x") == "true") {
            ++finals;
            const auto& trades = by_second[field(frame.substr(frame.find("\"k\"")), "t").substr(0, 10)];
            const auto bar = frame.substr(frame.find("\"k\"") + 4);
            ASSERT_FALSE(trades.empty());
            EXPECT_EQ(field(bar, "n"), std::to_string(trades.size()));
            EXPECT_EQ(field(bar, "o"), field(trades.front(), "p"));
            EXPECT_EQ(field(bar, "c"), field(trades.back(), "p"));
            EXPECT_EQ(field(bar, "f"), field(trades.front(), "t"));
            EXPECT_EQ(field(bar, "L"), field(trades.back(), "t"));
        }
    }
    EXPECT_EQ(finals, 4u);
}

TEST(VenueKlines, AnEmptyMinuteIsClosedFlat) {
    auto options = patient(busy());
    options.trade_permille = 0;
    VenueFixture venue(options);
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@kline_1m");
    venue.pass(121s, 500ms);
    ASSERT_EQ(port.frames.size(), 2u); // ends only: nothing changed in between
    const auto bar = port.frames[1].substr(port.frames[1].find("\"k\"") + 4);
    EXPECT_EQ(field(bar, "x"), "true");
    EXPECT_EQ(field(bar, "f"), "-1");
    EXPECT_EQ(field(bar, "n"), "0");
    EXPECT_EQ(field(bar, "v"), "0.00000000");
    EXPECT_EQ(field(bar, "o"), field(bar, "c"));
}

TEST(VenueKlines, UpdatesComeEveryTwoSecondsAndTheEndAtOnce) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@kline_1m");
    venue.pass(60s, 10ms);
    EXPECT_GE(port.frames.size(), 28u);
    EXPECT_LE(port.frames.size(), 32u);
    const auto end =
        std::find_if(port.frames.begin(), port.frames.end(), [](const auto& f) { return field(f, "x") == "true"; });
    ASSERT_NE(end, port.frames.end());
    EXPECT_LE(std::stoll(field(*end, "E")) - std::stoll(field(end->substr(end->find("\"k\"")), "T")), 25);
}

// Faults

TEST(VenueFaults, StallSendsNothingAndEnds) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@bookTicker");
    venue.fault("stall,for_ms=1000");
    venue.pass(900ms);
    EXPECT_THAT(port.frames, IsEmpty());
    venue.pass(300ms);
    EXPECT_FALSE(port.frames.empty());
    EXPECT_EQ(venue.engine.faults().begun(kit::FaultKind::stall), 1u);
}

TEST(VenueFaults, DuplicateAndReorderTouchEveryFrame) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@bookTicker");
    venue.fault("duplicate");
    venue.pass(500ms);
    ASSERT_GT(port.frames.size(), 10u);
    for (std::size_t i = 0; i + 1 < port.frames.size(); i += 2)
        EXPECT_EQ(port.frames[i], port.frames[i + 1]);
    venue.engine.clear_faults(std::nullopt);
    port.frames.clear();
    venue.fault("reorder,for_ms=400");
    venue.pass(380ms);
    venue.pass(100ms);
    ASSERT_GT(port.frames.size(), 20u);
    EXPECT_GT(std::stoll(field(port.frames[0], "u")), std::stoll(field(port.frames[1], "u")));
    std::set<std::string> all(port.frames.begin(), port.frames.end());
    EXPECT_EQ(all.size(), port.frames.size());
}

TEST(VenueFaults, GapLeavesOutFramesButNotIds) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@aggTrade");
    venue.pass(500ms);
    const auto before = std::stoll(field(port.frames.back(), "a"));
    port.frames.clear();
    venue.fault("gap=3,symbol=BTCUSDT");
    venue.pass(500ms);
    EXPECT_EQ(std::stoll(field(port.frames.front(), "a")), before + 4);
}

TEST(VenueFaults, SilentSymbolIsTheOnlySilentOne) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@bookTicker/ethusdt@bookTicker");
    venue.fault("silent_symbol,symbol=BTCUSDT");
    venue.pass(500ms);
    ASSERT_FALSE(port.frames.empty());
    for (const auto& frame : port.frames)
        EXPECT_THAT(frame, HasSubstr("ETHUSDT"));
}

TEST(VenueFaults, HalfOpenFreezesOnlyWhatIsOpen) {
    VenueFixture venue(busy());
    FakePort old, fresh;
    auto& session = venue.connect(old, "/stream", "streams=btcusdt@bookTicker");
    venue.fault("half_open,for_ms=5000");
    EXPECT_TRUE(old.frozen);
    venue.step(20ms);
    venue.connect(fresh, "/stream", "streams=btcusdt@bookTicker");
    venue.pass(400ms);
    EXPECT_THAT(old.frames, IsEmpty());
    EXPECT_FALSE(fresh.frames.empty());
    session.on_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})", venue.now);
    EXPECT_THAT(old.texts, IsEmpty());
    venue.pass(5s);
    EXPECT_FALSE(old.frozen);
}

TEST(VenueFaults, CutsAndDropsEndAllConnections) {
    for (const auto* text : {"cut_24h", "drop", "reset"}) {
        VenueFixture venue(busy());
        FakePort port;
        venue.connect(port, "/stream");
        venue.fault(text);
        EXPECT_EQ(port.close_code, std::string_view(text) == "cut_24h" ? 1001 : 0);
        EXPECT_EQ(port.dropped, std::string_view(text) == "cut_24h" ? "" : text);
    }
}

TEST(VenueFaults, ServerShutdownIsAnnouncedThenDoneToThoseWhoHeardIt) {
    VenueFixture venue(busy());
    FakePort combined, raw, later;
    venue.connect(combined, "/stream");
    venue.connect(raw, "/ws");
    venue.fault("server_shutdown=2000");
    ASSERT_EQ(combined.texts.size(), 1u);
    EXPECT_THAT(
        combined.texts[0], StartsWith(R"({"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1763683200)"));
    EXPECT_THAT(raw.texts[0], StartsWith(R"({"e":"serverShutdown","E":)"));
    venue.step(100ms);
    venue.connect(later, "/stream");
    venue.pass(1800ms);
    EXPECT_EQ(combined.close_code, 0);
    venue.pass(200ms);
    EXPECT_EQ(combined.close_code, 1001);
    EXPECT_EQ(raw.close_code, 1001);
    EXPECT_EQ(later.close_code, 0);
}

TEST(VenueFaults, ClockSkewMovesEventTimesOnly) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@trade");
    venue.fault("clock_skew=-5000");
    venue.pass(500ms);
    const auto ms = to_micros(venue.now.wall) / 1000;
    ASSERT_FALSE(port.frames.empty());
    EXPECT_LE(std::stoll(field(port.frames.back(), "T")), ms - 5000);
    EXPECT_GE(std::stoll(field(port.frames.back(), "T")), ms - 5600);
}

TEST(VenueFaults, NoAckIgnoresOrOnlyKeepsQuiet) {
    VenueFixture venue(busy());
    FakePort port;
    auto& session = venue.connect(port, "/stream");
    venue.fault("no_ack,for_ms=1500");
    session.on_text(R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1})", venue.now);
    EXPECT_THAT(session.streams(), IsEmpty());
    venue.pass(1600ms);
    venue.fault("no_ack=1");
    session.on_text(R"({"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1})", venue.now);
    EXPECT_EQ(session.streams().size(), 1u);
    EXPECT_THAT(port.texts, IsEmpty());
}

TEST(VenueFaults, GarbageOfEveryKindIsSentOnce) {
    for (const auto* kind : {"json", "types", "binary", "huge", "opcode", "truncated"}) {
        VenueFixture venue(busy());
        FakePort port;
        venue.connect(port, "/stream");
        venue.fault(std::string("garbage=") + kind);
        venue.pass(100ms);
        ASSERT_EQ(port.garbage.size(), 1u) << kind;
        EXPECT_EQ(port.garbage[0], VenueEngine::garbage(kind));
    }
}

TEST(VenueFaults, HttpStatusHitsUpgradesAsOftenAsAsked) {
    VenueFixture venue(busy());
    venue.fault("http_status=451,count=1,retry_after=9");
    const auto first = venue.engine.admit("/stream", "", "1.1.1.1", venue.now);
    EXPECT_EQ(first.status, 451);
    EXPECT_EQ(first.retry_after_s, 9);
    EXPECT_EQ(venue.engine.admit("/stream", "", "1.1.1.1", venue.now).status, 101);
}

TEST(VenueFaults, StateCountsThem) {
    VenueFixture venue(busy());
    FakePort port;
    venue.connect(port, "/stream", "streams=btcusdt@trade");
    venue.fault("drop");
    const auto state = boost::json::parse(venue.engine.state_json(venue.now)).as_object();
    EXPECT_EQ(state.at("faults").at("begun").at("drop").as_int64(), 1);
    EXPECT_EQ(state.at("connections").as_int64(), 1);
    EXPECT_EQ(state.at("streams").as_int64(), 1);
}

} // namespace
} // namespace tickgate::binance_venue
