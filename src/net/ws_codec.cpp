#include "net/ws_codec.hpp"

#include "net/utf8.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::net {

namespace {

enum Opcode : std::uint8_t { op_continuation = 0, op_text = 1, op_binary = 2, op_close = 8, op_ping = 9, op_pong = 10 };

constexpr std::size_t min_room = 1024;
constexpr std::size_t cheap_move = 512; // moved at once: reads then stay large and in few pages
constexpr std::size_t max_control = 125;
constexpr std::size_t max_header = 14;

std::uint64_t big_endian(const unsigned char* at, std::size_t bytes) noexcept {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i)
        value = value << 8U | at[i];
    return value;
}

// XORs with the mask, whose bytes are in wire order in memory.
void apply_mask(char* data, std::size_t size, std::uint32_t mask) noexcept {
    std::uint64_t wide = mask;
    wide |= wide << 32U;
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + i, 8);
        word ^= wide;
        std::memcpy(data + i, &word, 8);
    }
    char key[4];
    std::memcpy(key, &mask, 4);
    for (; i < size; ++i)
        data[i] = static_cast<char>(data[i] ^ key[i % 4]);
}

// RFC 6455 §7.4 and the registry: what may stand in a close frame.
bool valid_close_code(std::uint16_t code) noexcept {
    if (code >= 3000 && code <= 4999)
        return true;
    return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

void append_frame(std::string& out, std::uint8_t opcode, std::string_view payload, WsRole role, std::uint32_t mask) {
    char header[max_header];
    std::size_t n = 0;
    const auto put = [&](std::uint64_t value) { header[n++] = static_cast<char>(value & 0xFFU); };
    const std::uint64_t mask_bit = role == WsRole::client ? 0x80U : 0U;
    put(0x80U | opcode);
    if (payload.size() < 126) {
        put(mask_bit | payload.size());
    } else if (payload.size() <= 0xFFFFU) {
        put(mask_bit | 126U);
        put(payload.size() >> 8U);
        put(payload.size());
    } else {
        put(mask_bit | 127U);
        for (unsigned shift = 64; shift > 0; shift -= 8)
            put(std::uint64_t{payload.size()} >> (shift - 8));
    }
    if (role == WsRole::client) {
        std::memcpy(header + n, &mask, 4);
        n += 4;
    }
    out.append(header, n);
    const std::size_t start = out.size();
    out.append(payload);
    if (role == WsRole::client)
        apply_mask(out.data() + start, payload.size(), mask);
}

} // namespace

WsDecoder::WsDecoder(WsRole role, std::size_t max_message, std::size_t initial_buffer)
    : role_(role), max_message_(max_message) {
    reallocate(std::max(initial_buffer, 2 * min_room));
}

void WsDecoder::reallocate(std::size_t capacity) {
    auto bigger = std::make_unique_for_overwrite<char[]>(capacity + padding);
    std::memset(bigger.get() + capacity, 0, padding);
    if (end_ != begin_)
        std::memcpy(bigger.get(), buffer_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    buffer_ = std::move(bigger);
    capacity_ = capacity;
}

std::span<char> WsDecoder::prepare() {
    if (begin_ == end_)
        begin_ = end_ = 0;
    const std::size_t unread = end_ - begin_;
    const std::size_t needed = std::max(wanted_, unread + min_room);
    if (needed > capacity_) {
        reallocate(needed + min_room);
    } else if (begin_ != 0 && (capacity_ - begin_ < needed || unread <= cheap_move)) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, unread);
        begin_ = 0;
        end_ = unread;
    }
    return {buffer_.get() + end_, capacity_ - end_};
}

void WsDecoder::commit(std::size_t n) noexcept { end_ += std::min(n, capacity_ - end_); }

WsDecoder::Step WsDecoder::fail(errc e, std::uint16_t close_code) noexcept {
    error_ = e;
    error_close_code_ = close_code;
    return Step::failed;
}

WsDecoder::Step WsDecoder::next(WsEvent& event) {
    // The common case first: a whole unmasked data frame, no fragments under way, below 64 KiB.
    const auto* at = reinterpret_cast<const unsigned char*>(buffer_.get()) + begin_;
    const std::size_t unread = end_ - begin_;
    if (unread >= 4 && role_ == WsRole::client && (at[0] == 0x81U || at[0] == 0x82U) && at[1] < 127U &&
        fragment_opcode_ == 0 && !joined_done_ && !check_utf8_ && !error_) {
        std::size_t header = 2;
        std::size_t length = at[1];
        if (length == 126) {
            header = 4;
            length = std::size_t{at[2]} << 8U | at[3];
        }
        if (unread - header >= length && length <= max_message_ && (header == 2 || length >= 126)) {
            event.type = at[0] == 0x81U ? WsEvent::Type::text : WsEvent::Type::binary;
            event.payload = {buffer_.get() + begin_ + header, length};
            begin_ += header + length;
            wanted_ = 0;
            ++frames_;
            return Step::event;
        }
    }
    return next_slow(event);
}

WsDecoder::Step WsDecoder::next_slow(WsEvent& event) {
    if (error_)
        return Step::failed;
    if (joined_done_) {
        joined_.clear();
        joined_done_ = false;
    }
    for (;;) {
        Header header;
        if (const Step step = read_header(header); step != Step::event)
            return step;
        const auto length = static_cast<std::size_t>(header.length); // bounded by max_message_ from here on
        const std::size_t total = header.size + length;
        if (end_ - begin_ < total) {
            wanted_ = total;
            return Step::need_more;
        }
        wanted_ = 0;
        char* payload = buffer_.get() + begin_ + header.size;
        if (header.masked) {
            std::uint32_t mask = 0;
            std::memcpy(&mask, payload - 4, 4);
            apply_mask(payload, length, mask);
        }
        begin_ += total;
        ++frames_;
        const std::string_view text(payload, length);
        const Step step = header.opcode >= op_close ? control(event, header, text) : data(event, header, text);
        if (step != Step::need_more) // a fragment that completes nothing: go on
            return step;
    }
}

// `event` means that the header is complete and allowed.
WsDecoder::Step WsDecoder::read_header(Header& header) {
    const auto* at = reinterpret_cast<const unsigned char*>(buffer_.get()) + begin_;
    const std::size_t unread = end_ - begin_;
    if (unread == 0)
        return Step::need_more;
    header.fin = (at[0] & 0x80U) != 0;
    header.opcode = at[0] & 0x0FU;
    if ((at[0] & 0x70U) != 0)
        return fail(errc::protocol_error, 1002);
    if (unread < 2)
        return Step::need_more;
    header.masked = (at[1] & 0x80U) != 0;
    header.length = at[1] & 0x7FU;
    header.size = 2;
    if (const Step step = check_header(header); step != Step::event)
        return step;
    if (header.length >= 126) {
        const std::size_t bytes = header.length == 126 ? 2 : 8;
        header.size += bytes;
        if (unread < header.size)
            return Step::need_more;
        header.length = big_endian(at + 2, bytes);
        if (header.length < (bytes == 2 ? 126U : 0x10000U) || header.length >> 63U != 0)
            return fail(errc::protocol_error, 1002);
    }
    const bool continues = header.opcode == op_continuation;
    if (header.length > max_message_ - std::min(max_message_, continues ? joined_.size() : 0) &&
        header.opcode < op_close)
        return fail(errc::message_too_large, 1009);
    if (header.masked)
        header.size += 4;
    return unread < header.size ? Step::need_more : Step::event;
}

// What the first two bytes forbid (RFC 6455 §5.2, §5.4, §5.5); `length` is still the 7-bit field.
WsDecoder::Step WsDecoder::check_header(const Header& header) {
    bool allowed = header.masked == (role_ == WsRole::server);
    switch (header.opcode) {
    case op_continuation:
        allowed = allowed && fragment_opcode_ != 0;
        break;
    case op_text:
    case op_binary:
        allowed = allowed && fragment_opcode_ == 0;
        break;
    case op_close:
        allowed = allowed && header.length != 1;
        [[fallthrough]];
    case op_ping:
    case op_pong:
        allowed = allowed && header.fin && header.length <= max_control;
        break;
    default:
        allowed = false;
    }
    return allowed ? Step::event : fail(errc::protocol_error, 1002);
}

WsDecoder::Step WsDecoder::control(WsEvent& event, const Header& header, std::string_view payload) {
    event.payload = payload;
    if (header.opcode != op_close) {
        event.type = header.opcode == op_ping ? WsEvent::Type::ping : WsEvent::Type::pong;
        return Step::event;
    }
    event.type = WsEvent::Type::close;
    event.close_code = 1005;
    if (payload.empty())
        return Step::event;
    const auto code = big_endian(reinterpret_cast<const unsigned char*>(payload.data()), 2);
    event.close_code = static_cast<std::uint16_t>(code);
    event.payload = payload.substr(2);
    if (!valid_close_code(event.close_code))
        return fail(errc::protocol_error, 1002);
    if (!valid_utf8(event.payload))
        return fail(errc::protocol_error, 1007);
    return Step::event;
}

// `need_more` means that the message goes on in a later frame.
WsDecoder::Step WsDecoder::data(WsEvent& event, const Header& header, std::string_view payload) {
    std::uint8_t opcode = header.opcode;
    event.payload = payload;
    if (opcode == op_continuation || !header.fin) {
        if (opcode != op_continuation)
            fragment_opcode_ = opcode;
        joined_.insert(joined_.end(), payload.begin(), payload.end());
        if (!header.fin)
            return Step::need_more;
        opcode = fragment_opcode_;
        fragment_opcode_ = 0;
        joined_done_ = true;
        const std::size_t size = joined_.size();
        joined_.resize(size + padding);
        event.payload = {joined_.data(), size};
    }
    event.type = opcode == op_text ? WsEvent::Type::text : WsEvent::Type::binary;
    if (check_utf8_ && opcode == op_text && !valid_utf8(event.payload))
        return fail(errc::protocol_error, 1007);
    return Step::event;
}

void ws_encode(std::string& out, WsEvent::Type type, std::string_view payload, WsRole role, std::uint32_t mask) {
    switch (type) {
    case WsEvent::Type::text:
        return append_frame(out, op_text, payload, role, mask);
    case WsEvent::Type::binary:
        return append_frame(out, op_binary, payload, role, mask);
    case WsEvent::Type::ping:
        return append_frame(out, op_ping, payload.substr(0, max_control), role, mask);
    case WsEvent::Type::pong:
        return append_frame(out, op_pong, payload.substr(0, max_control), role, mask);
    case WsEvent::Type::close:
        return append_frame(out, op_close, payload.substr(0, max_control), role, mask);
    }
}

void ws_encode_close(std::string& out, std::uint16_t code, std::string_view reason, WsRole role, std::uint32_t mask) {
    if (code == 1005) // "no code": an empty frame
        return append_frame(out, op_close, {}, role, mask);
    std::size_t kept = std::min<std::size_t>(reason.size(), max_control - 2);
    while (kept < reason.size() && kept > 0 && (static_cast<unsigned char>(reason[kept]) & 0xC0U) == 0x80U)
        --kept; // not in the middle of a character
    std::string payload;
    payload.push_back(static_cast<char>(code >> 8U));
    payload.push_back(static_cast<char>(code & 0xFFU));
    payload.append(reason.substr(0, kept));
    append_frame(out, op_close, payload, role, mask);
}

} // namespace tickgate::net
