#include "venue_kit/path.hpp"

#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::venue_kit {

namespace {

struct Octave {
    std::int64_t period_ns;
    std::int64_t amplitude_ppb;
};

constexpr std::int64_t second = 1'000'000'000;
// Amplitudes grow about with the root of the period, as those of a random walk do.
constexpr std::array<Octave, 10> octave_table{{
    {second / 5, 15'000},
    {second, 40'000},
    {5 * second, 90'000},
    {30 * second, 200'000},
    {180 * second, 500'000},
    {900 * second, 1'200'000},
    {7200 * second, 4'000'000},
    {86400 * second, 14'000'000},
    {15 * 86400 * second, 50'000'000},
    {180 * 86400 * second, 150'000'000},
}};

std::int64_t lattice(std::uint64_t key, std::size_t octave, std::int64_t index) noexcept {
    const auto h = mix(key + octave, static_cast<std::uint64_t>(index));
    return static_cast<std::int64_t>(h >> 43) - (1 << 20); // 21 bits around zero
}

std::int64_t floor_div(std::int64_t a, std::int64_t b) noexcept { return a / b - (a % b < 0 ? 1 : 0); }

} // namespace

PricePath::PricePath(std::uint64_t seed, std::string_view canonical) noexcept : key_(mix(seed, hash_text(canonical))) {
    static_assert(octave_table.size() == octaves);
}

std::int64_t PricePath::ratio_ppb(UnixNanos t) noexcept {
    const std::int64_t ns = t.time_since_epoch().count();
    std::int64_t sum = 1'000'000'000;
    for (std::size_t i = 0; i < octaves; ++i) {
        const auto& octave = octave_table[i];
        auto& segment = segments_[i];
        const auto index = floor_div(ns, octave.period_ns);
        if (index != segment.index) {
            segment.index = index;
            segment.left = lattice(key_, i, index);
            segment.right = lattice(key_, i, index + 1);
        }
        const auto inside = ns - index * octave.period_ns;
        const auto fraction = inside / std::max<std::int64_t>(octave.period_ns >> 20, 1); // 0 … about 2^20
        const auto value =
            segment.left + (((segment.right - segment.left) * std::min<std::int64_t>(fraction, 1 << 20)) >> 20);
        sum += (octave.amplitude_ppb * value) >> 20;
    }
    return sum;
}

std::int64_t PricePath::price(std::int64_t base, UnixNanos t) noexcept {
    __extension__ using Wide = __int128;
    const auto product = static_cast<Wide>(base) * ratio_ppb(t) + 500'000'000;
    return std::max<std::int64_t>(static_cast<std::int64_t>(product / 1'000'000'000), 1);
}

} // namespace tickgate::venue_kit
