// tail, quote, symbols, validate
#include "app/command_line.hpp"
#include "app/commands.hpp"
#include "cli/history_commands.hpp"
#include "cli/views.hpp"
#include "core/clock.hpp"

#include <iostream>

namespace tickgate::app {

namespace {

using cli::DaemonClient;
using cli::Output;

void add_tail(CLI::App& root, int& result) {
    auto* tail = add_command(root, "tail",
        "Show what the gateway publishes on Redis: a table on a terminal, JSON lines in a pipe\nHoles in the numbers, "
        "a "
        "restart and a gateway that is not alive are told on standard error.",
        "  tickgate tail crypto:BTC-USDT\n  tickgate tail 'md:trade:*' --lines | jq .price");
    auto a = std::make_shared<TailArguments>();
    tail->add_option(
        "pattern", a->pattern, "Instrument (crypto:BTC-USDT), channel or glob (md:quote:*); default: all data");
    add_config(*tail, a->config, "Configuration file, for Redis and the prefix");
    tail->add_option("--redis", a->redis, "Redis, instead of what the configuration says");
    tail->add_option("--prefix", a->prefix, "Prefix, instead of what the configuration says");
    tail->add_option("--count", a->count, "End after so many messages");
    tail->add_flag("--lines", a->lines, "JSON lines on a terminal too");
    tail->callback([a, &result] { result = run_tail(*a); });
}

void add_quote(CLI::App& root, int& result) {
    auto* command = add_command(root, "quote",
        "Best bid and offer now\nThe last value if it is fresh, else asked from the provider.",
        "  tickgate quote crypto:BTC-USDT fx:EUR-USD\n  tickgate quote BTC-USDT -o json");
    auto common = add_common(*command);
    auto symbols = std::make_shared<std::vector<std::string>>();
    command->add_option("symbols", *symbols, "Instruments; a bare symbol if only one class has it")->required();
    command->callback([common, symbols, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/quotes";
            cli::add_query(call.target, "symbols", cli::joined(*symbols));
            return cli::show_list(client, std::move(call), cli::views::quotes(wall_now()), output, std::cerr);
        });
    });
}

void add_symbols(CLI::App& root, int& result) {
    auto* command = add_command(root, "symbols",
        "Search the instruments of all providers\nExit code 1 if there is none; names near it are told then.",
        "  tickgate symbols bitcoin --class crypto\n  tickgate symbols EUR -o csv");
    auto common = add_common(*command);
    auto a = std::make_shared<cli::SymbolsArguments>();
    command->add_option("text", a->text, "Part of a name or a description")->required();
    command->add_option("--class", a->asset_class, "Only this asset class")
        ->check(CLI::IsMember({"fx", "crypto", "equity", "option", "index", "future", "cfd"}));
    command->add_option("--provider", a->provider, "Only this one");
    command->add_option("--limit", a->limit, "How many at most")->capture_default_str();
    command->callback([common, a, &result] {
        result = on_daemon(*common,
            [&](DaemonClient& client, Output output) { return cli::show_symbols(client, *a, output, std::cerr); });
    });
}

void add_validate(CLI::App& root, int& result) {
    auto* command = add_command(root, "validate", "Is this an instrument, and whose; if not, what may be meant",
        "  tickgate validate BTC-USDT EUR-USDD");
    auto common = add_common(*command);
    auto symbols = std::make_shared<std::vector<std::string>>();
    command->add_option("symbols", *symbols, "As crypto:BTC-USDT, or bare")->required();
    command->callback([common, symbols, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/validate";
            cli::add_query(call.target, "symbols", cli::joined(*symbols));
            return cli::show_list(client, std::move(call), cli::views::validations(), output, std::cerr);
        });
    });
}

} // namespace

void add_data_commands(CLI::App& root, int& result) {
    add_tail(root, result);
    add_quote(root, result);
    add_symbols(root, result);
    add_validate(root, result);
}

} // namespace tickgate::app
