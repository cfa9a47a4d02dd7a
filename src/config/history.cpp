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
        }};
}

bool is_name(std::string_view text) { return is_symbol(text) && text.size() <= longest_name; }

void read_collector(const Cursor& at, Collector& collector) {
    const std::string prefix = at.key() + ".";
    Fields fields;
    fields.push_back({prefix + "symbols", list_into(collector.symbols, instrument())});
    fields.push_back({prefix + "timeframes", list_into(collector.timeframes, timeframe())});
    fields.push_back({prefix + "provider", scalar_into(collector.provider, choice_text(provider_names()))});
    fields.push_back({prefix + "every", scalar_into(collector.every, duration(1s, 24h))});
    fields.push_back({prefix + "outside", scalar_into(collector.outside, duration(1s, 168h))});
    fields.push_back({prefix + "look_back", scalar_into(collector.look_back, duration(1min, 24h * 3660))});
    const auto problems = at.context().problem_count();
    walk(at, fields);
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
    fields.push_back({"history.repair", scalar_into(history.repair, boolean())});
    fields.push_back({"history.reconcile", scalar_into(history.reconcile, boolean())});
    fields.push_back({"history.shared_budget", scalar_into(history.shared_budget, boolean())});
    fields.push_back({"history.parallel", scalar_into(history.parallel, integer(1, 32))});
    fields.push_back({"history.settle", scalar_into(history.settle, duration(5s, 1h))});
    fields.push_back({"collect", [&](const Cursor& at) { read_collectors(at, config.collect); }});
}

} // namespace tickgate::config
