#include "oanda/symbols.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tickgate::oanda {

namespace dom = simdjson::dom;

namespace {

std::string_view text_at(dom::element object, const char* key) {
    std::string_view value;
    return object[key].get(value) == simdjson::SUCCESS ? value : std::string_view();
}

// 10^-decimals; empty if the member is absent or out of range.
OptionalDecimal step_at(dom::element object, const char* key) {
    std::int64_t decimals = 0;
    if (object[key].get(decimals) != simdjson::SUCCESS || decimals < -12 || decimals > 12)
        return std::nullopt;
    return Decimal::from_parts(1, static_cast<int>(-decimals));
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c + 32);
    return out;
}

std::optional<InstrumentInfo> parse_instrument(dom::element element) {
    InstrumentInfo info;
    if (!element.is_object())
        return std::nullopt;
    info.native = text_at(element, "name");
    info.feed = feed_part;
    info.description = text_at(element, "displayName");
    const auto type = text_at(element, "type");
    if (type == "CURRENCY" || type == "METAL")
        info.name.asset_class = AssetClass::fx;
    else if (type == "CFD")
        info.name.asset_class = AssetClass::cfd;
    else
        return std::nullopt;
    info.name.symbol = info.native;
    std::replace(info.name.symbol.begin(), info.name.symbol.end(), '_', '-');
    // The way back must be unique.
    if (!is_symbol(info.name.symbol) || native_of(info.name) != info.native)
        return std::nullopt;
    info.price_step = step_at(element, "displayPrecision");
    info.size_step = step_at(element, "tradeUnitsPrecision");
    if (!info.price_step)
        return std::nullopt;
    info.tradeable = true; // the account may trade it; open or closed is told with its prices
    return info;
}

} // namespace

std::string native_of(const InstrumentName& name) {
    std::string native = name.symbol;
    std::replace(native.begin(), native.end(), '-', '_');
    return native;
}

error_code parse_instruments(
    std::string_view body, const std::function<void(const InstrumentInfo&)>& sink, std::size_t& refused) {
    dom::parser parser;
    dom::element root;
    dom::array list;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object() ||
        root["instruments"].get(list) != simdjson::SUCCESS)
        return errc::malformed_payload;
    for (const auto element : list) {
        if (const auto info = parse_instrument(element))
            sink(*info);
        else
            ++refused;
    }
    return {};
}

result<std::vector<std::string>> parse_accounts(std::string_view body) {
    dom::parser parser;
    dom::element root;
    dom::array list;
    if (parser.parse(body.data(), body.size()).get(root) != simdjson::SUCCESS || !root.is_object() ||
        root["accounts"].get(list) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::vector<std::string> ids;
    for (const auto element : list) {
        const auto id = element.is_object() ? text_at(element, "id") : std::string_view();
        if (id.find('-') != std::string_view::npos)
            ids.emplace_back(id);
    }
    return ids;
}

int match_quality(const InstrumentInfo& info, std::string_view text) {
    const auto wanted = lower(text);
    const auto symbol = lower(info.name.symbol), native = lower(info.native), words = lower(info.description);
    if (wanted.empty())
        return 0;
    if (symbol == wanted || native == wanted || words == wanted)
        return 4;
    if (symbol.starts_with(wanted) || native.starts_with(wanted))
        return 3;
    if (words.starts_with(wanted))
        return 2;
    const auto holds = [&](const std::string& s) { return s.find(wanted) != std::string::npos; };
    return holds(symbol) || holds(native) || holds(words) ? 1 : 0;
}

std::string percent_encode(std::string_view text) {
    static constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if ((u >= '0' && u <= '9') || (u >= 'A' && u <= 'Z') || (u >= 'a' && u <= 'z') || c == '-' || c == '_' ||
            c == '.' || c == '~') {
            out += c;
        } else {
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

} // namespace tickgate::oanda
