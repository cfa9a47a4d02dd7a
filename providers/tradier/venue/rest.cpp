#include "tradier/venue/rest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::tradier_venue {

using namespace std::chrono_literals;

std::string RestCall::parameter(std::string_view name) const {
    auto value = http.parameter(name);
    return value.empty() && !http.body.empty() ? form_value(http.body, name) : value;
}

bool Quota::admit(Moment now) {
    if (!end_ || now.mono >= *end_) {
        end_ = now.mono + 60s;
        used_ = 0;
        expiry_ms_ = (now.wall.time_since_epoch().count() + 60'000'000'000) / 1'000'000;
    }
    if (limit_ > 0 && used_ >= limit_)
        return false;
    ++used_;
    return true;
}

void Quota::add_headers(net::HttpResponse& answer) const {
    if (limit_ == 0)
        return;
    answer.headers.emplace_back("X-Ratelimit-Allowed", std::to_string(limit_));
    answer.headers.emplace_back("X-Ratelimit-Used", std::to_string(used_));
    answer.headers.emplace_back("X-Ratelimit-Available", std::to_string(limit_ - std::min(used_, limit_)));
    answer.headers.emplace_back("X-Ratelimit-Expiry", std::to_string(expiry_ms_));
}

net::HttpResponse json(std::string body) {
    net::HttpResponse answer;
    answer.body = std::move(body);
    return answer;
}

net::HttpResponse text(int status, std::string body) {
    net::HttpResponse answer;
    answer.status = status;
    answer.content_type = "text/plain";
    answer.body = std::move(body);
    return answer;
}

net::HttpResponse token_fault(bool expired) {
    const auto* words = expired ? "Access Token expired" : "Invalid Access Token";
    const auto* code = expired ? "access_token_expired" : "invalid_access_token";
    auto answer = json(fmt::format(
        R"({{"fault":{{"faultstring":"{}","detail":{{"errorcode":"keymanagement.service.{}"}}}}}})", words, code));
    answer.status = 401;
    return answer;
}

std::string list_of(const std::vector<std::string>& items, const Hub& hub) {
    if (items.empty())
        return hub.options.null_text ? "\"null\"" : "null";
    if (items.size() == 1)
        return items.front();
    std::string out = "[";
    for (const auto& item : items)
        out.append(out.size() > 1 ? "," : "").append(item);
    return out + "]";
}

net::HttpResponse create_session(const RestCall& call) {
    if (call.http.method != "POST")
        return text(405, "Method Not Allowed");
    if (call.hub.options.sandbox)
        return text(403, "Streaming is not available in the sandbox");
    const auto id = call.hub.desk.make_id(call.now.mono);
    const auto url = kit::base_url(call.http) + "/v1/markets/events";
    if (call.hub.options.old_session)
        return json(fmt::format(R"({{"stream":{{"url":"{}/{}"}}}})", url, id));
    return json(fmt::format(R"({{"stream":{{"url":"{}","sessionid":"{}"}}}})", url, id));
}

net::HttpResponse answer_rest(const RestCall& call) {
    std::string_view path = call.http.path;
    constexpr std::string_view root = "/v1/markets/";
    if (!path.starts_with(root))
        return text(404, "Not Found");
    path.remove_prefix(root.size());
    // Without this header the real venue writes XML.
    if (const auto accept = call.http.header("accept"); accept.find("application/json") == std::string_view::npos) {
        auto answer = text(200, R"(<?xml version="1.0" encoding="UTF-8"?><answer format="xml"/>)");
        answer.content_type = "application/xml";
        return answer;
    }
    if (path == "events/session")
        return create_session(call);
    if (path == "quotes" && (call.http.method == "GET" || call.http.method == "POST"))
        return quotes(call);
    if (call.http.method != "GET")
        return text(405, "Method Not Allowed");
    if (path == "lookup" || path == "search")
        return lookup(call, path == "search");
    if (path == "clock")
        return clock(call);
    if (path == "calendar")
        return calendar(call);
    if (path == "history")
        return history(call);
    if (path == "timesales")
        return timesales(call);
    return text(404, "Not Found");
}

} // namespace tickgate::tradier_venue
