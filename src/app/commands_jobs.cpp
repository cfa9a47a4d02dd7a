// backfill, jobs, collectors
#include "app/command_line.hpp"
#include "cli/history_commands.hpp"
#include "cli/terminal.hpp"
#include "cli/views.hpp"
#include "core/clock.hpp"

#include <iostream>

namespace tickgate::app {

namespace {

using cli::DaemonClient;
using cli::Output;

int run_backfill(const CommonArguments& common, cli::BackfillArguments a) {
    a.bar = cli::stderr_is_terminal() && cli::stdout_is_terminal();
    a.columns = static_cast<std::size_t>(cli::terminal_size().columns);
    if (!a.bar)
        a.interval = std::chrono::seconds(2);
    cli::Backfill backfill(std::move(a), output_of(common), std::cerr);
    return on_daemon(
        common, [&](DaemonClient& client, Output) { return backfill.run(client); }, [&] { backfill.leave(); });
}

void add_backfill(CLI::App& root, int& result) {
    auto* command = add_command(root, "backfill",
        "Fill the store: a job of the daemon that goes on without this command and outlives a restart\nIt is watched "
        "until it ends; Ctrl-C leaves it to itself.",
        "  tickgate backfill equity:SPY equity:QQQ -t 1m,1d --start 2026-01-01\n  tickgate backfill --list\n  tickgate "
        "backfill --follow ID");
    auto common = add_common(*command);
    auto a = std::make_shared<cli::BackfillArguments>();
    command->add_option("symbols", a->symbols, "Instruments");
    command->add_option("-t,--timeframe,--timeframes", a->timeframes, "One or more, as 1m,1d");
    command->add_option("--start", a->start, times_help);
    command->add_option("--end", a->end, "Likewise; exclusive, but a date is included; default: now");
    command->add_option("--provider", a->provider, "Only this one; default: the route, in its order");
    command->add_option("--method", a->method, "How it is fetched")
        ->check(CLI::IsMember({"auto", "rest", "flat_files"}));
    command->add_flag("--no-cache", a->no_cache, "Ask the provider for everything");
    command->add_flag("--detach", a->detach, "Print the id of the job and leave");
    command->add_option("--follow", a->follow, "Watch this job instead of starting one")->type_name("ID");
    command->add_option("--cancel", a->cancel, "End this job; what it fetched stays")->type_name("ID");
    command->add_flag("--list", a->list, "List the jobs");
    command->callback([common, a, &result] {
        const int other = int(a->list) + int(!a->follow.empty()) + int(!a->cancel.empty());
        if (other > 1 || (other == 1 && !a->symbols.empty()))
            throw CLI::ValidationError("one of: SYMBOL…, --follow ID, --cancel ID, --list");
        if (other == 0 && (a->symbols.empty() || a->timeframes.empty() || a->start.empty()))
            throw CLI::RequiredError("SYMBOL…, --timeframe and --start (or one of --follow, --cancel, --list)");
        result = run_backfill(*common, *a);
    });
}

void add_jobs(CLI::App& root, int& result) {
    auto* jobs = add_command(root, "jobs", "The backfill jobs of the daemon, newest first",
        "  tickgate jobs -o ndjson | jq 'select(.state == \"running\")'");
    auto common = add_common(*jobs);
    jobs->callback([common, &result] {
        cli::BackfillArguments a;
        a.list = true;
        result = run_backfill(*common, std::move(a));
    });
}

struct CollectorArguments {
    std::string name, timeframes = "1m", provider, every, outside, look_back;
    std::vector<std::string> symbols;
};

void add_collectors(CLI::App& root, int& result) {
    auto* group = add_command(root, "collectors", "Bars that are collected on a schedule: list, start, end");
    group->require_subcommand(1);
    auto* list = add_command(
        *group, "list", "Each collector: symbols, source in use, last collection", "  tickgate collectors list");
    auto common = add_common(*list);
    list->callback([common, &result] {
        result = on_daemon(*common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.target = "/api/v1/collectors/status";
            return cli::show_list(client, std::move(call), cli::views::collectors(wall_now()), output, std::cerr);
        });
    });

    auto* add =
        add_command(*group, "add", "Start one\nIt ends with the daemon; the configuration (collect) has lasting ones.",
            "  tickgate collectors add crypto:BTC-USDT -t 1m,1h --name majors");
    auto add_arguments = add_common(*add);
    auto a = std::make_shared<CollectorArguments>();
    add->add_option("symbols", a->symbols, "Instruments")->required();
    add->add_option("-t,--timeframes", a->timeframes, "One or more, as 1m,1h")->capture_default_str();
    add->add_option("--name", a->name, "Its name");
    add->add_option("--provider", a->provider, "Only this one; default: the route");
    add->add_option("--in-session", a->every, "How often while the market is open, as 60s");
    add->add_option("--outside", a->outside, "How often while it is closed, as 5m");
    add->add_option("--look-back", a->look_back, "How far the first collection reaches, as 1d");
    add->callback([add_arguments, a, &result] {
        result = on_daemon(*add_arguments, [&](DaemonClient& client, Output output) {
            cli::JsonBody body;
            body.texts("symbols", a->symbols).text("timeframes", a->timeframes).text("name", a->name);
            body.text("provider", a->provider).text("in_session", a->every);
            body.text("outside", a->outside).text("look_back", a->look_back);
            DaemonClient::Call call;
            call.method = "POST";
            call.target = "/api/v1/collectors";
            call.body = body.take();
            cli::Sentence said = [](const cli::Json& answer) { return "started " + answer["name"].words(); };
            return cli::show_object(client, std::move(call), std::move(said), output, std::cerr);
        });
    });

    auto* remove =
        add_command(*group, "remove", "End one; what it collected stays", "  tickgate collectors remove majors");
    auto remove_common = add_common(*remove);
    auto name = std::make_shared<std::string>();
    remove->add_option("name", *name, "Its name")->required();
    remove->callback([remove_common, name, &result] {
        result = on_daemon(*remove_common, [&](DaemonClient& client, Output output) {
            DaemonClient::Call call;
            call.method = "DELETE";
            call.target = "/api/v1/collectors/" + cli::query_encoded(*name);
            cli::Sentence said = [name](const cli::Json&) { return "ended " + *name; };
            return cli::show_object(client, std::move(call), std::move(said), output, std::cerr);
        });
    });
}

} // namespace

void add_job_commands(CLI::App& root, int& result) {
    add_backfill(root, result);
    add_jobs(root, result);
    add_collectors(root, result);
}

} // namespace tickgate::app
