// subscriptions, reload, log-level
#include "app/command_line.hpp"
#include "cli/reload_command.hpp"
#include "cli/views.hpp"

#include <iostream>

namespace tickgate::app {

namespace {

using cli::DaemonClient;
using cli::Output;

struct LeaseArguments {
    std::vector<std::string> symbols;
    std::string channels, client = "tickgate", lease = "10m";
    bool all = false;
};

void add_client(CLI::App& command, LeaseArguments& a) {
    command.add_option("--client", a.client, "The name it was, or is, asked under")->capture_default_str();
    command.add_option("--channels", a.channels, "As quote,trade,bar:1m; default: those of the configuration");
}

void add_subscriptions(CLI::App& root, int& result) {
    auto* group = add_command(root, "subscriptions", "Which instruments are wanted, by whom; ask for more for a while");
    group->require_subcommand(1);

    auto* show = add_command(*group, "list", "Each instrument that is wanted: channels, by whom, state",
        "  tickgate subscriptions list\n  tickgate subscriptions list fx:EUR-USD -o json");
    auto common = add_common(*show);
    auto symbols = std::make_shared<std::vector<std::string>>();
    show->add_option("symbols", *symbols, "Only these");
    show->callback([common, symbols, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/subscriptions?limit=10000";
            cli::add_query(call.target, "symbols", cli::joined(*symbols));
            return cli::show_list(client, std::move(call), cli::views::subscriptions(), output, std::cerr);
        });
    });

    auto* add = add_command(*group, "add",
        "Ask for live data of instruments for a lease time\nAsked again it prolongs. What the configuration names, and "
        "what somebody subscribes to on Redis, needs none.",
        "  tickgate subscriptions add crypto:SOL-USDT --channels quote,bar:1m --lease 2h");
    auto add_common_arguments = add_common(*add);
    auto a = std::make_shared<LeaseArguments>();
    add->add_option("symbols", a->symbols, "Instruments, as crypto:BTC-USDT")->required();
    add->add_option("--lease", a->lease, "How long, 10s to 24h")->capture_default_str();
    add_client(*add, *a);
    add->callback([add_common_arguments, a, &result] {
        result = on_daemon(*add_common_arguments, [&](DaemonClient& client, Output output) {
            cli::JsonBody body;
            body.texts("symbols", a->symbols).text("channels", a->channels);
            body.text("client", a->client).text("lease", a->lease);
            DaemonClient::Call call;
            call.method = "POST";
            call.target = "/api/v1/subscriptions";
            call.body = body.take();
            return cli::show_list(client, std::move(call), cli::views::leases(), output, std::cerr);
        });
    });

    auto* remove = add_command(*group, "remove", "End leases before their time\nWhat the configuration names stays.",
        "  tickgate subscriptions remove crypto:SOL-USDT\n  tickgate subscriptions remove --all");
    auto remove_common = add_common(*remove);
    auto r = std::make_shared<LeaseArguments>();
    remove->add_option("symbols", r->symbols, "Instruments");
    remove->add_flag("--all", r->all, "Everything of this client");
    add_client(*remove, *r);
    remove->callback([remove_common, r, &result] {
        if (r->symbols.empty() != r->all)
            throw CLI::RequiredError("SYMBOL…, or --all");
        result = on_daemon(*remove_common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.method = "DELETE";
            call.target = "/api/v1/subscriptions";
            cli::add_query(call.target, "symbols", cli::joined(r->symbols));
            cli::add_query(call.target, "channels", r->channels);
            cli::add_query(call.target, "client", r->client);
            cli::Sentence said = [](const cli::Json& answer) { return answer["ended"].words() + " channels ended"; };
            return cli::show_object(client, std::move(call), std::move(said), output, std::cerr);
        });
    });
}

} // namespace

void add_control_commands(CLI::App& root, int& result) {
    add_subscriptions(root, result);

    auto* reload = add_command(root, "reload",
        "Read the configuration again and apply it, all or nothing\nTells what changed and what waits for a restart. A "
        "file with a problem changes nothing: exit code 78. As SIGHUP, but it says what came of it.",
        "  tickgate reload");
    auto reload_common = add_common(*reload);
    reload->callback([reload_common, &result] {
        result = on_daemon(
            *reload_common, [](DaemonClient& client, Output output) { return cli::reload(client, output, std::cerr); });
    });

    auto* level = add_command(root, "log-level",
        "Show or change the level of the daemon's log\nUntil the next restart or reload.",
        "  tickgate log-level\n  tickgate log-level debug");
    auto level_common = add_common(*level);
    auto wanted = std::make_shared<std::string>();
    level->add_option("level", *wanted, "From which level on lines are written")
        ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}));
    level->callback([level_common, wanted, &result] {
        result = on_daemon(*level_common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/log-level";
            if (!wanted->empty()) {
                cli::JsonBody body;
                call.method = "PUT";
                call.body = body.text("level", *wanted).take();
            }
            cli::Sentence said = [](const cli::Json& answer) { return answer["level"].words(); };
            return cli::show_object(client, std::move(call), std::move(said), output, std::cerr);
        });
    });
}

} // namespace tickgate::app
