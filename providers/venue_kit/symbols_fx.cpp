#include "venue_kit/symbols.hpp"

#include <algorithm>
#include <array>

namespace tickgate::venue_kit {

namespace {

struct Currency {
    std::string_view code;
    std::int64_t micros; // of a US dollar
};

// In the order in which pairs are named: the earlier one is the base. The list of crosses follows it too.
constexpr std::array<Currency, 27> currencies{{
    {"XAU", 2'654'300'000},
    {"XAG", 31'240'000},
    {"XPT", 962'500'000},
    {"XPD", 1'014'000'000},
    {"EUR", 1'085'500},
    {"GBP", 1'271'000},
    {"AUD", 652'400},
    {"NZD", 598'300},
    {"USD", 1'000'000},
    {"CAD", 715'900},
    {"CHF", 1'128'400},
    {"NOK", 92'610},
    {"SEK", 93'840},
    {"DKK", 145'570},
    {"SGD", 745'200},
    {"PLN", 252'300},
    {"TRY", 28'940},
    {"ZAR", 54'930},
    {"MXN", 57'820},
    {"CNH", 138'640},
    {"HKD", 128'510},
    {"CZK", 43'140},
    {"THB", 28'830},
    {"INR", 11'850},
    {"HUF", 2'772},
    {"JPY", 6'622},
    {"KRW", 718},
}};

constexpr std::array<std::string_view, 28> usual{"EURUSD", "USDJPY", "GBPUSD", "AUDUSD", "USDCAD", "USDCHF", "NZDUSD",
    "XAUUSD", "XAGUSD", "EURGBP", "EURJPY", "GBPJPY", "EURCHF", "AUDJPY", "EURAUD", "EURCAD", "GBPAUD", "GBPCAD",
    "GBPCHF", "CADJPY", "CHFJPY", "NZDJPY", "AUDNZD", "AUDCAD", "USDMXN", "USDTRY", "USDZAR", "USDCNH"};

std::size_t rank_of(std::string_view code) noexcept {
    const auto it =
        std::find_if(currencies.begin(), currencies.end(), [&](const Currency& c) { return c.code == code; });
    return static_cast<std::size_t>(it - currencies.begin());
}

SyntheticSymbol pair_of(const Currency& base, const Currency& quote) {
    SyntheticSymbol symbol;
    symbol.base = base.code;
    symbol.quote = quote.code;
    symbol.asset_class = AssetClass::fx;
    symbol.trades = false;
    symbol.size_decimals = 0;
    symbol.typical_lots = 1'000'000;
    const bool few = quote.micros < 20'000 || base.micros > 100'000'000; // yen and the like; an ounce of gold
    symbol.price_decimals = few ? 3 : 5;
    symbol.base_price = std::max<std::int64_t>(base.micros * (few ? 1'000 : 100'000) / quote.micros, 100);
    // About a ten thousandth of the price, whatever its number of digits is.
    symbol.spread = std::max<std::int64_t>(symbol.base_price / 11'000, 2);
    return symbol;
}

} // namespace

std::optional<SyntheticSymbol> fx_symbol(std::string_view name) {
    if (name.size() == 7 && (name[3] == '-' || name[3] == '_' || name[3] == '/')) {
        auto joined = std::string(name.substr(0, 3));
        joined += name.substr(4);
        return fx_symbol(joined);
    }
    if (name.size() != 6)
        return std::nullopt;
    const auto base = rank_of(name.substr(0, 3)), quote = rank_of(name.substr(3));
    if (base == quote || base == currencies.size() || quote == currencies.size())
        return std::nullopt;
    return pair_of(currencies[base], currencies[quote]);
}

std::vector<SyntheticSymbol> fx_symbols(std::size_t count) {
    std::vector<SyntheticSymbol> out;
    for (const auto name : usual)
        if (out.size() < count)
            out.push_back(*fx_symbol(name));
    for (std::size_t base = 0; base < currencies.size(); ++base)
        for (std::size_t quote = base + 1; quote < currencies.size(); ++quote) {
            if (out.size() >= count)
                return out;
            auto symbol = pair_of(currencies[base], currencies[quote]);
            if (std::find(usual.begin(), usual.end(), symbol.joined()) == usual.end())
                out.push_back(std::move(symbol));
        }
    return out;
}

} // namespace tickgate::venue_kit
