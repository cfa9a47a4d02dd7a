// Trades by REST, by time.
#include "massive/errors.hpp"
#include "massive/history.hpp"
#include "massive/provider.hpp"
#include "massive/symbols.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace tickgate::massive {

asio::awaitable<result<std::string>> MassiveProvider::get_trades(TradeRequest request, TradeSink sink, Rest& rest) {
    const auto cluster = cluster_of(request.instrument.asset_class);
    const bool told = cluster && *cluster != Cluster::forex && *cluster != Cluster::indices &&
                      *cluster != Cluster::futures && !request.first_id && !request.last_id;
    if (!told)
        co_return errc::not_supported;
    if (request.to <= request.from)
        co_return std::string();
    const auto path = "/v3/trades/" + percent_encode(rest_ticker(request.instrument)) + "?";
    Pages pages(settings_.rest);
    std::string target = request.cursor;
    if (target.empty()) {
        const auto most = static_cast<std::size_t>(base_limit);
        const auto limit = request.limit == 0 ? most : std::min(request.limit, most);
        target = path + "timestamp.gte=" + std::to_string(request.from.time_since_epoch().count()) +
                 "&timestamp.lt=" + std::to_string(request.to.time_since_epoch().count()) +
                 "&order=asc&sort=timestamp&limit=" + std::to_string(limit);
    } else if (!target.starts_with("/v3/trades/") ||
               std::any_of(target.begin(), target.end(), [](char c) { return c <= ' ' || c >= '\x7f'; })) {
        co_return errc::bad_request; // no cursor of ours
    }
    if (!pages.follow(settings_.rest + target)) // so that a page that names itself is seen
        co_return errc::bad_request;
    const auto answer = co_await fetch(std::move(target), rest);
    if (!answer)
        co_return answer.error();
    const auto take = [&](const Trade& trade) {
        // The venue's bounds are by its time stamp, which is the first of those a trade has.
        if (trade.event_time && *trade.event_time >= request.from && *trade.event_time < request.to)
            sink(trade);
    };
    auto next = parse_trades(answer->body, *cluster, wall_now(), take);
    if (!next || next->empty())
        co_return next;
    auto followed = pages.follow(*next);
    if (!followed)
        log::warn("massive", "next_page_refused", {{"error", followed.error()}});
    co_return followed;
}

} // namespace tickgate::massive
