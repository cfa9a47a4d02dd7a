#include "net/ws_codec.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <vector>

namespace tickgate::net {
namespace {

// A frame built without the encoder under test.
std::string frame(unsigned first, const std::string& payload, bool masked = false, unsigned length_form = 0) {
    std::string out(1, static_cast<char>(first));
    const std::size_t n = payload.size();
    if (length_form == 0)
        length_form = n < 126 ? 7 : n < 65536 ? 16 : 64;
    const unsigned bit = masked ? 0x80 : 0;
    if (length_form == 7) {
        out += static_cast<char>(bit | n);
    } else {
        out += static_cast<char>(bit | (length_form == 16 ? 126U : 127U));
        for (unsigned shift = length_form; shift > 0; shift -= 8)
            out += static_cast<char>(std::uint64_t{n} >> (shift - 8));
    }
    if (!masked)
        return out + payload;
    const char key[4] = {'\x12', '\x34', '\x56', '\x78'};
    out.append(key, 4);
    for (std::size_t i = 0; i < n; ++i)
        out += static_cast<char>(payload[i] ^ key[i % 4]);
    return out;
}

struct Outcome {
    std::vector<std::string> events; // `text:…`, `close:1000:…`
    error_code error;
    std::uint16_t code = 0;
    std::uint64_t frames = 0;
};

Outcome decode(WsRole role, std::string_view bytes, std::size_t chunk, std::size_t max_message = 1 << 20,
    std::size_t buffer = 2048, bool utf8 = false) {
    static const std::array<const char*, 5> names{"text:", "binary:", "ping:", "pong:", "close:"};
    WsDecoder decoder(role, max_message, buffer);
    decoder.check_utf8(utf8);
    Outcome out;
    while (!bytes.empty() && !out.error) {
        const auto room = decoder.prepare();
        EXPECT_GE(room.size(), 1024U);
        const std::size_t n = std::min({chunk, bytes.size(), room.size()});
        std::memcpy(room.data(), bytes.data(), n);
        decoder.commit(n);
        bytes.remove_prefix(n);
        WsEvent event;
        auto step = decoder.next(event);
        for (; step == WsDecoder::Step::event; step = decoder.next(event)) {
            std::string text = names.at(static_cast<std::size_t>(event.type));
            if (event.type == WsEvent::Type::close)
                text += std::to_string(event.close_code) + ":";
            out.events.push_back(text + std::string(event.payload));
            unsigned sum = 0; // the padding must be readable
            for (std::size_t i = 0; i < WsDecoder::padding; ++i)
                sum += static_cast<unsigned char>(event.payload.data()[event.payload.size() + i]);
            EXPECT_LE(sum, 255U * WsDecoder::padding);
        }
        if (step == WsDecoder::Step::failed) {
            out.error = decoder.error();
            out.code = decoder.close_code_for_error();
            EXPECT_EQ(decoder.next(event), WsDecoder::Step::failed); // and stays so
        }
    }
    out.frames = decoder.frames();
    return out;
}

using Events = std::vector<std::string>;
const std::array<std::size_t, 5> chunks{1, 2, 3, 7, 1 << 20};

TEST(WsDecoder, EveryLengthFormAtEveryChunking) {
    for (const bool masked : {false, true}) {
        for (const std::size_t n : {0U, 1U, 2U, 125U, 126U, 127U, 1000U, 65535U, 65536U, 70001U}) {
            const std::string payload(n, 'x');
            const std::string bytes =
                frame(0x81, payload, masked) + frame(0x82, payload, masked) + frame(0x81, "end", masked);
            for (const std::size_t chunk : chunks) {
                const auto out = decode(masked ? WsRole::server : WsRole::client, bytes, chunk);
                ASSERT_FALSE(out.error) << n << " in pieces of " << chunk;
                const Events wanted{"text:" + payload, "binary:" + payload, "text:end"};
                ASSERT_EQ(out.events, wanted) << n << " in pieces of " << chunk;
                ASSERT_EQ(out.frames, 3U);
            }
        }
    }
}

TEST(WsDecoder, JoinsFragmentsAroundControlFrames) {
    const std::string bytes = frame(0x01, "al") + frame(0x89, "p1") + frame(0x00, "") + frame(0x00, "ph") +
                              frame(0x8A, "p2") + frame(0x80, "a") + frame(0x02, "") + frame(0x80, "bin") +
                              frame(0x81, "whole");
    for (const std::size_t chunk : chunks) {
        const auto out = decode(WsRole::client, bytes, chunk);
        const Events wanted{"ping:p1", "pong:p2", "text:alpha", "binary:bin", "text:whole"};
        EXPECT_FALSE(out.error);
        EXPECT_EQ(out.events, wanted);
    }
}

TEST(WsDecoder, CloseFrames) {
    const Events none{"close:1005:"};
    EXPECT_EQ(decode(WsRole::client, frame(0x88, ""), 1).events, none);
    const Events normal{"close:1000:bye"};
    EXPECT_EQ(decode(WsRole::client, frame(0x88, std::string("\x03\xE8", 2) + "bye"), 1).events, normal);
    for (const unsigned code : {1000U, 1001U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
        const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
        EXPECT_FALSE(decode(WsRole::client, frame(0x88, payload), 1).error) << code;
    }
    for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 2999U, 5000U, 65535U}) {
        const std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
        EXPECT_EQ(decode(WsRole::client, frame(0x88, payload), 1).error, errc::protocol_error) << code;
    }
}

struct Violation {
    const char* name;
    WsRole role;
    std::string bytes;
    std::uint16_t code;
};

class WsViolation : public testing::TestWithParam<Violation> {};

TEST_P(WsViolation, FailsAtEveryChunking) {
    for (const std::size_t chunk : chunks) {
        const auto out = decode(GetParam().role, GetParam().bytes, chunk);
        EXPECT_EQ(out.error, errc::protocol_error);
        EXPECT_EQ(out.code, GetParam().code);
        EXPECT_TRUE(out.events.empty());
    }
}

INSTANTIATE_TEST_SUITE_P(Rfc6455, WsViolation,
    testing::Values(Violation{"Rsv1", WsRole::client, frame(0xC1, "a"), 1002},
        Violation{"Rsv2", WsRole::client, frame(0xA1, "a"), 1002},
        Violation{"Rsv3", WsRole::client, frame(0x91, "a"), 1002},
        Violation{"Opcode3", WsRole::client, frame(0x83, "a"), 1002},
        Violation{"Opcode7", WsRole::client, frame(0x87, "a"), 1002},
        Violation{"OpcodeB", WsRole::client, frame(0x8B, "a"), 1002},
        Violation{"OpcodeF", WsRole::client, frame(0x8F, "a"), 1002},
        Violation{"MaskedByServer", WsRole::client, frame(0x81, "a", true), 1002},
        Violation{"UnmaskedByClient", WsRole::server, frame(0x81, "a"), 1002},
        Violation{"LongPing", WsRole::client, frame(0x89, std::string(126, 'p')), 1002},
        Violation{"FragmentedPing", WsRole::client, frame(0x09, "p"), 1002},
        Violation{"FragmentedClose", WsRole::client, frame(0x08, ""), 1002},
        Violation{"ContinuationOfNothing", WsRole::client, frame(0x80, "a"), 1002},
        Violation{"NewMessageAmongFragments", WsRole::client, frame(0x01, "a") + frame(0x81, "b"), 1002},
        Violation{"LengthNotMinimal16", WsRole::client, frame(0x81, "abc", false, 16), 1002},
        Violation{"LengthNotMinimal64", WsRole::client, frame(0x81, std::string(300, 'a'), false, 64), 1002},
        Violation{"LengthNegative", WsRole::client, std::string("\x81\x7F\x80\0\0\0\0\0\0\x01", 10), 1002},
        Violation{"CloseOfOneByte", WsRole::client, frame(0x88, "\x03"), 1002},
        Violation{"CloseReasonNotUtf8", WsRole::client, frame(0x88, "\x03\xE8\xC3\x28"), 1007}),
    [](const auto& chosen) { return chosen.param.name; });

TEST(WsDecoder, LimitsMessages) {
    EXPECT_FALSE(decode(WsRole::client, frame(0x81, std::string(100, 'x')), 1, 100).error);
    // The header alone decides: nobody waits for the payload.
    const auto large = decode(WsRole::client, frame(0x81, std::string(101, 'x')).substr(0, 2), 1, 100);
    EXPECT_EQ(large.error, errc::message_too_large);
    EXPECT_EQ(large.code, 1009);
    const auto huge = decode(WsRole::client, std::string("\x82\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10), 1, 100);
    EXPECT_EQ(huge.error, errc::message_too_large);
    const auto pieces =
        decode(WsRole::client, frame(0x01, std::string(60, 'x')) + frame(0x80, std::string(41, 'x')), 1, 100);
    EXPECT_EQ(pieces.error, errc::message_too_large);
    // Control frames are not messages.
    EXPECT_FALSE(decode(WsRole::client, frame(0x89, std::string(125, 'p')), 1, 10).error);
}

TEST(WsDecoder, ChecksUtf8OnDemand) {
    const std::string bad = frame(0x81, "\xC3\x28");
    EXPECT_FALSE(decode(WsRole::client, bad, 1).error);
    const auto out = decode(WsRole::client, bad, 1, 1000, 2048, true);
    EXPECT_EQ(out.error, errc::protocol_error);
    EXPECT_EQ(out.code, 1007);
    // A character cut by fragmentation is whole again.
    const std::string cut = frame(0x01, "\xE2\x82") + frame(0x80, "\xAC");
    const Events euro{"text:\xE2\x82\xAC"};
    EXPECT_EQ(decode(WsRole::client, cut, 1, 1000, 2048, true).events, euro);
}

TEST(WsEncoder, IsReadBackByTheOtherSide) {
    for (const WsRole role : {WsRole::client, WsRole::server}) {
        for (const std::size_t n : {0U, 1U, 7U, 125U, 126U, 65535U, 65536U, 100000U}) {
            std::string bytes;
            const std::string payload(n, 'y');
            ws_encode(bytes, WsEvent::Type::text, payload, role, 0xA1B2C3D4U);
            ws_encode(bytes, WsEvent::Type::binary, payload, role, 0x01020304U);
            ws_encode(bytes, WsEvent::Type::ping, "ping", role, 7);
            ws_encode(bytes, WsEvent::Type::pong, "pong", role, 8);
            ws_encode_close(bytes, 1000, "done", role, 9);
            const auto out = decode(role == WsRole::client ? WsRole::server : WsRole::client, bytes, 4096);
            const Events wanted{"text:" + payload, "binary:" + payload, "ping:ping", "pong:pong", "close:1000:done"};
            EXPECT_FALSE(out.error);
            EXPECT_EQ(out.events, wanted);
        }
    }
}

TEST(WsEncoder, ExampleOfTheRfc) {
    std::string bytes; // §5.7: a masked "Hello"
    std::uint32_t mask = 0;
    std::memcpy(&mask, "\x37\xFA\x21\x3D", 4);
    ws_encode(bytes, WsEvent::Type::text, "Hello", WsRole::client, mask);
    EXPECT_EQ(bytes, std::string("\x81\x85\x37\xFA\x21\x3D\x7F\x9F\x4D\x51\x58"));
}

TEST(WsEncoder, CutsCloseReasonsBetweenCharacters) {
    std::string reason(122, 'r');
    reason += "\xC3\xA9 and more";
    std::string bytes;
    ws_encode_close(bytes, 1008, reason, WsRole::server, 0);
    const Events wanted{"close:1008:" + std::string(122, 'r')};
    EXPECT_EQ(decode(WsRole::client, bytes, 1).events, wanted);
    bytes.clear();
    ws_encode_close(bytes, 1005, "", WsRole::server, 0);
    EXPECT_EQ(bytes, std::string("\x88\0", 2));
}

} // namespace
} // namespace tickgate::net
