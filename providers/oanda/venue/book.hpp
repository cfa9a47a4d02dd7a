// What the venue knows of one instrument: its price now, and candles of bid, mid and ask made of its own prices.
#pragma once

#include "oanda/venue/instruments.hpp"

#include "venue_kit/market.hpp"
#include "venue_kit/tape.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::oanda_venue {

// In ticks. bid + ask is even, so that the mid has no more digits than they.
struct Price {
    std::int64_t bid = 0, ask = 0;
    std::int64_t bid_units = 0, ask_units = 0;
    std::uint64_t number = 0; // of this instrument's prices
    UnixNanos time{};
    bool tradeable = true;

    std::int64_t mid() const noexcept { return (bid + ask) / 2; }
};

enum class Side : std::uint8_t { bid, mid, ask };

// Pinned: its tapes refer to its symbols.
class Book {
public:
    Book(Instrument instrument, std::uint64_t seed, UnixNanos start, kit::TapeLimits limits);
    Book(const Book&) = delete;
    Book& operator=(const Book&) = delete;

    const Instrument& instrument() const noexcept { return instrument_; }
    const Price& price() const noexcept { return price_; }

    // A quote of the synthetic market becomes the price and a tick of the candles.
    void update(const kit::MarketQuote& quote);
    // The first price, which makes no tick.
    void begin(const kit::MarketQuote& quote);
    // Downtime: candles of it are not told. `holes` must outlive the book.
    void leave_out(const kit::Holes& holes) noexcept;

    // Closing blows the spread up; the first quote afterwards opens again.
    void close(UnixNanos now);

    // The prices of [open, end) as far as they are known at `now`; count is 0 if there was none. The made-up past has
    // prices while the market is open: Sunday to Friday, 17:00 New York.
    kit::TapeBar bar(Side side, UnixNanos open, UnixNanos end, UnixNanos now);
    // When the newest price of the candles was made; before all time if none was.
    UnixNanos last_tick() const noexcept { return last_tick_; }

private:
    void take(const kit::MarketQuote& quote);

    Instrument instrument_;
    std::array<kit::SyntheticSymbol, 3> symbols_; // a spread apart
    std::array<kit::Tape, 3> tapes_;
    Price price_;
    std::int64_t next_id_ = 1;
    UnixNanos last_tick_ = UnixNanos::min();
};

// A line of the stream without its end, or an element of the price poll. `skew` is added to the time.
void append_price(
    std::string& out, const Book& book, std::chrono::milliseconds skew, bool unix_time, std::string_view type);
void append_time(std::string& out, UnixNanos t, bool unix_time); // quoted

} // namespace tickgate::oanda_venue
