// Numbers that nobody can foretell, from the system.
#pragma once

#include <cstdint>
#include <random>

namespace tickgate {

inline std::uint64_t random_seed() {
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32) | device();
}

} // namespace tickgate
