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

constexpr std::string_view which = "class:symbol, or several separated by commas";
constexpr std::string_view when = "RFC 3339, a date (the instrument's trading day), or microseconds since 1970";

void add_validate(std::vector<OperationSpec>& all) {
    all.push_back({"validate",
        "Tells for each symbol whether it exists, who has it, and what may be meant; with a timeframe and a start also "
        "how good the stored bars are.",
        {symbols_field(true, which),
            {"timeframe", FieldType::timeframe, false, {}, "check stored bars of this timeframe", 0, 0},
            {"start", FieldType::time, false, {}, when, 0, 0}, {"end", FieldType::time, false, {}, when, 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32}}});
}

// Which bars, besides symbols and times.
void add_bar_fields(std::vector<FieldSpec>& fields) {
    fields.push_back({"provider", FieldType::text, false, {}, "only this one; else the route, in its order", 0, 32});
    fields.push_back({"price_type", FieldType::choice, false, {}, "of which price; else the provider's usual", 0, 0,
        "trade mid bid ask"});
    fields.push_back({"align", FieldType::choice, false, {}, "on which clock bars begin; else the provider's usual", 0,
        0, "utc ny17 exchange"});
    fields.push_back({"adjusted", FieldType::boolean, false, {}, "with splits counted in", 0, 0});
    fields.push_back({"use_cache", FieldType::boolean, false, "true", "false: ask the provider for everything", 0, 0});
    fields.push_back({"method", FieldType::choice, false, "auto",
        "auto takes flat files for more than 5 symbols or 7 days, where there are any", 0, 0, "auto rest flat_files"});
}

void add_history(std::vector<OperationSpec>& all) {
    OperationSpec bars{"bars", "Bars of the past: from the store, and what it lacks from the providers.",
        {symbols_field(true, which), {"timeframe", FieldType::timeframe, true, {}, "as 1m, 1h, 1d", 0, 0},
            {"start", FieldType::time, true, {}, when, 0, 0},
            {"end", FieldType::time, false, {}, "likewise, exclusive (a date is included); without it now", 0, 0}}};
    add_bar_fields(bars.fields);
    bars.fields.push_back({"validate", FieldType::boolean, false, "true", "tell how good the bars are", 0, 0});
    bars.fields.push_back(
        {"limit", FieldType::integer, false, {}, "bars of a symbol at most, from the start", 1, 100000000});
    all.push_back(std::move(bars));
    all.push_back({"trades", "Trades of the past, asked from the provider.",
        {symbols_field(true, which), {"start", FieldType::time, true, {}, when, 0, 0},
            {"end", FieldType::time, false, {}, "exclusive; without it now", 0, 0},
            {"provider", FieldType::text, false, {}, "only this one; else the route, in its order", 0, 32},
            {"limit", FieldType::integer, false, "1000", "trades of a symbol at most", 1, 50000}}});
    all.push_back({"coverage", "What the store has of a symbol, and why bars are absent. Asks nobody.",
        {symbols_field(true, which), {"timeframe", FieldType::timeframe, false, {}, "without it all", 0, 0},
            {"start", FieldType::time, false, {}, "without it 30 days ago", 0, 0},
            {"end", FieldType::time, false, {}, "without it now", 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32}}});
    all.push_back({"search", "Searches the instruments of all providers, best first; if none fits, names near it.",
        {{"text", FieldType::text, true, {}, "part of a name or a description", 1, 64},
            {"class", FieldType::asset_class, false, {}, "only this asset class", 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32},
            {"limit", FieldType::integer, false, "50", "how many at most", 1, 5000}}});
    all.push_back({"latest", "The last quote, trade and bar as they stand on Redis; null: there is none.",
        {symbols_field(true, which), {"timeframe", FieldType::timeframe, false, "1m", "of the bar", 0, 0}}});
}

void add_collection(std::vector<OperationSpec>& all) {
    all.push_back({"rate_limit", "Limits of the providers: requests, connections, streams, messages, and their use.",
        {{"provider", FieldType::text, false, {}, "only this provider", 0, 32}}});
    all.push_back({"cache_stats", "How much the store holds, and how often it spared a request.", {}});
    all.push_back({"cache_clear", "Takes stored bars out, and what is known of them; without fields all.",
        {symbols_field(false, which), {"provider", FieldType::text, false, {}, "only of this provider", 0, 32},
            {"timeframe", FieldType::timeframe, false, {}, "only of this timeframe", 0, 0},
            {"older_than_days", FieldType::integer, false, {}, "only bars fetched longer ago", 0, 36500}}});
    OperationSpec job{"backfill", "Starts a job that fills the store and outlives a restart; tells how far it is.",
        {symbols_field(true, which), {"timeframes", FieldType::timeframes, true, {}, "as 1m,1d", 0, 0},
            {"start", FieldType::time, true, {}, when, 0, 0},
            {"end", FieldType::time, false, {}, "exclusive (a date is included); without it now", 0, 0}}};
    add_bar_fields(job.fields);
    job.fields.push_back({"follow", FieldType::boolean, false, "true", "tell progress until it has ended", 0, 0});
    all.push_back(std::move(job));
    all.push_back({"jobs", "Backfill jobs, newest first.",
        {{"id", FieldType::text, false, {}, "only this job", 0, 64},
            {"follow", FieldType::boolean, false, "false", "of one job: tell progress until it has ended", 0, 0}}});
    all.push_back(
        {"job_cancel", "Ends a job; what it fetched stays.", {{"id", FieldType::text, true, {}, "the job", 1, 64}}});
    all.push_back({"collectors", "Scheduled collections and how they fare.",
        {{"name", FieldType::text, false, {}, "only this one", 0, 64}}});
    all.push_back({"collector_start", "Collects the newest bars again and again, or changes the one of this name.",
        {symbols_field(true, which), {"name", FieldType::text, false, {}, "unique; made of the rest without it", 0, 64},
            {"timeframes", FieldType::timeframes, false, "1m", "as 1m,1d", 0, 0},
            {"provider", FieldType::text, false, {}, "only this one; else the route, in its order", 0, 32},
            {"in_session", FieldType::duration, false, "60s", "between two collections while the market is open",
                5 * second_ms, day_ms},
            {"outside", FieldType::duration, false, "5m", "and while it is closed", 5 * second_ms, day_ms},
            {"look_back", FieldType::duration, false, "1d", "how far the first collection reaches", 60 * second_ms,
                3660 * day_ms}}});
    all.push_back({"collector_end", "Ends a collection.", {{"name", FieldType::text, true, {}, "which", 1, 64}}});
}

std::vector<OperationSpec> make_all() {
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
    add_validate(all);
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
    add_history(all);
    add_collection(all);
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
        {"collector_end", &Operations::collector_end}};
    const auto at =
        std::find_if(std::begin(handlers), std::end(handlers), [&](const auto& h) { return h.first == op->name; });
    auto failed = co_await (this->*at->second)(request, answer);
    co_return failed;
}

} // namespace tickgate::ops
