#include "massive/flat_keys.hpp"

#include "massive/history.hpp"
#include "massive/symbols.hpp"

#include <array>
#include <cstdio>

namespace tickgate::massive {

using namespace std::chrono;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view prefix_of_files(Cluster cluster) noexcept {
    switch (cluster) {
    case Cluster::stocks:
        return "us_stocks_sip";
    case Cluster::options:
        return "us_options_opra";
    case Cluster::indices:
        return "us_indices";
    case Cluster::forex:
        return "global_forex";
    case Cluster::crypto:
        return "global_crypto";
    case Cluster::futures:
        break;
    }
    return {};
}

std::string_view type_of(Cluster cluster, Kind kind, Timeframe timeframe) noexcept {
    switch (kind) {
    case Kind::bar:
        return timeframe == Timeframe::m1 ? "minute_aggs_v1" : timeframe == Timeframe::d1 ? "day_aggs_v1" : "";
    case Kind::trade:
        return cluster == Cluster::forex || cluster == Cluster::indices ? "" : "trades_v1";
    case Kind::quote:
        return cluster == Cluster::crypto ? "" : cluster == Cluster::indices ? "values_v1" : "quotes_v1";
    }
    return {};
}

// `2024-03-08`, `2024/03`
std::string text_of(sys_days day, const char* form) {
    const year_month_day date(day);
    char text[32];
    const int n = std::snprintf(text, sizeof text, form, static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
    return {text, n > 0 ? static_cast<std::size_t>(n) : 0};
}

bool is_global(Cluster cluster) noexcept { return cluster == Cluster::forex || cluster == Cluster::crypto; }

UnixNanos midnight(Cluster cluster, sys_days day) noexcept {
    if (is_global(cluster))
        return day;
    return day + behind_utc_in_new_york(day + 5h); // the clock never changes at midnight
}

} // namespace

std::optional<FlatSet> flat_set(AssetClass asset_class, Kind kind, Timeframe timeframe) noexcept {
    const auto cluster = cluster_of(asset_class);
    if (!cluster || prefix_of_files(*cluster).empty())
        return std::nullopt;
    const auto type = type_of(*cluster, kind, timeframe);
    if (type.empty())
        return std::nullopt;
    FlatSet set;
    set.cluster = *cluster;
    set.kind = kind;
    set.timeframe = timeframe;
    set.prefix = prefix_of_files(*cluster);
    set.type = type;
    return set;
}

FlatSpan flat_span(Cluster cluster, sys_days day) noexcept {
    return {midnight(cluster, day), midnight(cluster, day + days(1))};
}

sys_days flat_day(Cluster cluster, UnixNanos t) noexcept {
    return floor<days>(is_global(cluster) ? t : t - behind_utc_in_new_york(t));
}

std::string flat_key(const FlatSet& set, sys_days day) {
    return std::string(set.prefix) + "/" + std::string(set.type) + text_of(day, "/%04d/%02u/") +
           text_of(day, "%04d-%02u-%02u") + ".csv.gz";
}

std::optional<sys_days> day_of_key(const FlatSet& set, std::string_view key) {
    const auto name = key.substr(std::min(key.rfind('/') + 1, key.size()));
    const auto date = parse_date(name.substr(0, 10));
    if (!date || date->year() < year(1990) || date->year() > year(2200) || key != flat_key(set, sys_days(*date)))
        return std::nullopt;
    return sys_days(*date);
}

std::string flat_prefix(const FlatSet& set, sys_days first, sys_days last) {
    auto out = std::string(set.prefix) + "/" + std::string(set.type) + "/";
    const year_month_day a(first), b(last);
    if (a.year() == b.year())
        out += text_of(first, a.month() == b.month() ? "%04d/%02u/" : "%04d/");
    return out;
}

std::string flat_ticker(const InstrumentName& name) {
    switch (name.asset_class) {
    case AssetClass::fx:
        return "C:" + name.symbol;
    case AssetClass::crypto:
        return "X:" + name.symbol;
    default:
        return rest_ticker(name);
    }
}

} // namespace tickgate::massive
