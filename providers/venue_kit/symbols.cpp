#include "venue_kit/symbols.hpp"

#include "venue_kit/hash.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickgate::venue_kit {

namespace {

struct Known {
    std::string_view base;
    int price_decimals, size_decimals;
    std::int64_t base_price; // in ticks
    std::int64_t typical_lots;
};

constexpr std::array<Known, 20> known{{
    {"BTC", 2, 5, 9'642'000, 1'200},
    {"ETH", 2, 4, 331'500, 3'500},
    {"SOL", 2, 3, 18'940, 5'200},
    {"BNB", 2, 3, 64'210, 1'500},
    {"XRP", 4, 1, 22'350, 4'000},
    {"ADA", 4, 1, 7'421, 12'000},
    {"DOGE", 5, 0, 31'244, 3'200},
    {"TRX", 4, 1, 2'461, 40'000},
    {"AVAX", 2, 2, 3'612, 2'700},
    {"LINK", 2, 2, 1'934, 5'100},
    {"DOT", 3, 2, 6'713, 15'000},
    {"LTC", 2, 3, 10'271, 9'700},
    {"BCH", 1, 3, 4'873, 2'000},
    {"SHIB", 8, 0, 2'187, 45'000'000},
    {"UNI", 3, 2, 9'842, 10'000},
    {"ATOM", 3, 2, 6'124, 16'000},
    {"NEAR", 3, 1, 5'318, 1'900},
    {"APT", 2, 2, 914, 11'000},
    {"FIL", 3, 2, 4'436, 22'000},
    {"ETC", 2, 2, 2'655, 3'700},
}};

constexpr std::array<std::string_view, 12> quotes{
    "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USD", "EUR", "TRY", "BTC", "ETH", "BNB", "BRL"};

SyntheticSymbol from_known(const Known& k, std::string_view quote) {
    SyntheticSymbol symbol;
    symbol.base = k.base;
    symbol.quote = quote;
    symbol.price_decimals = k.price_decimals;
    symbol.size_decimals = k.size_decimals;
    symbol.base_price = k.base_price;
    symbol.typical_lots = k.typical_lots;
    return symbol;
}

bool is_dollar(std::string_view quote) noexcept { return quote == "USDT" || quote == "USDC" || quote == "USD"; }

SyntheticSymbol generated(std::string base, std::string quote) {
    const auto h = hash_text(base + '-' + quote);
    SyntheticSymbol symbol;
    symbol.base = std::move(base);
    symbol.quote = std::move(quote);
    symbol.price_decimals = 2 + static_cast<int>(h % 4);
    symbol.size_decimals = symbol.price_decimals <= 3 ? 3 : 1;
    symbol.base_price = 2'000 + static_cast<std::int64_t>((h >> 8) % 60'000);
    symbol.typical_lots = 200 + static_cast<std::int64_t>((h >> 32) % 20'000);
    return symbol;
}

} // namespace

std::vector<SyntheticSymbol> crypto_symbols(std::size_t count, std::string_view quote) {
    std::vector<SyntheticSymbol> out;
    out.reserve(count);
    for (std::size_t i = 0; i < std::min(count, known.size()); ++i)
        out.push_back(from_known(known[i], quote));
    for (std::size_t i = out.size(); i < count; ++i)
        out.push_back(generated(fmt::format("SYM{:04}", i), std::string(quote)));
    return out;
}

SyntheticSymbol crypto_symbol(std::string_view joined) {
    for (const auto quote : quotes) {
        if (joined.size() <= quote.size() || !joined.ends_with(quote))
            continue;
        const auto base = joined.substr(0, joined.size() - quote.size());
        const auto it = std::find_if(known.begin(), known.end(), [&](const Known& k) { return k.base == base; });
        if (it != known.end() && is_dollar(quote))
            return from_known(*it, quote);
        return generated(std::string(base), std::string(quote));
    }
    return generated(std::string(joined), {});
}

} // namespace tickgate::venue_kit
