#include "tradier/provider.hpp"

#include "tradier/bar_query.hpp"
#include "tradier/errors.hpp"
#include "tradier/history.hpp"
#include "tradier/new_york.hpp"
#include "tradier/reference.hpp"
#include "tradier/session.hpp"
#include "tradier/symbols.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tickgate::tradier {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_in_url = 100;     // symbols; more go in the body of a POST
constexpr std::size_t most_in_request = 500; // symbols
constexpr auto sandbox_delay = 15min;

Capabilities make_capabilities(const Settings& settings) {
    Capabilities c;
    c.timeframes = {Timeframe::m1, Timeframe::m5, Timeframe::m15, Timeframe::d1, Timeframe::w1, Timeframe::mo1};
    FeedSpec market;
    market.part = "market";
    market.classes = {AssetClass::equity, AssetClass::option, AssetClass::index};
    market.kinds = {Kind::quote, Kind::trade};
    market.streams_per_connection = settings.subscriptions;
    market.max_connections = 1; // one session a user
    market.connect_spacing = 2s;
    if (settings.sandbox)
        market.delay = sandbox_delay;
    c.feeds = {market};
    RequestBudgetSpec budget;
    budget.name = "market";
    budget.weight_limit = settings.requests_per_minute;
    c.budgets = {budget};
    c.bars_per_page = bars_per_page;
    c.trades_history = !settings.sandbox;
    return c;
}

std::string joined(const std::vector<std::string>& natives, std::size_t from, std::size_t to) {
    std::string list;
    for (; from < to; ++from)
        list.append(list.empty() ? "" : ",").append(percent_encode(natives[from]));
    return list;
}

void log_refusal(std::string_view target, int status, const VenueError& e) {
    log::warn("tradier", "request_refused",
        {{"request", target.substr(0, target.find('?'))}, {"status", status}, {"error", e.code},
            {"venue_text", e.text}});
}

} // namespace

TradierProvider::TradierProvider(Settings settings)
    : settings_(std::move(settings)), capabilities_(make_capabilities(settings_)) {}

RestRequest TradierProvider::request_of(std::string target) const {
    RestRequest request;
    request.base = settings_.rest;
    request.target = std::move(target);
    // Without it the answer is XML.
    request.headers = {{"Authorization", "Bearer " + settings_.token.reveal()}, {"Accept", "application/json"}};
    return request;
}

asio::awaitable<result<RestResponse>> TradierProvider::fetch(RestRequest request, Rest& rest) {
    const auto target = request.target;
    auto answer = co_await rest.send(std::move(request));
    if (!answer)
        co_return answer.error();
    if (answer->status / 100 != 2) {
        const auto e = error_of(*answer);
        log_refusal(target, answer->status, e);
        co_return e.code;
    }
    if (const auto e = error_in(*answer)) {
        log_refusal(target, answer->status, *e);
        co_return e->code;
    }
    co_return answer;
}

// POST quotes above the length that an address should have, else GET.
asio::awaitable<error_code> TradierProvider::ask_quotes(std::vector<std::string> natives, TakeQuote take, Rest& rest) {
    for (std::size_t from = 0; from < natives.size(); from += most_in_request) {
        const auto to = std::min(natives.size(), from + most_in_request);
        const auto query = "symbols=" + joined(natives, from, to) + "&greeks=false";
        auto request = request_of("/v1/markets/quotes");
        if (to - from > most_in_url) {
            request.method = "POST";
            request.body = query;
        } else {
            request.target += "?" + query;
        }
        const auto answer = co_await fetch(std::move(request), rest);
        if (!answer)
            co_return answer.error();
        std::size_t skipped = 0;
        if (const auto ec = parse_quotes(answer->body, settings_.lot_size, wall_now(), take, skipped))
            co_return ec;
        const auto unmatched = parse_unmatched(answer->body);
        if (!unmatched)
            co_return unmatched.error();
        if (skipped > 0)
            log::info("tradier", "quotes_not_read", {{"count", skipped}});
        if (!unmatched->empty())
            log::debug("tradier", "symbols_unmatched", {{"count", unmatched->size()}, {"first", unmatched->front()}});
    }
    co_return error_code();
}

asio::awaitable<result<std::vector<InstrumentInfo>>> TradierProvider::find_instruments(
    std::vector<InstrumentName> names, Rest& rest) {
    std::set<InstrumentName> wanted;
    std::vector<std::string> natives;
    for (const auto& n : names)
        if (const auto& served = capabilities_.feeds.front().classes;
            std::find(served.begin(), served.end(), n.asset_class) != served.end() && wanted.insert(n).second)
            natives.push_back(native_of(n));
    std::vector<InstrumentInfo> found;
    TakeQuote take = [&](const QuoteRow& row) {
        const auto name = name_of(row.native, row.type);
        if (!name || wanted.erase(*name) == 0)
            return;
        InstrumentInfo info;
        info.name = *name;
        info.native = row.native;
        info.feed = "market";
        info.description = row.description;
        info.status = row.type;
        info.tradeable = true;
        found.push_back(std::move(info));
    };
    if (const auto ec = co_await ask_quotes(std::move(natives), std::move(take), rest))
        co_return ec;
    co_return found;
}

asio::awaitable<error_code> TradierProvider::list_instruments(std::function<void(const InstrumentInfo&)>, Rest&) {
    co_return errc::not_supported;
}

// By the beginning of the symbol first, then by words of the description.
asio::awaitable<result<std::vector<InstrumentInfo>>> TradierProvider::search_instruments(
    std::string text, std::size_t limit, Rest& rest) {
    std::vector<InstrumentInfo> found;
    std::set<InstrumentName> seen;
    const auto q = percent_encode(text);
    const std::string targets[] = {"/v1/markets/lookup?q=" + q, "/v1/markets/search?q=" + q + "&indexes=true"};
    for (const auto& target : targets) {
        if (found.size() >= limit || text.empty())
            break;
        auto request = request_of(target);
        const auto answer = co_await fetch(std::move(request), rest);
        if (!answer)
            co_return answer.error();
        std::size_t skipped = 0;
        auto some = parse_securities(answer->body, skipped);
        if (!some)
            co_return some.error();
        for (auto& info : *some)
            if (found.size() < limit && seen.insert(info.name).second)
                found.push_back(std::move(info));
    }
    co_return found;
}

asio::awaitable<result<std::vector<MarketDay>>> TradierProvider::get_market_days(Rest& rest) {
    using namespace std::chrono;
    // The venue's own date says which month it is.
    auto clock_request = request_of("/v1/markets/clock");
    const auto clock_answer = co_await fetch(std::move(clock_request), rest);
    if (!clock_answer)
        co_return clock_answer.error();
    const auto clock = parse_clock(clock_answer->body);
    if (!clock)
        co_return clock.error();
    std::vector<MarketDay> found;
    for (int ahead = 0; ahead < 2; ++ahead) {
        const auto month = clock->date.year() / clock->date.month() + months(ahead);
        const auto target = "/v1/markets/calendar?month=" + std::to_string(static_cast<unsigned>(month.month())) +
                            "&year=" + std::to_string(static_cast<int>(month.year()));
        auto request = request_of(target);
        const auto answer = co_await fetch(std::move(request), rest);
        if (!answer)
            co_return answer.error();
        const auto some = parse_calendar(answer->body);
        if (!some)
            co_return some.error();
        found.insert(found.end(), some->begin(), some->end());
    }
    co_return found;
}

asio::awaitable<result<std::string>> TradierProvider::make_session(Rest& rest) {
    auto request = request_of("/v1/markets/events/session");
    request.method = "POST";
    const auto answer = co_await fetch(std::move(request), rest);
    if (!answer) {
        // Whoever may not stream with this token will not be let in a moment later.
        co_return answer.error() == errc::not_entitled ? make_error_code(errc::restricted) : answer.error();
    }
    co_return parse_session(answer->body);
}

asio::awaitable<result<std::unique_ptr<FeedSession>>> TradierProvider::open_session(
    std::string, int, std::uint64_t, Rest& rest) {
    auto id = co_await make_session(rest);
    SessionOptions options;
    // The wait for a place among the sessions is the session's to tell: an error would be tried again too early.
    options.turned_away = !id && id.error() == errc::too_many_connections;
    if (!id && !options.turned_away)
        co_return id.error();
    options.base = settings_.http_stream ? settings_.stream : settings_.ws;
    options.http = settings_.http_stream;
    if (id)
        options.session_id = std::move(*id);
    options.created = mono_now();
    options.trades = settings_.trades;
    options.lot_size = settings_.lot_size;
    options.delayed = settings_.sandbox;
    options.crowded = crowded_;
    result<std::unique_ptr<FeedSession>> session = std::make_unique<TradierSession>(std::move(options));
    co_return session;
}

asio::awaitable<result<std::string>> TradierProvider::renew(std::string, Rest& rest) {
    co_return co_await make_session(rest);
}

asio::awaitable<result<Quotes>> TradierProvider::get_quotes(QuoteRequest request, Rest& rest) {
    std::map<InstrumentName, bool> wanted; // and whether it was answered
    std::vector<std::string> natives;
    for (const auto& n : request.instruments)
        if (wanted.emplace(n, false).second)
            natives.push_back(native_of(n));
    Quotes quotes;
    TakeQuote take = [&](const QuoteRow& row) {
        const auto name = name_of(row.native, row.type);
        const auto it = name ? wanted.find(*name) : wanted.end();
        if (it == wanted.end() || it->second)
            return;
        it->second = true;
        auto quote = row.quote;
        quote.exchange = {}; // a view of the answer
        if (settings_.sandbox)
            quote.flags.set(Flag::delayed);
        quotes.emplace_back(*name, quote);
    };
    if (const auto ec = co_await ask_quotes(std::move(natives), std::move(take), rest))
        co_return ec;
    co_return quotes;
}

BudgetReading TradierProvider::read_budget(const RestResponse& answer) const { return budget_of(answer, wall_now()); }

void register_tradier(ProviderRegistry& registry) {
    registry.add(
        {"tradier", [](const ProviderSettings& settings, std::string& problem) -> std::unique_ptr<DataProvider> {
             auto read = read_settings(settings, problem);
             if (!read)
                 return nullptr;
             return std::make_unique<TradierProvider>(std::move(*read));
         }});
}

} // namespace tickgate::tradier
