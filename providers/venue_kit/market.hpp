// The synthetic market: quotes and trades of many symbols at a set rate.
#pragma once

#include "venue_kit/tape.hpp"

#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace tickgate::venue_kit {

struct MarketQuote {
    std::int64_t update_id = 0;    // grows with every change of the symbol
    std::int64_t bid = 0, ask = 0; // ticks
    std::int64_t bid_lots = 0, ask_lots = 0;
    UnixNanos time{};
};

class MarketListener {
public:
    virtual ~MarketListener() = default;
    virtual void on_quote(std::size_t symbol, const MarketQuote& quote) = 0;
    // All fills of one taker order, in order. Not for symbols without trades.
    virtual void on_trade(std::size_t symbol, std::span<const Fill> fills) = 0;
};

struct MarketOptions {
    std::uint64_t seed = 1;
    std::vector<SyntheticSymbol> symbols;
    std::uint64_t rate = 1000;       // quotes and taker orders a second, all symbols together; 0: only on burst()
    unsigned trade_permille = 200;   // share of taker orders
    bool single_fills = false;       // else a quarter of the orders takes two or three fills
    std::int64_t offset_spreads = 0; // this venue quotes so many spreads above the path all venues share; may be < 0
    std::chrono::seconds history{0}; // that happened before the start, see prefill()
};

// Advances by calls only: event k happens k / rate after the Unix epoch and is a function of (seed, k), however often
// advance() is called and whenever the process began: two runs with the same seed, rate and symbols trade the same at
// the same time, but for their ids. More than a second behind (a stopped process), the time lost is left out. Ids
// continue over restarts, as they begin at a number made of the start time.
class SyntheticMarket {
public:
    SyntheticMarket(MarketOptions options, UnixNanos start);

    // Emits what MarketOptions::history asks for, up to the start; before the first advance(). Takes about a second for
    // a million events.
    void prefill(MarketListener& listener);
    // Emits all events up to `now`.
    void advance(UnixNanos now, MarketListener& listener);
    // Emits `count` events that happen at `now`.
    void burst(std::size_t count, UnixNanos now, MarketListener& listener);
    // While closed nothing happens, burst() included. Quotes stay as they were.
    void close(bool on) noexcept { closed_ = on; }
    bool closed() const noexcept { return closed_; }
    // From now on nothing happens within the hole, and bars of it are not told.
    void add_hole(Hole hole) { holes_->add(hole); }
    const Holes& holes() const noexcept { return *holes_; }
    UnixNanos live_from() const noexcept { return live_from_; } // trades exist from here on
    // When the next event is due (were the market open); never earlier than the last advance.
    UnixNanos next_due() const noexcept;

    std::size_t size() const noexcept { return options_.symbols.size(); }
    const SyntheticSymbol& symbol(std::size_t i) const noexcept { return options_.symbols[i]; }
    std::optional<std::size_t> find(std::string_view joined) const; // `BTCUSDT`
    const MarketQuote& quote(std::size_t i) const noexcept { return quotes_[i]; }
    Tape& tape(std::size_t i) noexcept { return *tapes_[i]; }
    std::uint64_t events() const noexcept { return events_; } // since the start

private:
    std::uint64_t index_at(UnixNanos t) const noexcept; // of the first event not before `t`
    void event(UnixNanos time, std::uint64_t number, MarketListener& listener);
    void change_quote(std::size_t i, std::uint64_t random, UnixNanos time);

    MarketOptions options_;
    UnixNanos start_, live_from_;
    std::uint64_t index_ = 0; // of the next event
    std::uint64_t burst_ = 0, events_ = 0;
    UnixNanos last_{};
    bool closed_ = false;
    std::unique_ptr<Holes> holes_ = std::make_unique<Holes>(); // the tapes refer to it
    std::vector<std::unique_ptr<Tape>> tapes_;
    std::vector<MarketQuote> quotes_;
    std::vector<std::int64_t> next_trade_, next_aggregate_;
    std::unordered_map<std::string, std::size_t> names_;
};

} // namespace tickgate::venue_kit
