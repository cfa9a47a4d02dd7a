// As much of RFC 6455 as a load generator and a relay need. No I/O here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tickgate::bench {

namespace opcode {
inline constexpr std::uint8_t text = 1, close = 8, ping = 9, pong = 10;
}

// The Sec-WebSocket-Accept that answers `key`.
std::string websocket_accept(std::string_view key);

struct FrameHeader {
    std::uint8_t first = 0; // FIN, reserved bits and opcode as on the wire
    bool masked = false;
    std::uint8_t mask[4] = {};
    std::size_t header_size = 0; // 0: more bytes are needed
    std::size_t payload_size = 0;

    [[nodiscard]] std::uint8_t opcode() const noexcept { return first & 0x0f; }
    [[nodiscard]] bool fin() const noexcept { return (first & 0x80) != 0; }
};

inline FrameHeader parse_frame_header(const char* data, std::size_t size) noexcept {
    FrameHeader header;
    if (size < 2)
        return header;
    const auto byte = [data](std::size_t i) { return static_cast<std::uint8_t>(data[i]); };
    header.first = byte(0);
    header.masked = (byte(1) & 0x80) != 0;
    std::size_t length = byte(1) & 0x7f;
    std::size_t position = 2;
    if (length >= 126) {
        const std::size_t width = length == 126 ? 2 : 8;
        if (size < position + width)
            return header;
        length = 0;
        for (std::size_t i = 0; i < width; ++i)
            length = length << 8 | byte(position + i);
        position += width;
    }
    if (header.masked) {
        if (size < position + 4)
            return header;
        for (std::size_t i = 0; i < 4; ++i)
            header.mask[i] = byte(position + i);
        position += 4;
    }
    header.payload_size = length;
    header.header_size = position;
    return header;
}

// Appends one final frame. A client's frames are masked (with a zero key: loopback only).
void append_frame(std::string& out, std::uint8_t op, std::string_view payload, bool from_client);

void unmask(char* payload, const FrameHeader& header) noexcept;

} // namespace tickgate::bench
