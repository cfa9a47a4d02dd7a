// SIGTERM and SIGINT as a flag; blocking calls return with EINTR.
#pragma once

#include <csignal>

namespace tickgate::bench {

inline volatile std::sig_atomic_t stop_flag = 0;

inline void catch_stop_signals() {
    struct sigaction action {};
    action.sa_handler = [](int) { stop_flag = 1; };
    ::sigaction(SIGTERM, &action, nullptr);
    ::sigaction(SIGINT, &action, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
}

inline bool stop_requested() noexcept { return stop_flag != 0; }

} // namespace tickgate::bench
