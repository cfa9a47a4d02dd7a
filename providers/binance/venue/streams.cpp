#include "binance/venue/streams.hpp"

#include "venue_kit/text.hpp"

#include <algorithm>

namespace tickgate::binance_venue {

namespace {

bool is_name_char(char c) noexcept {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' ||
           c == '+' || c == ':' || c == '!' || c == '-' || c == '.' || (static_cast<unsigned char>(c) & 0x80) != 0;
}

int hex_digit(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto part = text.substr(0, text.find(separator));
        if (!part.empty())
            out.emplace_back(part);
        text.remove_prefix(std::min(part.size() + 1, text.size()));
    }
    return out;
}

// Takes `prefix` off `path` if it stands there as a whole segment.
bool take(std::string_view& path, std::string_view prefix) noexcept {
    if (!path.starts_with(prefix) || (path.size() > prefix.size() && path[prefix.size()] != '/'))
        return false;
    path.remove_prefix(prefix.size());
    return true;
}

} // namespace

std::string percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            out.push_back(text[i]);
            continue;
        }
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return out;
}

bool has_interval(Kind kind, Timeframe tf) noexcept {
    switch (tf) {
    case Timeframe::s5:
    case Timeframe::s15:
    case Timeframe::s30:
        return false;
    case Timeframe::s1:
        return kind == Kind::spot;
    default:
        return true;
    }
}

std::optional<Timeframe> interval_from(Kind kind, std::string_view text) noexcept {
    for (const auto tf : all_timeframes)
        if (to_string(tf) == text && has_interval(kind, tf))
            return tf;
    return std::nullopt;
}

std::optional<StreamName> parse_stream(std::string_view name) {
    if (name.empty() || name.size() > 64 || !std::all_of(name.begin(), name.end(), is_name_char))
        return std::nullopt;
    StreamName out;
    if (name.front() == '!')
        return out;
    const auto at = name.find('@');
    if (at == std::string_view::npos || at == 0 || at + 1 == name.size())
        return std::nullopt;
    const auto symbol = name.substr(0, at);
    const auto type = name.substr(at + 1);
    out.symbol = kit::to_upper(symbol);
    if (symbol != kit::to_lower(symbol)) {
        out.symbol.clear(); // names are lower case; others never deliver
        return out;
    }
    static constexpr std::string_view kline = "kline_";
    if (type == "bookTicker") {
        out.type = StreamType::book_ticker;
    } else if (type == "trade") {
        out.type = StreamType::trade;
    } else if (type == "aggTrade") {
        out.type = StreamType::agg_trade;
    } else if (type.starts_with(kline)) {
        if (const auto tf = interval_from(Kind::spot, type.substr(kline.size()))) {
            out.type = StreamType::kline;
            out.timeframe = *tf;
        }
    }
    return out;
}

bool delivers(Route route, const StreamName& name) noexcept {
    const bool of_public =
        name.type == StreamType::book_ticker || name.type == StreamType::trade || name.type == StreamType::other;
    switch (route) {
    case Route::spot:
        return true;
    case Route::usdm_public:
        return of_public;
    case Route::usdm_market:
        return !of_public && has_interval(Kind::usdm, name.timeframe);
    }
    return false;
}

std::optional<ConnectRequest> parse_connect(
    const VenueOptions& options, std::string_view path, std::string_view query, int& status) {
    ConnectRequest out;
    status = 404;
    const auto decoded = percent_decoded(path);
    std::string_view rest = decoded;
    if (options.usdm && take(rest, "/public"))
        out.route = Route::usdm_public;
    else if (options.usdm && take(rest, "/market"))
        out.route = Route::usdm_market;
    else if (!options.spot)
        out.route = Route::usdm_public;

    std::string_view streams;
    if (rest == "/stream") {
        out.combined = true;
    } else if (take(rest, "/ws")) {
        streams = rest.empty() ? rest : rest.substr(1);
    } else {
        return std::nullopt;
    }
    out.streams = split(streams, '/');

    status = 400;
    for (const auto& pair : split(query, '&')) {
        const auto equals = pair.find('=');
        const auto key = pair.substr(0, equals);
        const auto value = equals == std::string::npos ? std::string() : percent_decoded(pair.substr(equals + 1));
        if (key == "streams" && out.combined)
            out.streams = split(value, '/');
        else if (key == "timeUnit" && out.route == Route::spot) {
            out.micros = value == "MICROSECOND" || value == "microsecond";
            if (!out.micros && value != "MILLISECOND" && value != "millisecond")
                return std::nullopt;
        }
    }
    if (out.streams.size() > options.limits.streams)
        return std::nullopt;
    for (const auto& name : out.streams)
        if (!parse_stream(name))
            return std::nullopt;
    status = 101;
    return out;
}

} // namespace tickgate::binance_venue
