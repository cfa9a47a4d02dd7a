// Schemas of answers over HTTP, from those of answers on Redis.
#include "api/openapi_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tickgate::api {

namespace {

namespace json = boost::json;

// Given as on Redis over HTTP, too.
constexpr std::array<std::string_view, 4> native{"quote", "event", "latest", "failure"};
// Their `symbol` is class:symbol.
constexpr std::array<std::string_view, 3> named{"subscription", "demand", "route"};

template <class List>
bool has(const List& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

std::string renamed(std::string_view element, std::string_view key) {
    if (element == "trade" && key == "ts_event_us")
        return "timestamp";
    if (key.ends_with("_us"))
        key.remove_suffix(3);
    return std::string(key);
}

bool may_be_null(const json::object& schema) {
    const auto* type = schema.if_contains("type");
    return type != nullptr && type->is_array() &&
           std::any_of(
               type->as_array().begin(), type->as_array().end(), [](const json::value& t) { return t == "null"; });
}

json::value time_schema(const json::object& before) {
    json::object time;
    if (may_be_null(before))
        time["type"] = json::array{"string", "null"};
    else
        time["type"] = "string";
    time["format"] = "date-time";
    if (const auto* about = before.if_contains("description"))
        time["description"] = *about;
    return time;
}

json::value changed(std::string_view element, const json::value& schema);

json::object changed_properties(std::string_view element, const json::object& properties) {
    const bool as_on_redis = has(native, element);
    json::object out;
    for (const auto& [key, value] : properties) {
        if (has(named, element) && key == "class")
            continue;
        if (has(named, element) && key == "symbol")
            out["symbol"] = json::object{{"type", "string"}, {"pattern", "^[a-z]+:[A-Za-z0-9._-]{1,64}$"}};
        else if (!as_on_redis && key.ends_with("_us"))
            out[renamed(element, key)] = time_schema(value.as_object());
        else
            out[key] = changed(element, value);
    }
    return out;
}

json::array changed_required(std::string_view element, const json::array& required) {
    json::array out;
    for (const auto& key : required) {
        const std::string_view name = key.as_string();
        if (has(named, element) && name == "class")
            continue;
        out.emplace_back(has(native, element) ? std::string(name) : renamed(element, name));
    }
    return out;
}

json::value changed(std::string_view element, const json::value& schema) {
    if (schema.is_array()) {
        json::array out;
        for (const auto& item : schema.as_array())
            out.push_back(changed(element, item));
        return out;
    }
    if (!schema.is_object())
        return schema;
    json::object out;
    for (const auto& [key, value] : schema.as_object()) {
        constexpr std::string_view local = "#/$defs/";
        if (key == "$ref" && value.is_string() && std::string_view(value.as_string()).starts_with(local))
            out[key] = "#/components/schemas/" + std::string(value.as_string()).substr(local.size());
        else if (key == "properties" && value.is_object())
            out[key] = changed_properties(element, value.as_object());
        else if (key == "required" && value.is_array())
            out[key] = changed_required(element, value.as_array());
        else
            out[key] = changed(element, value);
    }
    return out;
}

} // namespace

json::value http_schema(std::string_view name, const json::value& schema) {
    auto out = changed(name, schema);
    if (name == "subscription") // words, not names on Redis
        out.at("properties").as_object()["channels"] =
            json::object{{"type", "array"}, {"items", json::object{{"type", "string"}}}};
    return out;
}

} // namespace tickgate::api
