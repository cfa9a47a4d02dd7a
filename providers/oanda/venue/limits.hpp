// What one address may do, as the documentation of the real venue says.
#pragma once

#include <tickgate/time.hpp>

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tickgate::oanda_venue {

// Events of each address in a rolling window. A limit of 0 admits everything.
class RateLimit {
public:
    RateLimit(std::size_t limit, std::chrono::milliseconds window) : limit_(limit), window_(window) {}

    // True, and the event counts, if the window has room. Refused events do not count.
    bool admit(std::string_view address, MonoTime now);

private:
    std::size_t limit_;
    std::chrono::milliseconds window_;
    std::unordered_map<std::string, std::deque<MonoTime>> events_;
};

// `1.2.3.4:55123` to `1.2.3.4`.
constexpr std::string_view address_of(std::string_view peer) noexcept { return peer.substr(0, peer.rfind(':')); }

} // namespace tickgate::oanda_venue
