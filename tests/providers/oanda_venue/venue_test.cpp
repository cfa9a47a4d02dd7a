#include "fixture.hpp"

#include "oanda/symbols.hpp"

#include <fstream>
#include <set>
#include <sstream>

namespace tickgate::oanda_venue {
namespace {

oanda::StreamLine parse(oanda::LineParser& parser, const std::string& line) {
    std::string padded = line + std::string(64, '\0');
    auto parsed = parser.parse({padded.data(), line.size()}, UnixNanos());
    parsed.instrument = parsed.status = parsed.problem = {};
    return parsed;
}

TEST_F(Venue, TheTokenAndTheAccountAreChecked) {
    start();
    EXPECT_EQ(ask("/v3/accounts", {}, "").response.status, 401);
    const auto wrong = ask("/v3/accounts", {}, "other");
    EXPECT_EQ(wrong.response.status, 401);
    EXPECT_EQ(wrong.response.body, R"({"errorMessage":"Insufficient authorization to perform request."})");
    EXPECT_EQ(ask("/v3/accounts").response.body, R"({"accounts":[{"id":"101-004-1000001-001","tags":[]}]})");
    EXPECT_EQ(ask("/v3/accounts/101-004-9-001/pricing", "instruments=EUR_USD").response.status, 403);
    EXPECT_EQ(ask("/v3/nothing").response.status, 404);
    auto post = get("/v3/accounts");
    post.method = "POST";
    EXPECT_EQ(venue->request(post, false, now).response.status, 405);
    EXPECT_EQ(venue->request(get("/v3/accounts"), true, now).response.status, 404) << "there is no WebSocket";
    fault("auth_expired");
    EXPECT_EQ(ask("/v3/accounts").response.status, 401);
}

TEST_F(Venue, ItsInstrumentsAreThoseTheAdapterReads) {
    start();
    std::size_t refused = 0;
    std::set<std::string> names;
    const auto body = ask(account_path("/instruments")).response.body;
    ASSERT_FALSE(oanda::parse_instruments(
        body, [&](const InstrumentInfo& info) { names.insert(info.name.to_string()); }, refused));
    EXPECT_EQ(names, (std::set<std::string>{"fx:EUR-USD", "fx:USD-JPY", "fx:XAU-USD", "cfd:SPX500-USD"}));
    EXPECT_EQ(refused, 0u);
    EXPECT_EQ(ask(account_path("/instruments"), "instruments=EUR_USD,NO_WAY").response.status, 400);
}

TEST_F(Venue, AStreamBeginsWithItsSnapshotAndBeatsEveryFiveSeconds) {
    start();
    ASSERT_EQ(open("EUR_USD,USD_JPY", "&snapshot=true"), 200);
    advance(20ms);
    EXPECT_EQ(port(0).count("\"type\":\"PRICE\""), 2u);
    advance(15s);
    EXPECT_EQ(port(0).count("HEARTBEAT"), 3u);
    EXPECT_EQ(port(0).count("XAU_USD"), 0u) << "not asked for";
    oanda::LineParser parser;
    for (const auto& line : port(0).lines())
        EXPECT_NE(parse(parser, line).type, oanda::StreamLine::Type::malformed) << line;
}

TEST_F(Venue, AnInstrumentHasFourPricesASecondAtMost) {
    settings.rate = 2000;
    start();
    ASSERT_EQ(open("EUR_USD,USD_JPY"), 200);
    advance(10s);
    const auto lines = port(0).count("\"instrument\":\"EUR_USD\"");
    EXPECT_GE(lines, 37u);
    EXPECT_LE(lines, 41u);
    oanda::LineParser parser;
    std::optional<UnixNanos> last;
    for (const auto& line : port(0).lines()) {
        if (line.find("EUR_USD") == std::string::npos)
            continue;
        const auto parsed = parse(parser, line);
        if (last) {
            EXPECT_GE(*parsed.quote.event_time - *last, 200ms);
        }
        last = parsed.quote.event_time;
    }
}

TEST_F(Venue, ChunksAreCutAnywhereAndNothingIsLost) {
    settings.rate = 400;
    start();
    ASSERT_EQ(open("EUR_USD,USD_JPY,XAU_USD,SPX500_USD"), 200);
    advance(20s);
    std::size_t cut = 0, several = 0;
    for (const auto& chunk : port(0).chunks) {
        cut += chunk.back() == '\n' ? 0u : 1u;
        several += std::count(chunk.begin(), chunk.end(), '\n') > 1 ? 1u : 0u;
    }
    EXPECT_GT(cut, 10u);
    EXPECT_GT(several, 10u);
    oanda::LineParser parser;
    for (const auto& line : port(0).lines())
        ASSERT_NE(parse(parser, line).type, oanda::StreamLine::Type::malformed) << line;
    EXPECT_EQ(port(0).body.back(), '\n') << "what was cut off follows";
    options.whole_lines = true;
    streams.clear();
    start();
    ASSERT_EQ(open("EUR_USD"), 200);
    advance(5s);
    for (const auto& chunk : port(0).chunks)
        EXPECT_EQ(chunk.back(), '\n');
}

TEST_F(Venue, BadListsAreRefusedWhole) {
    start();
    EXPECT_EQ(open("EUR_USD,NO_WAY"), 400);
    advance(1s);
    EXPECT_EQ(open(""), 400);
    const auto answer = ask(account_path("/pricing"), "instruments=EUR_USD,NO_WAY").response;
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.body, R"({"errorMessage":"Invalid value specified for 'instruments'"})");
}

TEST_F(Venue, LimitsAreThoseOfOneAddress) {
    options.streams = 3;
    start();
    EXPECT_EQ(open("EUR_USD"), 200);
    EXPECT_EQ(open("EUR_USD"), 200);
    EXPECT_EQ(open("EUR_USD"), 429) << "a third connection within the second";
    advance(1s);
    EXPECT_EQ(open("EUR_USD"), 200);
    EXPECT_EQ(open("EUR_USD"), 429) << "a fourth stream";
    advance(1s);
    streams.erase(streams.begin());
    EXPECT_EQ(open("EUR_USD"), 200);
    advance(1s);
    for (int i = 0; i < 120; ++i)
        ASSERT_EQ(ask("/v3/accounts").response.status, 200) << i;
    EXPECT_EQ(ask("/v3/accounts").response.status, 429);
    advance(1s);
    EXPECT_EQ(ask("/v3/accounts").response.status, 200);
}

TEST_F(Venue, AClosedMarketSaysSoOnceAndOpensAgain) {
    start();
    ASSERT_EQ(open("EUR_USD,USD_JPY"), 200);
    advance(2s);
    fault("market_closed");
    advance(500ms);
    const auto before = port(0).count("\"type\":\"PRICE\"");
    EXPECT_EQ(port(0).count("\"tradeable\":false"), 2u);
    advance(10s);
    EXPECT_EQ(port(0).count("\"type\":\"PRICE\""), before) << "only heartbeats";
    EXPECT_GE(port(0).count("HEARTBEAT"), 2u);
    ASSERT_EQ(open("EUR_USD"), 200);
    advance(20ms);
    EXPECT_EQ(port(1).count("non-tradeable"), 1u) << "the snapshot of a closed market";
    EXPECT_NE(ask(account_path("/pricing"), "instruments=EUR_USD").response.body.find("\"tradeable\":false"),
        std::string::npos);
    board.clear(std::nullopt);
    advance(3s);
    EXPECT_GT(port(1).count("\"tradeable\":true"), 0u);
}

TEST_F(Venue, FaultsDoWhatTheySay) {
    start();
    ASSERT_EQ(open("EUR_USD"), 200);
    advance(2s);
    fault("silent_symbol,symbol=EUR_USD");
    advance(300ms);
    const auto before = port(0).count("PRICE");
    advance(2s);
    EXPECT_EQ(port(0).count("PRICE"), before);
    board.clear(std::nullopt);
    fault("clock_skew=3600000");
    advance(2s);
    EXPECT_GT(port(0).count("T11:00:"), 0u);
    board.clear(std::nullopt);
    fault("gap=2");
    advance(3s);
    EXPECT_NE(venue->state_json(now).find("\"left_out\":2"), std::string::npos);
    fault("error_text=any");
    EXPECT_EQ(port(0).count("errorMessage"), 1u);
    fault("server_shutdown=500");
    EXPECT_FALSE(port(0).closed);
    advance(600ms);
    EXPECT_TRUE(port(0).closed);
    oanda::LineParser parser;
    for (const char* kind : {"json", "types", "truncated"}) {
        auto text = venue->garbage(kind);
        ASSERT_EQ(text.back(), '\n');
        text.pop_back();
        EXPECT_EQ(parse(parser, text).type, oanda::StreamLine::Type::malformed) << kind;
    }
}

TEST_F(Venue, ThePollAnswersWhatTheStreamSays) {
    options.conflation = 0ms;
    start();
    ASSERT_EQ(open("EUR_USD"), 200);
    advance(3s);
    const auto body = ask(account_path("/pricing"), "instruments=EUR_USD%2CUSD_JPY").response.body;
    oanda::LineParser parser;
    std::vector<Quote> quotes;
    ASSERT_FALSE(
        parser.parse_prices(body, now.wall, [&](const oanda::StreamLine& line) { quotes.push_back(line.quote); }));
    ASSERT_EQ(quotes.size(), 2u);
    std::string last;
    for (const auto& line : port(0).lines())
        if (line.find("PRICE") != std::string::npos)
            last = line;
    const auto streamed = parse(parser, last);
    EXPECT_TRUE(quotes[0].bid->same_text(*streamed.quote.bid));
    EXPECT_TRUE(quotes[0].ask_size->same_text(*streamed.quote.ask_size));
    EXPECT_LT(*quotes[0].bid, *quotes[0].ask);
    EXPECT_EQ(ask(account_path("/pricing"), "instruments=EUR_USD&since=" + oanda::format_time(now.wall))
                  .response.body.rfind("{\"prices\":[],", 0),
        0u);
}

TEST_F(Venue, UnixTimesAreGivenWhereAskedFor) {
    start();
    auto request = get(account_path("/pricing"), "instruments=EUR_USD");
    request.headers.emplace_back("accept-datetime-format", "UNIX");
    EXPECT_NE(
        venue->request(request, false, now).response.body.find("\"time\":\"1773136800.000000000\""), std::string::npos);
}

TEST_F(Venue, ACaptureIsPlayedByteForByte) {
    std::ifstream file(TICKGATE_FIXTURES "/oanda/stream_two_instruments_2017-03-09.jsonl");
    std::stringstream text;
    text << file.rdbuf();
    std::string problem;
    auto replay = kit::Replay::parse(text.str(), {}, problem);
    ASSERT_TRUE(replay.has_value()) << problem;
    settings.symbols.clear();
    settings.replay_hold = 2;
    start(std::move(*replay));
    ASSERT_EQ(open("EUR_USD"), 200);
    advance(200ms);
    EXPECT_TRUE(port(0).body.empty()) << "held until two are subscribed";
    ASSERT_EQ(open("EUR_JPY"), 200);
    advance(200ms);
    EXPECT_EQ(port(0).lines().size(), 2u);
    ASSERT_EQ(port(1).lines().size(), 2u);
    EXPECT_NE(text.str().find(port(1).lines()[0] + "\n"), std::string::npos);
    advance(1s);
    ASSERT_EQ(open("EUR_JPY"), 200);
    advance(20ms);
    EXPECT_EQ(port(2).lines(), std::vector<std::string>{port(1).lines()[1]}) << "a snapshot of the last line";
}

TEST_F(Venue, NamesThatAreNoInstrumentsAreToldAtTheStart) {
    settings.symbols = {"EURUSD"};
    std::string problem;
    EXPECT_FALSE(OandaVenue::make(settings, options, board, std::nullopt, now, problem));
    EXPECT_NE(problem.find("EURUSD"), std::string::npos);
    EXPECT_TRUE(instrument_of("DE30_EUR").has_value());
    EXPECT_EQ(instrument_of("DE30_EUR")->type, "CFD");
    EXPECT_EQ(instrument_of("XAU_USD")->type, "METAL");
    EXPECT_FALSE(instrument_of("eur_usd").has_value());
}

} // namespace
} // namespace tickgate::oanda_venue
