#include "massive/venue/command.hpp"

#include "massive/venue/venue.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::massive_venue {

namespace {

std::string introduction(const MassiveOptions& own, const kit::VenueSettings& settings, const kit::VenueHost& host) {
    return fmt::format("  streams ws://{0}:{1}/stocks /options /forex /crypto /indices /futures (/business/…)\n"
                       "  files   http://{0}:{1}/flatfiles (S3)\n"
                       "  REST    http://{0}:{1}/v2/aggs/… /v3/reference/tickers …\n\n"
                       "to use it, in tickgate.yaml:\n"
                       "providers:\n"
                       "  massive:\n"
                       "    api_key: \"{2}\"\n"
                       "    endpoints: {{ws: \"ws://{0}:{1}\", rest: \"http://{0}:{1}\", s3: \"http://{0}:{1}\"}}\n"
                       "    s3: {{access_key: \"{3}\", secret_key: \"{4}\"}}\n",
        settings.host.host, host.port(), settings.key.empty() ? "any" : settings.key, own.s3_access_key,
        own.s3_secret_key);
}

} // namespace

int run_venue_command(int argc, const char* const* argv) {
    kit::VenueCommand command("massive",
        "Simulated Massive: the real wire with a synthetic market or captured frames, and faults on demand.", 9011);
    command.settings().host.ping_interval = std::chrono::seconds(20);
    command.settings().host.pong_timeout = std::chrono::seconds(60);
    MassiveOptions own;
    command.option("--clusters", own.clusters, "Clusters in the plan (stocks,options,forex,crypto,indices,futures)");
    command.option("--refuse", own.refused, "Channels not in the plan (Q,options:T)");
    command.option("--refuse-rest", own.rest_refused, "Paths that answer 403, by their beginning (/v3/quotes)");
    command.flag("--delayed", own.delayed, "The delayed host: everything is 15 minutes old");
    command.option("--max-connections", own.max_connections, "Connections of each cluster");
    command.option("--max-option-quotes", own.option_contracts, "Contracts of options Q on a connection");
    command.option("--rest-per-minute", own.rest_per_minute, "REST requests a minute (0: no limit)");
    command.option("--history-days", own.history_days, "How far back aggregates go (0: to 2020)");
    command.option("--s3-access-key", own.s3_access_key, "The key of the flat files that is accepted");
    command.option("--s3-secret-key", own.s3_secret_key, "Its secret");
    command.option("--tick-file-symbols", own.tick_file_symbols, "Instruments in flat files of trades and quotes");
    command.flag("--answer-repeats", own.answer_repeats, "Acknowledge pairs already held");
    command.flag("--market-hours", own.market_hours, "Made-up history in market hours only");
    command.option("--stray-prints", own.stray_prints, "Stock trades in a thousand followed by an average-price print");
    command.option("--auth-deadline", own.auth_deadline, "Seconds to authenticate in");
    command.option("--luld-interval", own.luld_interval, "Seconds between price bands");
    kit::VenueCommand::Program program;
    program.make = [&own](const kit::VenueSettings& settings, const kit::FaultBoard& faults,
                       std::optional<kit::Replay> replay, Moment start, std::string& problem) {
        own.common = settings;
        std::unique_ptr<kit::VenueBrain> venue;
        for (const auto& name : own.clusters)
            if (std::none_of(all_clusters.begin(), all_clusters.end(),
                    [&](Cluster cluster) { return to_string(cluster) == name; }))
                problem =
                    fmt::format("--clusters: '{}' is none of stocks, options, forex, crypto, indices, futures", name);
        if (problem.empty())
            venue = std::make_unique<MassiveVenue>(own, faults, std::move(replay), start);
        return venue;
    };
    program.introduce = [&own](const kit::VenueSettings& settings, const kit::VenueHost& host) {
        return introduction(own, settings, host);
    };
    return command.run(argc, argv, program);
}

} // namespace tickgate::massive_venue
