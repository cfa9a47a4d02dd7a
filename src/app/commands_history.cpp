// bars, trades, coverage, cache
#include "app/command_line.hpp"
#include "cli/history_commands.hpp"
#include "cli/views.hpp"

#include <iostream>

namespace tickgate::app {

namespace {

using cli::DaemonClient;
using cli::Output;

void add_bars(CLI::App& root, int& result) {
    auto* command = add_command(root, "bars",
        "Bars of the past: from the store, and what it lacks from the providers\nExit code 1 if some are absent; why "
        "is "
        "told on standard error.",
        "  tickgate bars crypto:BTC-USDT -t 1m --start 2026-11-20 --end 2026-11-20\n  tickgate bars "
        "equity:SPY,equity:QQQ -t 1d --start 2026-01-01 -o csv > bars.csv");
    auto common = add_common(*command, false);
    add_formats(*command, *common, "-o,--output,--format");
    auto a = std::make_shared<cli::BarsArguments>();
    command
        ->add_option("symbol", a->symbol,
            "Instrument, as crypto:BTC-USDT, or several with commas; a bare symbol if only one class has it")
        ->required();
    command->add_option("-t,--timeframe", a->timeframe, "1s 5s 15s 30s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M")
        ->capture_default_str();
    command->add_option("--start", a->start, times_help)->required();
    command->add_option("--end", a->end, "Likewise; exclusive, but a date is included; default: now");
    command->add_option("--provider", a->provider, "Only this one; default: the route, in its order");
    command->add_option("--limit", a->limit, "So many bars at most");
    command->add_flag("--no-cache", a->no_cache, "Ask the provider for everything");
    command->add_flag("--validate", a->validate, "Tell how good the bars are");
    command->callback([common, a, &result] {
        result = on_daemon(*common,
            [&](DaemonClient& client, Output output) { return cli::show_bars(client, *a, output, std::cerr); });
    });
}

struct TradesArguments {
    std::string symbol, start, end, provider, limit = "1000";
};

void add_trades(CLI::App& root, int& result) {
    auto* command = add_command(root, "trades", "Trades of the past, asked from the providers",
        "  tickgate trades crypto:BTC-USDT --start 2026-11-20T12:00:00Z --limit 100 -o csv");
    auto common = add_common(*command);
    auto a = std::make_shared<TradesArguments>();
    command->add_option("symbol", a->symbol, "Instrument, as crypto:BTC-USDT")->required();
    command->add_option("--start", a->start, times_help)->required();
    command->add_option("--end", a->end, "Likewise; default: now");
    command->add_option("--provider", a->provider, "Only this one; default: the route, in its order");
    command->add_option("--limit", a->limit, "How many at most (50000)")->capture_default_str();
    command->callback([common, a, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/trades";
            cli::add_query(call.target, "symbol", a->symbol);
            cli::add_query(call.target, "start", a->start);
            cli::add_query(call.target, "end", a->end);
            cli::add_query(call.target, "provider", a->provider);
            cli::add_query(call.target, "limit", a->limit);
            call.deadline = std::chrono::minutes(5);
            return cli::show_list(client, std::move(call), cli::views::trades(), output, std::cerr);
        });
    });
}

void add_coverage(CLI::App& root, int& result) {
    auto* command = add_command(root, "coverage", "What the store has of an instrument, and why bars are absent",
        "  tickgate coverage crypto:BTC-USDT -t 1m --start 2026-11-01");
    auto common = add_common(*command);
    auto a = std::make_shared<cli::CoverageArguments>();
    command->add_option("symbol", a->symbol, "Instrument, as crypto:BTC-USDT")->required();
    command->add_option("-t,--timeframe", a->timeframe, "Only this one; default: all");
    command->add_option("--start", a->start, times_help);
    command->add_option("--end", a->end, "Likewise; default: now");
    command->add_option("--provider", a->provider, "Only this one");
    command->callback([common, a, &result] {
        result = on_daemon(*common,
            [&](DaemonClient& client, Output output) { return cli::show_coverage(client, *a, output, std::cerr); });
    });
}

struct EraseArguments {
    std::string symbol, provider, timeframe, older;
    bool all = false;
};

void add_cache(CLI::App& root, int& result) {
    auto* group = add_command(root, "cache", "How much the store holds; delete what can be fetched again");
    group->require_subcommand(1);
    auto* stats = add_command(
        *group, "stats", "Series, bars, bytes, and how often a request was spared", "  tickgate cache stats");
    auto common = add_common(*stats);
    stats->callback([common, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/cache/stats";
            return cli::show_object(client, std::move(call), {}, output, std::cerr);
        });
    });
    auto* clear = add_command(*group, "clear", "Delete stored bars and what is known of their coverage",
        "  tickgate cache clear --symbol crypto:BTC-USDT -t 1m\n  tickgate cache clear --older-than-days 365");
    auto clear_common = add_common(*clear);
    auto a = std::make_shared<EraseArguments>();
    clear->add_option("--symbol", a->symbol, "Only of this instrument");
    clear->add_option("--provider", a->provider, "Only of this provider");
    clear->add_option("-t,--timeframe", a->timeframe, "Only of this timeframe");
    clear->add_option("--older-than-days", a->older, "Only what was fetched longer ago")->type_name("DAYS");
    clear->add_flag("--all", a->all, "Everything");
    clear->callback([clear_common, a, &result] {
        const bool some = !a->symbol.empty() || !a->provider.empty() || !a->timeframe.empty() || !a->older.empty();
        if (some == a->all)
            throw CLI::RequiredError("one of --symbol, --provider, --timeframe, --older-than-days; or --all alone");
        result = on_daemon(*clear_common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.method = "DELETE";
            call.target = "/api/v1/cache";
            cli::add_query(call.target, "symbol", a->symbol);
            cli::add_query(call.target, "provider", a->provider);
            cli::add_query(call.target, "timeframe", a->timeframe);
            cli::add_query(call.target, "older_than_days", a->older);
            cli::Sentence said = [](const cli::Json& answer) { return answer["removed"].words() + " bars deleted"; };
            return cli::show_object(client, std::move(call), std::move(said), output, std::cerr);
        });
    });
}

} // namespace

void add_history_commands(CLI::App& root, int& result) {
    add_bars(root, result);
    add_trades(root, result);
    add_coverage(root, result);
    add_cache(root, result);
}

} // namespace tickgate::app
