// WsDecoder under any bytes in any pieces. First byte: bit 0 role, bit 1 UTF-8 check, bits 2-4 message limit;
// second byte: size of the first piece, which then changes with every read. The rest is the wire.
#include "net/utf8.hpp"
#include "net/ws_codec.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using namespace tickgate;
using namespace tickgate::net;

void require(bool ok) {
    if (!ok)
        std::abort();
}

struct Event {
    WsEvent::Type type;
    std::uint16_t code;
    std::string payload;
    bool operator==(const Event&) const = default;
};

struct Outcome {
    std::vector<Event> events;
    error_code error;
    std::uint16_t close_code = 0;
};

Outcome decode(
    const std::uint8_t* data, std::size_t size, WsRole role, bool utf8, std::size_t limit, std::size_t piece) {
    WsDecoder decoder(role, limit, 2048);
    decoder.check_utf8(utf8);
    Outcome out;
    std::uint64_t frames = 0;
    while (size > 0) {
        const auto room = decoder.prepare();
        require(room.size() >= 1024);
        const std::size_t n = std::min({piece, size, room.size()});
        std::memcpy(room.data(), data, n);
        decoder.commit(n);
        data += n;
        size -= n;
        piece = piece == SIZE_MAX ? piece : piece * 7 % 61 + 1;
        WsEvent event;
        auto step = decoder.next(event);
        for (; step == WsDecoder::Step::event; step = decoder.next(event)) {
            require(decoder.frames() > frames);
            frames = decoder.frames();
            const bool control = event.type > WsEvent::Type::binary;
            require(event.payload.size() <= (control ? 125 : limit));
            if (event.type == WsEvent::Type::close) {
                require(event.payload.size() <= 123 && valid_utf8(event.payload));
                require(event.close_code >= 1000 && event.close_code < 5000);
            }
            if (event.type == WsEvent::Type::text && utf8)
                require(valid_utf8(event.payload));
            unsigned sum = 0; // the padding is readable
            for (std::size_t i = 0; i < WsDecoder::padding; ++i)
                sum += static_cast<unsigned char>(event.payload.data()[event.payload.size() + i]);
            require(sum <= 255 * WsDecoder::padding);
            out.events.push_back({event.type, event.close_code, std::string(event.payload)});
        }
        if (step == WsDecoder::Step::failed) {
            out.error = decoder.error();
            out.close_code = decoder.close_code_for_error();
            require(out.error == errc::protocol_error || out.error == errc::message_too_large);
            require(out.close_code == 1002 || out.close_code == 1007 || out.close_code == 1009);
            require(decoder.next(event) == WsDecoder::Step::failed);
            break;
        }
        require(!decoder.error());
    }
    return out;
}

// What was decoded, encoded by the other side, is decoded to the same.
void round_trip(const Outcome& seen, WsRole role, std::size_t limit) {
    const WsRole sender = role == WsRole::client ? WsRole::server : WsRole::client;
    std::string bytes;
    std::uint32_t mask = 0x9E3779B9;
    for (const auto& e : seen.events) {
        mask = mask * 1664525 + 1013904223;
        if (e.type == WsEvent::Type::close)
            ws_encode_close(bytes, e.code, e.payload, sender, mask);
        else
            ws_encode(bytes, e.type, e.payload, sender, mask);
    }
    const auto again =
        decode(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), role, false, limit, SIZE_MAX);
    require(!again.error && again.events.size() == seen.events.size());
    for (std::size_t i = 0; i < seen.events.size(); ++i) {
        const bool close = seen.events[i].type == WsEvent::Type::close;
        require(again.events[i].type == seen.events[i].type && again.events[i].payload == seen.events[i].payload);
        require(!close || again.events[i].code == seen.events[i].code);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 3)
        return 0;
    const WsRole role = (data[0] & 1U) != 0 ? WsRole::client : WsRole::server;
    const bool utf8 = (data[0] & 2U) != 0;
    const std::size_t limit = std::size_t{16} << ((data[0] >> 2U & 7U) * 2);
    const std::size_t piece = data[1] % 60U + 1;
    data += 2;
    size -= 2;
    const auto whole = decode(data, size, role, utf8, limit, SIZE_MAX);
    const auto pieces = decode(data, size, role, utf8, limit, piece);
    require(whole.error == pieces.error && whole.close_code == pieces.close_code);
    require(whole.events.size() == pieces.events.size());
    for (std::size_t i = 0; i < whole.events.size(); ++i) {
        require(whole.events[i].type == pieces.events[i].type && whole.events[i].payload == pieces.events[i].payload);
    }
    round_trip(whole, role, limit);
    return 0;
}
