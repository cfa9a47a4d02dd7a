#include "config/history.hpp"

#include "config/provider_specs.hpp"

#include <algorithm>

namespace tickgate::config {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_collectors = 200;
constexpr std::size_t longest_name = 64;

Type<InstrumentName> instrument() {
    return {"an instrument, written class:symbol", {},
        [](std::string_view text, std::string&) -> std::optional<InstrumentName> {
            if (const auto name = InstrumentName::parse(text))
                return *name;
            return {};
        },
        {"instrument", "written `class:symbol`", {}, R"("type":"string","pattern":"^[a-z]+:[A-Za-z0-9._-]{1,64}$")"}};
}

bool is_name(std::string_view text) { return is_symbol(text) && text.size() <= longest_name; }

Fields collector_fields(const std::string& prefix, Collector& collector) {
    Fields fields;
    fields.push_back({prefix + "symbols", list_into(collector.symbols, instrument()),
        {"What is collected; needed.", Apply::live, "[equity:SPY, crypto:BTC-USDT]"}});
    fields.push_back({prefix + "timeframes", list_into(collector.timeframes, timeframe()),
        {"Which bars of them.", Apply::live, "[1m, 1d]"}});
    fields.push_back({prefix + "provider", scalar_into(collector.provider, choice_text(provider_names())),
        {"One provider instead of the instrument's route.", Apply::live, "binance", "the route"}});
    fields.push_back({prefix + "every", scalar_into(collector.every, duration(1s, 24h)),
        {"Time between two collections while the market is open.", Apply::live, "5m"}});
    fields.push_back({prefix + "outside", scalar_into(collector.outside, duration(1s, 168h)),
        {"The same while it is closed.", Apply::live, "1h"}});
    fields.push_back({prefix + "look_back", scalar_into(collector.look_back, duration(1min, 24h * 3660)),
        {"How far the first collection reaches.", Apply::live, "30d"}});
    return fields;
}

void read_collector(const Cursor& at, Collector& collector) {
    const auto problems = at.context().problem_count();
    walk(at, collector_fields(at.key() + ".", collector));
    if (collector.symbols.empty() && at.context().problem_count() == problems)
        at.problem("names no symbols", "symbols: [equity:SPY, crypto:BTC-USDT]");
}

void read_collectors(const Cursor& at, std::vector<Collector>& collectors) {
    at.each_entry([&](const std::string& key, Position key_at, const Node& value) {
        if (!is_name(key))
            return at.context().problem(
                key_at, at.key(), "expected the name of a collector: 1 to 64 letters, digits, `.`, `_` and `-`");
        if (collectors.size() == most_collectors)
            return at.context().problem(
                key_at, at.key(), "there are more than " + std::to_string(most_collectors) + " collectors");
        Collector collector;
        collector.name = key;
        read_collector(at.below(value, key), collector);
        collectors.push_back(std::move(collector));
    });
    std::ranges::sort(collectors, {}, &Collector::name);
}

} // namespace

void add_history_fields(Fields& fields, Config& config) {
    History& history = config.history;
    fields.push_back({"history.repair", scalar_into(history.repair, boolean()),
        {"What was missed while a feed was down, or between two numbers of a venue, is fetched and published with flag "
         "`backfill` ([repair](repair.md)).",
            Apply::restart, "false"}});
    fields.push_back({"history.reconcile", scalar_into(history.reconcile, boolean()),
        {"Bars made of ticks, and bars that providers correct later, are asked again once they have settled; what "
         "differs is published as the next revision.",
            Apply::live, "false"}});
    fields.push_back({"history.shared_budget", scalar_into(history.shared_budget, boolean()),
        {"All gateways of this Redis prefix, and whoever else takes part, draw from one request budget "
         "([budget](budget.md)).",
            Apply::restart, "true"}});
    fields.push_back({"history.parallel", scalar_into(history.parallel, integer(1, 32)),
        {"Requests in flight a provider.", Apply::live, "8"}});
    fields.push_back({"history.settle", scalar_into(history.settle, duration(5s, 1h)),
        {"So long after its end a provider may still correct a bar: younger bars are asked again by each request, and "
         "corrections are published within that time.",
            Apply::live, "2m"}});
    static Collector example;
    fields.push_back({"collect", [&](const Cursor& at) { read_collectors(at, config.collect); }, {},
        collector_fields("collect.*.", example)});
}

} // namespace tickgate::config
