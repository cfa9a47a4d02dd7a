// Options that every TCP connection of ours has.
#pragma once

namespace tickgate::net {

// TCP_NODELAY, keep-alive 10 s / 5 s / 3 probes, TCP_USER_TIMEOUT 20 s. What a socket does not know is left out.
void apply_tcp_options(int fd) noexcept;

} // namespace tickgate::net
