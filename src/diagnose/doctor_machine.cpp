// Clock, limits and time zones of this machine.
#include "diagnose/doctor.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include <sys/resource.h>
#include <sys/timex.h>

namespace tickgate::diagnose {

namespace {

constexpr rlim_t enough_descriptors = 4096;

void examine_clock(const Reporter& report) {
    timex state{};
    const int verdict = ::adjtimex(&state);
    if (verdict == -1)
        return report.note("clock", "whether it is synchronised is not told here");
    if (verdict == TIME_ERROR || (state.status & STA_UNSYNC) != 0)
        return report.warn("clock", "not synchronised: ages and latencies will be wrong",
            "timedatectl set-ntp true, or install chrony; in a container the host's clock counts");
    report.ok(
        "clock", fmt::format("synchronised, error at most {:.1f} ms", static_cast<double>(state.maxerror) / 1000));
}

void examine_limits(const Reporter& report) {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    const auto text = limit.rlim_max == RLIM_INFINITY ? std::string("no limit") : fmt::format("{}", limit.rlim_max);
    if (limit.rlim_max < enough_descriptors)
        report.warn("open files", text + " at most: each client and connection needs one",
            "LimitNOFILE=65536 in the unit, or ulimit -Hn 65536");
    else
        report.ok("open files", text + " at most");
}

void examine_zones(const Reporter& report) {
    const char* folder = std::getenv("TZDIR");
    const auto file = std::filesystem::path(folder == nullptr ? "/usr/share/zoneinfo" : folder) / "America/New_York";
    std::error_code ignored;
    if (std::filesystem::exists(file, ignored))
        report.ok("time zones", file.string() + " is there");
    else
        report.fail("time zones", file.string() + " is missing: market hours cannot be told", "apt-get install tzdata",
            misconfigured);
}

} // namespace

void examine_machine(Reporter report) {
    examine_clock(report);
    examine_limits(report);
    examine_zones(report);
}

} // namespace tickgate::diagnose
