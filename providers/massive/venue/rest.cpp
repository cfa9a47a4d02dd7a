#include "massive/venue/rest.hpp"

#include "venue_kit/client.hpp"
#include "venue_kit/gzip.hpp"
#include "venue_kit/hash.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view not_entitled =
    "You are not entitled to this data. Please upgrade your plan at https://massive.com/pricing";

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

std::string decoded(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool escaped =
            text[i] == '%' && i + 2 < text.size() && digit_of(text[i + 1]) >= 0 && digit_of(text[i + 2]) >= 0;
        if (escaped) {
            out.push_back(static_cast<char>(digit_of(text[i + 1]) * 16 + digit_of(text[i + 2])));
            i += 2;
        } else {
            out.push_back(text[i] == '+' ? ' ' : text[i]);
        }
    }
    return out;
}

std::string encoded(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += fmt::format("{:02x}", static_cast<unsigned char>(c));
    return out;
}

std::string from_hex(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
        if (digit_of(text[i]) < 0 || digit_of(text[i + 1]) < 0)
            return {};
        out.push_back(static_cast<char>(digit_of(text[i]) * 16 + digit_of(text[i + 1])));
    }
    return out;
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> out;
    while (!path.empty()) {
        path.remove_prefix(1); // the slash
        const auto end = path.find('/');
        out.push_back(decoded(path.substr(0, end)));
        path = end == std::string_view::npos ? std::string_view() : path.substr(end);
    }
    return out;
}

net::HttpResponse plain_not_found() {
    net::HttpResponse response;
    response.status = 404;
    response.content_type = "text/plain";
    response.body = "404 page not found\n";
    return response;
}

} // namespace

Query::Query(std::string_view query) {
    parse(query);
    const auto cursor = from_hex(get("cursor"));
    if (cursor.empty())
        return;
    items_.clear();
    parse(cursor);
}

void Query::parse(std::string_view text) {
    while (!text.empty()) {
        const auto item = text.substr(0, text.find('&'));
        text = item.size() == text.size() ? std::string_view() : text.substr(item.size() + 1);
        const auto equals = item.find('=');
        auto name = decoded(item.substr(0, equals));
        // A repeated key is passed over.
        if (name != "apiKey" && get(name).empty())
            set(name, equals == std::string_view::npos ? std::string() : decoded(item.substr(equals + 1)));
    }
}

std::string_view Query::get(std::string_view name) const noexcept {
    const auto it = std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
    return it == items_.end() ? std::string_view() : it->second;
}

void Query::set(std::string_view name, std::string value) {
    const auto it = std::find_if(items_.begin(), items_.end(), [&](const auto& item) { return item.first == name; });
    if (it != items_.end())
        it->second = std::move(value);
    else
        items_.emplace_back(name, std::move(value));
}

std::string Query::cursor() const {
    std::string out;
    for (const auto& [name, value] : items_) {
        out += out.empty() ? "" : "&";
        out += name + '=';
        for (const char c : value) // what parse() would take apart
            out += c == '&' || c == '%' || c == '+' || c == '=' ? fmt::format("%{:02X}", static_cast<unsigned char>(c))
                                                                : std::string(1, c);
    }
    return encoded(out);
}

std::optional<std::size_t> Query::limit(std::size_t fallback, std::size_t most) const {
    const auto text = get("limit");
    if (text.empty())
        return fallback;
    std::size_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || value == 0 || value > most)
        return std::nullopt;
    return value;
}

std::optional<Found> RestCall::find(std::string_view ticker) const {
    auto& home = market(cluster_of_ticker(ticker));
    if (const auto index = home.find(ticker))
        return Found{&home, *index};
    auto& other = market(Cluster::futures);
    const auto index = &home == &market(Cluster::stocks) ? other.find(ticker) : std::nullopt;
    return index ? std::optional(Found{&other, *index}) : std::nullopt;
}

bool RestCall::closed(Cluster cluster) const noexcept {
    return faults.has(kit::FaultKind::market_closed) || (options.market_hours && !is_traded(cluster, clock));
}

std::string RestCall::next_url(const Query& next) const {
    return kit::base_url(http) + http.path + "?cursor=" + next.cursor();
}

net::HttpResponse RestCall::error(int status, std::string_view text) const {
    net::HttpResponse response;
    response.status = status;
    const auto word = status == 403 ? "NOT_AUTHORIZED" : status == 404 ? "NOT_FOUND" : "ERROR";
    response.body = fmt::format(R"({{"status":"{}","request_id":"{}","{}":)", word, request_id,
        status == 403 || status == 404 ? "message" : "error");
    kit::append_json_string(response.body, text);
    response.body.push_back('}');
    return response;
}

net::HttpResponse RestCall::page(const std::vector<std::string>& results, const std::string& next) const {
    net::HttpResponse response;
    auto& body = response.body;
    body = "{";
    if (!results.empty()) {
        body += R"("results":[)";
        for (const auto& result : results) {
            if (body.back() != '[')
                body.push_back(',');
            body += result;
        }
        body += "],";
    }
    body += fmt::format(R"("status":"{}","request_id":"{}","count":{})", status(), request_id, results.size());
    if (!next.empty())
        body += fmt::format(R"(,"next_url":"{}")", next);
    body.push_back('}');
    return response;
}

std::string price_of(const Instrument& instrument, std::int64_t ticks) { return instrument.price(ticks); }

// Stocks are written with a fraction in any case, round millions with an exponent.
std::string volume_of(const Instrument& instrument, const kit::TapeBar& bar) {
    if (instrument.cluster == Cluster::forex)
        return std::to_string(bar.count);
    if (instrument.cluster != Cluster::stocks)
        return instrument.size(bar.volume);
    auto text = instrument.size(bar.volume);
    if (text.find('.') != std::string::npos)
        return text;
    const auto whole = instrument.whole(bar.volume);
    if (whole >= 1'000'000 && whole % 100'000 == 0) {
        std::string mantissa;
        int exponent = 0;
        for (auto rest = whole; rest >= 10; rest /= 10)
            ++exponent;
        append_number(mantissa, whole, exponent);
        return fmt::format("{}e+{:02}", mantissa, exponent);
    }
    return text + ".0";
}

std::string rest_refusal(int status) {
    switch (status) {
    case 401:
        return R"({"status":"ERROR","request_id":"0","error":"Unknown API Key"})";
    case 403:
        return fmt::format(R"({{"status":"NOT_AUTHORIZED","request_id":"0","message":"{}"}})", not_entitled);
    case 404:
        return R"({"status":"NOT_FOUND","request_id":"0","message":"Data not found."})";
    case 429:
        return R"({"status":"ERROR","request_id":"0","error":"You've exceeded the maximum requests per minute, please )"
               R"(wait or upgrade your subscription to continue. https://polygon.io/pricing"})";
    default:
        break;
    }
    if (status >= 500)
        return "<html><head><title>" + std::to_string(status) + "</title></head><body>upstream error</body></html>";
    return R"({"status":"ERROR","request_id":"0","error":"Bad request."})";
}

std::optional<net::HttpResponse> RestDoor::check(const RestCall& call) {
    auto key = std::string_view(call.http.header("authorization"));
    const auto parameter = call.http.parameter("apiKey");
    key = key.starts_with("Bearer ") ? key.substr(7) : std::string_view(parameter);
    if (key.empty())
        return call.error(401, "API Key was not provided");
    if (faults_.has(kit::FaultKind::auth_expired) || (!options_.common.key.empty() && key != options_.common.key))
        return call.error(401, "Unknown API Key");
    if (options_.rest_per_minute > 0) {
        while (!recent_.empty() && recent_.front() + 1min <= call.mono)
            recent_.pop_front();
        if (recent_.size() >= options_.rest_per_minute) {
            net::HttpResponse response;
            response.status = 429;
            response.body = rest_refusal(429);
            return response;
        }
        recent_.push_back(call.mono);
    }
    for (const auto& prefix : options_.rest_refused)
        if (call.http.path.starts_with(prefix))
            return call.error(403, not_entitled);
    return std::nullopt;
}

net::HttpResponse RestDoor::handle(const net::HttpRequest& request, Moment then, Moment now) {
    const auto id = kit::mix(++requests_, static_cast<std::uint64_t>(now.wall.time_since_epoch().count()));
    RestCall call{request, options_, faults_, markets_, then.wall, now.wall, now.mono, segments_of(request.path),
        Query(request.query), fmt::format("{:016x}{:016x}", id, kit::mix(id))};
    net::HttpResponse response;
    if (auto refused = check(call))
        response = std::move(*refused);
    else if (request.method != "GET")
        response = call.error(405, "Method not allowed.");
    else
        response = answer(call);
    kit::gzip_answer(request, response);
    return response;
}

net::HttpResponse RestDoor::answer(RestCall& call) {
    const std::string_view path = call.http.path;
    const auto begins = [&](std::string_view prefix, std::size_t segments) {
        return path.starts_with(prefix) && call.path.size() >= segments;
    };
    if (begins("/v2/aggs/ticker/", 5) && call.path[4] == "prev")
        return previous_day(call);
    if (begins("/v2/aggs/ticker/", 9) && call.path[4] == "range")
        return aggregates(call);
    if (begins("/v2/aggs/grouped/locale/", 8))
        return grouped(call);
    if (begins("/v1/open-close/", 4))
        return open_close(call);
    if (begins("/futures/vX/aggs/", 4) || begins("/futures/v1/aggs/", 4))
        return future_aggregates(call);
    if (begins("/v2/last/", 4) || begins("/v1/last/crypto/", 5) || begins("/v1/last_quote/currencies/", 5))
        return last_value(call);
    if (begins("/v3/trades/", 3) || begins("/v3/quotes/", 3))
        return ticks(call);
    if (begins("/v2/snapshot/locale/", 7))
        return market_snapshot(call);
    if (begins("/v3/snapshot", 2))
        return universal_snapshot(call);
    if (begins("/v3/reference/", 3))
        return reference(call);
    if (begins("/v1/marketstatus/", 3))
        return market_status(call);
    return plain_not_found();
}

} // namespace tickgate::massive_venue
