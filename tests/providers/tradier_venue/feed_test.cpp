// The adapter's session against the venue's stream, message by message.
#include "rig.hpp"

#include "providers/tradier/recorder.hpp"
#include "tradier/session.hpp"

namespace tickgate::tradier_venue {
namespace {

class Pair : public VenueRig {
protected:
    void connect(bool http = false) {
        tradier::SessionOptions o;
        o.base = "ws://venue";
        o.http = http;
        o.session_id = session_id();
        o.created = now.mono;
        session = std::make_unique<tradier::TradierSession>(o);
        SubscriptionDelta delta;
        std::uint32_t id = 0;
        for (const auto& native : settings.symbols) {
            for (const auto kind : {Kind::quote, Kind::trade})
                delta.add.push_back({{static_cast<InstrumentId>(id), kind, Timeframe::m1}, native});
            ++id;
        }
        session->want(delta, now, seen, seen);
        if (http) {
            const auto request = this->http("POST", "/v1/markets/events", session->plan().form);
            client = venue->open(request, port, now);
        } else {
            client = websocket(port);
        }
        session->opened(now, seen);
        carry();
    }
    // What each side said reaches the other.
    void carry() {
        for (; said < seen.sent.size(); ++said)
            client->on_text(seen.sent[said], now);
        for (auto* list : {&port.control, &port.data}) {
            for (const auto& text : *list) {
                const tradier_test::Padded bytes(text);
                session->received(bytes.view(), now, seen, seen);
            }
            list->clear();
        }
    }
    void pass(std::chrono::milliseconds by) {
        for (auto left = by; left > 0ms; left -= 100ms) {
            advance(100ms);
            client->tick(now);
            session->tick(now, seen, seen);
            carry();
        }
    }
    std::size_t said = 0;
    FakePort port;
    tradier_test::Recorder seen;
    std::unique_ptr<tradier::TradierSession> session;
    std::unique_ptr<kit::VenueClient> client;
};

TEST_F(Pair, EveryQuoteAndTradeArrivesExactly) {
    connect();
    EXPECT_GE(seen.acked.size(), 6u);
    venue->burst(2000, now);
    carry();
    pass(11s); // the list with the values of indices
    venue->burst(2000, now);
    carry();
    EXPECT_EQ(seen.acked.size(), 8u);
    EXPECT_EQ(seen.skips(Skip::malformed), 0u);
    EXPECT_EQ(seen.skips(Skip::unknown_instrument), 0u);
    EXPECT_GT(seen.trades.size(), 300u);
    for (std::uint32_t i = 0; i < settings.symbols.size(); ++i) {
        const auto* book = venue->find(settings.symbols[i]);
        const auto last_quote = std::find_if(
            seen.quotes.rbegin(), seen.quotes.rend(), [&](const Quote& q) { return index_of(q.instrument) == i; });
        ASSERT_NE(last_quote, seen.quotes.rend());
        EXPECT_EQ(last_quote->flags.has(Flag::indicative), book->is_index());
        if (book->is_index()) {
            EXPECT_FALSE(last_quote->bid.has_value());
            EXPECT_EQ(*last_quote->last, Decimal::from_parts(book->value(), -2));
            continue;
        }
        EXPECT_EQ(*last_quote->bid, Decimal::from_parts(book->quote.bid, -2)) << book->native;
        EXPECT_EQ(*last_quote->bid_size,
            Decimal::from_integer(book->quoted(book->quote.bid_lots) * (book->is_option() ? 1 : 100)));
        const auto last_trade = std::find_if(
            seen.trades.rbegin(), seen.trades.rend(), [&](const auto& t) { return index_of(t.trade.instrument) == i; });
        ASSERT_NE(last_trade, seen.trades.rend());
        EXPECT_EQ(last_trade->trade.price, Decimal::from_parts(book->last.price, -2));
        EXPECT_EQ(last_trade->trade.size, Decimal::from_integer(book->last.lots));
        EXPECT_EQ(last_trade->trade.src_seq, static_cast<std::uint64_t>(book->last.id));
    }
}

TEST_F(Pair, RepeatsOfAnIdleMarketAreNoNews) {
    connect();
    venue->burst(500, now);
    carry();
    pass(35s); // the value of the index comes with the first repeat
    const auto quotes = seen.quotes.size(), trades = seen.trades.size();
    pass(65s);
    EXPECT_EQ(seen.quotes.size(), quotes);
    EXPECT_EQ(seen.trades.size(), trades);
    EXPECT_GT(seen.skips(Skip::repeated), 6u);
    EXPECT_FALSE(session->ended().has_value());
    EXPECT_TRUE(seen.silent.empty());
}

TEST_F(Pair, ALateChangeComesWithAFreshId) {
    connect();
    pass(6min);
    SubscriptionDelta delta;
    delta.remove.push_back({static_cast<InstrumentId>(0), Kind::quote, Timeframe::m1});
    session->want(delta, now, seen, seen);
    ASSERT_TRUE(session->wants_renewal());
    session->renewed(session_id(), now, seen, seen);
    carry();
    EXPECT_FALSE(port.closed);
    EXPECT_FALSE(session->ended().has_value());
}

TEST_F(Pair, TheHttpStreamSaysTheSame) {
    connect(true);
    venue->burst(1000, now);
    carry();
    EXPECT_EQ(seen.skips(Skip::malformed), 0u);
    EXPECT_GT(seen.quotes.size(), 300u);
    EXPECT_GT(seen.trades.size(), 50u);
}

TEST_F(Pair, ASecondStreamIsRefusedAndWaitsForMinutes) {
    FakePort taken;
    auto other = websocket(taken);
    other->on_text(list(R"("SPY")", session_id()), now);
    connect();
    ASSERT_TRUE(session->ended().has_value());
    EXPECT_EQ(session->ended()->reason, errc::too_many_connections);
    EXPECT_EQ(session->ended()->pause, 6min);
}

TEST_F(Pair, GarbageOfTheVenueIsCounted) {
    connect();
    for (const auto* kind : {"json", "types", "truncated"}) {
        port.control.push_back(venue->garbage(kind));
        carry();
    }
    EXPECT_EQ(seen.skips(Skip::malformed), 3u);
    venue->burst(100, now);
    const auto before = seen.quotes.size();
    carry();
    EXPECT_GT(seen.quotes.size(), before);
}

} // namespace
} // namespace tickgate::tradier_venue
