// One symbol of the simulated venue, and its events as the stream writes them.
#pragma once

#include "venue_kit/market.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier_venue {

namespace kit = venue_kit;

struct Book {
    std::string native; // `BRK/B`
    kit::SyntheticSymbol symbol;
    kit::MarketQuote quote;
    kit::Fill last;          // id 0: none yet
    std::int64_t volume = 0; // of the day
    std::int64_t open = 0, high = 0, low = 0;

    bool is_option() const noexcept { return symbol.asset_class == AssetClass::option; }
    bool is_index() const noexcept { return symbol.asset_class == AssetClass::index; }
    // The price of `trade`; of an index what its bars are made of.
    std::int64_t value() const noexcept {
        return is_index() ? quote.bid : last.id != 0 ? last.price : (quote.bid + quote.ask) / 2;
    }
    // Round lots of a quoted side, contracts of an option, 0 of an index.
    std::int64_t quoted(std::int64_t lots) const noexcept;
    std::string description() const;
    std::string_view type() const noexcept; // stock, option, index

    void trade(const kit::Fill& fill) noexcept;
};

// A book of what the venue calls `native`; its class is told by the form of the name, indices by the known ones.
Book make_book(std::string_view native, UnixNanos now);
// `count` symbols of each class.
std::vector<Book> usual_books(std::size_t count, UnixNanos now);

// 28184 with 2 decimals is `281.84`, 28180 is `281.8`: as a program prints a number.
void append_number(std::string& out, std::int64_t value, int decimals);

// Objects without a line end. Dates are shifted by `skew`.
void append_quote(std::string& out, const Book& book, std::chrono::milliseconds skew);
// `type`: trade or tradex, the state of the last trade. `size`: 0 stands for a stale one.
void append_trade(
    std::string& out, const Book& book, std::string_view type, std::int64_t size, std::chrono::milliseconds skew);
void append_timesale(std::string& out, const Book& book, const kit::Fill& fill, std::chrono::milliseconds skew);
void append_summary(std::string& out, const Book& book);

} // namespace tickgate::tradier_venue
