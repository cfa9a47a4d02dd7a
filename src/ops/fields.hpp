// Reading the fields of a request, with errors that say what is allowed.
#pragma once

#include "ops/operations.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::ops {

// The value, the fallback of its spec, or empty. `symbol` stands for `symbols`.
std::string_view value_of(const OperationSpec& op, const Fields& fields, std::string_view name);

// Every field is known, given once, there if required, and fits its type. Empty: all is well.
std::optional<Error> check_fields(const OperationSpec& op, const Fields& fields);

// Pieces between commas without blanks around them; empty pieces are left out.
std::vector<std::string_view> split_list(std::string_view text);

// The rest is for values that check_fields() has passed, and empty for others.
std::optional<std::int64_t> integer_from(std::string_view text) noexcept;
// `90`, `90s`, `5m`, `2h`, `1d`, `1500ms`: a bare number is seconds.
std::optional<std::chrono::milliseconds> duration_from(std::string_view text) noexcept;
std::optional<bool> boolean_from(std::string_view text) noexcept;
// Variant of bars as fields price_type, align and adjusted say it; empty: none of them is there. What is not said is
// what bars of this class usually are: mid prices of fx, metals and cfd, longer ones on the clock of their market.
std::optional<BarVariant> variant_from(
    const OperationSpec& op, const Fields& fields, AssetClass asset_class, Timeframe timeframe);
std::optional<Kind> kind_from(std::string_view text) noexcept;
std::vector<Kind> kinds_from(std::string_view text);
std::vector<Timeframe> timeframes_from(std::string_view text);

// `quote`, `trade`, `bar`, `bar:1m`; `Q`, `T` and `A` are the first three.
struct ChannelWord {
    Kind kind = Kind::quote;
    std::optional<Timeframe> timeframe; // of a bar; empty: those of the configuration
};
std::optional<ChannelWord> channel_from(std::string_view text) noexcept;

// What is asked for by `kinds` and `timeframes`, or by `channels`.
struct Channels {
    std::vector<Kind> kinds;           // empty: all that the operation means by that
    std::vector<Timeframe> timeframes; // likewise
    bool usual_bars = false;           // bars of the configured timeframes besides `timeframes`
};
Channels channels_from(const OperationSpec& op, const Fields& fields);

} // namespace tickgate::ops
