// WebSocket frames (RFC 6455) without I/O.
#pragma once

#include <tickgate/error.hpp>

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::net {

enum class WsRole : std::uint8_t { client, server };

struct WsEvent {
    enum class Type : std::uint8_t { text, binary, ping, pong, close };
    Type type = Type::text;
    std::string_view payload;     // whole message, unmasked; for close the reason. Valid until the next call.
    std::uint16_t close_code = 0; // close only; 1005 when the frame had none
};

// Decodes in place over one receive buffer. Messages in one frame are not copied; fragmented ones are joined in a side
// buffer. At least 64 readable bytes follow every payload (they may be the next frames).
//
//     auto room = decoder.prepare();  …read into room…  decoder.commit(n);
//     while (decoder.next(event) == WsDecoder::Step::event) …
class WsDecoder {
public:
    static constexpr std::size_t default_buffer = 128 * 1024;
    static constexpr std::size_t padding = 64;

    // The buffer starts at `initial_buffer` bytes and grows (to max_message and a header) only for a larger frame.
    WsDecoder(WsRole role, std::size_t max_message, std::size_t initial_buffer = default_buffer);

    std::span<char> prepare(); // room of at least 1 KiB; moves what is unread to the front when needed
    void commit(std::size_t n) noexcept;

    enum class Step : std::uint8_t { need_more, event, failed };
    // Errors (in error(), with the close code to send): protocol_error (reserved bits or opcodes, bad masking, bad
    // fragmentation, long or fragmented control frames, non-minimal lengths, bad close payload), message_too_large.
    // UTF-8 of text payloads is checked only with `check_utf8(true)` (simdjson checks it again anyhow); close reasons
    // always are.
    Step next(WsEvent& event);
    error_code error() const noexcept { return error_; }
    std::uint16_t close_code_for_error() const noexcept { return error_close_code_; }
    void check_utf8(bool on) noexcept { check_utf8_ = on; }

    std::uint64_t frames() const noexcept { return frames_; }

private:
    struct Header {
        std::uint8_t opcode = 0;
        bool fin = false;
        bool masked = false;
        std::size_t size = 0; // of the header itself
        std::uint64_t length = 0;
    };

    Step next_slow(WsEvent& event);
    Step read_header(Header& header);
    Step check_header(const Header& header);
    Step control(WsEvent& event, const Header& header, std::string_view payload);
    Step data(WsEvent& event, const Header& header, std::string_view payload);
    Step fail(errc e, std::uint16_t close_code) noexcept;
    void reallocate(std::size_t capacity);

    WsRole role_;
    bool check_utf8_ = false;
    std::size_t max_message_;
    std::unique_ptr<char[]> buffer_;  // not initialised: pages that no read reaches cost nothing
    std::size_t capacity_ = 0;        // without the padding
    std::size_t begin_ = 0, end_ = 0; // unread bytes
    std::size_t wanted_ = 0;          // size of the frame at begin_, once its header is known
    std::vector<char> joined_;        // fragments so far
    std::uint8_t fragment_opcode_ = 0;
    bool joined_done_ = false;
    std::uint64_t frames_ = 0;
    error_code error_;
    std::uint16_t error_close_code_ = 0;
};

// Appends one frame. Clients mask with `mask` (any value; unpredictable is the caller's duty, RFC 6455 §5.3).
void ws_encode(std::string& out, WsEvent::Type type, std::string_view payload, WsRole role, std::uint32_t mask);
// Appends a close frame; the reason is cut to 123 bytes.
void ws_encode_close(std::string& out, std::uint16_t code, std::string_view reason, WsRole role, std::uint32_t mask);

} // namespace tickgate::net
