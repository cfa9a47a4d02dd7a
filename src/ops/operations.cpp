#include "ops/operations.hpp"

#include "core/secret.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/operation_table.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace tickgate::ops {

namespace {

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
    case FieldType::channels:
        return R"("^ *(quote|trade|bar(:[0-9]+[a-zA-Z]+)?|Q|T|A) *(, *(quote|trade|bar(:[0-9]+[a-zA-Z]+)?|Q|T|A) *)*$")";
    case FieldType::kinds:
        return R"("^ *(quote|trade|bar) *(, *(quote|trade|bar) *)*$")";
    default:
        return {};
    }
}

std::string choices_json(std::string_view choices) {
    std::string out = "[";
    while (!choices.empty()) {
        const auto blank = std::min(choices.find(' '), choices.size());
        out += out.size() > 1 ? "," : "";
        append_json_string(out, choices.substr(0, blank));
        choices.remove_prefix(std::min(blank + 1, choices.size()));
    }
    return out + "]";
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
    case errc::cancelled:
        return "expired";
    default:
        return "unavailable";
    }
}

} // namespace

Error error_from(const error_code& ec, std::string_view detail, std::optional<std::chrono::milliseconds> retry_after) {
    Error e;
    e.code = code_of(ec);
    e.message = ec.message();
    const auto shown_detail = detail.substr(0, 300);
    if (shown_detail.find(e.message) != std::string_view::npos) // as `binance: unknown symbol`
        e.message = shown_detail;
    else if (!shown_detail.empty())
        e.message.append(": ").append(shown_detail);
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
    static const std::vector<OperationSpec> operations = operation_table();
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
        if (f.type == FieldType::choice)
            p.raw("enum", choices_json(f.choices));
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

const FieldSpec* OperationSpec::field(std::string_view field_name) const noexcept {
    for (const auto& f : fields)
        if (f.name == field_name)
            return &f;
    return nullptr;
}

asio::awaitable<error_code> Answer::page(Page page) {
    if (page.next.empty())
        co_return error_code();
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "page").text("next_cursor", page.next).boolean("missed", page.missed);
    auto text = o.take();
    co_return co_await add(std::move(text));
}

asio::awaitable<std::optional<Error>> Answer::last(std::string element) {
    if (const auto ec = co_await add(std::move(element)); ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> Operations::run(Request request, Answer& answer) {
    const auto* op = find(request.op);
    if (op == nullptr) {
        std::string known;
        for (const auto& o : all())
            known.append(known.empty() ? "" : ", ").append(o.name);
        co_return Error("unknown_op", "there is no operation \"" + shown(request.op) + "\"", "operations: " + known);
    }
    if (op->http_only && !request.over_http)
        co_return Error("not_supported", "operation " + std::string(op->name) + " is offered over HTTP only",
            "it is for whoever runs the gateway");
    if (auto error = check_fields(*op, request.fields))
        co_return error;
    using Handler = Done (Operations::*)(const Request&, Answer&);
    static constexpr std::pair<std::string_view, Handler> handlers[] = {{"quote", &Operations::quote},
        {"symbols", &Operations::symbols}, {"validate", &Operations::validate}, {"subscribe", &Operations::subscribe},
        {"unsubscribe", &Operations::unsubscribe}, {"status", &Operations::status}, {"search", &Operations::search},
        {"latest", &Operations::latest}, {"bars", &Operations::bars}, {"trades", &Operations::trades},
        {"coverage", &Operations::coverage}, {"rate_limit", &Operations::rate_limit},
        {"cache_stats", &Operations::cache_stats}, {"cache_clear", &Operations::cache_clear},
        {"backfill", &Operations::backfill_job}, {"jobs", &Operations::jobs}, {"job_cancel", &Operations::job_cancel},
        {"collectors", &Operations::collectors}, {"collector_start", &Operations::collector_start},
        {"collector_end", &Operations::collector_end}, {"providers", &Operations::providers},
        {"feeds", &Operations::feeds}, {"subscriptions", &Operations::subscriptions}, {"routes", &Operations::routes},
        {"events", &Operations::events}, {"config", &Operations::config}, {"reload", &Operations::reload},
        {"log_level", &Operations::log_level}, {"log_level_set", &Operations::log_level_set}};
    const auto at =
        std::find_if(std::begin(handlers), std::end(handlers), [&](const auto& h) { return h.first == op->name; });
    auto failed = co_await (this->*at->second)(request, answer);
    co_return failed;
}

} // namespace tickgate::ops
