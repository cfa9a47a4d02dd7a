#include "app/observe_process.hpp"

#include <algorithm>
#include <ctime>
#include <dirent.h>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace tickgate::app {

namespace {

std::chrono::nanoseconds cpu_time(clockid_t clock) noexcept {
    timespec t{};
    ::clock_gettime(clock, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

double in_seconds(std::chrono::nanoseconds t) noexcept { return std::chrono::duration<double>(t).count(); }

std::uint64_t open_files() noexcept {
    std::uint64_t count = 0;
    if (DIR* folder = ::opendir("/proc/self/fd")) {
        while (const auto* entry = ::readdir(folder))
            count += entry->d_name[0] != '.';
        ::closedir(folder);
    }
    return count - std::min<std::uint64_t>(count, 1); // the folder's own
}

std::uint64_t most_files() noexcept {
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void put_delays(Families& f, const ProcessView& view, MonoTime now) {
    auto& delays = f["tickgate_loop_delay_seconds"];
    put_histogram(
        delays, {{"loop", "control"}}, view.control_delay.delays().buckets, view.control_delay.delays().sum_us);
    put_histogram(delays, {{"loop", "hot"}}, view.hot_delay.delays().buckets, view.hot_delay.delays().sum_us);
    auto& longest = f["tickgate_loop_longest_delay_seconds"];
    put(longest, {{"loop", "control"}}, in_seconds(view.control_delay.longest(now)));
    put(longest, {{"loop", "hot"}}, in_seconds(view.hot_delay.longest(now)));
}

} // namespace

std::chrono::nanoseconds thread_cpu_time() noexcept { return cpu_time(CLOCK_THREAD_CPUTIME_ID); }

void put_process(Families& f, const ProcessView& view, MonoTime now) {
    std::uint64_t pages = 0, resident_pages = 0;
    std::ifstream("/proc/self/statm") >> pages >> resident_pages;
    const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    put(f["tickgate_uptime_seconds"], {}, in_seconds(now - view.started.mono));
    put(f["tickgate_resident_bytes"], {}, resident_pages * page);
    put_delays(f, view, now);
    auto& threads = f["tickgate_thread_cpu_seconds_total"];
    put(threads, {{"thread", "control"}}, in_seconds(view.control_cpu));
    put(threads, {{"thread", "hot"}}, in_seconds(view.hot_cpu));
    put(f["process_cpu_seconds_total"], {}, in_seconds(cpu_time(CLOCK_PROCESS_CPUTIME_ID)));
    put(f["process_open_fds"], {}, open_files());
    put(f["process_max_fds"], {}, most_files());
    put(f["process_virtual_memory_bytes"], {}, pages * page);
    put(f["process_resident_memory_bytes"], {}, resident_pages * page);
    put(f["process_start_time_seconds"], {}, in_seconds(view.started.wall.time_since_epoch()));
}

} // namespace tickgate::app
