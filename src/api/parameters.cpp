#include "api/parameters.hpp"

#include "core/text.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::api {

namespace {

namespace json = boost::json;

constexpr std::int64_t longest_deadline_ms = 3600000;

void fail(Parameters& p, int status, std::string message, std::string hint) {
    if (p.error)
        return;
    p.status = status;
    p.error = ops::Error("bad_request", std::move(message), std::move(hint));
}

// What this name means to the operation.
std::string_view field_of(const Endpoint& endpoint, std::string_view name) noexcept {
    if (name == "start_date")
        return "start";
    if (name == "end_date")
        return "end";
    if ((name == "q" || name == "query") && (endpoint.op == "search" || endpoint.op == "symbols"))
        return "text";
    if (name == "timeframe" && (endpoint.op == "backfill" || endpoint.op == "collector_start"))
        return "timeframes";
    if (name == "lease_s" && endpoint.op == "subscribe")
        return "lease"; // whose bare numbers are seconds
    return name;
}

void take(Parameters& p, const Endpoint& endpoint, std::string_view name, std::string value) {
    if (name == "deadline_ms") {
        const auto ms = ops::integer_from(value);
        if (!ms || *ms < 1 || *ms > longest_deadline_ms)
            return fail(p, 400, "field deadline_ms is \"" + ops::shown(value) + "\"", "allowed: 1 to 3600000");
        p.deadline = std::chrono::milliseconds(*ms);
        return;
    }
    if (name == "client") {
        if (value.size() > 64)
            return fail(p, 400, "field client is longer than 64 characters", "a short name of who asks");
        p.request.client = std::move(value);
        return;
    }
    if (name == "lease_s" && !ops::integer_from(value))
        return fail(p, 400, "field lease_s is \"" + ops::shown(value) + "\"", "a whole number of seconds");
    p.several = p.several || name == "symbols" || (name == "symbol" && ops::split_list(value).size() > 1);
    p.request.fields.emplace_back(field_of(endpoint, name), std::move(value));
}

void read_query(Parameters& p, const Endpoint& endpoint, std::string_view query) {
    while (!query.empty()) {
        const auto end = std::min(query.find('&'), query.size());
        const auto pair = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (pair.empty())
            continue;
        const auto equals = std::min(pair.find('='), pair.size());
        const auto name = percent_decoded(pair.substr(0, equals));
        if (name != "format")
            take(p, endpoint, name, percent_decoded(pair.substr(std::min(equals + 1, pair.size()))));
    }
}

// Text of a string, an integer or a boolean; empty: something else.
std::optional<std::string> text_of(const json::value& v) {
    if (v.is_string())
        return std::string(v.as_string());
    if (v.is_int64())
        return std::to_string(v.as_int64());
    if (v.is_uint64())
        return std::to_string(v.as_uint64());
    if (v.is_bool())
        return v.as_bool() ? "true" : "false";
    return std::nullopt;
}

void read_member(Parameters& p, const Endpoint& endpoint, const std::string& name, const json::value& value) {
    if (value.is_null())
        return;
    if (auto text = text_of(value))
        return take(p, endpoint, name, std::move(*text));
    if (!value.is_array())
        return fail(p, 400, "field " + ops::shown(name) + " is no string, integer, boolean or list of them",
            "as {\"symbol\":\"crypto:BTC-USDT\"}");
    std::string list;
    for (const auto& item : value.as_array()) {
        const auto text = text_of(item);
        if (!text || text->find(',') != std::string::npos)
            return fail(p, 400, "field " + ops::shown(name) + " holds an item that is no plain text",
                "a list of strings without commas");
        list.append(list.empty() ? "" : ",").append(*text);
    }
    take(p, endpoint, name, std::move(list));
}

void read_body(Parameters& p, const Endpoint& endpoint, const net::HttpRequest& request) {
    const auto* op = ops::Operations::find(endpoint.op);
    if (request.body.empty() && op != nullptr && op->fields.empty())
        return; // nothing can be said
    const auto type = request.header("content-type");
    const auto media = type.substr(0, std::min(type.find(';'), type.size()));
    if (!media.empty() && !media.starts_with("application/json"))
        return fail(p, 415, "the body is " + ops::shown(media), "Content-Type: application/json");
    if (request.body.empty())
        return fail(p, 400, "the body is empty", "a JSON object with the fields of the request");
    json::error_code ec;
    json::stream_parser parser;
    const auto at = parser.write_some(request.body, ec);
    if (!ec && parser.done() && request.body.find_first_not_of(" \t\r\n", at) != std::string::npos)
        ec = json::error::extra_data;
    if (!ec && !parser.done())
        ec = json::error::incomplete;
    if (ec)
        return fail(p, 400, "the body is no JSON: " + ec.message() + " at byte " + std::to_string(at),
            "a JSON object with the fields of the request");
    const auto body = parser.release();
    if (!body.is_object())
        return fail(p, 400, "the body is no JSON object", "as {\"symbol\":\"crypto:BTC-USDT\"}");
    for (const auto& [name, value] : body.as_object())
        read_member(p, endpoint, std::string(name), value);
}

// Whether the parameters of a media type give it the weight 0.
bool is_refused(std::string_view parameters) noexcept {
    const auto q = parameters.find("q=");
    return q != std::string_view::npos && parameters.find_first_of("123456789", q) == std::string_view::npos;
}

std::string host_of(std::string_view peer) {
    const auto colon = peer.rfind(':');
    return std::string(peer.substr(0, colon));
}

} // namespace

FormatChoice format_of(const net::HttpRequest& request, bool only_json) {
    FormatChoice choice;
    if (const auto wanted = request.parameter("format"); !wanted.empty()) {
        if (wanted == "ndjson" || wanted == "jsonl")
            choice.format = Format::ndjson;
        else if (wanted == "csv")
            choice.format = Format::csv;
        if (wanted != "json" && (only_json || choice.format == Format::json))
            choice.status = 400;
        return choice;
    }
    auto accept = request.header("accept");
    bool any = false;
    while (!accept.empty()) {
        const auto comma = std::min(accept.find(','), accept.size());
        const auto item = accept.substr(0, comma);
        const auto semicolon = std::min(item.find(';'), item.size());
        const auto media = trimmed(item.substr(0, semicolon), http_blanks);
        accept.remove_prefix(std::min(comma + 1, accept.size()));
        any = any || !media.empty();
        if (is_refused(item.substr(semicolon)))
            continue;
        if (media == "application/json" || media == "application/*" || media == "*/*")
            return choice;
        if (only_json)
            continue;
        if (media == "application/x-ndjson" || media == "application/ndjson" || media == "application/jsonl")
            choice.format = Format::ndjson;
        else if (media == "text/csv" || media == "text/*")
            choice.format = Format::csv;
        if (choice.format != Format::json)
            return choice;
    }
    choice.status = any ? 406 : 0;
    return choice;
}

Parameters read_parameters(const Endpoint& endpoint, const std::string& path_value, const net::HttpRequest& request) {
    Parameters p;
    p.request.op = endpoint.op;
    p.request.times = ops::Times::rfc3339;
    p.request.over_http = true;
    p.request.client = request.client.empty() ? host_of(request.peer) : request.client;
    if (!endpoint.path_field.empty())
        p.request.fields.emplace_back(endpoint.path_field, path_value);
    read_query(p, endpoint, request.query);
    if (endpoint.method == "POST" || endpoint.method == "PUT")
        read_body(p, endpoint, request);
    if (endpoint.op == "backfill") // answered at once: the job is followed by its id
        p.request.fields.emplace_back("follow", "false");
    return p;
}

} // namespace tickgate::api
