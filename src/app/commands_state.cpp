// status, feeds, providers, routes, quota, events, top, check
#include "app/command_line.hpp"
#include "cli/check.hpp"
#include "cli/events_command.hpp"
#include "cli/status_command.hpp"
#include "cli/terminal.hpp"
#include "cli/top.hpp"
#include "cli/views.hpp"
#include "core/clock.hpp"

#include <iostream>

namespace tickgate::app {

namespace {

using cli::DaemonClient;
using cli::Output;

int list(const CommonArguments& common, std::string target, cli::ListView view) {
    return on_daemon(common, [&](DaemonClient& client, Output output) {
        DaemonClient::Call call;
        call.target = std::move(target);
        return cli::show_list(client, std::move(call), std::move(view), output, std::cerr);
    });
}

void add_status(CLI::App& root, int& result) {
    auto* command = add_command(root, "status",
        "The gateway at one glance: owner, Redis, feeds, symbols, gaps, quotas\nExit code 0 if all is well, 1 if "
        "something is not, 69 if the daemon does not answer. A closed market is well.",
        "  tickgate status\n  tickgate status -o json | jq '.data[0].ready'");
    auto common = add_common(*command);
    command->callback([common, &result] {
        result = on_daemon(
            *common, [](DaemonClient& client, Output output) { return cli::show_status(client, output, std::cerr); });
    });
}

void add_lists(CLI::App& root, int& result) {
    auto* feeds = add_command(root, "feeds", "Each feed: state, connections, subscriptions, messages, lag, losses",
        "  tickgate feeds\n  tickgate feeds -o csv");
    auto feeds_common = add_common(*feeds);
    feeds->callback(
        [feeds_common, &result] { result = list(*feeds_common, "/api/v1/feeds", cli::views::feeds(wall_now())); });

    auto* providers = add_command(root, "providers", "Each provider: on or off, and why", "  tickgate providers");
    auto providers_common = add_common(*providers);
    providers->callback([providers_common, &result] {
        result = list(*providers_common, "/api/v1/providers", cli::views::providers());
    });

    auto* routes = add_command(root, "routes", "Who serves each instrument, who would be next, and why",
        "  tickgate routes\n  tickgate routes fx:EUR-USD");
    auto routes_common = add_common(*routes);
    auto symbols = std::make_shared<std::vector<std::string>>();
    routes->add_option("symbols", *symbols, "Only these, as fx:EUR-USD");
    routes->callback([routes_common, symbols, &result] {
        std::string target = "/api/v1/routes?limit=10000";
        cli::add_query(target, "symbols", cli::joined(*symbols));
        result = list(*routes_common, target, cli::views::routes(wall_now()));
    });

    auto* quota = add_command(root, "quota", "How much of each provider's limits is used", "  tickgate quota binance");
    auto quota_common = add_common(*quota);
    auto provider = std::make_shared<std::string>();
    quota->add_option("provider", *provider, "Only this one");
    quota->callback([quota_common, provider, &result] {
        std::string target = "/api/v1/rate-limit";
        cli::add_query(target, "provider", *provider);
        result = list(*quota_common, target, cli::views::limits());
    });
}

void add_events(CLI::App& root, int& result) {
    auto* command = add_command(root, "events",
        "What happened lately: links, routes, gaps, stale and fresh symbols\nThe newest last. With --follow also what "
        "happens, until Ctrl-C.",
        "  tickgate events --limit 20\n  tickgate events --follow --event gap_opened,gap_closed -o ndjson");
    auto common = add_common(*command);
    auto a = std::make_shared<cli::EventsArguments>();
    command->add_flag("-f,--follow", a->follow, "Go on with what happens");
    command->add_option("--limit", a->limit, "How many of the past at most (5000)")->capture_default_str();
    command->add_option("--event", a->event, "Only these, as link_down,route");
    command->add_option("--symbol", a->symbol, "Only of this instrument, as crypto:BTC-USDT");
    command->callback([common, a, &result] {
        cli::Events* running = nullptr;
        std::optional<cli::Events> events;
        result = on_daemon(
            *common,
            [&](DaemonClient& client, Output output) {
                running = &events.emplace(*a, output, std::cerr);
                return events->run(client);
            },
            [&] {
                if (running != nullptr)
                    running->leave();
            });
    });
}

void add_top(CLI::App& root, int& result) {
    auto* command = add_command(root, "top",
        "Watch feeds and symbols live: prices, ages, rates, lags\nOn a terminal a matrix: q leaves, arrows, page keys, "
        "j "
        "and k scroll. In a pipe lines of key=value.",
        "  tickgate top\n  tickgate top crypto:BTC-USDT fx:EUR-USD\n  tickgate top --count 1 | grep ^feed");
    auto common = add_common(*command, false);
    auto a = std::make_shared<cli::TopArguments>();
    auto seconds = std::make_shared<double>(1.0);
    command->add_option("symbols", a->symbols, "Only these, as crypto:BTC-USDT; default: everything subscribed");
    // Range alone lets what is no number pass.
    const CLI::Validator is_number(
        [](std::string& text) {
            return text.find_first_of("nN") == std::string::npos ? std::string() : text + " is no number";
        },
        "");
    command->add_option("--interval", *seconds, "Seconds between two looks")
        ->check(CLI::Range(0.2, 3600.0))
        ->check(is_number)
        ->capture_default_str();
    command->add_option("--count", a->count, "End after so many looks");
    command->callback([common, a, seconds, &result] {
        a->interval = std::chrono::milliseconds(static_cast<std::int64_t>(*seconds * 1000));
        a->screen = cli::stdout_is_terminal();
        cli::Top top(*a, std::cout, std::cerr);
        result = on_daemon(
            *common, [&](DaemonClient& client, Output) { return top.run(client); }, [&] { top.leave(); });
    });
}

void add_check(CLI::App& root, int& result) {
    auto* command = add_command(root, "check",
        "A plugin for Nagios, Icinga and their likes: one line, exit code 0 OK, 1 WARNING, 2 CRITICAL, 3 "
        "UNKNOWN\nfeed: "
        "states of the feeds; thresholds are seconds since a live feed's last message. quota: percent used of each "
        "limit, 80 and 95 if none are given. gaps: messages lost for good within the window, 0 and 1000. A closed "
        "market is OK, and so is a gateway that stands by.\nThresholds are ranges as plugins have them: 10, 5:, ~:10, "
        "10:20, @10:20.",
        "  tickgate check\n  tickgate check feed --feed oanda.pricing --warning 30 --critical 120\n  tickgate check "
        "gaps --window 86400");
    auto common = add_common(*command, false);
    auto a = std::make_shared<cli::CheckArguments>();
    auto window = std::make_shared<std::int64_t>(a->window.count());
    auto timeout = std::make_shared<std::int64_t>(a->deadline.count());
    const CLI::Validator is_range(
        [](std::string& text) {
            return cli::AlertRange::parse(text) ? std::string() : "no range: 10, 5:, ~:10, 10:20, @10:20";
        },
        "");
    command->add_option("what", a->what, "What to look at")
        ->check(CLI::IsMember({"feed", "quota", "gaps", "all"}))
        ->capture_default_str();
    command->add_option("--feed", a->feed, "Only this feed (oanda.pricing) or provider (oanda)");
    command->add_option("-w,--warning", a->warning, "Warn outside this range")->check(is_range)->type_name("RANGE");
    command->add_option("-c,--critical", a->critical, "Critical outside this range")
        ->check(is_range)
        ->type_name("RANGE");
    command->add_option("--window", *window, "gaps: how many seconds to look back")
        ->check(CLI::Range(1, 31 * 86400))
        ->capture_default_str();
    command->add_option("--timeout", *timeout, "Seconds for all answers")
        ->check(CLI::Range(1, 600))
        ->capture_default_str();
    command->callback([common, a, window, timeout, &result] {
        if (a->what == "all" && !(a->warning.empty() && a->critical.empty()))
            throw CLI::ValidationError(
                "--warning and --critical need one of feed, quota, gaps: all measure different things");
        a->window = std::chrono::seconds(*window);
        a->deadline = std::chrono::seconds(*timeout);
        bool asked = false;
        result = on_daemon(*common, [&](DaemonClient& client, Output) {
            asked = true;
            return cli::run_check(client, *a, std::cout);
        });
        if (!asked) { // told on standard error
            std::cout << "UNKNOWN - the daemon's address or token is not known\n" << std::flush;
            result = static_cast<int>(cli::Health::unknown);
        }
    });
}

} // namespace

void add_state_commands(CLI::App& root, int& result) {
    add_status(root, result);
    add_lists(root, result);
    add_events(root, result);
    add_top(root, result);
    add_check(root, result);
}

} // namespace tickgate::app
