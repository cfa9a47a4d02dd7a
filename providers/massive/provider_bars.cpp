// Bars by REST.
#include "massive/errors.hpp"
#include "massive/history.hpp"
#include "massive/provider.hpp"
#include "massive/symbols.hpp"
#include "massive/time_units.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

using namespace std::chrono_literals;

constexpr int empty_pages = 50; // followed in one call before it is given back

// Splits are counted in for what has splits.
bool can_adjust(Cluster cluster) noexcept { return cluster == Cluster::stocks || cluster == Cluster::options; }

// Whose day begins with an exchange's; those of currencies begin at UTC's midnight.
bool is_currency(Cluster cluster) noexcept { return cluster == Cluster::forex || cluster == Cluster::crypto; }

BarVariant usual_variant(Cluster cluster, Timeframe timeframe, bool adjusted) noexcept {
    BarVariant v;
    if (cluster == Cluster::forex)
        v.price_type = PriceType::bid;
    if (timeframe >= Timeframe::d1 && !is_currency(cluster))
        v.align = Alignment::exchange;
    v.adjusted = adjusted && can_adjust(cluster);
    return v;
}

bool all_of_variant(const std::vector<Bar>& bars, const BarVariant& v) {
    return std::all_of(bars.begin(), bars.end(),
        [&](const Bar& b) { return b.price_type == v.price_type && b.align == v.align && b.adjusted == v.adjusted; });
}

} // namespace

// On which clock longer bars of some hours, three days and weeks begin is not documented (and was seen to differ), so
// they are left to be built of hours and days. get_bars() tells them when asked, as the venue has them.
result<BarHistory> MassiveProvider::bar_history(
    const InstrumentName& instrument, Timeframe timeframe, std::optional<BarVariant> wanted) const {
    const auto cluster = cluster_of(instrument.asset_class);
    const bool unclear = (timeframe > Timeframe::h1 && timeframe < Timeframe::d1) || timeframe == Timeframe::d3 ||
                         timeframe == Timeframe::w1;
    if (!cluster || unclear)
        return errc::not_supported;
    // Sessions of futures begin in the evening in Chicago: none of the three clocks.
    if (*cluster == Cluster::futures && timeframe >= Timeframe::d1)
        return errc::not_supported;
    BarHistory history;
    history.variant = usual_variant(*cluster, timeframe, settings_.adjusted);
    if (wanted) {
        auto possible = history.variant;
        if (can_adjust(*cluster))
            possible.adjusted = wanted->adjusted;
        if (*wanted != possible)
            return errc::not_supported;
        history.variant = possible;
    }
    if (settings_.free_plan)
        history.depth = std::chrono::hours(24) * 730;
    history.page = static_cast<std::size_t>(base_limit / unit_of(timeframe).base_bars);
    return history;
}

asio::awaitable<result<BarPage>> MassiveProvider::get_bars(BarRequest request, Rest& rest) {
    const auto cluster = cluster_of(request.instrument.asset_class);
    if (!cluster || (*cluster == Cluster::futures && futures_resolution(request.timeframe).empty()))
        co_return errc::not_supported;
    if (request.to <= request.from)
        co_return BarPage();
    if (request.variant) {
        const auto history = bar_history(request.instrument, request.timeframe, request.variant);
        if (!history)
            co_return history.error();
    }
    const bool adjusted = request.variant ? request.variant->adjusted : settings_.adjusted && can_adjust(*cluster);
    if (*cluster == Cluster::futures)
        co_return co_await futures_bars(std::move(request), rest);
    const auto unit = unit_of(request.timeframe);
    // `limit` counts base bars scanned, not bars returned.
    const auto most = base_limit / unit.base_bars;
    auto bars = request.limit == 0 ? most : std::min<std::int64_t>(static_cast<std::int64_t>(request.limit), most);
    // A page may begin and end within a bar: of one alone nobody could say whether it is whole.
    if (unit.base_bars > 1)
        bars = std::max<std::int64_t>(bars, 2);
    // Both ends are inclusive, by the start of a bar, in milliseconds.
    const auto from_ms = (request.from.time_since_epoch().count() + 999999) / 1000000;
    const auto last_ms = (request.to.time_since_epoch().count() - 1) / 1000000;
    if (last_ms < from_ms)
        co_return BarPage();
    std::string target = "/v2/aggs/ticker/" + percent_encode(rest_ticker(request.instrument)) + "/range/" +
                         std::to_string(unit.multiplier) + "/" + std::string(unit.timespan) + "/" +
                         std::to_string(from_ms) + "/" + std::to_string(last_ms) +
                         "?adjusted=" + (adjusted ? "true" : "false") +
                         "&sort=asc&limit=" + std::to_string(bars * unit.base_bars);
    Pages pages(settings_.rest);
    BarPage out;
    for (int page = 0; page < empty_pages; ++page) {
        const auto answer = co_await fetch(std::move(target), rest);
        if (!answer)
            co_return answer.error();
        auto read = parse_aggregates(answer->body, *cluster, request.timeframe, wall_now());
        if (!read)
            co_return read.error();
        // What begins outside was not asked for (weeks and months begin before a date in their midst).
        std::erase_if(
            read->bars, [&](const Bar& b) { return b.open_time < request.from || b.open_time >= request.to; });
        if (request.variant && !all_of_variant(read->bars, *request.variant)) {
            log::warn("massive", "bars_of_another_kind",
                {{"instrument", request.instrument.to_string()}, {"timeframe", to_string(request.timeframe)}});
            co_return errc::not_supported; // never told as what they are not
        }
        const bool more = !read->next_url.empty();
        if (more) {
            auto followed = pages.follow(read->next_url);
            if (!followed) {
                log::warn("massive", "next_page_refused", {{"error", followed.error()}});
                co_return followed.error();
            }
            target = std::move(*followed);
        }
        if (read->bars.empty() && more)
            continue; // a sparse symbol
        out.bars = std::move(read->bars);
        if (request.limit != 0 && out.bars.size() > request.limit) { // sparse: fewer base bars a bar than it may have
            out.next = out.bars[request.limit].open_time;
            out.bars.resize(request.limit);
            co_return out;
        }
        if (!more || out.bars.empty())
            co_return out;
        // The limit may have cut the base bars of the last one: it is asked again.
        if (unit.base_bars > 1 && out.bars.size() > 1) {
            out.next = out.bars.back().open_time;
            out.bars.pop_back();
        } else if (const auto next = out.bars.back().open_time + 1ms; next < request.to) {
            out.next = next;
        }
        co_return out;
    }
    co_return errc::malformed_payload; // pages without end
}

// The order of the answer is not documented: all pages, then sorted.
asio::awaitable<result<BarPage>> MassiveProvider::futures_bars(BarRequest request, Rest& rest) {
    BarPage out;
    std::string target = "/futures/vX/aggs/" + percent_encode(request.instrument.symbol) +
                         "?resolution=" + std::string(futures_resolution(request.timeframe)) +
                         "&window_start.gte=" + std::to_string(request.from.time_since_epoch().count()) +
                         "&window_start.lt=" + std::to_string(request.to.time_since_epoch().count()) + "&limit=50000";
    const auto take = [&](std::string_view body) -> result<std::string> {
        auto page = parse_futures_aggregates(body, request.timeframe, wall_now());
        if (!page)
            return page.error();
        out.bars.insert(out.bars.end(), page->bars.begin(), page->bars.end());
        return page->next_url;
    };
    std::function<result<std::string>(std::string_view)> page = take;
    if (const auto ec = co_await walk(std::move(target), std::move(page), rest))
        co_return ec;
    std::sort(out.bars.begin(), out.bars.end(), [](const Bar& a, const Bar& b) { return a.open_time < b.open_time; });
    const auto repeats = std::unique(
        out.bars.begin(), out.bars.end(), [](const Bar& a, const Bar& b) { return a.open_time == b.open_time; });
    out.bars.erase(repeats, out.bars.end());
    co_return out;
}

} // namespace tickgate::massive
