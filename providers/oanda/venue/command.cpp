#include "oanda/venue/command.hpp"

#include "oanda/venue/venue.hpp"

#include <fmt/format.h>

namespace tickgate::oanda_venue {

int run_venue_command(int argc, const char* const* argv) {
    kit::VenueCommand command("oanda", "Simulated OANDA v20: price stream and REST", 9012);
    OandaOptions own;
    command.settings().symbol_count = 28;
    command.settings().rate = 100;
    command.option("--accounts", own.accounts, "Account ids the token opens");
    command.option("--heartbeat", own.heartbeat, "Seconds between heartbeats (0: none)");
    command.option("--conflation", own.conflation, "Seconds in which an instrument has one price (0: all are sent)");
    command.option("--max-streams", own.streams, "Streams open at once, of one address (0: no limit)");
    command.option(
        "--connections-per-second", own.connections_per_second, "New streams a second, of one address (0: no limit)");
    command.option("--requests-per-second", own.requests_per_second, "Requests a second, of one address (0: no limit)");
    command.option("--completion", own.completion, "Seconds from a candle's end until it can be complete");
    command.flag("--whole-lines", own.whole_lines, "Every chunk ends with a line; else chunks are cut at any byte");
    kit::VenueCommand::Program program;
    program.make = [&own](const kit::VenueSettings& settings, const kit::FaultBoard& faults,
                       std::optional<kit::Replay> replay, Moment start, std::string& problem) {
        return OandaVenue::make(settings, own, faults, std::move(replay), start, problem);
    };
    program.introduce = [&own](const kit::VenueSettings& settings, const kit::VenueHost& host) {
        const auto base = fmt::format("{}:{}", settings.host.host, host.port());
        return fmt::format("providers:\n  oanda:\n    account: {0}\n    token: {1}\n"
                           "    endpoints: {{rest: \"http://{2}\", stream: \"http://{2}\"}}\n",
            own.accounts.empty() ? std::string() : own.accounts.front(),
            settings.key.empty() ? std::string("any") : settings.key, base);
    };
    return command.run(argc, argv, program);
}

} // namespace tickgate::oanda_venue
