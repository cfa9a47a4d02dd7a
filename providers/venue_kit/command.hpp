// The command `tickgate venue NAME`, the same options for every provider.
#pragma once

#include "venue_kit/host.hpp"
#include "venue_kit/replay.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::venue_kit {

// What all venues are told alike. Each is an option of the command (see command.cpp).
struct VenueSettings {
    HostOptions host;

    std::vector<std::string> symbols; // instead of symbol_count; as the venue writes them
    std::size_t symbol_count = 50;    // of each class
    std::uint64_t seed = 1;
    std::uint64_t rate = 1000; // quotes and taker orders a second; 0: none
    bool flat_out = false;     // as many as the clients take
    unsigned trade_permille = 200;
    std::chrono::milliseconds history{0}; // that the market traded before its start

    std::string replay_file, replay_times; // instead of the synthetic market
    double replay_speed = 1.0;             // 0: flat out
    bool replay_loop = false;
    std::size_t replay_hold = 1; // subscriptions needed before it begins
    bool replay_all = false;     // every frame to every client, subscribed or not

    std::string key = "test"; // the one credential that is accepted; empty: any
    bool closed = false;      // the market; as the fault market_closed from the start
};

// One provider's command. Made once, run once.
//
//     int run_venue_command(int argc, const char* const* argv) {
//         kit::VenueCommand command("oanda", "Simulated OANDA: …", 9012);
//         OandaOptions own;
//         command.option("--accounts", own.accounts, "Account ids (101-001-1-001)");
//         return command.run(argc, argv, {make_brain, introduce});
//     }
class VenueCommand {
public:
    // `port` is the default of --port.
    VenueCommand(std::string name, std::string description, std::uint16_t port);
    ~VenueCommand();

    VenueSettings& settings() noexcept; // defaults may be changed before run()

    // Options of this provider; the value given is the default. `choices`: the values allowed, any if empty.
    void option(
        const std::string& name, std::string& value, const std::string& help, std::vector<std::string> choices = {});
    void option(const std::string& name, std::vector<std::string>& values, const std::string& help); // with commas
    void option(const std::string& name, std::size_t& value, const std::string& help);
    void option(const std::string& name, double& value, const std::string& help);                      // not negative
    void option(const std::string& name, std::chrono::milliseconds& seconds, const std::string& help); // given in s
    void flag(const std::string& name, bool& value, const std::string& help);

    struct Program {
        // The venue. Null with `problem` set if what was asked for cannot be (exit status 2).
        std::function<std::unique_ptr<VenueBrain>(const VenueSettings& settings, const FaultBoard& faults,
            std::optional<Replay> replay, Moment start, std::string& problem)>
            make;
        // What to print once the ports are open: addresses, a piece of configuration. The control door is told by us.
        std::function<std::string(const VenueSettings& settings, const VenueHost& host)> introduce;
    };
    // Runs until SIGINT or SIGTERM. `argv` holds what stands after `tickgate venue NAME`, with a name first.
    // Returns 0, 2 (usage), 69 (a port or file cannot be had).
    int run(int argc, const char* const* argv, const Program& program);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::venue_kit
