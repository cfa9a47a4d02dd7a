// Events of the streams, as the venue writes them. Each function appends one object.
#pragma once

#include "massive/venue/clusters.hpp"
#include "venue_kit/market.hpp"

#include <string>

namespace tickgate::massive_venue {

// value * 10^-decimals without zeros at the end: 11412500 with 5 is `114.125`.
void append_number(std::string& out, std::int64_t value, int decimals);

// An instrument with what is made of its name.
struct Instrument {
    Cluster cluster = Cluster::stocks;
    kit::SyntheticSymbol symbol;
    std::string wire, rest; // names
    std::uint64_t hash = 0;

    int tape() const noexcept { return 1 + static_cast<int>(hash % 3); }
    std::string price(std::int64_t ticks) const;
    std::string size(std::int64_t lots) const;                          // exact
    std::int64_t whole(std::int64_t lots) const noexcept;               // truncated
    std::string vwap(std::int64_t turnover, std::int64_t volume) const; // to two digits more than the price
};

// What a trade print says beside price and size.
struct Print {
    int exchange = 0;
    int trf = 0;            // 0: on an exchange
    std::string conditions; // `[14,41]`, empty: none
    std::int64_t sequence = 0;
};
// A fill that stands for a stray print (see MassiveOptions::stray_prints) has this as its aggregate.
inline constexpr std::int64_t stray_mark = -1;
std::string trade_id(const kit::Fill& fill); // `S123` of a stray one
Print print_of(const Instrument& instrument, const kit::Fill& fill);
std::int64_t quote_sequence(const kit::MarketQuote& quote) noexcept;
int bid_exchange(const Instrument& instrument, const kit::MarketQuote& quote) noexcept;
int ask_exchange(const Instrument& instrument, const kit::MarketQuote& quote) noexcept;

// `skew` is added to event times (fault clock_skew).
void trade_event(std::string& out, const Instrument& instrument, const kit::Fill& fill, std::chrono::nanoseconds skew);
void quote_event(
    std::string& out, const Instrument& instrument, const kit::MarketQuote& quote, std::chrono::nanoseconds skew);
void fmv_event(
    std::string& out, const Instrument& instrument, const kit::MarketQuote& quote, std::chrono::nanoseconds skew);
void luld_event(std::string& out, const Instrument& instrument, std::int64_t price, UnixNanos time);

// Sums of the running day.
struct DaySums {
    std::int64_t open = 0;
    std::int64_t volume = 0, turnover = 0;
};
void bar_event(std::string& out, const Instrument& instrument, Channel channel, const kit::TapeBar& bar,
    const DaySums& day, std::chrono::nanoseconds skew);

void status_event(std::string& out, std::string_view status, std::string_view message);

} // namespace tickgate::massive_venue
