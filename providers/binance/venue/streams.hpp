// Stream names and the paths that carry them.
#pragma once

#include "binance/venue/options.hpp"

#include <tickgate/timeframe.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::binance_venue {

enum class StreamType : std::uint8_t { book_ticker, trade, agg_trade, kline, other };

struct StreamName {
    std::string symbol; // upper case, as the name has it; empty for `!…` streams
    StreamType type = StreamType::other;
    Timeframe timeframe = Timeframe::m1; // kline only
};

// Empty for what is no stream name at all (the venue answers `Invalid request: invalid stream`). Names of unknown
// symbols and unknown types are well formed: acknowledged, then silent.
std::optional<StreamName> parse_stream(std::string_view name);

// USD-M has no `1s`.
bool has_interval(Kind kind, Timeframe tf) noexcept;
// `1m`, `1M` …: exactly the venue's 16 intervals (15 on USD-M).
std::optional<Timeframe> interval_from(Kind kind, std::string_view text) noexcept;

// Which half of the split USD-M host a path belongs to; spot has no halves.
enum class Route : std::uint8_t { spot, usdm_public, usdm_market };
inline Kind kind_of(Route route) noexcept { return route == Route::spot ? Kind::spot : Kind::usdm; }
bool delivers(Route route, const StreamName& name) noexcept;

// What an upgrade request asks for.
struct ConnectRequest {
    Route route = Route::spot;
    bool combined = false;
    bool micros = false;
    std::vector<std::string> streams;
};
// `status` is 404 for a path the venue does not have, 400 for a bad timeUnit or stream name or too many streams.
std::optional<ConnectRequest> parse_connect(
    const VenueOptions& options, std::string_view path, std::string_view query, int& status);

std::string percent_decoded(std::string_view text);

} // namespace tickgate::binance_venue
