#include "oanda/venue/instruments.hpp"

#include "venue_kit/hash.hpp"
#include "venue_kit/text.hpp"

#include <algorithm>
#include <array>

namespace tickgate::oanda_venue {

namespace {

struct Contract {
    std::string_view native, display;
    int decimals;
    std::int64_t price; // in ticks
};

constexpr std::array<Contract, 10> contracts{{
    {"SPX500_USD", "US SPX 500", 1, 58'412},
    {"NAS100_USD", "US Nas 100", 1, 204'315},
    {"US30_USD", "US Wall St 30", 1, 428'830},
    {"DE30_EUR", "Germany 30", 1, 191'742},
    {"EU50_EUR", "Europe 50", 1, 48'226},
    {"UK100_GBP", "UK 100", 1, 81'374},
    {"JP225_USD", "Japan 225", 1, 385'120},
    {"WTICO_USD", "West Texas Oil", 3, 71'215},
    {"BCO_USD", "Brent Crude Oil", 3, 75'480},
    {"NATGAS_USD", "Natural Gas", 3, 2'914},
}};

bool is_part(std::string_view text) noexcept {
    return text.size() >= 3 && text.size() <= 12 && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

Instrument pair(kit::SyntheticSymbol symbol) {
    Instrument out;
    out.native = symbol.base + '_' + symbol.quote;
    out.display = symbol.base + '/' + symbol.quote;
    const bool metal = symbol.base == "XAU" || symbol.base == "XAG" || symbol.base == "XPT" || symbol.base == "XPD";
    out.type = metal ? "METAL" : "CURRENCY";
    if (metal)
        out.display = symbol.base == "XAU" ? "Gold" : symbol.base == "XAG" ? "Silver" : out.display;
    out.pip_location = symbol.price_decimals == 3 ? -2 : -4;
    out.symbol = std::move(symbol);
    return out;
}

Instrument contract(std::string_view native, std::string_view display, int decimals, std::int64_t price) {
    Instrument out;
    const auto bar = native.find('_');
    auto& s = out.symbol;
    s.base = native.substr(0, bar);
    s.quote = native.substr(bar + 1);
    s.asset_class = AssetClass::cfd;
    s.trades = false;
    s.price_decimals = decimals;
    s.size_decimals = 0;
    s.base_price = price;
    s.typical_lots = 500;
    s.spread = std::max<std::int64_t>(price / 11'000, 2);
    out.native = native;
    out.type = "CFD";
    out.display = display;
    out.pip_location = decimals == 1 ? 0 : -2;
    return out;
}

} // namespace

std::optional<Instrument> instrument_of(std::string_view native) {
    const auto bar = native.find('_');
    if (bar == std::string_view::npos || !is_part(native.substr(0, bar)) || !is_part(native.substr(bar + 1)))
        return std::nullopt;
    if (auto symbol = kit::fx_symbol(native))
        return pair(std::move(*symbol));
    for (const auto& c : contracts)
        if (c.native == native)
            return contract(c.native, c.display, c.decimals, c.price);
    return contract(native, native, 1, 1'000 + static_cast<std::int64_t>(kit::hash_text(native) % 100'000));
}

std::vector<Instrument> usual_instruments(std::size_t count) {
    std::vector<Instrument> out;
    for (auto& symbol : kit::fx_symbols(count))
        out.push_back(pair(std::move(symbol)));
    for (std::size_t i = 0; i < std::min(count, contracts.size()); ++i)
        out.push_back(contract(contracts[i].native, contracts[i].display, contracts[i].decimals, contracts[i].price));
    return out;
}

void append_instrument(std::string& out, const Instrument& instrument) {
    out += R"({"name":")" + instrument.native + R"(","type":")" + instrument.type + R"(","displayName":)";
    kit::append_json_string(out, instrument.display);
    out += ",\"pipLocation\":" + std::to_string(instrument.pip_location);
    out += ",\"displayPrecision\":" + std::to_string(instrument.symbol.price_decimals);
    const bool cfd = instrument.type == "CFD";
    out += R"(,"tradeUnitsPrecision":0,"minimumTradeSize":"1","maximumPositionSize":"0","maximumOrderUnits":")";
    out += cfd ? "3000" : "100000000";
    out += R"(","marginRate":"0.05","guaranteedStopLossOrderMode":"DISABLED","tags":[{"type":"ASSET_CLASS","name":")";
    out += cfd ? "INDEX" : instrument.type == "METAL" ? "METAL" : "CURRENCY";
    out += R"("}]})";
}

} // namespace tickgate::oanda_venue
