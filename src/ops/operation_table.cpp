// Names, fields and limits of every operation.
#include "ops/operation_table.hpp"

#include <utility>

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

// Elements of one answer, and where the next answer begins.
void add_paging(std::vector<FieldSpec>& fields, std::string_view fallback, std::int64_t most) {
    fields.push_back({"limit", FieldType::integer, false, fallback, "how many at most", 1, most});
    fields.push_back({"cursor", FieldType::text, false, {}, "next_cursor of the answer before: go on there", 0, 160});
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
    add_paging(all.back().fields, "1000", 10000);
    all.push_back({"search", "Searches the instruments of all providers, best first; if none fits, names near it.",
        {{"text", FieldType::text, true, {}, "part of a name or a description", 1, 64},
            {"class", FieldType::asset_class, false, {}, "only this asset class", 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32}}});
    add_paging(all.back().fields, "50", 5000);
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
    add_paging(all.back().fields, "1000", 10000);
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

OperationSpec for_the_operator(std::string_view name, std::string_view about, std::vector<FieldSpec> fields = {}) {
    OperationSpec op{name, about, std::move(fields)};
    op.http_only = true;
    return op;
}

void add_gateway(std::vector<OperationSpec>& all) {
    all.push_back({"providers", "The providers of the configuration and how they fare.",
        {{"provider", FieldType::text, false, {}, "only this provider", 0, 32}}});
    all.push_back({"feeds", "The feeds: state, connections, subscriptions, messages, lag, losses.",
        {{"provider", FieldType::text, false, {}, "only this provider", 0, 32},
            {"feed", FieldType::text, false, {}, "only this feed, as binance.spot", 0, 64}}});
    OperationSpec subscriptions{"subscriptions", "Instruments that are wanted: by whom, which data, and their state.",
        {symbols_field(false, "only these: class:symbol, separated by commas"),
            {"class", FieldType::asset_class, false, {}, "only this asset class", 0, 0}}};
    add_paging(subscriptions.fields, "1000", 10000);
    OperationSpec routes = subscriptions;
    routes.name = "routes";
    routes.about = "The route of each wanted instrument, and the provider that serves it.";
    all.push_back(std::move(subscriptions));
    all.push_back(std::move(routes));
    OperationSpec events{"events", "The events of the last while (the newest 5,000), newest last.",
        {symbols_field(false, "only of these: class:symbol, separated by commas"),
            {"event", FieldType::text, false, {}, "only these, as gap_opened,gap_closed", 0, 200},
            {"feed", FieldType::text, false, {}, "only of this feed, as binance.spot", 0, 64},
            {"after", FieldType::text, false, {}, "cursor of an event or an answer: what came later, oldest first", 0,
                160}}};
    add_paging(events.fields, "100", 5000);
    all.push_back(std::move(events));
    all.push_back(for_the_operator("config", "The settings in force; of secrets only whether they are set."));
    all.push_back(for_the_operator("reload",
        "Reads the configuration again and applies it, all or nothing; tells what changed and what needs a restart."));
    all.push_back(for_the_operator("log_level", "The level of log lines."));
    FieldSpec level{"level", FieldType::choice, true, {}, "from which level on lines are written", 0, 0,
        "trace debug info warn error"};
    all.push_back(for_the_operator(
        "log_level_set", "Changes the level of log lines until a restart or a reload.", {std::move(level)}));
}

} // namespace

std::vector<OperationSpec> operation_table() {
    constexpr std::string_view kinds = "quote, trade, bar; without it those of the configuration";
    constexpr std::string_view channels = "instead of kinds and timeframes: quote, trade, bar, bar:1h";
    constexpr std::string_view timeframes = "of bars, as 1m,1h; without it those of the configuration";
    std::vector<OperationSpec> all;
    all.push_back({"quote", "Best bid and offer now: the last value if it is fresh, else asked from the provider.",
        {symbols_field(true, which)}});
    all.push_back({"symbols", "Searches the instruments of all providers.",
        {{"text", FieldType::text, false, {}, "part of a name or a description", 0, 64},
            {"class", FieldType::asset_class, false, {}, "only this asset class", 0, 0},
            {"provider", FieldType::text, false, {}, "only this provider", 0, 32},
            {"unfit", FieldType::boolean, false, "false", "list names that do not fit and are not offered", 0, 0}}});
    add_paging(all.back().fields, "50", 5000);
    add_validate(all);
    all.push_back({"subscribe", "Asks for live data for a lease time; again to prolong it.",
        {symbols_field(true, which), {"kinds", FieldType::kinds, false, {}, kinds, 0, 0},
            {"timeframes", FieldType::timeframes, false, {}, timeframes, 0, 0},
            {"channels", FieldType::channels, false, {}, channels, 0, 0},
            {"lease", FieldType::duration, false, "10m", "how long, as 90s, 5m or 2h", 10 * second_ms, day_ms}}});
    all.push_back({"unsubscribe", "Ends leases of this client before their time.",
        {symbols_field(false, "class:symbol, or several separated by commas; without it all of this client"),
            {"kinds", FieldType::kinds, false, {}, "only these: quote, trade, bar", 0, 0},
            {"timeframes", FieldType::timeframes, false, {}, "only bars of these timeframes", 0, 0},
            {"channels", FieldType::channels, false, {}, channels, 0, 0}}});
    all.push_back(
        {"status", "State of the gateway, its feeds, and of the symbols asked for.", {symbols_field(false, which)}});
    add_history(all);
    add_collection(all);
    add_gateway(all);
    return all;
}

} // namespace tickgate::ops
