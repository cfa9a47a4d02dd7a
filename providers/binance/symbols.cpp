#include "binance/symbols.hpp"

#include <simdjson.h>

#include <algorithm>
#include <chrono>

namespace tickgate::binance {

namespace {

std::string_view text_of(simdjson::dom::element object, const char* key) {
    std::string_view value;
    return object[key].get(value) == simdjson::SUCCESS ? value : std::string_view();
}

OptionalDecimal decimal_of(std::string_view text) {
    const auto d = Decimal::parse(text);
    return d && !d->is_zero() ? OptionalDecimal(*d) : std::nullopt; // "0" disables the filter
}

// `20261225` of a delivery time in milliseconds, UTC.
std::string date_of(std::int64_t ms) {
    using namespace std::chrono;
    const year_month_day ymd{floor<days>(from_millis(ms))};
    const int n = int(ymd.year()) * 10000 + int(unsigned(ymd.month())) * 100 + int(unsigned(ymd.day()));
    return std::to_string(n);
}

} // namespace

std::optional<Market> market_of(AssetClass c) noexcept {
    switch (c) {
    case AssetClass::crypto:
        return Market::spot;
    case AssetClass::future:
        return Market::usdm;
    default:
        return std::nullopt;
    }
}

std::string likely_native(const InstrumentName& name) {
    std::string native = name.symbol;
    if (name.asset_class == AssetClass::future) {
        if (native.ends_with("-PERP"))
            native.resize(native.size() - 5);
        else if (const auto dash = native.rfind('-'); dash != std::string::npos && native.size() - dash == 9)
            native = native.substr(0, dash) + "_" + native.substr(dash + 3); // BTC-USDT-20261225 → BTCUSDT_261225
    }
    std::erase(native, '-');
    return native;
}

std::string stream_name(std::string_view native, const Subscription& s, bool aggregate_trades) {
    std::string name;
    for (const char c : native)
        name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    switch (s.kind) {
    case Kind::quote:
        return name += "@bookTicker";
    case Kind::trade:
        return name += aggregate_trades ? "@aggTrade" : "@trade";
    case Kind::bar:
        return (name += "@kline_") += to_string(s.timeframe);
    }
    return name;
}

std::optional<InstrumentInfo> parse_symbol(Market market, const std::string& element) {
    simdjson::dom::parser parser;
    simdjson::dom::element symbol;
    if (parser.parse(element).get(symbol) != simdjson::SUCCESS || !symbol.is_object())
        return std::nullopt;
    InstrumentInfo info;
    info.native = text_of(symbol, "symbol");
    info.feed = part_of(market);
    info.status = text_of(symbol, "status");
    info.name.symbol = std::string(text_of(symbol, "baseAsset")) + "-" + std::string(text_of(symbol, "quoteAsset"));
    info.name.asset_class = AssetClass::crypto;
    if (market == Market::usdm) {
        info.name.asset_class = AssetClass::future;
        const auto type = text_of(symbol, "contractType");
        std::int64_t delivery = 0;
        if (type.empty())
            return std::nullopt;
        if (type.ends_with("PERPETUAL"))
            info.name.symbol += "-PERP";
        else if (symbol["deliveryDate"].get(delivery) == simdjson::SUCCESS && delivery > 0)
            info.name.symbol += "-" + date_of(delivery);
        else
            return std::nullopt;
    }
    if (info.native.empty() || info.name.symbol.front() == '-' || info.name.symbol.back() == '-' ||
        !is_symbol(info.name.symbol))
        return std::nullopt;
    // CANCEL_ONLY keeps quotes and trades, without klines; unknown words are taken as not tradeable.
    info.tradeable = info.status == "TRADING" || info.status == "CANCEL_ONLY";
    simdjson::dom::array filters;
    if (symbol["filters"].get(filters) == simdjson::SUCCESS)
        for (const auto filter : filters) {
            const auto type = text_of(filter, "filterType");
            if (type == "PRICE_FILTER")
                info.price_step = decimal_of(text_of(filter, "tickSize"));
            else if (type == "LOT_SIZE")
                info.size_step = decimal_of(text_of(filter, "stepSize"));
        }
    return info;
}

std::optional<std::int64_t> parse_weight_limit(const std::string& element) {
    simdjson::dom::parser parser;
    simdjson::dom::element limit;
    std::int64_t value = 0, number = 0;
    if (parser.parse(element).get(limit) != simdjson::SUCCESS || !limit.is_object() ||
        text_of(limit, "rateLimitType") != "REQUEST_WEIGHT" || text_of(limit, "interval") != "MINUTE" ||
        limit["intervalNum"].get(number) != simdjson::SUCCESS || number != 1 ||
        limit["limit"].get(value) != simdjson::SUCCESS || value < 1)
        return std::nullopt;
    return value;
}

std::string percent_encode(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if ((u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || c == '-' || c == '_' ||
            c == '.' || c == '~' || c == ',') {
            out += c;
        } else {
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

} // namespace tickgate::binance
