#include "massive/venue/rest.hpp"
#include "venue_kit/client.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;
namespace chrono = std::chrono;

namespace {

std::string_view market_of(Cluster cluster) noexcept {
    static constexpr std::array<std::string_view, cluster_count> names{
        "stocks", "options", "fx", "crypto", "indices", "futures"};
    return names[static_cast<std::size_t>(cluster)];
}

std::string ticker_object(const Instrument& instrument) {
    const auto& symbol = instrument.symbol;
    auto out = fmt::format(R"({{"ticker":"{}","name":"{}","market":"{}","locale":"{}","active":true)", instrument.rest,
        symbol.quote.empty() ? symbol.base + " Inc." : symbol.base + " - " + symbol.quote,
        market_of(instrument.cluster), symbol.quote.empty() ? "us" : "global");
    if (symbol.quote.empty())
        out += fmt::format(R"(,"primary_exchange":"XNAS","type":"{}","currency_name":"usd","currency_symbol":"USD")",
            instrument.cluster == Cluster::stocks ? "CS" : "INDEX");
    else
        out += fmt::format(
            R"(,"currency_name":"{0}","currency_symbol":"{1}","base_currency_symbol":"{2}","base_currency_name":"{2}")",
            kit::to_lower(symbol.quote), symbol.quote, symbol.base);
    return out + R"(,"last_updated_utc":"2026-01-02T00:00:00Z"})";
}

std::string contract_object(const Instrument& instrument) {
    const auto contract = kit::parse_occ(instrument.symbol.base);
    return contract ? fmt::format(R"({{"cfi":"O{}ASPS","contract_type":"{}","exercise_style":"american",)"
                                  R"("expiration_date":"{}","primary_exchange":"BATO","shares_per_contract":100,)"
                                  R"("strike_price":{},"ticker":"{}","underlying_ticker":"{}"}})",
                          contract->call ? 'C' : 'P', contract->call ? "call" : "put", contract->expiration(),
                          instrument.price(contract->strike_mils / 10), instrument.wire, contract->root)
                    : std::string();
}

// Entries in the order of their tickers, a page of them.
net::HttpResponse listed(
    RestCall& call, std::vector<const Instrument*> list, std::size_t limit, std::string (*write)(const Instrument&)) {
    std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) { return a->rest < b->rest; });
    if (call.query.get("order") == "desc")
        std::reverse(list.begin(), list.end());
    const auto after = call.query.get("page_after");
    auto it = list.begin();
    if (!after.empty())
        while (it != list.end() && (*it++)->rest != after) {
        }
    std::vector<std::string> results;
    for (; it != list.end() && results.size() < limit; ++it)
        results.push_back(write(**it));
    std::string next;
    if (it != list.end() && !results.empty()) {
        Query rest = call.query;
        rest.set("page_after", (*std::prev(it))->rest);
        next = call.next_url(rest);
    }
    return call.page(results, next);
}

net::HttpResponse tickers(RestCall& call) {
    const auto limit = call.query.limit(100, 1'000);
    if (!limit)
        return call.error(400, "limit must be from 1 to 1000");
    const auto market = call.query.get("market"), ticker = call.query.get("ticker");
    const auto search = kit::to_upper(call.query.get("search"));
    std::vector<const Instrument*> list;
    for (const auto cluster : all_clusters) {
        if (cluster == Cluster::options || cluster == Cluster::futures ||
            (!market.empty() && market != market_of(cluster)) || call.query.get("active") == "false")
            continue;
        auto& side = call.market(cluster);
        for (std::size_t i = 0; i < side.size(); ++i) {
            const auto& instrument = side.instrument(i);
            if ((ticker.empty() || instrument.rest == ticker) &&
                (search.empty() || kit::to_upper(instrument.rest).find(search) != std::string::npos ||
                    kit::to_upper(instrument.symbol.canonical()).find(search) != std::string::npos))
                list.push_back(&instrument);
        }
    }
    return listed(call, std::move(list), *limit, ticker_object);
}

net::HttpResponse contracts(RestCall& call) {
    const auto limit = call.query.limit(10, 1'000);
    if (!limit)
        return call.error(400, "limit must be from 1 to 1000");
    const auto underlying = call.query.get("underlying_ticker"), kind = call.query.get("contract_type"),
               date = call.query.get("expiration_date"), ticker = call.query.get("ticker");
    auto& market = call.market(Cluster::options);
    std::vector<const Instrument*> list;
    for (std::size_t i = 0; i < market.size() && call.query.get("expired") != "true"; ++i) {
        const auto& instrument = market.instrument(i);
        const auto contract = kit::parse_occ(instrument.symbol.base);
        if (contract && (underlying.empty() || underlying == contract->root) &&
            (kind.empty() || (kind == "call") == contract->call) && (date.empty() || date == contract->expiration()) &&
            (ticker.empty() || ticker == instrument.wire))
            list.push_back(&instrument);
    }
    return listed(call, std::move(list), *limit, contract_object);
}

struct ExchangeRow {
    int id;
    std::string_view name, mic, letter;
};

std::vector<std::string> exchanges() {
    static constexpr std::array<ExchangeRow, 10> rows{
        {{1, "NYSE American, LLC", "XASE", "A"}, {2, "Nasdaq OMX BX, Inc.", "XBOS", "B"},
            {4, "FINRA Nasdaq TRF Carteret", "FINN", "D"}, {7, "Cboe EDGA", "EDGA", "J"}, {8, "Cboe EDGX", "EDGX", "K"},
            {11, "NYSE Arca, Inc.", "ARCX", "P"}, {12, "Nasdaq", "XNAS", "T"}, {15, "Investors Exchange", "IEXG", "V"},
            {19, "Cboe BZX", "BATS", "Z"}, {21, "Members Exchange", "MEMX", "U"}}};
    std::vector<std::string> out;
    for (const auto& row : rows)
        out.push_back(
            fmt::format(R"({{"id":{},"type":"{}","asset_class":"stocks","locale":"us","name":"{}","mic":"{}",)"
                        R"("operating_mic":"{}","participant_id":"{}"}})",
                row.id, row.id == 4 ? "TRF" : "exchange", row.name, row.mic, row.mic, row.letter));
    return out;
}

struct ConditionRow {
    int id;
    std::string_view name;
    bool high_low, open_close, volume;
};

std::vector<std::string> conditions(std::size_t limit) {
    static constexpr std::array<ConditionRow, 12> rows{{{0, "Regular Sale", true, true, true},
        {2, "Average Price Trade", false, false, true}, {7, "Cash Sale", false, false, true},
        {10, "Derivatively Priced", true, false, true}, {12, "Form T", false, false, true},
        {14, "Intermarket Sweep", true, true, true}, {15, "Market Center Official Close", false, false, false},
        {16, "Market Center Official Open", false, false, false}, {22, "Prior Reference Price", true, false, true},
        {37, "Odd Lot Trade", false, false, true}, {41, "Trade Thru Exempt", true, true, true},
        {52, "Contingent Trade", false, false, true}}};
    std::vector<std::string> out;
    for (const auto& row : rows)
        if (out.size() < limit) {
            const auto rules = fmt::format(R"({{"updates_high_low":{},"updates_open_close":{},"updates_volume":{}}})",
                row.high_low, row.open_close, row.volume);
            out.push_back(fmt::format(
                R"({{"id":{},"type":"sale_condition","name":"{}","asset_class":"stocks","sip_mapping":{{"UTP":"@"}},)"
                R"("update_rules":{{"consolidated":{},"market_center":{}}},"data_types":["trade"]}})",
                row.id, row.name, rules, rules));
        }
    return out;
}

chrono::sys_days easter(int year) {
    const int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
    const int g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    const int l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451, n = h + l - 7 * m + 114;
    return chrono::year(year) / (n / 31) / (n % 31 + 1);
}

struct Holiday {
    chrono::sys_days day;
    std::string_view name;
    bool early = false;
};

// Holidays that fall on a weekend are kept on the nearest weekday.
chrono::sys_days observed(chrono::sys_days day) {
    const chrono::weekday weekday(day);
    return weekday == chrono::Saturday ? day - chrono::days(1)
           : weekday == chrono::Sunday ? day + chrono::days(1)
                                       : day;
}

std::vector<Holiday> holidays(int number) {
    const chrono::year year(number);
    const chrono::sys_days thanksgiving = year / chrono::November / chrono::Thursday[4];
    return {{observed(year / 1 / 1), "New Years Day"},
        {year / chrono::January / chrono::Monday[3], "Martin Luther King, Jr. Day"},
        {year / chrono::February / chrono::Monday[3], "Washington's Birthday"},
        {easter(number) - chrono::days(2), "Good Friday"},
        {year / chrono::May / chrono::Monday[chrono::last], "Memorial Day"}, {observed(year / 6 / 19), "Juneteenth"},
        {observed(year / 7 / 4), "Independence Day"}, {year / chrono::September / chrono::Monday[1], "Labor Day"},
        {thanksgiving, "Thanksgiving"}, {thanksgiving + chrono::days(1), "Thanksgiving", true},
        {observed(year / 12 / 25), "Christmas"}};
}

std::string upcoming(UnixNanos now) {
    const auto today = day_of(Cluster::stocks, now);
    const auto year = static_cast<int>(chrono::year_month_day(today).year());
    std::string out = "[";
    for (const int y : {year, year + 1})
        for (const auto& holiday : holidays(y)) {
            if (holiday.day < today || holiday.day > today + chrono::days(365))
                continue;
            for (const auto* exchange : {"NYSE", "NASDAQ"}) {
                out += out.back() == '[' ? "" : ",";
                out += fmt::format(R"({{"exchange":"{}","name":"{}","date":"{}","status":"{}")", exchange, holiday.name,
                    date_text(holiday.day), holiday.early ? "early-close" : "closed");
                if (holiday.early) {
                    const auto time = [&](chrono::nanoseconds local) {
                        const auto t = day_begin(Cluster::stocks, holiday.day) + local;
                        const chrono::hh_mm_ss clock(
                            chrono::floor<chrono::seconds>(t - chrono::floor<chrono::days>(t)));
                        return fmt::format("{}T{:02}:{:02}:00.000Z", date_text(chrono::floor<chrono::days>(t)),
                            clock.hours().count(), clock.minutes().count());
                    };
                    out += fmt::format(R"(,"open":"{}","close":"{}")", time(9h + 30min), time(13h));
                }
                out += '}';
            }
        }
    return out + ']';
}

} // namespace

net::HttpResponse reference(RestCall& call) {
    const auto& what = call.path[2];
    if (what == "tickers" && call.path.size() == 3)
        return tickers(call);
    if (what == "tickers") {
        const auto found = call.path.size() == 4 ? call.find(call.path[3]) : std::nullopt;
        if (!found)
            return call.error(404, "Ticker not found.");
        net::HttpResponse response;
        response.body = fmt::format(
            R"({{"results":{},"status":"OK","request_id":"{}"}})", ticker_object(found->instrument()), call.request_id);
        return response;
    }
    if (what == "options" && call.path.size() == 4 && call.path[3] == "contracts")
        return contracts(call);
    if (what == "exchanges")
        return call.page(exchanges(), {});
    if (what == "conditions") {
        const auto limit = call.query.limit(10, 1'000);
        return limit ? call.page(conditions(*limit), {}) : call.error(400, "limit must be from 1 to 1000");
    }
    if (what == "splits" || what == "dividends")
        return call.page({}, {});
    return call.error(404, "Data not found.");
}

net::HttpResponse market_status(RestCall& call) {
    net::HttpResponse response;
    if (call.path[2] == "upcoming") {
        response.body = upcoming(call.clock);
        return response;
    }
    if (call.path[2] != "now")
        return call.error(404, "Data not found.");
    const bool all_closed = call.faults.has(kit::FaultKind::market_closed);
    const auto local = call.clock + eastern_offset(call.clock);
    const auto time = local - chrono::floor<chrono::days>(local);
    const bool regular = !call.options.market_hours || (time >= 9h + 30min && time < 16h);
    const bool early = !regular && time < 9h + 30min;
    const std::string_view stocks = call.closed(Cluster::stocks) ? "closed" : regular ? "open" : "extended-hours";
    const bool extended = stocks == "extended-hours";
    response.body = fmt::format(
        R"({{"market":"{0}","earlyHours":{1},"afterHours":{2},"serverTime":"{3}","exchanges":{{"nyse":"{0}",)"
        R"("nasdaq":"{0}","otc":"{0}"}},"currencies":{{"fx":"{4}","crypto":"{4}"}},"indicesGroups":{{"s_and_p":"{0}",)"
        R"("dow_jones":"{0}","nasdaq":"{0}"}}}})",
        stocks, extended && early, extended && !early, eastern_text(call.clock), all_closed ? "closed" : "open");
    return response;
}

} // namespace tickgate::massive_venue
