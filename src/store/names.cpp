#include "store/names.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace tickgate::store {

namespace {

constexpr std::array<std::string_view, 4> price_types{"trade", "mid", "bid", "ask"};
constexpr std::array<std::string_view, 3> alignments{"utc", "ny17", "exchange"};
constexpr std::array<std::string_view, 3> units{"none", "base", "ticks"};
constexpr std::array<std::string_view, 3> sources{"provider", "ticks", "derived"};

template <class E>
std::string_view name_in(std::span<const std::string_view> names, E value) noexcept {
    const auto i = static_cast<std::size_t>(value);
    return i < names.size() ? names[i] : "unknown";
}

template <class E>
std::optional<E> value_in(std::span<const std::string_view> names, std::string_view text) noexcept {
    const auto at = std::find(names.begin(), names.end(), text);
    if (at == names.end())
        return std::nullopt;
    return static_cast<E>(at - names.begin());
}

} // namespace

std::string_view name_of(PriceType p) noexcept { return name_in(price_types, p); }
std::string_view name_of(Alignment a) noexcept { return name_in(alignments, a); }
std::string_view name_of(VolumeUnit u) noexcept { return name_in(units, u); }
std::string_view name_of(BarSource s) noexcept { return name_in(sources, s); }
std::optional<PriceType> price_type_from(std::string_view text) noexcept {
    return value_in<PriceType>(price_types, text);
}
std::optional<Alignment> alignment_from(std::string_view text) noexcept {
    return value_in<Alignment>(alignments, text);
}

std::string SeriesKey::to_string() const {
    std::string out = provider + ' ' + instrument.to_string() + ' ';
    out += tickgate::to_string(timeframe);
    out += ' ';
    out += name_of(variant.price_type);
    out += ' ';
    out += name_of(variant.align);
    out += variant.adjusted ? " adjusted" : " raw";
    return out;
}

std::optional<SeriesKey> series_key_from(std::string_view provider, std::string_view asset_class,
    std::string_view symbol, std::string_view timeframe, std::string_view price_type, std::string_view align,
    bool adjusted) {
    const auto c = asset_class_from(asset_class);
    const auto tf = timeframe_from(timeframe);
    const auto price = price_type_from(price_type);
    const auto alignment = alignment_from(align);
    if (!c || !tf || !price || !alignment)
        return std::nullopt;
    return SeriesKey{std::string(provider), {*c, std::string(symbol)}, *tf, {*price, *alignment, adjusted}};
}

std::int64_t pack_kind(const Bar& bar) noexcept {
    return static_cast<std::int64_t>(bar.volume_unit) + 4 * static_cast<std::int64_t>(bar.source) +
           16 * static_cast<std::int64_t>(bar.flags.bits());
}

bool unpack_kind(std::int64_t kind, Bar& bar) noexcept {
    const auto unit = static_cast<std::size_t>(kind & 3), source = static_cast<std::size_t>(kind >> 2 & 3);
    const auto flags = kind >> 4;
    if (kind < 0 || unit >= units.size() || source >= sources.size() || flags >= std::int64_t{1} << flag_count)
        return false;
    bar.volume_unit = static_cast<VolumeUnit>(unit);
    bar.source = static_cast<BarSource>(source);
    bar.flags = Flags();
    for (int i = 0; i < flag_count; ++i)
        if ((flags >> i & 1) != 0)
            bar.flags.set(static_cast<Flag>(1 << i));
    return true;
}

} // namespace tickgate::store
