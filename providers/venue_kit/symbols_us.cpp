#include "venue_kit/hash.hpp"
#include "venue_kit/symbols.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

namespace tickgate::venue_kit {

namespace chrono = std::chrono;

namespace {

struct Listed {
    std::string_view name;
    std::int64_t cents;
};

constexpr std::array<Listed, 32> equities{{{"AAPL", 22'987}, {"MSFT", 41'745}, {"NVDA", 14'195}, {"AMZN", 20'289},
    {"GOOGL", 17'567}, {"META", 55'941}, {"TSLA", 34'260}, {"BRK.B", 46'992}, {"SPY", 59'338}, {"QQQ", 50'412},
    {"JPM", 24'855}, {"V", 30'960}, {"UNH", 59'871}, {"XOM", 12'168}, {"JNJ", 15'514}, {"WMT", 8'844}, {"PG", 17'261},
    {"MA", 52'033}, {"HD", 40'842}, {"AVGO", 16'431}, {"LLY", 74'817}, {"KO", 6'392}, {"PEP", 15'914}, {"COST", 92'937},
    {"AMD", 13'824}, {"INTC", 2'450}, {"BAC", 4'700}, {"DIS", 11'545}, {"NFLX", 89'774}, {"CSCO", 5'812},
    {"IWM", 23'874}, {"F", 1'101}}};

constexpr std::array<Listed, 12> indices{
    {{"SPX", 594'871}, {"NDX", 2'074'041}, {"DJI", 4'387'035}, {"RUT", 236'380}, {"VIX", 1'687}, {"OEX", 287'110},
        {"XSP", 59'487}, {"COMP", 1'897'242}, {"NYA", 1'978'040}, {"SOX", 495'230}, {"VXN", 2'012}, {"TNX", 4'422}}};

SyntheticSymbol stock(std::string_view name, std::int64_t cents) {
    SyntheticSymbol symbol;
    symbol.base = name;
    symbol.asset_class = AssetClass::equity;
    symbol.price_decimals = 2;
    symbol.size_decimals = 0;
    symbol.base_price = cents;
    symbol.typical_lots = 120;
    symbol.spread = std::max<std::int64_t>(cents / 20'000, 1);
    return symbol;
}

SyntheticSymbol index(std::string_view name, std::int64_t cents) {
    auto symbol = stock(name, cents);
    symbol.asset_class = AssetClass::index;
    symbol.trades = false;
    symbol.typical_lots = 1;
    return symbol;
}

std::string generated_ticker(std::size_t n) {
    std::string out = "ZAAA";
    for (std::size_t i = 3; i > 0; --i, n /= 26)
        out[i] = static_cast<char>('A' + n % 26);
    return out;
}

// Days from `now` to the expiry, whole ones; not negative.
std::int64_t days_left(const OptionContract& contract, UnixNanos now) {
    const chrono::sys_days day = chrono::year(contract.year) / contract.month / contract.day;
    return std::max<std::int64_t>((day - chrono::floor<chrono::days>(now)).count(), 0);
}

std::int64_t root_of(std::int64_t value) noexcept {
    std::int64_t root = 0;
    while ((root + 1) * (root + 1) <= value)
        ++root;
    return root;
}

bool number(std::string_view text, std::int64_t& out) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size() && out >= 0;
}

} // namespace

std::vector<SyntheticSymbol> equity_symbols(std::size_t count) {
    std::vector<SyntheticSymbol> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(i < equities.size() ? stock(equities[i].name, equities[i].cents)
                                          : equity_symbol(generated_ticker(i - equities.size())));
    return out;
}

SyntheticSymbol equity_symbol(std::string_view ticker) {
    const auto it = std::find_if(equities.begin(), equities.end(), [&](const Listed& l) { return l.name == ticker; });
    if (it != equities.end())
        return stock(it->name, it->cents);
    if (ticker == "BRKB") // the root of its options
        return stock(ticker, equity_symbol("BRK.B").base_price);
    return stock(ticker, 800 + static_cast<std::int64_t>(hash_text(ticker) % 40'000));
}

std::vector<SyntheticSymbol> index_symbols(std::size_t count) {
    std::vector<SyntheticSymbol> out;
    for (std::size_t i = 0; i < count; ++i)
        out.push_back(
            i < indices.size() ? index(indices[i].name, indices[i].cents) : index_symbol(fmt::format("IDX{:04}", i)));
    return out;
}

SyntheticSymbol index_symbol(std::string_view name) {
    const auto it = std::find_if(indices.begin(), indices.end(), [&](const Listed& l) { return l.name == name; });
    if (it != indices.end())
        return index(it->name, it->cents);
    return index(name, 50'000 + static_cast<std::int64_t>(hash_text(name) % 900'000));
}

std::string OptionContract::occ() const {
    return fmt::format("{}{:02}{:02}{:02}{}{:08}", root, year % 100, month, day, call ? 'C' : 'P', strike_mils);
}

std::string OptionContract::expiration() const { return fmt::format("{:04}-{:02}-{:02}", year, month, day); }

std::optional<OptionContract> parse_occ(std::string_view name) {
    if (name.size() < 16 || name.size() > 21)
        return std::nullopt;
    const auto root = name.size() - 15;
    std::int64_t date = 0;
    OptionContract out;
    const char kind = name[root + 6];
    if ((kind != 'C' && kind != 'P') || !number(name.substr(root, 6), date) ||
        !number(name.substr(root + 7), out.strike_mils))
        return std::nullopt;
    out.root = name.substr(0, root);
    out.year = 2000 + static_cast<int>(date / 10000);
    out.month = static_cast<int>(date / 100 % 100);
    out.day = static_cast<int>(date % 100);
    out.call = kind == 'C';
    if (!chrono::year_month_day(chrono::year(out.year) / out.month / out.day).ok())
        return std::nullopt;
    return out;
}

SyntheticSymbol option_symbol(const OptionContract& contract, UnixNanos now) {
    const auto cents = equity_symbol(contract.root).base_price;
    const auto strike = contract.strike_mils / 10;
    const auto inside = std::max<std::int64_t>(contract.call ? cents - strike : strike - cents, 0);
    // At the money 40 % of the yearly 30 % times the root of the time left; less the further away the strike is.
    const auto at_money = cents * 12 / 100 * root_of((days_left(contract, now) + 1) * 10'000 / 365) / 100;
    const auto away = std::abs(cents - strike);
    const auto time_value = at_money * at_money / std::max<std::int64_t>(at_money + away, 1);
    auto symbol = stock(contract.occ(), std::max<std::int64_t>(inside + time_value, 5));
    symbol.asset_class = AssetClass::option;
    symbol.typical_lots = 8;
    symbol.spread = std::max<std::int64_t>(symbol.base_price / 80, 1);
    return symbol;
}

std::vector<SyntheticSymbol> option_symbols(std::size_t count, UnixNanos now) {
    std::vector<OptionContract> expiries;
    const chrono::year_month_day today(chrono::floor<chrono::days>(now));
    for (int ahead = 0; expiries.size() < 4; ++ahead) {
        const auto month = today.year() / today.month() + chrono::months(ahead);
        const chrono::year_month_day friday(chrono::sys_days(month / chrono::Friday[3]));
        if (chrono::sys_days(friday) <= chrono::floor<chrono::days>(now))
            continue;
        OptionContract contract;
        contract.year = static_cast<int>(friday.year());
        contract.month = static_cast<int>(static_cast<unsigned>(friday.month()));
        contract.day = static_cast<int>(static_cast<unsigned>(friday.day()));
        expiries.push_back(std::move(contract));
    }
    std::vector<SyntheticSymbol> out;
    // Nearest strikes of all stocks first, so that a small count has some of each.
    for (std::int64_t step = 0; out.size() < count; ++step) {
        const auto distance = step % 2 == 0 ? -(step / 2) : (step + 1) / 2;
        for (std::size_t i = 0; i < 8; ++i) {
            const auto cents = equities[i].cents;
            const std::int64_t spacing = cents < 5'000 ? 100 : cents < 20'000 ? 250 : 500;
            const auto strike = ((cents + spacing / 2) / spacing + distance) * spacing;
            for (auto contract : expiries)
                for (const bool call : {true, false}) {
                    if (out.size() >= count || strike <= 0)
                        continue;
                    contract.root = equities[i].name;
                    std::erase(contract.root, '.'); // OCC roots have none
                    contract.call = call;
                    contract.strike_mils = strike * 10;
                    out.push_back(option_symbol(contract, now));
                }
        }
        if (step > 20'000)
            break;
    }
    return out;
}

} // namespace tickgate::venue_kit
