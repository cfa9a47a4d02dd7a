// REST answers of Massive: any body is data or an error. The first byte says which kind of answer the rest is.
#include "massive/errors.hpp"
#include "massive/history.hpp"
#include "massive/next_page.hpp"
#include "massive/reference.hpp"
#include "massive/snapshots.hpp"
#include "massive/symbols.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;
using namespace tickgate::massive;

const UnixNanos now(std::chrono::seconds(1700000000));

void require(bool ok) {
    if (!ok)
        std::abort();
}

void page_of(std::string_view next_url) {
    const auto target = Pages("https://api.massive.com").follow(next_url);
    if (target)
        require(target->starts_with('/') && next_url.ends_with(*target) &&
                target->find_first_of(" \r\n") == std::string::npos);
}

void bars(const result<AggregatePage>& page, bool ascending) {
    if (!page)
        return;
    for (std::size_t i = 0; i < page->bars.size(); ++i) {
        const auto& bar = page->bars[i];
        require(bar.open_time < bar.close_time && bar.close.to_string().size() <= Decimal::max_text);
        require(!ascending || i == 0 || page->bars[i - 1].open_time < bar.open_time);
    }
    page_of(page->next_url);
}

void quote(std::string_view ticker, const Quote& q) {
    require(!ticker.empty() && (q.bid || q.ask || q.last));
    require((q.bid || !q.bid_size) && (q.ask || !q.ask_size));
    char buffer[64];
    for (const auto cluster : all_clusters) {
        if (const auto symbol = canonical_symbol(cluster, ticker))
            require(is_symbol(*symbol));
        (void)normalise(cluster, ticker, buffer);
    }
}

void listing(const result<ListingPage>& page) {
    if (!page)
        return;
    for (const auto& info : page->instruments) {
        require(!info.native.empty() && InstrumentName::parse(info.name.to_string()).has_value());
        (void)option_terms(info.name.symbol);
    }
    page_of(page->next_url);
}

void failure(std::string_view body) {
    RestResponse answer;
    answer.status = 400 + (body.empty() ? 0 : static_cast<unsigned char>(body[0]) % 200);
    answer.headers.emplace_back("retry-after", std::string(body.substr(0, body.find('\n'))));
    answer.body = body;
    const auto error = error_of(answer);
    require(error.code.failed() && error.text.size() <= 300);
    const auto budget = budget_of(answer);
    require(!budget.pause || budget.pause->count() > 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0)
        return 0;
    // A copy of exactly this size: reading past it is a fault.
    const std::string body(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 8) {
    case 0:
        for (const auto cluster : {Cluster::stocks, Cluster::crypto})
            bars(parse_aggregates(body, cluster, Timeframe::d1, now), true);
        break;
    case 1:
        bars(parse_futures_aggregates(body, Timeframe::m1, now), false);
        (void)parse_daily(body, [](const DailyFigures& d) { require(!d.ticker.empty() && d.end); });
        (void)parse_open_close(body, [](const DailyFigures& d) { require(!d.ticker.empty() && d.date); });
        break;
    case 2:
        if (const auto next =
                parse_trades(body, Cluster::stocks, now, [](const Trade& t) { (void)t.price.to_string(); }))
            page_of(*next);
        (void)parse_quotes(body, now, [](const Quote& q) { require(q.bid || q.ask); });
        break;
    case 3:
        (void)parse_last_nbbo(body, now, quote);
        (void)parse_last_trade(body, now, quote);
        (void)parse_last_currency(body, now, quote);
        break;
    case 4:
        (void)parse_market_snapshot(body, now, quote);
        (void)parse_snapshot(body, now, quote, [](std::string_view) {});
        (void)parse_known(body, [](const KnownTicker&) {});
        break;
    case 5:
        listing(parse_tickers(body));
        listing(parse_contracts(body));
        break;
    case 6:
        (void)parse_exchanges(body);
        (void)parse_conditions(body);
        if (const auto days = parse_market_days(body))
            for (const auto& day : *days)
                require(day.date.ok() && (day.closed || (day.open && day.close && *day.open < *day.close)));
        (void)parse_market_status(body);
        break;
    default:
        failure(body);
        page_of(body);
        (void)option_terms(body);
        (void)parse_instant(body);
    }
    return 0;
}
