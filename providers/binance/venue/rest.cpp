#include "binance/venue/rest.hpp"

#include "venue_kit/gzip.hpp"
#include "venue_kit/text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::binance_venue {

namespace json = boost::json;

namespace {

net::HttpResponse page(int status, std::string_view text) {
    net::HttpResponse response;
    response.status = status;
    response.content_type = "text/html";
    response.body = fmt::format("<html><body><h2>{}</h2></body></html>", text);
    return response;
}

std::string_view end_of(std::string_view path, std::string_view prefix) noexcept {
    return path.starts_with(prefix) ? path.substr(prefix.size()) : std::string_view();
}

bool is_single(const net::HttpRequest& request) { return !request.parameter("symbol").empty(); }

std::int64_t weight_of(Kind kind, std::string_view what, const net::HttpRequest& request) {
    const bool spot = kind == Kind::spot;
    if (what == "exchangeInfo")
        return spot ? 20 : 1;
    if (what == "klines") {
        std::int64_t limit = 500;
        const auto text = request.parameter("limit");
        std::from_chars(text.data(), text.data() + text.size(), limit);
        return spot ? 2 : limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10;
    }
    if (what == "ticker/bookTicker")
        return is_single(request) ? 2 : spot ? 4 : 5;
    if (what == "aggTrades")
        return spot ? 4 : 20;
    if (what == "trades")
        return spot ? 25 : 5;
    if (what == "historicalTrades")
        return spot ? 25 : 20;
    return 1;
}

} // namespace

net::HttpResponse rest_error(int code, std::string_view message) {
    net::HttpResponse response;
    response.status = 400;
    response.body = fmt::format(R"({{"code":{},"msg":)", code);
    kit::append_json_string(response.body, message);
    response.body.push_back('}');
    return response;
}

net::HttpResponse RestDoor::refusal(int status, std::int64_t retry_after_s) {
    net::HttpResponse response;
    switch (status) {
    case 429:
        response = rest_error(-1003,
            "Too much request weight used; current limit is 6000 request weight per 1 MINUTE. Please use WebSocket "
            "Streams for live updates to avoid polling the API.");
        break;
    case 418:
        response =
            rest_error(-1003, "Way too much request weight used; IP banned. Please use WebSocket Streams for live "
                              "updates to avoid bans.");
        break;
    case 451:
        response = rest_error(0, "Service unavailable from a restricted location according to 'b. Eligibility'.");
        break;
    case 400:
        response = rest_error(-1100, "Illegal characters found in a parameter.");
        break;
    case 403:
    case 404:
    case 410:
        response = page(status, status == 403 ? "Forbidden" : status == 404 ? "Not Found" : "Gone");
        break;
    default:
        response = rest_error(status >= 500 ? -1001 : -1000,
            status >= 500 ? "Internal error; unable to process your request. Please try again."
                          : "An unknown error occurred while processing the request.");
    }
    response.status = status;
    if (retry_after_s > 0)
        response.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
    return response;
}

RestDoor::RestDoor(VenueEngine& engine)
    : engine_(engine),
      spot_budget_(engine.options().limits.weight),
      usdm_budget_(engine.options().limits.usdm_weight) {}

net::HttpResponse RestDoor::handle(const net::HttpRequest& request, Moment now) {
    ++engine_.counters().rest_requests;
    if (const auto* hit = engine_.faults().find(kit::FaultKind::http_status, request.path)) {
        auto answer = refusal(static_cast<int>(hit->fault.value), hit->fault.retry_after_s);
        engine_.faults().use_http_status();
        return answer;
    }
    auto what = end_of(request.path, "/api/v3/");
    auto kind = Kind::spot;
    if (what.empty()) {
        what = end_of(request.path, "/fapi/v1/");
        kind = Kind::usdm;
    }
    if (what.empty() || !(kind == Kind::spot ? engine_.options().spot : engine_.options().usdm))
        return refusal(404, 0);
    if (request.method != "GET")
        return refusal(405, 0);

    const auto address = request.peer.substr(0, request.peer.rfind(':'));
    auto& budget = kind == Kind::spot ? spot_budget_ : usdm_budget_;
    const auto verdict = budget.charge(address, weight_of(kind, what, request), now);
    net::HttpResponse response;
    if (verdict.status != 200) {
        response = refusal(verdict.status, verdict.retry_after_s);
        if (verdict.status == 418)
            response.body =
                fmt::format(R"({{"code":-1003,"msg":"Way too much request weight used; IP banned until {}. )"
                            R"(Please use WebSocket Streams for live updates to avoid bans."}})",
                    to_micros(verdict.banned_until) / 1000);
    } else {
        const bool micros = kind == Kind::spot && kit::to_upper(request.header("x-mbx-time-unit")) == "MICROSECOND";
        const RestCall call{request, *engine_.side(kind), engine_.replay_of(kind), now, micros};
        const auto server_time = call.side.clock(micros).skewed(now.wall);
        if (what == "ping")
            response.body = "{}";
        else if (what == "time")
            response.body = fmt::format(R"({{"serverTime":{}}})", server_time);
        else if (what == "exchangeInfo")
            response = exchange_info(call);
        else if (what == "ticker/bookTicker")
            response = book_ticker(call);
        else if (what == "klines")
            response = klines(call);
        else if (what == "trades" || what == "historicalTrades")
            response = trades(call, what == "historicalTrades");
        else if (what == "aggTrades")
            response = agg_trades(call);
        else
            response = refusal(404, 0);
    }
    response.headers.emplace_back("X-MBX-USED-WEIGHT", std::to_string(verdict.used));
    response.headers.emplace_back("X-MBX-USED-WEIGHT-1M", std::to_string(verdict.used));
    kit::gzip_answer(request, response);
    return response;
}

std::optional<AskedSymbols> asked_symbols(const RestCall& call, net::HttpResponse& error) {
    AskedSymbols out;
    const auto one = call.http.parameter("symbol");
    const auto several = call.http.parameter("symbols");
    const auto add = [&](std::string_view name) {
        const auto index = call.side.market().find(name);
        if (!index) {
            error = rest_error(-1121, "Invalid symbol.");
            return false;
        }
        out.indexes.push_back(*index);
        return true;
    };
    if (!one.empty() && !several.empty()) {
        error = rest_error(
            -1128, "Combination of optional parameters invalid. Recommendation: send only one of symbol, symbols.");
        return std::nullopt;
    }
    if (!one.empty()) {
        out.single = true;
        return add(one) ? std::optional(std::move(out)) : std::nullopt;
    }
    if (!several.empty() && call.side.kind() == Kind::spot) {
        json::error_code ec;
        const auto list = json::parse(several, ec);
        if (ec || !list.is_array() || list.get_array().empty()) {
            error = rest_error(
                -1100, "Illegal characters found in parameter 'symbols'; legal range is '^\\[(\"[A-Z0-9]+\",?)+\\]$'.");
            return std::nullopt;
        }
        for (const auto& item : list.get_array())
            if (!item.is_string() || !add(std::string_view(item.get_string().data(), item.get_string().size())))
                return std::nullopt;
        auto sorted = out.indexes;
        std::sort(sorted.begin(), sorted.end());
        if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
            error = rest_error(-1151, "Symbol is present multiple times in the list.");
            return std::nullopt;
        }
        return out;
    }
    out.all = true;
    for (std::size_t i = 0; i < call.side.market().size(); ++i)
        out.indexes.push_back(i);
    return out;
}

std::optional<std::int64_t> number_parameter(
    const RestCall& call, std::string_view name, std::int64_t fallback, net::HttpResponse& error) {
    const auto text = call.http.parameter(name);
    if (text.empty())
        return fallback;
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value < 0) {
        error = rest_error(
            -1100, fmt::format("Illegal characters found in parameter '{}'; legal range is '^[0-9]{{1,20}}$'.", name));
        return std::nullopt;
    }
    return value;
}

UnixNanos time_from(std::int64_t value) noexcept {
    constexpr std::int64_t first_micros = 100'000'000'000'000; // as milliseconds: the year 5138
    constexpr std::int64_t far = 9'000'000'000'000'000;        // of what fits the nanoseconds of UnixNanos
    return value < first_micros ? from_millis(std::min(value, far / 1000)) : from_micros(std::min(value, far));
}

} // namespace tickgate::binance_venue
