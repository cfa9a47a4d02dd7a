// The HTTP door of the fault switchboard, the same at every simulated venue. No I/O.
#pragma once

#include "venue_kit/faults.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace tickgate::venue_kit {

struct ControlAnswer {
    int status = 200;
    std::string body; // JSON
};

struct ControlTarget {
    std::function<void(Fault)> add;
    std::function<void(std::optional<FaultKind>)> clear;
    std::function<std::string()> state; // JSON
};

inline bool is_control_path(std::string_view path) noexcept { return path.starts_with("/control/"); }

//     POST /control/fault  {"fault":"stall","for_ms":500}
//     POST /control/clear  empty, or {"fault":"stall"}
//     GET  /control/state
// 400 with {"error":…} for a bad body, 404 for other paths, 405 for other methods.
ControlAnswer control(
    std::string_view method, std::string_view path, std::string_view body, const ControlTarget& target);

} // namespace tickgate::venue_kit
