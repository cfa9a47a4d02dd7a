#include "massive/venue/rest.hpp"
#include "venue_kit/client.hpp"
#include "venue_kit/text.hpp"

#include <tickgate/decimal.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

std::int64_t nanos(UnixNanos t) noexcept { return t.time_since_epoch().count(); }

std::string_view type_of(Cluster cluster) noexcept {
    static constexpr std::array<std::string_view, cluster_count> names{
        "stocks", "options", "fx", "crypto", "indices", "futures"};
    return names[static_cast<std::size_t>(cluster)];
}

std::string short_day(const Instrument& instrument, const std::optional<kit::TapeBar>& bar) {
    if (!bar)
        return R"({"o":0,"h":0,"l":0,"c":0,"v":0,"vw":0})";
    return fmt::format(R"({{"o":{},"h":{},"l":{},"c":{},"v":{},"vw":{}}})", instrument.price(bar->open),
        instrument.price(bar->high), instrument.price(bar->low), instrument.price(bar->close),
        volume_of(instrument, *bar), instrument.vwap(bar->turnover, bar->volume));
}

std::optional<kit::TapeBar> yesterday(const RestCall& call, const Found& found) {
    const auto cluster = found.market->cluster();
    const auto today = day_of(cluster, call.now);
    return found.market->sum(
        found.index, day_begin(cluster, today - std::chrono::days(1)), day_begin(cluster, today), call.now);
}

std::string change_percent(std::int64_t now, std::int64_t before) {
    std::string out;
    append_number(out, before == 0 ? 0 : (now - before) * 1'000'000 / before, 4);
    return out;
}

std::string short_snapshot(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    auto& market = *found.market;
    const auto i = found.index;
    const auto& quote = market.quote(i);
    const auto today = market.today(i, call.now);
    const auto before = yesterday(call, found);
    const auto fill = market.last_trade(i, call.now);
    const auto minute = market.minute(i, call.now - call.now.time_since_epoch() % 60s);
    const auto last = instrument.symbol.trades ? fill.price : quote.bid;
    auto out =
        fmt::format(R"({{"ticker":"{}","todaysChange":{},"todaysChangePerc":{},"updated":{},"day":{},"prevDay":{})",
            instrument.rest, before ? instrument.price(last - before->close) : "0",
            change_percent(last, before ? before->close : 0), nanos(std::max(quote.time, fill.time)),
            short_day(instrument, today), short_day(instrument, before));
    if (minute)
        out += fmt::format(R"(,"min":{{"av":{},"o":{},"h":{},"l":{},"c":{},"v":{},"vw":{},"n":{},"t":{}}})",
            today ? instrument.whole(today->volume) : 0, instrument.price(minute->open), instrument.price(minute->high),
            instrument.price(minute->low), instrument.price(minute->close), volume_of(instrument, *minute),
            instrument.vwap(minute->turnover, minute->volume), minute->count, nanos(minute->open_time) / 1'000'000);
    if (instrument.cluster == Cluster::forex)
        return out + fmt::format(R"(,"lastQuote":{{"a":{},"b":{},"t":{},"x":48}}}})", instrument.price(quote.ask),
                         instrument.price(quote.bid), nanos(quote.time) / 1'000'000);
    const auto print = print_of(instrument, fill);
    out += fmt::format(R"(,"lastTrade":{{"c":{},"i":"{}","p":{},"s":{},"t":{},"x":{}}})",
        print.conditions.empty() ? "null" : print.conditions, fill.id, instrument.price(fill.price),
        instrument.cluster == Cluster::crypto ? instrument.size(fill.lots)
                                              : std::to_string(instrument.whole(fill.lots)),
        instrument.cluster == Cluster::crypto ? nanos(fill.time) / 1'000'000 : nanos(fill.time), print.exchange);
    if (instrument.cluster == Cluster::stocks)
        out += fmt::format(R"(,"lastQuote":{{"P":{},"S":{},"p":{},"s":{},"t":{}}})", instrument.price(quote.ask),
            instrument.whole(quote.ask_lots) + 1, instrument.price(quote.bid), instrument.whole(quote.bid_lots) + 1,
            nanos(quote.time));
    return out + '}';
}

std::string session_object(const RestCall& call, const Found& found, std::int64_t last) {
    const auto& instrument = found.instrument();
    const auto today = found.market->today(found.index, call.now);
    const auto before = yesterday(call, found);
    const auto previous = before ? before->close : last;
    const auto day = today ? *today : kit::TapeBar::flat(call.now, last);
    auto out = fmt::format(
        R"({{"open":{},"high":{},"low":{},"close":{},"change":{},"change_percent":{},"previous_close":{})",
        instrument.price(day.open), instrument.price(day.high), instrument.price(day.low), instrument.price(day.close),
        instrument.price(last - previous), change_percent(last, previous), instrument.price(previous));
    if (instrument.cluster != Cluster::indices)
        out += fmt::format(R"(,"volume":{})", volume_of(instrument, day));
    return out + '}';
}

std::string quote_object(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto& quote = found.market->quote(found.index);
    std::string middle;
    append_number(middle, (quote.bid + quote.ask) * 5, instrument.symbol.price_decimals + 1);
    auto out = fmt::format(R"({{"ask":{},"bid":{})", instrument.price(quote.ask), instrument.price(quote.bid));
    if (instrument.cluster != Cluster::forex) {
        const auto size = [&](std::int64_t lots) {
            return instrument.cluster == Cluster::stocks ? std::to_string(instrument.whole(lots) + 1)
                                                         : instrument.size(lots);
        };
        out += fmt::format(R"(,"ask_size":{},"bid_size":{})", size(quote.ask_lots), size(quote.bid_lots));
    }
    return out +
           fmt::format(R"(,"ask_exchange":{},"bid_exchange":{},"last_updated":{},"midpoint":{},"timeframe":"{}"}})",
               ask_exchange(instrument, quote), bid_exchange(instrument, quote), nanos(quote.time), middle,
               call.timeframe());
}

std::string trade_object(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto fill = found.market->last_trade(found.index, call.now);
    const auto print = print_of(instrument, fill);
    auto out = fmt::format(R"({{"price":{},"exchange":{})", instrument.price(fill.price), print.exchange);
    if (!print.conditions.empty())
        out += fmt::format(R"(,"conditions":{})", print.conditions);
    if (instrument.cluster == Cluster::stocks)
        out += fmt::format(R"(,"id":"{}","size":{},"decimal_size":"{}")", fill.id, instrument.whole(fill.lots),
            instrument.size(fill.lots));
    else
        out += fmt::format(R"(,"size":{})", instrument.size(fill.lots));
    const auto time = instrument.cluster == Cluster::crypto ? "last_updated" : "sip_timestamp";
    return out + fmt::format(R"(,"{}":{},"timeframe":"{}"}})", time, nanos(fill.time), call.timeframe());
}

// What options have more: contract, greeks (absent far from the money), the stock beneath.
std::string option_fields(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto contract = kit::parse_occ(instrument.symbol.base);
    if (!contract)
        return {};
    const auto last = found.market->last_trade(found.index, call.now).price;
    const auto strike = contract->strike_mils / 10;
    const auto even = contract->call ? strike + last : strike - last;
    const auto stock = call.find(contract->root);
    const auto price = stock ? stock->market->quote(stock->index).bid : kit::equity_symbol(contract->root).base_price;
    auto out = fmt::format(
        R"("break_even_price":{},"details":{{"contract_type":"{}","exercise_style":"american","expiration_date":"{}",)"
        R"("shares_per_contract":100,"strike_price":{},"ticker":"{}"}},"open_interest":{})",
        instrument.price(even), contract->call ? "call" : "put", contract->expiration(), instrument.price(strike),
        instrument.wire, 100 + instrument.hash % 9'000);
    const auto away = std::abs(price - strike);
    if (away * 4 < price) {
        const auto delta = 0.5 + 0.5 * static_cast<double>(price - strike) / static_cast<double>(away + price / 20 + 1);
        out += fmt::format(R"(,"greeks":{{"delta":{:.6f},"gamma":{:.6f},"theta":{:.6f},"vega":{:.6f}}},)"
                           R"("implied_volatility":{:.6f})",
            contract->call ? delta : delta - 1, 0.01, -0.03, 0.12,
            0.2 + static_cast<double>(instrument.hash % 40) / 100);
    }
    out += fmt::format(R"(,"underlying_asset":{{"ticker":"{}","price":{},"change_to_break_even":{},"last_updated":{},)"
                       R"("timeframe":"{}"}})",
        contract->root, instrument.price(price), instrument.price(even - price), nanos(call.now), call.timeframe());
    return out;
}

std::string universal(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto cluster = found.market->cluster();
    const auto last = instrument.symbol.trades ? found.market->last_trade(found.index, call.now).price
                                               : found.market->quote(found.index).bid;
    auto out = fmt::format(R"({{"ticker":"{}","name":"{}","type":"{}","market_status":"{}","session":{})",
        instrument.rest, instrument.symbol.canonical(), type_of(cluster), call.closed(cluster) ? "closed" : "open",
        session_object(call, found, last));
    if (cluster == Cluster::indices)
        return out + fmt::format(R"(,"value":{},"last_updated":{},"timeframe":"{}"}})", instrument.price(last),
                         nanos(found.market->quote(found.index).time), call.timeframe());
    out += R"(,"last_quote":)" + quote_object(call, found);
    if (instrument.symbol.trades)
        out += R"(,"last_trade":)" + trade_object(call, found);
    const auto minute = found.market->minute(found.index, call.now - call.now.time_since_epoch() % 60s);
    if (cluster == Cluster::stocks && minute)
        out += fmt::format(R"(,"last_minute":{{"open":{},"high":{},"low":{},"close":{},"volume":{},"vwap":{},)"
                           R"("transactions":{},"last_updated":{}}})",
            instrument.price(minute->open), instrument.price(minute->high), instrument.price(minute->low),
            instrument.price(minute->close), volume_of(instrument, *minute),
            instrument.vwap(minute->turnover, minute->volume), minute->count, nanos(minute->open_time));
    if (cluster == Cluster::options)
        out += ',' + option_fields(call, found);
    return out + '}';
}

std::string unknown(std::string_view ticker) {
    std::string quoted;
    kit::append_json_string(quoted, ticker);
    return fmt::format(R"({{"ticker":{},"error":"NOT_FOUND","message":"Ticker not found."}})", quoted);
}

std::string chain_entry(const RestCall& call, const Found& found) {
    const auto& instrument = found.instrument();
    const auto today = found.market->today(found.index, call.now);
    std::string day = "{}";
    if (today)
        day = fmt::format(R"({{"open":{},"high":{},"low":{},"close":{},"volume":{},"vwap":{},"last_updated":{}}})",
            instrument.price(today->open), instrument.price(today->high), instrument.price(today->low),
            instrument.price(today->close), today->volume, instrument.vwap(today->turnover, today->volume),
            nanos(today->open_time));
    return fmt::format(R"({{{},"day":{},"last_quote":{},"last_trade":{}}})", option_fields(call, found), day,
        quote_object(call, found), trade_object(call, found));
}

std::vector<std::string_view> split(std::string_view list) {
    std::vector<std::string_view> out;
    while (!list.empty()) {
        const auto item = list.substr(0, list.find(','));
        list = item.size() == list.size() ? std::string_view() : list.substr(item.size() + 1);
        if (!item.empty())
            out.push_back(item);
    }
    return out;
}

// A page of `count` entries that begins after the entry named by the cursor.
template <class Write>
net::HttpResponse paged(
    RestCall& call, std::vector<std::pair<std::string, Found>> entries, std::size_t limit, Write&& write) {
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    if (call.query.get("order") == "desc")
        std::reverse(entries.begin(), entries.end());
    const auto after = call.query.get("page_after");
    auto it = entries.begin();
    if (!after.empty())
        while (it != entries.end() && it++->first != after) {
        }
    std::vector<std::string> results;
    std::string last;
    for (; it != entries.end() && results.size() < limit; ++it) {
        results.push_back(write(it->second));
        last = it->first;
    }
    std::string next;
    if (it != entries.end() && !results.empty()) {
        Query rest = call.query;
        rest.set("page_after", last);
        next = call.next_url(rest);
    }
    return call.page(results, next);
}

net::HttpResponse chain(RestCall& call) {
    const auto& underlying = call.path[3];
    auto& market = call.market(Cluster::options);
    if (call.path.size() >= 5) {
        const auto index = market.find(call.path[4]);
        if (!index)
            return call.error(404, "Options contract not found.");
        net::HttpResponse response;
        const Found found{&market, *index};
        response.body = fmt::format(R"({{"results":{},"status":"{}","request_id":"{}"}})", chain_entry(call, found),
            call.status(), call.request_id);
        return response;
    }
    const auto limit = call.query.limit(10, 250);
    if (!limit)
        return call.error(400, "limit must be from 1 to 250");
    std::vector<std::pair<std::string, Found>> entries;
    const auto within = [&](std::string_view name, const auto& value, const auto& read) {
        const auto check = [&](std::string_view suffix, auto good) {
            const auto text = call.query.get(std::string(name) + std::string(suffix));
            return text.empty() || good(value, read(text));
        };
        return check("", std::equal_to<>()) && check(".gte", std::greater_equal<>()) &&
               check(".gt", std::greater<>()) && check(".lte", std::less_equal<>()) && check(".lt", std::less<>());
    };
    for (std::size_t i = 0; i < market.size(); ++i) {
        const auto contract = kit::parse_occ(market.instrument(i).symbol.base);
        const auto kind = call.query.get("contract_type");
        if (!contract || contract->root != underlying || (!kind.empty() && (kind == "call") != contract->call))
            continue;
        if (within("expiration_date", contract->expiration(), [](std::string_view t) { return std::string(t); }) &&
            within("strike_price", Decimal::from_parts(contract->strike_mils, -3), [](std::string_view t) {
                const auto strike = Decimal::parse(t);
                return strike ? *strike : Decimal(); // as a venue reads what is no number
            }))
            entries.emplace_back(market.instrument(i).wire, Found{&market, i});
    }
    return paged(call, std::move(entries), *limit, [&](const Found& found) { return chain_entry(call, found); });
}

} // namespace

net::HttpResponse market_snapshot(RestCall& call) {
    const auto& kind = call.path[5];
    const auto cluster = kind == "forex" ? Cluster::forex : kind == "crypto" ? Cluster::crypto : Cluster::stocks;
    auto& market = call.market(cluster);
    net::HttpResponse response;
    const auto& what = call.path[6];
    if (what == "tickers" && call.path.size() >= 8) {
        const auto found = call.find(call.path[7]);
        if (!found || found->market != &market)
            return call.error(404, "Ticker not found.");
        response.body = fmt::format(R"({{"ticker":{},"status":"{}","request_id":"{}"}})", short_snapshot(call, *found),
            call.status(), call.request_id);
        return response;
    }
    if (what != "tickers" && what != "gainers" && what != "losers")
        return call.error(404, "Data not found.");
    std::vector<std::size_t> indexes;
    const auto asked = call.query.get("tickers");
    for (const auto ticker : split(asked))
        if (const auto found = call.find(ticker); found && found->market == &market)
            indexes.push_back(found->index);
    if (asked.empty())
        for (std::size_t i = 0; i < market.size() && (what == "tickers" || i < 20); ++i)
            indexes.push_back(i);
    std::string list;
    for (const auto i : indexes)
        list += (list.empty() ? "" : ",") + short_snapshot(call, {&market, i});
    response.body = fmt::format(R"({{"tickers":[{}],"status":"{}","request_id":"{}","count":{}}})", list, call.status(),
        call.request_id, indexes.size());
    return response;
}

net::HttpResponse universal_snapshot(RestCall& call) {
    if (call.path.size() >= 4 && call.path[2] == "options")
        return chain(call);
    const bool indices = call.path.size() == 3 && call.path[2] == "indices";
    if (call.path.size() != 2 && !indices)
        return call.error(404, "Data not found.");
    const auto limit = call.query.limit(10, 250);
    const auto asked =
        split(call.query.get("ticker.any_of").empty() ? call.query.get("ticker") : call.query.get("ticker.any_of"));
    if (!limit || asked.size() > 250)
        return call.error(400, !limit ? "limit must be from 1 to 250" : "at most 250 tickers");
    if (asked.empty()) {
        std::vector<std::pair<std::string, Found>> entries;
        const auto type = call.query.get("type");
        for (const auto cluster : all_clusters) {
            auto& market = call.market(cluster);
            const bool wanted = indices ? cluster == Cluster::indices : type.empty() || type == type_of(cluster);
            for (std::size_t i = 0; wanted && i < market.size(); ++i)
                entries.emplace_back(market.instrument(i).rest, Found{&market, i});
        }
        return paged(call, std::move(entries), *limit, [&](const Found& found) { return universal(call, found); });
    }
    // In the order asked; a cursor goes on after its ticker.
    std::vector<std::string> results;
    const auto after = call.query.get("page_after");
    bool begun = after.empty();
    std::string next;
    for (const auto ticker : asked) {
        if (!begun) {
            begun = ticker == after;
            continue;
        }
        if (results.size() == *limit) {
            Query rest = call.query;
            rest.set("page_after", std::string(*(std::find(asked.begin(), asked.end(), ticker) - 1)));
            next = call.next_url(rest);
            break;
        }
        const auto found = call.find(ticker);
        const bool fits = found && (!indices || found->market->cluster() == Cluster::indices);
        results.push_back(fits ? universal(call, *found) : unknown(ticker));
    }
    return call.page(results, next);
}

} // namespace tickgate::massive_venue
