// Endpoints as OpenAPI operations.
#include "api/openapi_parts.hpp"

#include "ops/operations.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tickgate::api {

namespace {

namespace json = boost::json;
using ops::FieldSpec;
using ops::FieldType;

json::object reference(std::string_view folder, std::string_view name) {
    return {{"$ref", "#/components/" + std::string(folder) + "/" + std::string(name)}};
}

// What the elements of an operation's answer may be, with blanks between them.
std::string_view elements_of(std::string_view op) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 28> table{{{"status", "status state"},
        {"providers", "provider"}, {"feeds", "feed"}, {"subscriptions", "demand"}, {"subscribe", "subscription"},
        {"unsubscribe", "unsubscription"}, {"routes", "route"}, {"events", "event"}, {"config", "config"},
        {"reload", "reload"}, {"log_level", "log_level"}, {"log_level_set", "log_level"}, {"quote", "quote failure"},
        {"latest", "latest"}, {"bars", "bars_answer"}, {"trades", "trade trades_summary"}, {"validate", "validation"},
        {"search", "symbol suggestion"}, {"symbols", "symbol"}, {"coverage", "coverage"}, {"rate_limit", "limit"},
        {"cache_stats", "cache"}, {"cache_clear", "cleared"}, {"jobs", "job"}, {"backfill", "job"},
        {"job_cancel", "job"}, {"collectors", "collector"}, {"collector_start", "collector"}}};
    for (const auto& [name, elements] : table)
        if (name == op)
            return elements;
    return op == "collector_end" ? "collector_ended" : std::string_view();
}

json::object element_schema(std::string_view op) {
    json::array any;
    auto names = elements_of(op);
    while (!names.empty()) {
        const auto blank = std::min(names.find(' '), names.size());
        any.push_back(reference("schemas", names.substr(0, blank)));
        names.remove_prefix(std::min(blank + 1, names.size()));
    }
    if (any.size() == 1)
        return any.front().as_object();
    return {{"oneOf", std::move(any)}};
}

std::string_view tag_of(std::string_view op) {
    constexpr std::array<std::string_view, 9> gateway{
        "status", "providers", "feeds", "routes", "events", "config", "reload", "log_level", "log_level_set"};
    constexpr std::array<std::string_view, 8> market{
        "quote", "latest", "symbols", "search", "validate", "subscriptions", "subscribe", "unsubscribe"};
    if (std::find(gateway.begin(), gateway.end(), op) != gateway.end())
        return "gateway";
    return std::find(market.begin(), market.end(), op) != market.end() ? "market data" : "history";
}

json::array words(std::string_view text) {
    json::array out;
    while (!text.empty()) {
        const auto blank = std::min(text.find(' '), text.size());
        out.emplace_back(std::string(text.substr(0, blank)));
        text.remove_prefix(std::min(blank + 1, text.size()));
    }
    return out;
}

json::value number_from(std::string_view text) {
    json::error_code ec;
    auto v = json::parse(json::string_view(text.data(), text.size()), ec);
    return ec ? json::value(std::string(text)) : v;
}

bool is_list(FieldType type) {
    return type == FieldType::symbols || type == FieldType::kinds || type == FieldType::timeframes ||
           type == FieldType::channels;
}

json::object field_schema(const FieldSpec& f) {
    constexpr std::string_view timeframes = "1s 5s 15s 30s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M";
    json::object s;
    s["type"] = "string";
    switch (f.type) {
    case FieldType::integer:
        s["type"] = "integer";
        s["minimum"] = f.least;
        s["maximum"] = f.most;
        break;
    case FieldType::boolean:
        s["type"] = "boolean";
        break;
    case FieldType::text:
        s["maxLength"] = f.most;
        break;
    case FieldType::duration:
        s["pattern"] = "^[0-9]+(ms|s|m|h|d)?$";
        break;
    case FieldType::asset_class:
        s["enum"] = words("fx crypto equity option index future cfd");
        break;
    case FieldType::timeframe:
        s["examples"] = words(timeframes);
        break;
    case FieldType::choice:
        s["enum"] = words(f.choices);
        break;
    default:
        break;
    }
    if (!f.fallback.empty())
        s["default"] = f.type == FieldType::integer || f.type == FieldType::boolean
                           ? number_from(f.fallback)
                           : json::value(std::string(f.fallback));
    return s;
}

// Names of a field over HTTP: the query takes `start`, a body says `start_date`.
std::string http_name(const FieldSpec& f, bool in_body) {
    if (in_body && f.type == FieldType::time && (f.name == "start" || f.name == "end"))
        return std::string(f.name) + "_date";
    return std::string(f.name);
}

// Whether whoever asks may say it here.
bool is_offered(const Endpoint& endpoint, const FieldSpec& f) {
    return f.name != endpoint.path_field && !(endpoint.path_field == "symbol" && f.name == "symbols") &&
           !(f.name == "follow"); // jobs are asked again
}

json::object parameter(std::string_view name, const FieldSpec& f, bool required) {
    json::object p;
    p["name"] = std::string(name);
    p["in"] = "query";
    if (required)
        p["required"] = true;
    p["description"] = std::string(f.about);
    p["schema"] = field_schema(f);
    return p;
}

json::array query_parameters(const Endpoint& endpoint, const ops::OperationSpec& op) {
    json::array out;
    if (!endpoint.path_field.empty()) {
        json::object schema{{"type", "string"}, {"minLength", 1}};
        out.push_back(json::object{{"name", std::string(endpoint.path_field)}, {"in", "path"}, {"required", true},
            {"schema", std::move(schema)}});
    }
    const bool in_body = endpoint.method == "POST" || endpoint.method == "PUT";
    for (const auto& f : op.fields)
        if (!in_body && is_offered(endpoint, f))
            out.push_back(parameter(http_name(f, false), f, f.required));
    const bool bars = endpoint.shape == Shape::bars;
    if (!in_body) {
        out.push_back(reference("parameters", "deadline_ms"));
        out.push_back(reference("parameters", "client"));
    }
    out.push_back(reference("parameters", bars ? "bars_format" : "format"));
    if (endpoint.etag)
        out.push_back(reference("parameters", "if_none_match"));
    return out;
}

json::object body_property(const FieldSpec& f) {
    auto s = field_schema(f);
    if (is_list(f.type)) {
        json::object list{{"type", "array"}, {"items", json::object{{"type", "string"}}}};
        json::object text{{"type", "string"}};
        s.erase("type");
        s["oneOf"] = json::array{std::move(list), std::move(text)};
    }
    s["description"] = std::string(f.about);
    return s;
}

json::object request_body(const Endpoint& endpoint, const ops::OperationSpec& op) {
    json::object properties;
    json::array required;
    for (const auto& f : op.fields) {
        if (!is_offered(endpoint, f))
            continue;
        const auto name = http_name(f, true);
        properties[name] = body_property(f);
        if (f.required)
            required.emplace_back(name);
        if (f.name == "lease")
            properties["lease_s"] = json::object{{"type", "integer"}, {"minimum", f.least / 1000},
                {"maximum", f.most / 1000}, {"description", "the lease in seconds, instead of lease"}};
    }
    properties["deadline_ms"] = json::object{{"type", "integer"}, {"minimum", 1}, {"maximum", 3600000},
        {"default", 30000}, {"description", "how long the answer may take"}};
    properties["client"] = json::object{{"type", "string"}, {"maxLength", 64}, {"description", "who asks"}};
    json::object schema{{"type", "object"}, {"properties", std::move(properties)}, {"additionalProperties", false}};
    if (!required.empty())
        schema["required"] = std::move(required);
    json::object media{{"application/json", json::object{{"schema", std::move(schema)}}}};
    return {{"required", !op.fields.empty()}, {"content", std::move(media)}};
}

json::object answer_content(const Endpoint& endpoint, const ops::OperationSpec& op) {
    auto element = element_schema(endpoint.op);
    json::object schema;
    if (endpoint.shape == Shape::object) {
        schema = std::move(element);
    } else if (endpoint.shape == Shape::bars) {
        json::object list{{"type", "array"}, {"items", element}};
        schema["oneOf"] = json::array{std::move(element), std::move(list)};
        schema["description"] = "one object for `symbol`, a list for `symbols`";
    } else {
        json::object properties{{"data", json::object{{"type", "array"}, {"items", std::move(element)}}}};
        json::array required{"data"};
        if (op.paged()) {
            properties["next_cursor"] = json::object{{"type", json::array{"string", "null"}}};
            required.emplace_back("next_cursor");
        }
        if (op.name == "events") {
            properties["missed"] = json::object{
                {"type", "boolean"}, {"description", "events behind the cursor given are not kept any more"}};
            required.emplace_back("missed");
        }
        schema["type"] = "object";
        schema["properties"] = std::move(properties);
        schema["required"] = std::move(required);
    }
    json::object content{{"application/json", json::object{{"schema", std::move(schema)}}}};
    if (endpoint.shape == Shape::bars)
        for (const auto* type : {"application/x-ndjson", "text/csv"})
            content[type] = json::object{{"schema", json::object{{"type", "string"}}}};
    return content;
}

json::object responses(const Endpoint& endpoint, const ops::OperationSpec& op) {
    json::object out;
    out[std::to_string(endpoint.status)] = json::object{{"description", endpoint.status == 202   ? "Accepted."
                                                                        : endpoint.status == 201 ? "Made."
                                                                                                 : "Done."},
        {"content", answer_content(endpoint, op)}};
    if (endpoint.etag)
        out["304"] = reference("responses", "not_modified");
    const auto problem = [&](const char* status) { out[status] = reference("responses", "problem"); };
    problem("400");
    out["401"] = reference("responses", "unauthorized");
    if (endpoint.scope == Scope::admin || endpoint.shape == Shape::bars)
        out["403"] = reference("responses", "forbidden");
    problem("404");
    problem("406");
    if (endpoint.method == "POST" || endpoint.method == "PUT")
        problem("415");
    if (endpoint.op == "reload")
        out["422"] = reference("responses", "refused_configuration");
    else
        problem("422");
    out["429"] = reference("responses", "too_many_requests");
    for (const char* status : {"500", "502", "503", "504"})
        problem(status);
    return out;
}

} // namespace

std::string path_template(const Endpoint& endpoint) {
    std::string path = "/api/v1" + std::string(endpoint.path);
    if (path.ends_with('*')) {
        path.pop_back();
        path.append("{").append(endpoint.path_field).append("}");
    }
    return path;
}

json::object operation_object(const Endpoint& endpoint) {
    const auto& op = *ops::Operations::find(endpoint.op);
    auto id =
        std::string(endpoint.route) + (endpoint.path_field.empty() ? "_" : "_one_") + std::string(endpoint.method);
    for (auto& c : id)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    json::object out;
    out["tags"] = json::array{json::value(std::string(tag_of(endpoint.op)))};
    out["operationId"] = id;
    out["summary"] = std::string(op.about);
    out["x-scope"] = std::string(to_string(endpoint.scope));
    out["parameters"] = query_parameters(endpoint, op);
    if (endpoint.method == "POST" || endpoint.method == "PUT")
        out["requestBody"] = request_body(endpoint, op);
    out["responses"] = responses(endpoint, op);
    return out;
}

} // namespace tickgate::api
