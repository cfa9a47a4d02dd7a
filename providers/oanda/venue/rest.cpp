// The venue's requests: who may ask what, and the answers.
#include "oanda/venue/candles.hpp"
#include "oanda/venue/venue.hpp"

#include "oanda/times.hpp"
#include "venue_kit/text.hpp"

#include <algorithm>

namespace tickgate::oanda_venue {

namespace {

bool wants_unix_time(const net::HttpRequest& request) {
    return kit::to_upper(request.header("accept-datetime-format")) == "UNIX";
}

net::HttpResponse answer(int status, std::string body) {
    net::HttpResponse response;
    response.status = status;
    response.body = std::move(body);
    return response;
}

net::HttpResponse refuse(int status, std::string_view message) {
    std::string body = "{\"errorMessage\":";
    kit::append_json_string(body, message);
    return answer(status, body + "}");
}

std::vector<std::string> split(std::string_view text, char separator) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const auto end = std::min(text.find(separator), text.size());
        parts.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

} // namespace

bool OandaVenue::authorized(const net::HttpRequest& request) const {
    if (faults_.has(kit::FaultKind::auth_expired))
        return false;
    const auto header = request.header("authorization");
    if (!header.starts_with("Bearer "))
        return false;
    return key_.empty() || header.substr(7) == key_;
}

kit::Admission OandaVenue::request(const net::HttpRequest& request, bool upgrade, Moment now) {
    now_ = now;
    bool stream = false;
    auto response = upgrade ? answer(404, refusal_body(404)) : route(request, now, stream);
    if (response.status != 200)
        ++refused_;
    response.headers.emplace_back("RequestID", std::to_string(24'000'000'000'000 + ++number_));
    if (!stream)
        return kit::Admission::answer(std::move(response));
    response.content_type = "application/octet-stream";
    return kit::Admission::stream(std::move(response));
}

net::HttpResponse OandaVenue::route(const net::HttpRequest& request, Moment now, bool& stream) {
    const std::string_view path = request.path;
    const auto address = address_of(request.peer);
    const bool to_stream = path.ends_with("/pricing/stream");
    if (!to_stream && !requests_.admit(address, now.mono))
        return answer(429, refusal_body(429));
    if (!path.starts_with("/v3/"))
        return answer(404, refusal_body(404));
    if (request.method != "GET")
        return answer(405, refusal_body(405));
    if (!authorized(request))
        return answer(401, refusal_body(401));
    if (path == "/v3/accounts") {
        std::string body = "{\"accounts\":[";
        for (const auto& account : options_.accounts)
            body += (body.back() == '[' ? "{\"id\":\"" : ",{\"id\":\"") + account + "\",\"tags\":[]}";
        return answer(200, body + "]}");
    }
    constexpr std::string_view accounts = "/v3/accounts/", instruments = "/v3/instruments/", candles = "/candles";
    if (path.starts_with(instruments) && path.ends_with(candles))
        return one_candles(
            request, path.substr(instruments.size(), path.size() - instruments.size() - candles.size()), now);
    if (!path.starts_with(accounts))
        return answer(404, refusal_body(404));
    const auto slash = std::min(path.find('/', accounts.size()), path.size());
    const auto account = path.substr(accounts.size(), slash - accounts.size());
    if (std::find(options_.accounts.begin(), options_.accounts.end(), account) == options_.accounts.end())
        return answer(403, refusal_body(403));
    return route_account(request, path.substr(slash), now, stream);
}

net::HttpResponse OandaVenue::route_account(
    const net::HttpRequest& request, std::string_view rest, Moment now, bool& stream) {
    constexpr std::string_view instruments = "/instruments/", candles = "/candles";
    if (rest == "/pricing/stream")
        return admit_stream(request, now, stream);
    if (rest == "/pricing")
        return prices(request, now);
    if (rest == "/instruments")
        return list_instruments(request);
    if (rest == "/candles/latest")
        return latest_candles(request, now);
    if (rest.starts_with(instruments) && rest.ends_with(candles))
        return one_candles(
            request, rest.substr(instruments.size(), rest.size() - instruments.size() - candles.size()), now);
    return answer(404, refusal_body(404));
}

std::vector<std::size_t> OandaVenue::parse_list(const net::HttpRequest& request) const {
    std::vector<std::size_t> list;
    for (const auto& native : split(request.parameter("instruments"), ',')) {
        const auto it = names_.find(native);
        if (it == names_.end())
            return {};
        if (std::find(list.begin(), list.end(), it->second) == list.end())
            list.push_back(it->second);
    }
    return list;
}

net::HttpResponse OandaVenue::admit_stream(const net::HttpRequest& request, Moment now, bool& stream) {
    const auto address = address_of(request.peer);
    if (!connections_.admit(address, now.mono))
        return refuse(429, "Too many new connections.");
    const auto open = std::count_if(streams_.open.begin(), streams_.open.end(),
        [&](const PriceStream* s) { return address_of(s->peer()) == address; });
    if (options_.streams > 0 && static_cast<std::size_t>(open) >= options_.streams)
        return refuse(429, "Too many streams are open.");
    if (parse_list(request).empty())
        return refuse(400, "Invalid value specified for 'instruments'");
    stream = true;
    return answer(200, {});
}

std::unique_ptr<kit::VenueClient> OandaVenue::open(const net::HttpRequest& request, kit::ClientPort& port, Moment now) {
    now_ = now;
    // Recordings without the parameter begin with the prices too.
    const bool snapshot = kit::to_lower(request.parameter("snapshot")) != "false";
    return std::make_unique<PriceStream>(streams_, port, parse_list(request), snapshot, wants_unix_time(request), now);
}

net::HttpResponse OandaVenue::list_instruments(const net::HttpRequest& request) {
    std::vector<std::size_t> list;
    if (!request.parameter("instruments").empty()) {
        list = parse_list(request);
        if (list.empty())
            return refuse(400, "Invalid value specified for 'instruments'");
    } else {
        for (std::size_t i = 0; i < books_.size(); ++i)
            list.push_back(i);
    }
    std::string body = "{\"instruments\":[";
    for (const auto i : list) {
        if (body.back() == '}')
            body += ',';
        append_instrument(body, books_[i]->instrument());
    }
    return answer(200, body + "],\"lastTransactionID\":\"628\"}");
}

net::HttpResponse OandaVenue::prices(const net::HttpRequest& request, Moment now) {
    const auto list = parse_list(request);
    if (list.empty())
        return refuse(400, "Invalid value specified for 'instruments'");
    const auto since_text = request.parameter("since");
    const auto since = oanda::parse_time(since_text);
    if (!since_text.empty() && !since)
        return refuse(400, "Invalid value specified for 'since'");
    std::string body = "{\"prices\":[";
    for (const auto i : list) {
        if (since && books_[i]->price().time <= *since)
            continue;
        if (body.back() == '}')
            body += ',';
        const auto last = streams_.replay ? streams_.last_lines[i] : std::string_view();
        if (!last.empty())
            body += last;
        else
            append_price(body, *books_[i], streams_.skew(), wants_unix_time(request), {});
    }
    body += "],\"time\":";
    append_time(body, now.wall + streams_.skew(), wants_unix_time(request));
    return answer(200, body + "}");
}

net::HttpResponse OandaVenue::one_candles(const net::HttpRequest& request, std::string_view native, Moment now) {
    auto* book = find(native);
    if (book == nullptr)
        return refuse(400, "Invalid value specified for 'instrument'");
    auto made = candles(*book, request, completion(), now.wall, wants_unix_time(request));
    return answer(made.status, std::move(made.body));
}

net::HttpResponse OandaVenue::latest_candles(const net::HttpRequest& request, Moment now) {
    const auto specifications = split(request.parameter("candleSpecifications"), ',');
    std::string body = "{\"latestCandles\":[";
    for (const auto& specification : specifications) {
        const auto parts = split(specification, ':');
        auto* book = parts.size() == 3 ? find(parts[0]) : nullptr;
        const auto list = book == nullptr ? std::nullopt
                                          : latest(*book, parts[1], parts[2], request, completion(), now.wall,
                                                wants_unix_time(request));
        if (!list)
            return refuse(400, "Invalid value specified for 'candleSpecifications'");
        if (body.back() == '}')
            body += ',';
        body += *list;
    }
    if (specifications.empty())
        return refuse(400, "Invalid value specified for 'candleSpecifications'");
    return answer(200, body + "]}");
}

} // namespace tickgate::oanda_venue
