#include "api/openapi.hpp"

#include "api/embedded.hpp"
#include "api/openapi_parts.hpp"

#include <boost/json.hpp>

namespace tickgate::api {

namespace {

namespace json = boost::json;

json::object document() {
    auto doc = json::parse(embedded::openapi_base_json).as_object();
    doc.at("info").as_object()["version"] = TICKGATE_VERSION;
    auto& schemas = doc.at("components").at("schemas").as_object();
    const auto replies = json::parse(embedded::reply_schema_json).as_object();
    for (const auto& [name, schema] : replies.at("$defs").as_object())
        if (!schemas.contains(name))
            schemas.emplace(name, http_schema(name, schema));
    auto& paths = doc.at("paths").as_object();
    for (const auto& endpoint : endpoints()) {
        auto& item = paths[path_template(endpoint)];
        if (!item.is_object())
            item = json::object();
        auto method = std::string(endpoint.method);
        for (auto& c : method)
            c = static_cast<char>(c - 'A' + 'a');
        item.as_object()[method] = operation_object(endpoint);
    }
    return doc;
}

} // namespace

const std::string& openapi_json() {
    static const std::string text = json::serialize(document()) + "\n";
    return text;
}

} // namespace tickgate::api
