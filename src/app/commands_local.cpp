// probe, doctor
#include "app/command_line.hpp"
#include "app/probe_command.hpp"

namespace tickgate::app {

void add_local_commands(CLI::App& root, int& result) {
    auto* probe = add_command(root, "probe",
        "Try each provider, and Redis, from here: address, certificate, credentials, history, live data\nWorks without "
        "a "
        "daemon, with the settings of the configuration; says what is wrong and how to mend it.\nExit code 0 if "
        "nothing "
        "failed, 69 if something cannot be reached or sends nothing, 77 if credentials are refused, 78 if the "
        "configuration is wrong.",
        "  tickgate probe\n  tickgate probe oanda --duration 30s\n  tickgate probe binance --symbol crypto:BTC-USDT -o "
        "json");
    auto a = std::make_shared<ProbeArguments>();
    auto duration = std::make_shared<std::string>("10s");
    probe->add_option("providers", a->providers, "Only these; default: all that are on");
    probe->add_option("--duration", *duration, "How long live data is watched, as 10s, 2m or 0")->capture_default_str();
    probe->add_option("--symbol", a->symbols, "Instrument to try with; may be repeated")->allow_extra_args(false);
    probe->add_flag("--force", a->force, "Live data also where a running gateway may hold the only connection");
    probe->add_flag("--verbose", a->verbose, "Log lines of the connection on standard error");
    add_formats(*probe, a->common);
    add_config(*probe, a->common.config);
    probe->callback([a, duration, &result] {
        std::string number = *duration, unit;
        if (const auto end = number.find_first_not_of("0123456789"); end != std::string::npos) {
            unit = number.substr(end);
            number.resize(end);
        }
        const auto scale = unit == "ms" ? 1 : unit.empty() || unit == "s" ? 1000 : unit == "m" ? 60000 : 0;
        if (number.empty() || number.size() > 6 || scale == 0)
            throw CLI::ValidationError("--duration " + *duration + ": as 500ms, 10s or 2m");
        a->duration = std::chrono::milliseconds(std::stoll(number) * scale);
        result = run_probe(*a);
    });

    auto* doctor = add_command(root, "doctor",
        "Is this machine fit for the gateway: files, Redis, store, clock, limits, port\nEach OK, NOTE, WARN or FAIL "
        "with "
        "what to do. Best run as the daemon's user: sudo -u tickgate tickgate doctor.",
        "  tickgate doctor\n  tickgate doctor --config ./tickgate.yaml -o json");
    auto common = std::make_shared<CommonArguments>();
    add_formats(*doctor, *common);
    add_config(*doctor, common->config);
    doctor->callback([common, &result] { result = run_doctor(*common); });
}

} // namespace tickgate::app
