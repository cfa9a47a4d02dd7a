#include "calendar/market_hours.hpp"

#include "calendar/new_york.hpp"
#include "calendar/trading_day.hpp"
#include "calendar/us_days.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <utility>

namespace tickgate::calendar {

using namespace std::chrono;

namespace {

// Options that trade a quarter of an hour longer: broad indices and the exchange-traded products the exchanges list.
constexpr std::array late_roots{std::string_view("DBA"), std::string_view("DBB"), std::string_view("DBC"),
    std::string_view("DIA"), std::string_view("DJX"), std::string_view("EEM"), std::string_view("EFA"),
    std::string_view("IWM"), std::string_view("IWN"), std::string_view("IWO"), std::string_view("IWV"),
    std::string_view("KBE"), std::string_view("KRE"), std::string_view("MDY"), std::string_view("MOO"),
    std::string_view("MRUT"), std::string_view("NDX"), std::string_view("NDXP"), std::string_view("OEF"),
    std::string_view("OEX"), std::string_view("QQQ"), std::string_view("RUT"), std::string_view("RUTW"),
    std::string_view("SPX"), std::string_view("SPXW"), std::string_view("SPY"), std::string_view("SVXY"),
    std::string_view("UNG"), std::string_view("UUP"), std::string_view("UVXY"), std::string_view("VIX"),
    std::string_view("VIXW"), std::string_view("VIXY"), std::string_view("VXX"), std::string_view("VXZ"),
    std::string_view("XEO"), std::string_view("XHB"), std::string_view("XLB"), std::string_view("XLE"),
    std::string_view("XLF"), std::string_view("XLI"), std::string_view("XLK"), std::string_view("XLP"),
    std::string_view("XLU"), std::string_view("XLV"), std::string_view("XLY"), std::string_view("XME"),
    std::string_view("XND"), std::string_view("XRT"), std::string_view("XSP")};
static_assert(std::is_sorted(late_roots.begin(), late_roots.end()));

// A phase that began further back is reported as begun later; what opens further ahead as never.
constexpr days look_back{8}, look_ahead{21};

constexpr std::size_t occ_tail = 15; // yymmdd, C or P, eight digits of strike

bool is_metal(std::string_view pair) noexcept {
    const auto base = pair.substr(0, 4);
    return base == "XAU-" || base == "XAG-" || base == "XPT-" || base == "XPD-";
}

// One phase of one trading day.
struct Stretch {
    Phase phase = Phase::open;
    UnixNanos from{}, to{};
};
struct Day {
    std::array<Stretch, 3> stretches;
    std::size_t count = 0;
    void add(Phase phase, UnixNanos from, UnixNanos to) {
        if (from < to)
            stretches[count++] = {phase, from, to};
    }
};

AssetClass class_of(Market m) noexcept {
    switch (m) {
    case Market::us_equity:
        return AssetClass::equity;
    case Market::us_option:
    case Market::us_option_late:
        return AssetClass::option;
    case Market::us_index:
        return AssetClass::index;
    case Market::fx:
    case Market::metal:
        return AssetClass::fx;
    case Market::always:
    case Market::unknown:
        break;
    }
    return AssetClass::crypto;
}

// What providers told of one date.
struct Learned {
    bool closed = false;
    std::optional<UnixNanos> open, close;
};

Day fx_day(Market market, sys_days date, const std::optional<Learned>& told) {
    Day day;
    const weekday w{date};
    const bool weekend = w == Saturday || w == Sunday;
    if (told ? told->closed : weekend)
        return day;
    if (weekend && !(told->open && told->close)) // a special session needs its times
        return day;
    const auto from = new_york_time(date - days(1), market == Market::metal ? hours(18) : hours(17));
    const auto to = new_york_time(date, hours(17));
    day.add(Phase::open, told && told->open ? *told->open : from, told && told->close ? *told->close : to);
    return day;
}

Day us_session(Market market, sys_days date, const std::optional<Learned>& told) {
    Day day;
    const auto rule = us_day(date).kind;
    const bool off = rule == UsDay::Kind::holiday || rule == UsDay::Kind::weekend;
    if (told ? told->closed : off)
        return day;
    if (rule == UsDay::Kind::weekend && !(told->open && told->close))
        return day;
    const bool early = rule == UsDay::Kind::early_close;
    const auto open = told && told->open ? *told->open : new_york_time(date, hours(9) + minutes(30));
    const auto close = told && told->close ? *told->close : new_york_time(date, early ? hours(13) : hours(16));
    if (market == Market::us_equity) {
        const bool short_day = close < new_york_time(date, hours(16));
        day.add(Phase::pre_market, new_york_time(date, hours(4)), open);
        day.add(Phase::open, open, close);
        day.add(Phase::post_market, close, new_york_time(date, short_day ? hours(17) : hours(20)));
    } else {
        day.add(Phase::open, open, market == Market::us_option ? close : close + minutes(15));
    }
    return day;
}

} // namespace

std::string_view to_string(Market m) noexcept {
    static constexpr std::array<std::string_view, market_count> names{
        "always", "fx", "metal", "us_equity", "us_option", "us_option_late", "us_index", "unknown"};
    return names[static_cast<std::size_t>(m)];
}

std::string_view to_string(Phase p) noexcept {
    static constexpr std::array<std::string_view, 4> names{"closed", "pre_market", "open", "post_market"};
    return names[static_cast<std::size_t>(p)];
}

Market market_of(const InstrumentName& instrument) noexcept {
    const std::string_view symbol = instrument.symbol;
    switch (instrument.asset_class) {
    case AssetClass::crypto:
        return Market::always;
    case AssetClass::fx:
        return is_metal(symbol) ? Market::metal : Market::fx;
    case AssetClass::cfd:
        return Market::fx;
    case AssetClass::equity:
        return Market::us_equity;
    case AssetClass::index:
        return Market::us_index;
    case AssetClass::option: {
        const auto root = symbol.substr(0, symbol.size() > occ_tail ? symbol.size() - occ_tail : 0);
        return std::binary_search(late_roots.begin(), late_roots.end(), root) ? Market::us_option_late
                                                                              : Market::us_option;
    }
    case AssetClass::future:
        break;
    }
    return symbol.find('-') != std::string_view::npos ? Market::always : Market::unknown;
}

struct MarketHours::Impl {
    static constexpr std::size_t most = 2000; // dates kept; the oldest go first
    using Key = std::pair<sys_days, AssetClass>;

    mutable std::shared_mutex mutex;
    std::map<Key, Learned> learned;

    std::optional<Learned> told_of(Market market, sys_days date) const {
        const auto own = class_of(market);
        auto found = learned.find({date, own});
        if (found == learned.end() && (own == AssetClass::option || own == AssetClass::index))
            found = learned.find({date, AssetClass::equity});
        return found == learned.end() ? std::nullopt : std::optional(found->second);
    }

    Day day_of(Market market, sys_days date) const {
        const auto told = told_of(market, date);
        return market == Market::fx || market == Market::metal ? fx_day(market, date, told)
                                                               : us_session(market, date, told);
    }
};

MarketHours::MarketHours() : impl_(std::make_unique<Impl>()) {}
MarketHours::~MarketHours() = default;

Session MarketHours::at(Market market, UnixNanos t) const {
    if (market == Market::always || market == Market::unknown)
        return {};
    const sys_days today = new_york_date(t);
    const std::shared_lock lock(impl_->mutex);
    // Walks the stretches in order; `run` joins those of one phase that touch (an FX week).
    std::optional<Stretch> run;
    for (sys_days date = today - look_back; date <= today + look_ahead; date += days(1)) {
        const Day day = impl_->day_of(market, date);
        for (std::size_t i = 0; i < day.count; ++i) {
            const Stretch& next = day.stretches[i];
            if (run && run->to == next.from && run->phase == next.phase) {
                run->to = next.to;
                continue;
            }
            if (run && t < run->to)
                return {run->phase, run->from, run->to};
            if (t < next.from)
                return {Phase::closed, run ? run->to : UnixNanos::min(), next.from};
            run = next;
        }
    }
    if (run && t < run->to)
        return {run->phase, run->from, run->to};
    return {Phase::closed, run ? run->to : UnixNanos::min(), UnixNanos::max()};
}

void MarketHours::learn(std::span<const MarketDay> days) {
    const std::unique_lock lock(impl_->mutex);
    for (const auto& day : days) {
        if (!day.date.ok() || (day.open && day.close && *day.open >= *day.close))
            continue;
        const Span whole = trading_day(day.asset_class, day.date);
        const auto outside = [&](const std::optional<UnixNanos>& at) {
            return at && (*at < whole.from || *at > whole.to);
        };
        if (outside(day.open) || outside(day.close))
            continue;
        impl_->learned[{sys_days(day.date), day.asset_class}] = {day.closed, day.open, day.close};
    }
    while (impl_->learned.size() > Impl::most)
        impl_->learned.erase(impl_->learned.begin());
}

} // namespace tickgate::calendar
