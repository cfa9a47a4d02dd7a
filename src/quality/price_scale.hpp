// How much a price usually moves from one bar to the next.
#pragma once

#include <tickgate/decimal.hpp>
#include <tickgate/instrument.hpp>

#include <array>
#include <cstddef>

namespace tickgate::quality {

// For comparisons of sizes only; never stored or told.
double approximate(const Decimal& value) noexcept;

// The median of the last 128 moves, each a share of the price: a few wild ones do not change it. Renewed every 64
// moves, at first every 16.
class PriceScale {
public:
    void add(double move) noexcept;
    bool is_known() const noexcept { return count_ >= least; }
    double value() const noexcept { return value_; } // never below 0.00002: prices move in steps

private:
    static constexpr std::size_t size = 128, least = 24, renewed_every = 64;
    std::array<double, size> moves_{};
    std::size_t count_ = 0, at_ = 0; // count_ stops at size
    std::size_t since_ = 0;
    double value_ = 0;
};

// What is far for a class of instruments: shares of the price.
struct FarMoves {
    double least = 0.05; // less is never called far, however quiet the series
    double absurd = 5;   // so many times its neighbours' price is no price
};
FarMoves far_moves(AssetClass asset_class) noexcept;
inline constexpr double far_factor = 25; // times the usual move

} // namespace tickgate::quality
