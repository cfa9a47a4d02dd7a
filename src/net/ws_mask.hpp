// Masks for client frames.
#pragma once

#include <array>
#include <cstdint>

namespace tickgate::net {

// Unpredictable, as RFC 6455 §5.3 demands; drawn from the kernel in portions, so that a mask costs a few ns.
class MaskSource {
public:
    std::uint32_t next();

private:
    std::array<std::uint32_t, 64> pool_{};
    std::size_t left_ = 0;
};

} // namespace tickgate::net
