#include "session_rig.hpp"

namespace tickgate::tradier {
namespace {

using Session = SessionRig;
using tradier_test::fixture;

TEST_F(Session, PlansAWebSocketWhoseDeathIsSeenWithinAMinute) {
    EXPECT_EQ(session->plan().transport, ConnectionPlan::Transport::websocket);
    EXPECT_EQ(session->plan().url, "wss://ws.example/v1/markets/events");
    EXPECT_EQ(session->plan().ping_interval, 25s);
    EXPECT_EQ(session->plan().silence_limit, 60s);
}

TEST_F(Session, SendsTheCompleteListOnce) {
    open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade), wanted(2, "BRK/B"), wanted(3, "SPY240119C00480000")});
    ASSERT_EQ(seen.sent.size(), 1u);
    EXPECT_EQ(seen.sent[0],
        R"({"symbols":["BRK/B","SPY","SPY240119C00480000"],"filter":["quote","timesale"],"sessionid":"id-1","linebreak":true,"validOnly":true,"advancedDetails":false})");
    advance(20s);
    EXPECT_EQ(seen.sent.size(), 1u);
}

TEST_F(Session, TheFilterNamesOnlyWhatIsWanted) {
    open({wanted(1, "SPY")});
    EXPECT_NE(seen.sent[0].find(R"("filter":["quote"])"), std::string::npos);
    auto o = options();
    o.trades = TradeEvents::trade;
    make(o);
    open({wanted(1, "SPY", Kind::trade)});
    EXPECT_NE(seen.sent[1].find(R"("filter":["trade"])"), std::string::npos);
}

TEST_F(Session, IsAcknowledgedByTheFirstEventOrAfterTwoSecondsWithoutRefusal) {
    open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade), wanted(2, "AAPL")});
    EXPECT_TRUE(seen.acked.empty());
    receive(quote("SPY", 470));
    EXPECT_EQ(seen.acked.size(), 2u) << "the symbol is known";
    advance(1900ms);
    EXPECT_EQ(seen.acked.size(), 2u);
    advance(200ms);
    EXPECT_EQ(seen.acked.size(), 3u);
}

TEST_F(Session, ListsAreTenSecondsApartAndWhole) {
    open({wanted(1, "SPY")});
    advance(1s);
    want({wanted(2, "AAPL")});
    want({wanted(3, "MSFT")}, {wanted(1, "SPY").what});
    EXPECT_EQ(seen.gone.size(), 1u);
    advance(8500ms);
    EXPECT_EQ(seen.sent.size(), 1u);
    advance(600ms);
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_NE(seen.sent[1].find(R"("symbols":["AAPL","MSFT"])"), std::string::npos) << seen.sent[1];
    advance(60s);
    want({wanted(4, "IBM")});
    EXPECT_EQ(seen.sent.size(), 3u) << "at once when nothing was sent lately";
}

TEST_F(Session, AnEmptyListIsNeverSent) {
    open({wanted(1, "SPY")});
    advance(20s);
    want({}, {wanted(1, "SPY").what});
    advance(20s);
    EXPECT_EQ(seen.sent.size(), 1u);
    receive(quote("SPY", 470));
    EXPECT_TRUE(seen.quotes.empty());
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 0u) << "it is still streamed";
    want({wanted(2, "AAPL")});
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_NE(seen.sent[1].find(R"("symbols":["AAPL"])"), std::string::npos);
}

TEST_F(Session, AnIdOlderThanFiveMinutesIsRenewedFirst) {
    open({wanted(1, "SPY")});
    advance(5min);
    EXPECT_FALSE(session->wants_renewal()) << "nothing to say, no id needed";
    want({wanted(2, "AAPL")});
    EXPECT_TRUE(session->wants_renewal());
    EXPECT_EQ(seen.sent.size(), 1u);
    session->renewed(std::string("id-2"), now, seen, seen);
    EXPECT_FALSE(session->wants_renewal());
    ASSERT_EQ(seen.sent.size(), 2u);
    EXPECT_NE(seen.sent[1].find(R"("sessionid":"id-2")"), std::string::npos);
}

TEST_F(Session, ARenewalThatFailsIsAskedAgainLater) {
    open({wanted(1, "SPY")});
    advance(5min);
    want({wanted(2, "AAPL")});
    session->renewed(errc::timed_out, now, seen, seen);
    EXPECT_FALSE(session->wants_renewal());
    advance(9s);
    EXPECT_FALSE(session->wants_renewal());
    advance(1100ms);
    EXPECT_TRUE(session->wants_renewal());
    EXPECT_FALSE(session->ended().has_value()) << "what was subscribed streams on";
    session->renewed(errc::unauthorized, now, seen, seen);
    ASSERT_TRUE(session->ended().has_value());
    EXPECT_EQ(session->ended()->reason, errc::unauthorized);
}

TEST_F(Session, TooManySessionsWaitLongerEachTime) {
    for (const auto minutes : {6, 12, 18, 24, 30, 30}) {
        make(options());
        open({wanted(1, "SPY")});
        receive(R"({"error":"too many sessions requested"})");
        ASSERT_TRUE(session->ended().has_value());
        EXPECT_EQ(session->ended()->reason, errc::too_many_connections);
        EXPECT_EQ(recovery_of(session->ended()->reason), Recovery::retry_later);
        EXPECT_EQ(session->ended()->pause, std::chrono::minutes(minutes));
    }
    make(options());
    open({wanted(1, "SPY")});
    receive(quote("SPY", 470));
    receive(R"({"error":"too many sessions requested"})");
    EXPECT_EQ(session->ended()->pause, 6min) << "it was let in meanwhile";
    EXPECT_TRUE(seen.rejected.empty());
}

TEST_F(Session, RefusalsAreSorted) {
    open({wanted(1, "SPY")});
    receive(R"({"error":"invalid session id"})");
    EXPECT_EQ(session->ended()->reason, errc::closed_by_venue) << "a new connection brings a new id";
    make(options());
    open({wanted(1, "SPY")});
    receive(R"({"error":"something broke"})");
    EXPECT_EQ(session->ended()->reason, errc::venue_error);
    make(options());
    open({wanted(1, "SPY")});
    advance(3s);
    advance(10s);
    want({wanted(2, "BAD")});
    receive(R"({"error":"invalid symbols"})");
    EXPECT_FALSE(session->ended().has_value());
    ASSERT_EQ(seen.rejected.size(), 1u);
    EXPECT_EQ(seen.rejected[0].instrument, static_cast<InstrumentId>(2));
    EXPECT_EQ(seen.reject_reason, errc::bad_request);
}

TEST_F(Session, UnknownSymbolsAreSilentAndThatIsTold) {
    open({wanted(1, "SPY"), wanted(2, "ZZZZ")});
    receive(quote("SPY", 470));
    advance(61s);
    ASSERT_EQ(seen.silent.size(), 1u);
    EXPECT_EQ(seen.silent[0].instrument, static_cast<InstrumentId>(2));
}

TEST_F(Session, EndsAtFourInTheMorningOfNewYork) {
    open({wanted(1, "SPY")}); // 09:30
    now.wall += 18h + 29min;
    session->tick(now, seen, seen);
    EXPECT_FALSE(session->ended().has_value());
    now.wall += 1min;
    session->tick(now, seen, seen);
    ASSERT_TRUE(session->ended().has_value());
    EXPECT_EQ(session->ended()->reason, errc::planned_shutdown);
    EXPECT_FALSE(session->ended()->make_before_break) << "one session a user";
    make(options());
    now.wall -= 10min; // 03:50
    open({wanted(1, "SPY")});
    now.wall += 10min;
    session->tick(now, seen, seen);
    EXPECT_FALSE(session->ended().has_value()) << "made shortly before: the next day";
    now.wall += 24h;
    session->tick(now, seen, seen);
    EXPECT_TRUE(session->ended().has_value());
}

TEST_F(Session, QuotedLotsAreSharesAndContractsStay) {
    open({wanted(1, "SPY"), wanted(2, "SPY240119C00480000")});
    receive(quote("SPY", 470) + quote("SPY240119C00480000", 2));
    ASSERT_EQ(seen.quotes.size(), 2u);
    EXPECT_EQ(seen.quotes[0].bid->to_string(), "470.50");
    EXPECT_EQ(seen.quotes[0].bid_size->to_string(), "300");
    EXPECT_EQ(seen.quotes[0].ask_size->to_string(), "400");
    EXPECT_EQ(seen.exchanges[0], "Q");
    EXPECT_EQ(seen.quotes[1].bid_size->to_string(), "3");
    EXPECT_FALSE(seen.quotes[0].src_seq.has_value());
    auto o = options();
    o.lot_size = 1;
    make(o);
    open({wanted(1, "SPY")});
    receive(quote("SPY", 470));
    EXPECT_EQ(seen.quotes[2].bid_size->to_string(), "3");
}

TEST_F(Session, IdleSymbolsAreRepeatedAndThatIsDropped) {
    open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade)});
    for (int i = 0; i < 3; ++i)
        receive(quote("SPY", 470) + sale("SPY", 7));
    receive(sale("SPY", 6) + sale("SPY", 9) + sale("SPY", 10, "", "0"));
    EXPECT_EQ(seen.quotes.size(), 1u);
    ASSERT_EQ(seen.trades.size(), 2u);
    EXPECT_EQ(seen.trades[0].id, "7");
    EXPECT_EQ(seen.trades[1].trade.src_seq, 9u);
    EXPECT_FALSE(seen.trades[1].trade.contiguous_ids);
    EXPECT_EQ(seen.skips(Skip::repeated), 5u);
    EXPECT_EQ(seen.skips(Skip::unknown_type), 1u) << "a trade of size 0";
    receive(sale("SPY", 1, "", "100", 1705674600000 + 3 * 86400000ll));
    EXPECT_EQ(seen.trades.size(), 3u) << "numbers begin anew each day";
    receive(sale("SPY", 9));
    EXPECT_EQ(seen.trades.size(), 3u) << "yesterday's last tick";
}

TEST_F(Session, WithoutNumbersTheSameTradeIsARepeat) {
    auto o = options();
    o.trades = TradeEvents::trade;
    make(o);
    open({wanted(1, "SPY", Kind::trade)});
    const auto trade = [](const char* size) {
        return std::string(R"({"type":"trade","symbol":"SPY","exch":"J","price":"281.1200","size":")") + size +
               R"(","cvol":"1","date":"1705674600000","last":"281.1200"})";
    };
    receive(trade("100") + trade("100") + trade("200"));
    ASSERT_EQ(seen.trades.size(), 2u) << "glued objects are taken apart";
    EXPECT_EQ(seen.trades[0].trade.price.to_string(), "281.1200");
    EXPECT_EQ(seen.trades[0].exchange, "J");
    EXPECT_TRUE(seen.trades[0].id.empty());
    receive(sale("SPY", 1));
    EXPECT_EQ(seen.trades.size(), 2u) << "one account of the trades, or volumes double";
}

TEST_F(Session, CancelsAndCorrectionsAreNoNewTrades) {
    open({wanted(1, "SPY", Kind::trade)});
    receive(sale("SPY", 7) + sale("SPY", 8) + sale("SPY", 7, R"(,"flag":"T I","cancel":true,"correction":false)"));
    ASSERT_EQ(seen.trades.size(), 3u);
    EXPECT_EQ(seen.trades[2].trade.action, TradeAction::cancel);
    EXPECT_FALSE(seen.trades[2].trade.updates_last);
    EXPECT_EQ(seen.trades[2].ref, "7");
    EXPECT_EQ(seen.trades[2].conditions, (std::vector<std::string>{"T", "I"}));
    receive(sale("SPY", 7, R"(,"cancel":true)"));
    EXPECT_EQ(seen.trades.size(), 3u) << "repeated";
    receive(sale("SPY", 9, R"(,"cancel":false,"correction":true)"));
    ASSERT_EQ(seen.trades.size(), 4u);
    EXPECT_EQ(seen.trades[3].trade.action, TradeAction::correct);
    EXPECT_EQ(seen.trades[3].ref, "") << "a number of its own: the venue does not say which trade";
    receive(sale("SPY", 10));
    EXPECT_EQ(seen.trades[4].trade.action, TradeAction::create);
}

TEST_F(Session, AnIndexHasValuesAndNoSizes) {
    open({wanted(1, "SPX"), wanted(2, "SPY")});
    receive(
        R"({"type":"quote","symbol":"SPX","bid":4770.1,"bidsz":0,"bidexch":"","biddate":"1705674600000","ask":4790.2,"asksz":0,"askexch":"","askdate":"1705674600000"})");
    EXPECT_TRUE(seen.quotes.empty()) << "a bid and an ask that are no market, and no value yet";
    advance(10s);
    ASSERT_EQ(seen.sent.size(), 2u) << "its values come as `trade`";
    EXPECT_NE(seen.sent[1].find(R"("filter":["quote","trade"])"), std::string::npos);
    receive(
        R"({"type":"trade","symbol":"SPX","exch":"","price":"4780.24","size":"0","cvol":"0","date":"1705674601000","last":"4780.24"})");
    ASSERT_EQ(seen.quotes.size(), 1u);
    EXPECT_EQ(seen.quotes[0].last->to_string(), "4780.24");
    EXPECT_TRUE(seen.quotes[0].flags.has(Flag::indicative));
    EXPECT_FALSE(seen.quotes[0].bid || seen.quotes[0].ask) << "a value is `last` alone";
    receive(
        R"({"type":"quote","symbol":"SPX","bid":4770.3,"bidsz":0,"bidexch":"","biddate":"1705674602000","ask":4790.4,"asksz":0,"askexch":"","askdate":"1705674602000"})");
    EXPECT_EQ(seen.quotes.size(), 1u) << "it is all that is told";
    EXPECT_TRUE(seen.trades.empty());
    receive(quote("SPY", 470));
    EXPECT_FALSE(seen.quotes[1].flags.has(Flag::indicative));
    receive(quote("SPX", 4780));
    EXPECT_FALSE(seen.quotes[2].flags.has(Flag::indicative)) << "it was none, after all";
    EXPECT_EQ(seen.quotes[2].bid_size->to_string(), "300");
}

TEST_F(Session, TheSamplesArriveThroughASession) {
    open({wanted(1, "SPY"), wanted(1, "SPY", Kind::trade), wanted(2, "C")});
    receive(fixture("stream/events_doc_2019.jsonl"));
    EXPECT_EQ(seen.quotes.size(), 1u);
    ASSERT_EQ(seen.trades.size(), 1u);
    EXPECT_EQ(seen.trades[0].trade.price.to_string(), "281.10");
    EXPECT_EQ(seen.trades[0].id, "352342");
    EXPECT_EQ(seen.skips(Skip::unknown_type), 3u) << "summary, trade, tradex";
    receive(fixture("stream/events_live_2022.jsonl"));
    EXPECT_EQ(seen.quotes.size(), 3u);
    EXPECT_EQ(seen.trades.size(), 1u) << "size 0";
    auto o = options();
    o.trades = TradeEvents::tradex;
    make(o);
    open({wanted(1, "SPY", Kind::trade)});
    receive(fixture("stream/events_doc_2019.jsonl"));
    EXPECT_EQ(seen.trades.size(), 2u);
    EXPECT_EQ(seen.trades[1].trade.event_time, from_millis(1557757204760));
}

TEST_F(Session, GarbageIsCountedAndTheSessionLives) {
    open({wanted(1, "SPY")});
    for (const char* text : {"{", "nonsense", "[]", R"({"type":"quote","symbol":"SPY"})", "\x01\x02{}", "{\"a\":"})
        receive(text);
    EXPECT_EQ(seen.skips(Skip::malformed), 6u);
    receive("oops\n" + quote("SPY", 470));
    EXPECT_EQ(seen.quotes.size(), 1u);
    receive(quote("NOBODY", 1));
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 1u);
    EXPECT_FALSE(session->ended().has_value());
}

TEST_F(Session, BarsAndStrangeNamesAreRefusedHere) {
    open({wanted(1, "SPY", Kind::bar)});
    EXPECT_EQ(seen.reject_reason, errc::not_supported);
    want({wanted(2, "A\"B")});
    EXPECT_EQ(seen.reject_reason, errc::bad_request);
    EXPECT_TRUE(seen.sent.empty());
}

TEST_F(Session, CloseCodesSayWhatToDoNext) {
    EXPECT_EQ(session->closed(1006, "").reason, errc::closed_by_venue);
    EXPECT_EQ(session->closed(1009, "").reason, errc::message_too_large);
    const auto end = session->closed(1008, "too many sessions requested");
    EXPECT_EQ(end.reason, errc::too_many_connections);
    EXPECT_EQ(end.pause, 6min);
}

} // namespace
} // namespace tickgate::tradier
