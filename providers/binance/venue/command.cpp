#include "binance/venue/command.hpp"

#include "binance/venue/venue.hpp"

#include "core/log.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace tickgate::binance_venue {

namespace {

constexpr int exit_usage = 2;
constexpr int exit_unavailable = 69;

struct CommandLine {
    VenueOptions options;
    std::string kind = "both";
    std::string error_shape = "documented";
    std::vector<std::string> faults, holes;
    double history_s = 0;
    double ping_s = 20, pong_s = 60, life_s = 86400;
    bool once = false;
};

void add_options(CLI::App& app, CommandLine& line) {
    auto& o = line.options;
    app.add_option("--listen", o.host, "Address to listen on")->capture_default_str();
    app.add_option("--port", o.port, "Port of WebSocket, REST and /control (0: any)")->default_val(9010);
    app.add_option("--control-port", o.control_port, "Port of /control alone (0: any)")->capture_default_str();
    app.add_option("--tls-port", o.tls_port, "Port with TLS (0: any); needs --cert and --key")->capture_default_str();
    app.add_option("--cert", o.cert_file, "Certificate chain, PEM")->check(CLI::ExistingFile);
    app.add_option("--key", o.key_file, "Private key, PEM")->check(CLI::ExistingFile);
    app.add_option("--kind", line.kind, "spot, usdm or both")->check(CLI::IsMember({"spot", "usdm", "both"}));
    app.add_option("--symbols", o.symbols, "Symbols to trade (BTCUSDT,ETHUSDT)")->delimiter(',');
    app.add_option("--count", o.symbol_count, "Number of symbols, if none are named")
        ->check(CLI::Range(1, 20000))
        ->capture_default_str();
    app.add_option("--seed", o.seed, "Seed of the synthetic market")->capture_default_str();
    app.add_option("--rate", o.rate, "Quotes and orders a second, each kind")
        ->check(CLI::Range(0, 2'000'000))
        ->capture_default_str();
    app.add_flag("--flat-out", o.flat_out, "As many as the clients take");
    app.add_option("--trade-permille", o.trade_permille, "Share of trades")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    app.add_option("--history", line.history_s, "Seconds of trading before the start, all of it kept")
        ->check(CLI::Range(0.0, 1e7))
        ->capture_default_str();
    app.add_option("--hole", line.holes, "Downtime, FROM/TO in UTC: history has no rows of it; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--replay", o.replay_file, "Captured frames, one a line, instead of the synthetic market")
        ->check(CLI::ExistingFile);
    app.add_option("--replay-times", o.replay_times, "Receive times of those lines, Unix seconds")
        ->check(CLI::ExistingFile);
    app.add_option("--speed", o.replay_speed, "Replay speed: 1 original, 0 flat out")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    app.add_flag("--loop", o.replay_loop, "Replay again and again");
    app.add_option("--hold", o.replay_hold, "Subscribed streams before the replay begins")->capture_default_str();
    app.add_flag("--replay-all", o.replay_all, "Send every frame to every client");
    app.add_option("--max-streams", o.limits.streams, "Streams a connection")->capture_default_str();
    app.add_option("--max-messages", o.limits.messages_per_second, "Incoming messages a second")->capture_default_str();
    app.add_option("--max-connections", o.limits.connections_per_5min, "Connections in 5 minutes")
        ->capture_default_str();
    app.add_option("--weight", o.limits.weight, "REST weight a minute (spot)")->capture_default_str();
    app.add_option("--usdm-weight", o.limits.usdm_weight, "REST weight a minute (USD-M)")->capture_default_str();
    app.add_option("--error-shape", line.error_shape, "Errors on streams: documented or wrapped")
        ->check(CLI::IsMember({"documented", "wrapped"}));
    app.add_option("--ping-interval", line.ping_s, "Seconds between pings")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--pong-timeout", line.pong_s, "Seconds to wait for a pong")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--life", line.life_s, "Seconds a connection lives")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    app.add_option("--fault", line.faults,
           "Fault, may be repeated: "
           "NAME[=VALUE][,after_ms=N][,for_ms=N][,symbol=S][,path=P][,count=N][,retry_after=S]. Names: "
           "stall, refuse, slow, split, duplicate, reorder, http_status, latency, bad_body, clock_skew, silent_symbol, "
           "no_ack, half_open, "
           "drop, reset, gap, garbage, cut_24h, server_shutdown, hole")
        ->allow_extra_args(false);
}

std::chrono::milliseconds millis(double seconds) {
    return std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

// False with `problem` set for what CLI11 cannot see.
bool finish(CommandLine& line, const CLI::App& app, std::string& problem) {
    auto& o = line.options;
    o.spot = line.kind != "usdm";
    o.usdm = line.kind != "spot";
    o.error_shape = line.error_shape == "wrapped" ? ErrorShape::wrapped : ErrorShape::documented;
    o.ping_interval = millis(line.ping_s);
    o.pong_timeout = millis(line.pong_s);
    o.life = millis(line.life_s);
    o.tls = app.count("--tls-port") > 0;
    if (o.tls && (o.cert_file.empty() || o.key_file.empty()))
        problem = "--tls-port needs --cert and --key";
    o.history = millis(line.history_s);
    for (const auto& text : line.holes)
        line.faults.push_back("hole=" + text);
    for (const auto& text : line.faults) {
        auto fault = kit::parse_fault(text, problem);
        if (!fault) {
            problem = fmt::format("--fault {}: {}", text, problem);
            break;
        }
        o.faults.push_back(std::move(*fault));
    }
    return problem.empty();
}

void introduce(const BinanceVenue& venue, const VenueOptions& o) {
    const auto at = fmt::format("{}:{}", o.host, venue.port());
    std::string text = fmt::format("simulated Binance venue on {}\n", at);
    if (o.spot)
        text += fmt::format("  spot   ws://{0}/stream  ws://{0}/ws  http://{0}/api/v3/…\n", at);
    if (o.usdm)
        text += fmt::format("  USD-M  ws://{0}/public/stream  ws://{0}/market/stream  http://{0}/fapi/v1/…\n", at);
    if (venue.tls_port() != 0)
        text += fmt::format("  the same with wss:// and https:// on {}:{}\n", o.host, venue.tls_port());
    text += fmt::format("  faults POST http://{0}:{1}/control/fault {{\"fault\":\"stall\",\"for_ms\":5000}}\n"
                        "         POST http://{0}:{1}/control/clear   GET http://{0}:{1}/control/state\n\n"
                        "to use it, in tickgate.yaml:\n"
                        "providers:\n"
                        "  binance:\n"
                        "    endpoints: {{ws: \"ws://{2}\", rest: \"http://{2}\", usdm_ws: \"ws://{2}\", usdm_rest: "
                        "\"http://{2}\"}}\n",
        o.host, venue.control_port(), at);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

} // namespace

int run_venue_command(int argc, const char* const* argv) {
    CLI::App app("Simulated Binance: the real wire with a synthetic market or captured frames, and faults on demand.",
        "tickgate venue binance");
    CommandLine line;
    line.options.port = 9010;
    add_options(app, line);
    std::string problem;
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : exit_usage;
    }
    if (!finish(line, app, problem)) {
        fmt::print(stderr, "tickgate venue binance: {}\n", problem);
        return exit_usage;
    }

    asio::io_context loop(1);
    BinanceVenue venue(loop.get_executor(), line.options);
    if (const auto ec = venue.listen(problem)) {
        fmt::print(stderr, "tickgate venue binance: {} ({})\n", problem, describe(ec));
        return exit_unavailable;
    }
    introduce(venue, line.options);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](const error_code& ec, int) {
        if (!ec)
            venue.stop();
    });
    std::exception_ptr fault;
    asio::co_spawn(loop, venue.run(), [&](std::exception_ptr thrown) {
        fault = std::move(thrown);
        signals.cancel();
    });
    loop.run();
    if (fault)
        std::rethrow_exception(fault);
    return 0;
}

} // namespace tickgate::binance_venue
