// What the gateway tells of its process and its loops.
#pragma once

#include "app/families.hpp"
#include "app/loop_watch.hpp"

#include <tickgate/time.hpp>

#include <chrono>

namespace tickgate::app {

// CPU time of the calling thread.
std::chrono::nanoseconds thread_cpu_time() noexcept;

struct ProcessView {
    LoopDelay hot_delay, control_delay;
    std::chrono::nanoseconds hot_cpu{}, control_cpu{};
    Moment started{};
};

void put_process(Families& families, const ProcessView& view, MonoTime now);

} // namespace tickgate::app
