// The words by which the store writes the parts of a series key and of a bar.
#pragma once

#include "store/series.hpp"

#include <optional>
#include <string_view>

namespace tickgate::store {

std::string_view name_of(PriceType p) noexcept;  // `trade`, `mid`, `bid`, `ask`
std::string_view name_of(Alignment a) noexcept;  // `utc`, `ny17`, `exchange`
std::string_view name_of(VolumeUnit u) noexcept; // `none`, `base`, `ticks`
std::string_view name_of(BarSource s) noexcept;  // `provider`, `ticks`, `derived`
std::optional<PriceType> price_type_from(std::string_view text) noexcept;
std::optional<Alignment> alignment_from(std::string_view text) noexcept;

// A series from its columns; empty if a word is not known.
std::optional<SeriesKey> series_key_from(std::string_view provider, std::string_view asset_class,
    std::string_view symbol, std::string_view timeframe, std::string_view price_type, std::string_view align,
    bool adjusted);

// Volume unit, source and flags of a bar in one number: unit + 4 * source + 16 * flags. The views tell its parts.
std::int64_t pack_kind(const Bar& bar) noexcept;
bool unpack_kind(std::int64_t kind, Bar& bar) noexcept; // false: no such number

} // namespace tickgate::store
