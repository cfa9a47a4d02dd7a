#include "session_rig.hpp"

namespace tickgate::tradier {
namespace {

class HttpStream : public SessionRig {
protected:
    HttpStream() {
        auto o = options();
        o.base = "https://stream.example";
        o.http = true;
        make(o);
    }
};

TEST_F(HttpStream, TheRequestNamesWhatIsWanted) {
    want({wanted(1, "SPY"), wanted(2, "BRK/B", Kind::trade)});
    const auto& plan = session->plan();
    EXPECT_EQ(plan.transport, ConnectionPlan::Transport::http_stream);
    EXPECT_EQ(plan.url, "https://stream.example/v1/markets/events");
    EXPECT_EQ(plan.form, "symbols=BRK%2FB,SPY&sessionid=id-1&filter=quote,timesale,trade&linebreak=true&validOnly=true"
                         "&advancedDetails=false");
    EXPECT_GT(plan.silence_limit, 15min) << "the venue closes first";
    session->opened(now, seen);
    EXPECT_TRUE(seen.sent.empty());
    advance(2100ms);
    EXPECT_EQ(seen.acked.size(), 2u);
}

TEST_F(HttpStream, ObjectsAreReadWhereverTheChunksAreCut) {
    open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade)});
    std::string text;
    for (int i = 0; i < 20; ++i)
        text += quote("SPY", 470 + i) + "\r\n" + sale("SPY", static_cast<std::uint64_t>(i) + 1);
    text.erase(std::remove(text.begin(), text.end(), '\n'), text.end()); // glued
    std::size_t quotes = 0, trades = 0;
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{7}, std::size_t{150}, std::size_t{997}}) {
        auto o = options();
        o.base = "https://stream.example";
        o.http = true;
        make(o);
        seen = {};
        open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade)});
        for (std::size_t at = 0; at < text.size(); at += piece)
            receive(std::string_view(text).substr(at, piece));
        quotes += seen.quotes.size();
        trades += seen.trades.size();
        EXPECT_EQ(seen.skips(Skip::malformed), 0u) << piece;
    }
    EXPECT_EQ(quotes, 100u);
    EXPECT_EQ(trades, 100u);
}

TEST_F(HttpStream, ABrokenLineCostsThatLine) {
    open({wanted(1, "SPY")});
    receive(R"({"type":"quote","symbol":"SP)");
    receive("\n" + quote("SPY", 470));
    EXPECT_EQ(seen.skips(Skip::malformed), 1u);
    EXPECT_EQ(seen.quotes.size(), 1u);
    receive(R"({"type":")" + std::string(20000, 'x'));
    receive(std::string(20000, 'x'));
    EXPECT_EQ(seen.skips(Skip::malformed), 2u) << "an object too long";
    receive("xx\"}\n" + quote("SPY", 471));
    EXPECT_EQ(seen.quotes.size(), 2u);
    receive("garbage");
    receive(" goes on\n" + quote("SPY", 472));
    EXPECT_EQ(seen.quotes.size(), 3u);
    EXPECT_EQ(seen.skips(Skip::malformed), 3u);
}

TEST_F(HttpStream, NewSymbolsNeedAnotherRequest) {
    open({wanted(1, "SPY")});
    advance(1s);
    want({wanted(2, "AAPL")});
    advance(8s);
    EXPECT_FALSE(session->ended().has_value());
    advance(1100ms);
    ASSERT_TRUE(session->ended().has_value());
    EXPECT_EQ(session->ended()->reason, errc::planned_shutdown);
    EXPECT_FALSE(session->ended()->make_before_break) << "one session a user";
}

TEST_F(HttpStream, SymbolsTooManyDoNoHarm) {
    open({wanted(1, "SPY"), wanted(2, "AAPL")});
    want({}, {wanted(2, "AAPL").what});
    advance(30s);
    EXPECT_FALSE(session->ended().has_value());
    receive(quote("AAPL", 180));
    EXPECT_TRUE(seen.quotes.empty());
    want({wanted(2, "AAPL")});
    advance(1s);
    EXPECT_FALSE(session->ended().has_value()) << "it is streamed still";
    receive(quote("AAPL", 181));
    EXPECT_EQ(seen.quotes.size(), 1u);
}

TEST_F(HttpStream, WhatIsWantedAfterTheRequestWaitsForTheNext) {
    want({wanted(1, "SPY")});
    want({wanted(2, "AAPL")});
    EXPECT_EQ(session->plan().form.find("AAPL"), std::string::npos);
    session->opened(now, seen);
    advance(3s);
    EXPECT_EQ(seen.acked.size(), 1u);
    advance(8s);
    EXPECT_TRUE(session->ended().has_value());
}

TEST_F(HttpStream, ARefusalMayComeInTheStream) {
    open({wanted(1, "SPY")});
    receive(R"({"error":"too many sessions requested"})");
    EXPECT_EQ(session->ended()->reason, errc::too_many_connections);
}

} // namespace
} // namespace tickgate::tradier
