#include "venue_kit/command.hpp"

#include "venue_kit/holes.hpp"

#include "core/clock.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <exception>

namespace tickgate::venue_kit {

namespace {

constexpr int exit_usage = 2;
constexpr int exit_unavailable = 69;

} // namespace

struct VenueCommand::Impl {
    Impl(std::string n, const std::string& description)
        : name(std::move(n)), app(description, "tickgate venue " + name) {}

    std::string name;
    CLI::App app;
    VenueSettings settings;
    std::vector<std::string> faults, holes;

    void add_common();
    void add_seconds(const std::string& option, std::chrono::milliseconds& value, const std::string& help);
    bool finish(std::string& problem);
    void introduce(const VenueHost& host, const Program& program) const;
    int fail(int status, const std::string& problem) const;
};

void VenueCommand::Impl::add_seconds(
    const std::string& option, std::chrono::milliseconds& value, const std::string& help) {
    app.add_option_function<double>(
           option,
           [&value](
               const double& seconds) { value = std::chrono::milliseconds(static_cast<std::int64_t>(seconds * 1000)); },
           help)
        ->check(CLI::Range(0.0, 1e9))
        ->default_str(fmt::format("{}", static_cast<double>(value.count()) / 1000));
}

void VenueCommand::Impl::add_common() {
    auto& s = settings;
    auto& h = s.host;
    app.add_option("--listen", h.host, "Address to listen on")->capture_default_str();
    app.add_option("--port", h.port, "Port of the venue and of /control (0: any)")->capture_default_str();
    app.add_option("--control-port", h.control_port, "Port of /control alone (0: any)")->capture_default_str();
    app.add_option("--tls-port", h.tls_port, "Port with TLS (0: any); needs --cert and --key")->capture_default_str();
    app.add_option("--cert", h.cert_file, "Certificate chain, PEM")->check(CLI::ExistingFile);
    app.add_option("--key", h.key_file, "Private key, PEM")->check(CLI::ExistingFile);
    app.add_option("--credential", s.key, "The one key or token that is accepted; empty: any")->capture_default_str();
    app.add_option("--symbols", s.symbols, "Symbols to trade, as the venue writes them")->delimiter(',');
    app.add_option("--count", s.symbol_count, "Number of symbols of each class, if none are named")
        ->check(CLI::Range(1, 20000))
        ->capture_default_str();
    app.add_option("--seed", s.seed, "Seed of the synthetic market")->capture_default_str();
    app.add_option("--rate", s.rate, "Quotes and orders a second, of each market")
        ->check(CLI::Range(0, 2'000'000))
        ->capture_default_str();
    app.add_flag("--flat-out", s.flat_out, "As many as the clients take");
    app.add_option("--trade-permille", s.trade_permille, "Share of trades")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    add_seconds("--history", s.history, "Seconds of trading before the start, all of it kept");
    app.add_option("--hole", holes, "Downtime, FROM/TO in UTC: history has no rows of it; may be repeated")
        ->allow_extra_args(false);
    app.add_option("--replay", s.replay_file, "Captured frames, one a line, instead of the synthetic market")
        ->check(CLI::ExistingFile);
    app.add_option("--replay-times", s.replay_times, "Receive times of those lines, Unix seconds")
        ->check(CLI::ExistingFile);
    app.add_option("--replay-speed,--speed", s.replay_speed, "Replay speed: 1 original, 0 flat out")
        ->check(CLI::Range(0.0, 1e6))
        ->capture_default_str();
    app.add_flag("--replay-loop,--loop", s.replay_loop, "Replay again and again");
    app.add_option("--replay-hold,--hold", s.replay_hold, "Subscriptions before the replay begins")
        ->capture_default_str();
    app.add_flag("--replay-all", s.replay_all, "Send every frame to every client");
    app.add_flag("--closed", s.closed, "The market is closed (until POST /control/clear)");
    add_seconds("--life", h.life, "Seconds a connection lives (0: no limit)");
    add_seconds("--ping,--ping-interval", h.ping_interval, "Seconds between WebSocket pings (0: none)");
    add_seconds("--pong-timeout", h.pong_timeout, "Seconds to wait for a pong (0: no limit)");
    app.add_option("--max-queue", h.max_queue, "Bytes a slow client may owe before it is cut off")
        ->capture_default_str();
    app.add_option("--fault", faults,
           "Fault, may be repeated: "
           "NAME[=VALUE][,after_ms=N][,for_ms=N][,symbol=S][,path=P][,count=N][,retry_after=S]. "
           "Names: " +
               fault_names())
        ->allow_extra_args(false);
}

// False with `problem` set for what CLI11 cannot see.
bool VenueCommand::Impl::finish(std::string& problem) {
    auto& h = settings.host;
    h.tls = app.count("--tls-port") > 0;
    if (h.tls && (h.cert_file.empty() || h.key_file.empty()))
        problem = "--tls-port needs --cert and --key";
    for (const auto& text : faults) {
        auto fault = parse_fault(text, problem);
        if (!fault) {
            problem = fmt::format("--fault {}: {}", text, problem);
            break;
        }
        h.faults.push_back(std::move(*fault));
    }
    for (const auto& text : holes) {
        Fault fault;
        fault.kind = FaultKind::hole;
        fault.text = text;
        if (!parse_hole(text, problem)) {
            problem = fmt::format("--hole: {}", problem);
            break;
        }
        h.faults.push_back(std::move(fault));
    }
    if (settings.closed) {
        Fault fault;
        fault.kind = FaultKind::market_closed;
        h.faults.push_back(std::move(fault));
    }
    return problem.empty();
}

void VenueCommand::Impl::introduce(const VenueHost& host, const Program& program) const {
    const auto& h = settings.host;
    std::string text = fmt::format("simulated {} venue on {}:{}\n", name, h.host, host.port());
    if (host.tls_port() != 0)
        text += fmt::format("  the same with TLS on {}:{}\n", h.host, host.tls_port());
    text += fmt::format("  faults POST http://{0}:{1}/control/fault {{\"fault\":\"stall\",\"for_ms\":5000}}\n"
                        "         POST http://{0}:{1}/control/clear   GET http://{0}:{1}/control/state\n",
        h.host, host.control_port());
    if (program.introduce)
        text += program.introduce(settings, host);
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
}

int VenueCommand::Impl::fail(int status, const std::string& problem) const {
    fmt::print(stderr, "tickgate venue {}: {}\n", name, problem);
    return status;
}

VenueCommand::VenueCommand(std::string name, std::string description, std::uint16_t port)
    : impl_(std::make_unique<Impl>(std::move(name), description)) {
    impl_->settings.host.port = port;
}

VenueCommand::~VenueCommand() = default;

VenueSettings& VenueCommand::settings() noexcept { return impl_->settings; }

void VenueCommand::option(
    const std::string& name, std::string& value, const std::string& help, std::vector<std::string> choices) {
    auto* option = impl_->app.add_option(name, value, help)->capture_default_str();
    if (!choices.empty())
        option->check(CLI::IsMember(std::move(choices)));
}

void VenueCommand::option(const std::string& name, std::vector<std::string>& values, const std::string& help) {
    impl_->app.add_option(name, values, help)->delimiter(',')->capture_default_str();
}

void VenueCommand::option(const std::string& name, std::size_t& value, const std::string& help) {
    impl_->app.add_option(name, value, help)->capture_default_str();
}

void VenueCommand::option(const std::string& name, double& value, const std::string& help) {
    impl_->app.add_option(name, value, help)->check(CLI::Range(0.0, 1e12))->capture_default_str();
}

void VenueCommand::option(const std::string& name, std::chrono::milliseconds& seconds, const std::string& help) {
    impl_->add_seconds(name, seconds, help);
}

void VenueCommand::flag(const std::string& name, bool& value, const std::string& help) {
    impl_->app.add_flag(name, value, help);
}

int VenueCommand::run(int argc, const char* const* argv, const Program& program) {
    auto& self = *impl_;
    self.add_common();
    std::string problem;
    try {
        self.app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return self.app.exit(e) == 0 ? 0 : exit_usage;
    }
    if (!self.finish(problem))
        return self.fail(exit_usage, problem);
    std::optional<Replay> replay;
    if (!self.settings.replay_file.empty()) {
        auto loaded = Replay::load(self.settings.replay_file, self.settings.replay_times, problem);
        if (!loaded)
            return self.fail(exit_unavailable, problem);
        replay = std::move(*loaded);
    }

    asio::io_context loop(1);
    VenueHost host(loop.get_executor(), self.settings.host);
    const auto brain = program.make(self.settings, host.faults(), std::move(replay), now(), problem);
    if (!brain)
        return self.fail(exit_usage, problem);
    if (const auto ec = host.listen(*brain, problem))
        return self.fail(exit_unavailable, fmt::format("{} ({})", problem, describe(ec)));
    self.introduce(host, program);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    signals.async_wait([&](const error_code& ec, int) {
        if (!ec)
            host.stop();
    });
    std::exception_ptr thrown_out;
    asio::co_spawn(loop, host.run(), [&](std::exception_ptr thrown) {
        thrown_out = std::move(thrown);
        signals.cancel();
    });
    loop.run();
    if (thrown_out)
        std::rethrow_exception(thrown_out);
    return 0;
}

} // namespace tickgate::venue_kit
