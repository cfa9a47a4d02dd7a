// A provider's adapter asked for the past of its simulated venue.
#pragma once

#include "rig.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tickgate::test {

// Texts and times of a trade that outlive it.
struct PastTrade {
    std::string trade_id;
    Decimal price, size;
    UnixNanos time{};
    std::optional<std::uint64_t> number;
    Side side = Side::unknown;

    bool operator==(const PastTrade& o) const {
        return trade_id == o.trade_id && price == o.price && size == o.size && time == o.time && number == o.number;
    }
};

class History : public Conformance {
protected:
    // The venue, which has traded for five minutes already, and the adapter on its REST.
    void open(std::vector<std::string> more = {});
    void connect(); // the adapter alone

    InstrumentName instrument(std::size_t i = 0) const;
    BarRequest request(Timeframe tf, UnixNanos from, UnixNanos to) const;
    TradeRequest trades_in(UnixNanos from, UnixNanos to) const;
    // All pages; `limit` of each, 0: the adapter's. Fails the test on an error and on more than 500 pages.
    std::vector<Bar> bars(BarRequest what, std::size_t limit = 0);
    std::vector<PastTrade> trades(TradeRequest what, std::size_t limit = 0);
    result<BarPage> page(BarRequest what) { return ask(adapter->get_bars(std::move(what), *rest)); }
    std::size_t pages = 0; // of the last call of bars() or trades()

    std::unique_ptr<DataProvider> adapter;
};

// The same bars, field for field; times of receipt aside.
void expect_same(const std::vector<Bar>& a, const std::vector<Bar>& b);

} // namespace tickgate::test
