#include "history_rig.hpp"

namespace tickgate::test {

namespace {
constexpr std::size_t most_pages = 500;
}

void History::open(std::vector<std::string> more) {
    more.insert(more.end(), {"--history", "300"});
    start_venue(std::move(more));
    connect();
}

void History::connect() {
    adapter = make_provider();
    ASSERT_TRUE(adapter);
    rest = std::make_unique<app::ProviderRest>(loop.get_executor(), card().provider, nullptr);
    rest->attach(*adapter);
}

InstrumentName History::instrument(std::size_t i) const { return *InstrumentName::parse(card().instruments[i]); }

BarRequest History::request(Timeframe tf, UnixNanos from, UnixNanos to) const {
    BarRequest r;
    r.instrument = instrument();
    r.timeframe = tf;
    r.from = from;
    r.to = to;
    return r;
}

TradeRequest History::trades_in(UnixNanos from, UnixNanos to) const {
    TradeRequest r;
    r.instrument = instrument();
    r.from = from;
    r.to = to;
    return r;
}

std::vector<Bar> History::bars(BarRequest what, std::size_t limit) {
    std::vector<Bar> out;
    what.limit = limit;
    for (pages = 1; pages <= most_pages; ++pages) {
        const auto answer = page(what);
        EXPECT_TRUE(answer) << describe(answer ? error_code() : answer.error());
        if (!answer)
            return out;
        for (const auto& bar : answer->bars) {
            EXPECT_TRUE(bar.open_time >= what.from && bar.open_time < what.to) << "not asked for";
            EXPECT_TRUE(out.empty() || out.back().open_time < bar.open_time) << "twice or in disorder";
            out.push_back(bar);
        }
        if (limit > 0) {
            EXPECT_LE(answer->bars.size(), limit);
        }
        if (!answer->next)
            return out;
        EXPECT_GT(*answer->next, what.from) << "it does not get along";
        what.from = *answer->next;
    }
    ADD_FAILURE() << "it does not come to an end";
    return out;
}

std::vector<PastTrade> History::trades(TradeRequest what, std::size_t limit) {
    std::vector<PastTrade> out;
    what.limit = limit;
    for (pages = 1; pages <= most_pages; ++pages) {
        TradeSink sink = [&out](const Trade& t) {
            EXPECT_TRUE(t.event_time.has_value());
            EXPECT_EQ(t.action, TradeAction::create);
            out.push_back(
                {std::string(t.trade_id), t.price, t.size, t.event_time.value_or(UnixNanos()), t.src_seq, t.side});
        };
        const auto before = out.size();
        const auto cursor = ask(adapter->get_trades(what, std::move(sink), *rest));
        EXPECT_TRUE(cursor) << describe(cursor ? error_code() : cursor.error());
        if (!cursor || cursor->empty())
            return out;
        if (limit > 0) {
            EXPECT_LE(out.size() - before, limit);
        }
        EXPECT_NE(*cursor, what.cursor) << "it does not get along";
        what.cursor = *cursor;
    }
    ADD_FAILURE() << "it does not come to an end";
    return out;
}

void expect_same(const std::vector<Bar>& a, const std::vector<Bar>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(a[i].open_time, b[i].open_time);
        EXPECT_EQ(a[i].close_time, b[i].close_time);
        EXPECT_TRUE(a[i].open.same_text(b[i].open) && a[i].high.same_text(b[i].high) && a[i].low.same_text(b[i].low) &&
                    a[i].close.same_text(b[i].close))
            << to_micros(a[i].open_time);
        EXPECT_EQ(a[i].volume, b[i].volume);
        EXPECT_EQ(a[i].trades, b[i].trades);
    }
}

} // namespace tickgate::test
