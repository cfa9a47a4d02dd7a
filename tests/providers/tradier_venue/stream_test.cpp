#include "rig.hpp"

namespace tickgate::tradier_venue {
namespace {

using Stream = VenueRig;

TEST_F(Stream, AListIsAnsweredWithDataAlone) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY","ZZZZ")", session_id()), now);
    EXPECT_TRUE(port.control.empty()) << "no success message; unknown symbols are passed over";
    ASSERT_EQ(port.data.size(), 1u);
    EXPECT_TRUE(port.data[0].starts_with(R"({"type":"quote","symbol":"SPY","bid":)")) << port.data[0];
    EXPECT_TRUE(port.data[0].ends_with("}\n"));
    venue->burst(400, now);
    EXPECT_GT(port.data.size(), 20u);
    EXPECT_EQ(port.all().find("BRK"), std::string::npos);
    EXPECT_NE(port.all().find(R"("type":"timesale")"), std::string::npos);
    EXPECT_EQ(port.all().find(R"("type":"trade")"), std::string::npos) << "not in the filter";
}

TEST_F(Stream, AListReplacesTheOneBefore) {
    FakePort port;
    auto client = websocket(port);
    const auto id = session_id();
    client->on_text(list(R"("SPY")", id), now);
    client->on_text(list(R"("BRK/B")", id), now);
    port.data.clear();
    venue->burst(400, now);
    EXPECT_EQ(port.all().find("\"SPY\""), std::string::npos);
    EXPECT_NE(port.all().find("BRK/B"), std::string::npos);
    client->on_text(list("", id), now);
    ASSERT_EQ(port.control.size(), 1u) << "an empty list is refused";
    EXPECT_NE(port.control[0].find(R"({"error":")"), std::string::npos);
    port.data.clear();
    venue->burst(400, now);
    EXPECT_FALSE(port.data.empty()) << "and the old one stays";
}

TEST_F(Stream, WithoutLineBreaksObjectsAreGlued) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY")", session_id(), R"(["timesale","trade","tradex"])", false), now);
    venue->burst(400, now);
    EXPECT_EQ(port.all().find('\n'), std::string::npos);
    EXPECT_NE(port.all().find("}{"), std::string::npos);
}

TEST_F(Stream, SessionIdsMustBeKnownAndYoung) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY")", "made-up"), now);
    ASSERT_EQ(port.control.size(), 1u);
    EXPECT_EQ(port.control[0], "{\"error\":\"session not found\"}\n");
    EXPECT_TRUE(port.closed);
    const auto id = session_id();
    FakePort second;
    auto other = websocket(second);
    now.mono += 4min + 59s;
    other->on_text(list(R"("SPY")", id), now);
    EXPECT_FALSE(second.closed);
    now.mono += 2s;
    other->on_text(list(R"("BRK/B")", id), now);
    EXPECT_TRUE(second.closed) << "a change needs a fresh id as well";
    FakePort idle;
    auto third = websocket(idle);
    now.mono += 5min + 1s;
    third->tick(now);
    EXPECT_TRUE(idle.closed) << "never used";
}

TEST_F(Stream, OneStreamAUserWithLingering) {
    options.linger = 300s;
    FakePort first, second, third;
    auto a = websocket(first);
    a->on_text(list(R"("SPY")", session_id()), now);
    auto b = websocket(second);
    b->on_text(list(R"("SPY")", session_id()), now);
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(second.control.back(), "{\"error\":\"too many sessions requested\"}\n");
    a.reset();
    now.mono += 299s;
    const auto id = session_id();
    auto c = websocket(third);
    c->on_text(list(R"("SPY")", id), now);
    EXPECT_TRUE(third.closed) << "the old one lingers";
    now.mono += 2s;
    FakePort fourth;
    auto d = websocket(fourth);
    d->on_text(list(R"("SPY")", session_id()), now);
    EXPECT_FALSE(fourth.closed);
}

TEST_F(Stream, WithoutLingeringAHalfOpenStreamIsNotHeldAgainstTheUser) {
    FakePort first, second;
    auto a = websocket(first);
    a->on_text(list(R"("SPY")", session_id()), now);
    now.mono += 2s; // not ticked: half open
    venue->advance(now);
    auto b = websocket(second);
    b->on_text(list(R"("SPY")", session_id()), now);
    EXPECT_FALSE(second.closed);
}

TEST_F(Stream, IdleSymbolsAreRepeatedWithTradesOfSizeZero) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY")", session_id(), R"(["quote","trade","timesale"])"), now);
    venue->burst(400, now);
    port.data.clear();
    for (int i = 0; i < 1005; ++i) {
        advance(20ms);
        client->tick(now);
    }
    ASSERT_EQ(port.data.size(), 1u);
    EXPECT_NE(port.data[0].find(R"("size":"0")"), std::string::npos) << port.data[0];
}

TEST_F(Stream, GoesSilentAfterADay) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY")", session_id()), now);
    advance(24h - 1s);
    venue->burst(100, now);
    EXPECT_GT(port.data.size(), 1u);
    advance(1s);
    port.data.clear();
    venue->burst(100, now);
    EXPECT_TRUE(port.data.empty());
    EXPECT_FALSE(port.closed) << "without an error";
}

TEST_F(Stream, HttpStreamsTakeAFormAndCloseWithoutData) {
    make();
    auto request = http(
        "POST", "/v1/markets/events", "symbols=SPY,BRK%2FB&sessionid=" + session_id() + "&filter=quote&linebreak=true");
    ASSERT_EQ(venue->request(request, false, now).kind, kit::Admission::Kind::stream);
    FakePort port;
    auto client = venue->open(request, port, now);
    EXPECT_EQ(port.data.size(), 2u);
    venue->burst(100, now);
    EXPECT_NE(port.all().find("BRK/B"), std::string::npos);
    fault("market_closed");
    now.mono += 15min + 1s;
    client->tick(now);
    EXPECT_TRUE(port.closed);
    const auto refused = venue->request(http("POST", "/v1/markets/events", "sessionid=x"), false, now);
    EXPECT_EQ(refused.response.status, 400);
    request = http("GET", "/v1/markets/events?symbols=SPY&sessionid=made-up");
    ASSERT_EQ(venue->request(request, false, now).kind, kit::Admission::Kind::stream);
    FakePort second;
    auto other = venue->open(request, second, now);
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(second.control.size(), 1u) << "refused in the stream";
}

TEST_F(Stream, FaultsOfTheVenuesOwnWords) {
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("SPY","BRK/B")", session_id()), now);
    fault("silent_symbol,symbol=SPY");
    port.data.clear();
    venue->burst(200, now);
    EXPECT_EQ(port.all().find("\"SPY\""), std::string::npos);
    board.clear(std::nullopt);
    board.advance(now.mono);
    fault("gap=3,symbol=BRK/B");
    fault("market_closed");
    venue->burst(100, now);
    board.clear(kit::FaultKind::market_closed);
    advance(20ms);
    venue->burst(100, now);
    EXPECT_NE(venue->state_json(now).find(R"("left_out":3)"), std::string::npos) << venue->state_json(now);
    fault("no_ack");
    client->on_text(list(R"("SPX")", session_id()), now);
    port.data.clear();
    venue->burst(200, now);
    EXPECT_EQ(port.all().find("SPX"), std::string::npos) << "not even carried out";
    fault("server_shutdown=500");
    advance(600ms);
    EXPECT_TRUE(port.closed);
    FakePort second;
    auto other = websocket(second);
    fault("error_text=too_many_sessions");
    EXPECT_TRUE(second.closed);
    EXPECT_EQ(second.control.back(), "{\"error\":\"too many sessions requested\"}\n");
    for (const auto* kind : {"json", "types", "truncated", "huge"})
        EXPECT_FALSE(venue->garbage(kind).empty());
}

TEST_F(Stream, ACaptureIsPlayedToWhoListens) {
    std::string problem;
    const std::string capture =
        R"({"type":"quote","symbol":"C","bid":281.84,"bidsz":60,"bidexch":"M","biddate":"1557757189000","ask":281.85,"asksz":6,"askexch":"Z","askdate":"1557757190000"})"
        "\n"
        R"({"type":"summary","symbol":"SPY","open":"284.01"})"
        "\n";
    settings.symbols.clear();
    settings.replay_speed = 0;
    make(std::move(*kit::Replay::parse(capture, "", problem)));
    advance(1s);
    FakePort port;
    auto client = websocket(port);
    client->on_text(list(R"("C")", session_id()), now);
    advance(1s);
    EXPECT_EQ(port.all(), capture.substr(0, capture.find('\n') + 1));
    EXPECT_NE(venue->state_json(now).find(R"("replayed":2)"), std::string::npos);
}

} // namespace
} // namespace tickgate::tradier_venue
