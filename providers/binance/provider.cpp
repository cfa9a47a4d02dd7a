#include "binance/provider.hpp"

#include "binance/errors.hpp"
#include "binance/history.hpp"
#include "binance/json_items.hpp"
#include "binance/session.hpp"
#include "binance/symbols.hpp"
#include "binance/time_units.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <unordered_set>

namespace tickgate::binance {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_by_name = 100;         // exchangeInfo?symbols=…; more than that: the whole list, streamed
constexpr int public_group = 0, market_group = 1; // USD-M paths

Capabilities make_capabilities(const Settings& settings) {
    Capabilities c;
    c.timeframes = {Timeframe::s1, Timeframe::m1, Timeframe::m3, Timeframe::m5, Timeframe::m15, Timeframe::m30,
        Timeframe::h1, Timeframe::h2, Timeframe::h4, Timeframe::h6, Timeframe::h8, Timeframe::h12, Timeframe::d1,
        Timeframe::d3, Timeframe::w1, Timeframe::mo1};
    FeedSpec spot;
    spot.part = "spot";
    spot.classes = {AssetClass::crypto};
    spot.streams_per_connection = settings.streams_per_connection;
    spot.connect_spacing = 1s; // 300 attempts in 5 minutes an address
    spot.kinds = {Kind::quote, Kind::trade, Kind::bar};
    spot.timeframes = c.timeframes;
    FeedSpec usdm = spot;
    usdm.part = "usdm";
    usdm.classes = {AssetClass::future};
    usdm.streams_per_connection = std::min<std::size_t>(settings.streams_per_connection, 200);
    usdm.groups = 2;
    std::erase(usdm.timeframes, Timeframe::s1);
    c.feeds = {spot, usdm};
    RequestBudgetSpec spot_budget; // an address' budget, one for each market
    spot_budget.name = part_of(Market::spot);
    spot_budget.weight_limit = settings.weight_per_minute;
    RequestBudgetSpec usdm_budget = spot_budget;
    usdm_budget.name = part_of(Market::usdm);
    usdm_budget.weight_limit = std::min<std::int64_t>(settings.weight_per_minute, 2400);
    c.budgets = {spot_budget, usdm_budget};
    c.bars_per_page = 1000;
    c.trades_history = true;
    c.trades_by_id = true;
    return c;
}

std::string json_list(const std::vector<std::string>& natives) {
    std::string list = "[";
    for (const auto& n : natives)
        list += (list.size() > 1 ? ",\"" : "\"") + n + "\"";
    return list + "]";
}

void log_venue_error(std::string_view what, int status, const VenueError& e) {
    log::warn("binance", "request_refused",
        {{"request", what}, {"status", status}, {"error", e.code}, {"venue_code", e.venue_code},
            {"venue_text", e.text}});
}

} // namespace

BinanceProvider::BinanceProvider(Settings settings)
    : settings_(std::move(settings)), capabilities_(make_capabilities(settings_)) {}

asio::awaitable<result<RestResponse>> BinanceProvider::fetch(
    Market market, std::string target, int weight, Rest& rest) {
    RestRequest request;
    request.base = settings_.rest_of(market);
    request.target = std::move(target);
    request.weight = weight;
    request.budget = budget_index(market);
    co_return co_await send(std::move(request), rest);
}

asio::awaitable<result<RestResponse>> BinanceProvider::send(RestRequest request, Rest& rest) {
    auto answer = co_await rest.send(std::move(request));
    if (answer && answer->status / 100 != 2) {
        const auto e = error_of(*answer);
        if (e.code != errc::unknown_symbol) // who asked decides whether that is worth a line
            log_venue_error("rest", answer->status, e);
        co_return e.code;
    }
    co_return answer;
}

asio::awaitable<error_code> BinanceProvider::list_market(
    Market market, std::function<void(const InstrumentInfo&)> sink, Rest& rest) {
    std::size_t refused = 0;
    JsonItems items([&](std::string_view member, const std::string& element) -> error_code {
        if (member == "rateLimits")
            if (const auto limit = parse_weight_limit(element)) {
                BudgetReading reading;
                reading.limit = *limit;
                rest.learn(budget_index(market), reading);
            }
        if (member != "symbols")
            return {};
        if (const auto info = parse_symbol(market, element))
            sink(*info);
        else
            ++refused;
        return {};
    });
    RestRequest request;
    request.base = settings_.rest_of(market);
    request.target = market == Market::spot ? "/api/v3/exchangeInfo?showPermissionSets=false" : "/fapi/v1/exchangeInfo";
    request.weight = market == Market::spot ? 20 : 1;
    request.budget = budget_index(market);
    request.deadline = 60s;
    BodySink feed = [&items](std::string_view piece) { return items.feed(piece); };
    const auto answer = co_await rest.send_streamed(std::move(request), std::move(feed));
    if (!answer)
        co_return answer.error();
    if (answer->status / 100 != 2) {
        const auto e = error_of(*answer);
        log_venue_error("exchangeInfo", answer->status, e);
        co_return e.code;
    }
    if (refused > 0)
        log::info("binance", "symbols_not_offered", {{"market", part_of(market)}, {"count", refused}});
    co_return items.finish();
}

asio::awaitable<result<std::vector<InstrumentInfo>>> BinanceProvider::ask_spot(
    std::vector<std::string> natives, Rest& rest) {
    auto answer =
        co_await fetch(Market::spot, "/api/v3/exchangeInfo?symbols=" + percent_encode(json_list(natives)), 20, rest);
    if (!answer)
        co_return answer.error();
    std::vector<InstrumentInfo> found;
    JsonItems items([&](std::string_view member, const std::string& element) -> error_code {
        if (member == "symbols")
            if (auto info = parse_symbol(Market::spot, element))
                found.push_back(std::move(*info));
        return {};
    });
    if (const auto ec = items.feed(answer->body))
        co_return ec;
    if (const auto ec = items.finish())
        co_return ec;
    co_return found;
}

asio::awaitable<result<std::vector<InstrumentInfo>>> BinanceProvider::find_instruments(
    std::vector<InstrumentName> names, Rest& rest) {
    std::vector<InstrumentInfo> found;
    for (const auto market : {Market::spot, Market::usdm}) {
        std::unordered_set<InstrumentName> wanted;
        for (const auto& n : names)
            if (market_of(n.asset_class) == market)
                wanted.insert(n);
        if (wanted.empty())
            continue;
        const auto take = [&](const InstrumentInfo& info) {
            if (wanted.contains(info.name))
                found.push_back(info);
        };
        if (market == Market::spot && wanted.size() <= most_by_name) {
            std::vector<std::string> natives;
            for (const auto& n : wanted)
                natives.push_back(likely_native(n));
            auto answer = co_await ask_spot(std::move(natives), rest);
            if (answer) {
                std::for_each(answer->begin(), answer->end(), take);
                continue;
            }
            if (answer.error() != errc::unknown_symbol)
                co_return answer.error();
            // One unknown name refuses the whole call: the list tells which.
        }
        if (const auto ec = co_await list_market(market, take, rest))
            co_return ec;
    }
    co_return found;
}

asio::awaitable<error_code> BinanceProvider::list_instruments(
    std::function<void(const InstrumentInfo&)> sink, Rest& rest) {
    for (const auto market : {Market::spot, Market::usdm})
        if (const auto ec = co_await list_market(market, sink, rest))
            co_return ec;
    co_return error_code();
}

int BinanceProvider::group_of(std::string_view feed_part, const Subscription& s) const noexcept {
    return feed_part == "usdm" && s.kind != Kind::quote ? market_group : public_group;
}

asio::awaitable<result<std::unique_ptr<FeedSession>>> BinanceProvider::open_session(
    std::string feed_part, int group, std::uint64_t, Rest&) {
    SessionOptions options;
    options.market = feed_part == "usdm" ? Market::usdm : Market::spot;
    options.base = options.market == Market::usdm ? settings_.usdm_ws : settings_.ws;
    // A stream asked on the wrong USD-M path is acknowledged and never delivered (binance.md §13).
    if (options.market == Market::usdm)
        options.path = group == market_group ? "/market" : "/public";
    options.aggregate_trades = options.market == Market::usdm || settings_.aggregate_trades;
    options.messages_per_second = settings_.messages_per_second;
    result<std::unique_ptr<FeedSession>> session = std::make_unique<BinanceSession>(std::move(options));
    co_return session;
}

asio::awaitable<result<Quotes>> BinanceProvider::get_quotes(QuoteRequest request, Rest& rest) {
    Quotes quotes;
    for (const auto market : {Market::spot, Market::usdm}) {
        std::unordered_map<std::string, InstrumentName> wanted;
        for (const auto& n : request.instruments)
            if (market_of(n.asset_class) == market)
                wanted.emplace(likely_native(n), n);
        if (wanted.empty())
            continue;
        std::string target = market == Market::spot ? "/api/v3/ticker/bookTicker" : "/fapi/v1/ticker/bookTicker";
        const bool one = wanted.size() == 1;
        if (one)
            target += "?symbol=" + percent_encode(wanted.begin()->first);
        // Weights: spot 2 for one, 4 for all; USD-M 2 and 5.
        const int weight = one ? 2 : market == Market::spot ? 4 : 5;
        const auto answer = co_await fetch(market, std::move(target), weight, rest);
        if (!answer) {
            if (answer.error() == errc::unknown_symbol)
                continue;
            co_return answer.error();
        }
        const auto ec = parse_book_tickers(answer->body, wall_now(), [&](std::string_view native, const Quote& quote) {
            if (const auto it = wanted.find(std::string(native)); it != wanted.end())
                quotes.emplace_back(it->second, quote);
        });
        if (ec)
            co_return ec;
    }
    co_return quotes;
}

BudgetReading BinanceProvider::read_budget(const RestResponse& answer) const { return budget_of(answer); }

void register_binance(ProviderRegistry& registry) {
    registry.add(
        {"binance", [](const ProviderSettings& settings, std::string& problem) -> std::unique_ptr<DataProvider> {
             auto read = read_settings(settings, problem);
             if (!read)
                 return nullptr;
             return std::make_unique<BinanceProvider>(std::move(*read));
         }});
}

} // namespace tickgate::binance
