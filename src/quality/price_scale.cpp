#include "quality/price_scale.hpp"

#include <algorithm>
#include <cmath>

namespace tickgate::quality {

namespace {

constexpr double least_scale = 0.00002;
constexpr double usual_high = 3; // the ninth of ten moves, in medians

} // namespace

double approximate(const Decimal& value) noexcept {
    static constexpr std::array<double, 23> tens{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12,
        1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const auto m = static_cast<double>(value.mantissa());
    const int e = value.exponent();
    if (e <= 0 && e > -static_cast<int>(tens.size()))
        return m / tens[static_cast<std::size_t>(-e)];
    return m * std::pow(10.0, e);
}

void PriceScale::add(double move) noexcept {
    moves_[at_] = std::fabs(move);
    at_ = (at_ + 1) % size;
    count_ = std::min(count_ + 1, size);
    const std::size_t pause = count_ < size ? renewed_every / 4 : renewed_every;
    if (++since_ < pause && count_ > least)
        return;
    since_ = 0;
    auto sorted = moves_;
    const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(count_);
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(count_ / 2);
    const auto high = sorted.begin() + static_cast<std::ptrdiff_t>(count_ * 9 / 10);
    std::nth_element(sorted.begin(), middle, end);
    const double median = *middle;
    std::nth_element(middle, high, end);
    value_ = std::max({median, *high / usual_high, least_scale});
}

FarMoves far_moves(AssetClass asset_class) noexcept {
    switch (asset_class) {
    case AssetClass::fx:
        return {0.02, 5};
    case AssetClass::crypto:
    case AssetClass::future:
        return {0.10, 10};
    case AssetClass::option: // they do double and halve within a minute
        return {5, 100};
    case AssetClass::equity:
    case AssetClass::index:
    case AssetClass::cfd:
        break;
    }
    return {0.08, 5};
}

} // namespace tickgate::quality
