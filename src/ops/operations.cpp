#include "ops/operations.hpp"

#include "core/secret.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace tickgate::ops {

namespace {

constexpr std::int64_t second_ms = 1000, day_ms = 86400000;

FieldSpec symbols_field(bool required, std::string_view about) {
    return {"symbols", FieldType::symbols, required, {}, about, 1, static_cast<std::int64_t>(Operations::max_symbols)};
}

std::vector<OperationSpec> make_all() {
    constexpr std::string_view which = "class:symbol, or several separated by commas";
    constexpr std::string_view kinds = "quote, trade, bar; without it those of the configuration";
    constexpr std::string_view timeframes = "of bars, as 1m,1h; without it those of the configuration";
    std::vector<OperationSpec> all;
    all.push_back({"quote", "Best bid and offer now: the last value if it is fresh, else asked from the provider.",
        {symbols_field(true, which)}});
    all.push_back({"symbols", "Searches the instruments of all providers.",
        {{"text", FieldType::text, false, {}, "part of a name or a description", 0, 64},
            {"class", FieldType::asset_class, false, {}, "only this asset class", 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32},
            {"limit", FieldType::integer, false, "50", "how many at most", 1, 5000},
            {"unfit", FieldType::boolean, false, "false", "list names that do not fit and are not offered", 0, 0}}});
    all.push_back(
        {"validate", "Tells for each symbol whether it exists, and who has it.", {symbols_field(true, which)}});
    all.push_back({"subscribe", "Asks for live data for a lease time; again to prolong it.",
        {symbols_field(true, which), {"kinds", FieldType::kinds, false, {}, kinds, 0, 0},
            {"timeframes", FieldType::timeframes, false, {}, timeframes, 0, 0},
            {"lease", FieldType::duration, false, "10m", "how long, as 90s, 5m or 2h", 10 * second_ms, day_ms}}});
    all.push_back({"unsubscribe", "Ends leases of this client before their time.",
        {symbols_field(false, "class:symbol, or several separated by commas; without it all of this client"),
            {"kinds", FieldType::kinds, false, {}, "only these: quote, trade, bar", 0, 0},
            {"timeframes", FieldType::timeframes, false, {}, "only bars of these timeframes", 0, 0}}});
    all.push_back(
        {"status", "State of the gateway, its feeds, and of the symbols asked for.", {symbols_field(false, which)}});
    return all;
}

std::string_view json_type(FieldType type) noexcept {
    switch (type) {
    case FieldType::integer:
        return R"("^-?[0-9]+$")";
    case FieldType::duration:
        return R"("^[0-9]+(ms|s|m|h|d)?$")";
    case FieldType::boolean:
        return R"("^(true|false|1|0|yes|no)$")";
    case FieldType::asset_class:
        return R"("^(fx|crypto|equity|option|index|future|cfd)$")";
    case FieldType::kinds:
        return R"("^ *(quote|trade|bar) *(, *(quote|trade|bar) *)*$")";
    default:
        return {};
    }
}

std::string code_of(const error_code& ec) {
    if (ec == asio::error::operation_aborted)
        return "expired";
    if (ec.category() != tickgate_category())
        return "unavailable";
    switch (static_cast<errc>(ec.value())) {
    case errc::malformed_symbol:
        return "malformed_symbol";
    case errc::ambiguous_symbol:
        return "ambiguous_symbol";
    case errc::unknown_symbol:
    case errc::unknown_instrument:
        return "unknown_symbol";
    case errc::not_supported:
        return "not_supported";
    case errc::not_entitled:
        return "not_entitled";
    case errc::bad_request:
        return "bad_request";
    case errc::unauthorized:
        return "unauthorized";
    case errc::restricted:
        return "restricted";
    case errc::rate_limited:
    case errc::banned:
        return "rate_limited";
    case errc::too_many_subscriptions:
    case errc::too_many_connections:
        return "refused";
    case errc::overflow:
        return "busy";
    case errc::not_owner:
        return "not_owner";
    case errc::malformed_number:
    case errc::number_overflow:
    case errc::malformed_payload:
    case errc::venue_error:
        return "venue_error";
    case errc::configuration:
        return "internal";
    default:
        return "unavailable";
    }
}

} // namespace

Error error_from(const error_code& ec, std::string_view detail, std::optional<std::chrono::milliseconds> retry_after) {
    Error e;
    e.code = code_of(ec);
    e.message = ec.message();
    if (!detail.empty())
        e.message.append(": ").append(detail.substr(0, 300));
    e.retry_after = retry_after;
    return e;
}

std::string to_json(const Error& error) {
    JsonObject o;
    o.text("code", error.code).text("message", redact(error.message)).text("hint", redact(error.hint));
    o.integer(
        "retry_after_ms", error.retry_after ? std::optional<std::int64_t>(error.retry_after->count()) : std::nullopt);
    return o.take();
}

std::span<const OperationSpec> Operations::all() {
    static const std::vector<OperationSpec> operations = make_all();
    return operations;
}

const OperationSpec* Operations::find(std::string_view name) {
    for (const auto& op : all())
        if (op.name == name)
            return &op;
    return nullptr;
}

std::string Operations::schema(const OperationSpec& operation) {
    JsonObject properties;
    std::vector<std::string> required;
    const auto add = [&](std::string_view name, const FieldSpec& f) {
        JsonObject p;
        p.text("type", "string").text("description", f.about);
        if (const auto pattern = json_type(f.type); !pattern.empty())
            p.raw("pattern", pattern);
        if (f.type == FieldType::text)
            p.integer("maxLength", f.most);
        if (!f.fallback.empty())
            p.text("default", f.fallback);
        properties.raw(name, p.take());
    };
    bool one_of_symbols = false;
    for (const auto& f : operation.fields) {
        add(f.name, f);
        if (f.type == FieldType::symbols) {
            add("symbol", f);
            one_of_symbols = f.required;
        } else if (f.required) {
            required.emplace_back(f.name);
        }
    }
    JsonObject o;
    o.text("title", operation.name).text("description", operation.about).text("type", "object");
    o.raw("properties", properties.take()).texts("required", required).boolean("additionalProperties", false);
    if (one_of_symbols)
        o.raw("oneOf", R"([{"required":["symbol"]},{"required":["symbols"]}])");
    return o.take();
}

asio::awaitable<std::optional<Error>> Operations::run(Request request, Answer& answer) {
    const auto* op = find(request.op);
    if (op == nullptr) {
        std::string known;
        for (const auto& o : all())
            known.append(known.empty() ? "" : ", ").append(o.name);
        co_return Error("unknown_op", "there is no operation \"" + shown(request.op) + "\"", "operations: " + known);
    }
    if (auto error = check_fields(*op, request.fields))
        co_return error;
    using Handler = Done (Operations::*)(const Request&, Answer&);
    static constexpr std::pair<std::string_view, Handler> handlers[] = {{"quote", &Operations::quote},
        {"symbols", &Operations::symbols}, {"validate", &Operations::validate}, {"subscribe", &Operations::subscribe},
        {"unsubscribe", &Operations::unsubscribe}, {"status", &Operations::status}};
    const auto at =
        std::find_if(std::begin(handlers), std::end(handlers), [&](const auto& h) { return h.first == op->name; });
    auto failed = co_await (this->*at->second)(request, answer);
    co_return failed;
}

} // namespace tickgate::ops
