#include "tradier/venue/command.hpp"

#include "tradier/venue/venue.hpp"

#include <fmt/format.h>

namespace tickgate::tradier_venue {

int run_venue_command(int argc, const char* const* argv) {
    kit::VenueCommand command("tradier", "Simulated Tradier: sessions, stream and REST", 9014);
    TradierOptions own;
    command.settings().symbol_count = 12;
    command.settings().rate = 100;
    command.option("--sessions", own.sessions, "Streams open at once (0: no limit)");
    command.option("--linger", own.linger, "Seconds an ended stream counts on (real: 300)");
    command.option("--id-life", own.id_life, "Seconds in which a session id must be used");
    command.option("--repeat", own.repeat, "Seconds after which an idle symbol is sent again (0: never)");
    command.option("--silent-after", own.silent_after, "Seconds after which a stream says nothing more (0: never)");
    command.option("--http-idle", own.http_idle, "Seconds without data after which an HTTP stream is closed");
    command.option("--requests-per-minute", own.requests_per_minute, "REST requests a minute (0: no limit)");
    command.flag("--sandbox", own.sandbox, "No streams, half the requests");
    command.flag("--null-text", own.null_text, "\"null\" where null is meant");
    command.flag("--old-session", own.old_session, "The session's id at the end of the url alone");
    kit::VenueCommand::Program program;
    program.make = [&own](const kit::VenueSettings& settings, const kit::FaultBoard& faults,
                       std::optional<kit::Replay> replay, Moment start, std::string& problem) {
        return TradierVenue::make(settings, own, faults, std::move(replay), start, problem);
    };
    program.introduce = [](const kit::VenueSettings& settings, const kit::VenueHost& host) {
        const auto at = fmt::format("{}:{}", settings.host.host, host.port());
        return fmt::format("providers:\n  tradier:\n    token: {0}\n"
                           "    endpoints: {{rest: \"http://{1}\", ws: \"ws://{1}\", stream: \"http://{1}\"}}\n",
            settings.key.empty() ? std::string("any") : settings.key, at);
    };
    return command.run(argc, argv, program);
}

} // namespace tickgate::tradier_venue
