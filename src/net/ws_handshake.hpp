// The parts of RFC 6455 §4 that both sides need.
#pragma once

#include <string>
#include <string_view>

namespace tickgate::net {

std::string websocket_key();                        // 16 random bytes in base64
std::string websocket_accept(std::string_view key); // what the server answers to that key
bool valid_websocket_key(std::string_view key);     // base64 of 16 bytes

} // namespace tickgate::net
