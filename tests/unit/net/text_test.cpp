#include "net/gzip.hpp"
#include "net/http_parser.hpp"
#include "net/utf8.hpp"
#include "net/ws_handshake.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include <string>

namespace tickgate::net {
namespace {

std::string deflated(const std::string& text, int window_bits) {
    z_stream z{};
    EXPECT_EQ(deflateInit2(&z, 9, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    std::string out(text.size() + 1000, '\0');
    std::string in = text;
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.resize(out.size() - z.avail_out);
    deflateEnd(&z);
    return out;
}

TEST(Utf8, AcceptsAndRefuses) {
    for (const char* good : {"", "plain ascii text", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80", "\xED\x9F\xBF",
             "\xEE\x80\x80", "\xF4\x8F\xBF\xBF", "12345678\xC3\xA9"})
        EXPECT_TRUE(valid_utf8(good)) << good;
    for (const char* bad : {"\x80", "\xC0\xAF", "\xC1\xBF", "\xC3", "\xE2\x82", "\xE0\x80\xAF", "\xED\xA0\x80",
             "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "12345678\xC3", "abc\xC3(defgh"})
        EXPECT_FALSE(valid_utf8(bad)) << bad;
}

TEST(Inflater, TakesEveryFormatInEveryPiece) {
    std::string text;
    for (int i = 0; i < 20000; ++i)
        text += std::to_string(i) + ",";
    for (const int bits : {MAX_WBITS + 16, MAX_WBITS, -MAX_WBITS}) {
        const std::string packed = deflated(text, bits);
        for (const std::size_t chunk : {std::size_t{1}, std::size_t{13}, packed.size()}) {
            Inflater inflater;
            std::string out;
            for (std::size_t at = 0; at < packed.size(); at += chunk) {
                const auto ec = inflater.feed(std::string_view(packed).substr(at, chunk), [&](std::string_view piece) {
                    out.append(piece);
                    return error_code();
                });
                ASSERT_FALSE(ec);
            }
            EXPECT_TRUE(inflater.finished());
            EXPECT_TRUE(out == text);
        }
    }
}

TEST(Inflater, TakesSeveralMembersAndKnowsACut) {
    const std::string packed = deflated("one ", MAX_WBITS + 16) + deflated("two", MAX_WBITS + 16);
    Inflater inflater;
    std::string out;
    const auto sink = [&](std::string_view piece) {
        out.append(piece);
        return error_code();
    };
    ASSERT_FALSE(inflater.feed(packed, sink));
    EXPECT_EQ(out, "one two");
    EXPECT_TRUE(inflater.finished());
    Inflater cut;
    ASSERT_FALSE(cut.feed(packed.substr(0, 10), sink));
    EXPECT_FALSE(cut.finished());
    Inflater garbage;
    EXPECT_EQ(garbage.feed("\x1F\x8B garbage, not gzip at all", sink), errc::protocol_error);
}

TEST(Inflater, StopsWhereTheSinkStops) {
    const std::string bomb = deflated(std::string(50u << 20, '0'), MAX_WBITS + 16);
    Inflater inflater;
    std::size_t seen = 0;
    const auto ec = inflater.feed(bomb, [&](std::string_view piece) {
        seen += piece.size();
        return seen > 100000 ? make_error_code(errc::message_too_large) : error_code();
    });
    EXPECT_EQ(ec, errc::message_too_large);
    EXPECT_LT(seen, 200000U);
}

TEST(WsHandshake, ExampleOfTheRfc) {
    EXPECT_EQ(websocket_accept("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="); // §1.3
    EXPECT_TRUE(valid_websocket_key(websocket_key()));
    EXPECT_NE(websocket_key(), websocket_key());
    EXPECT_FALSE(valid_websocket_key("short=="));
    EXPECT_FALSE(valid_websocket_key("dGhlIHNhbXBsZSBub25jZQAA"));
}

TEST(HttpParser, TakesAnswersByteByByte) {
    const std::string answer = "HTTP/1.1 200 OK\r\nX-One: 1\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n"
                               "6\r\n world\r\n0\r\nTrailer: t\r\n\r\nleft over";
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, answer.size()}) {
        HttpParser parser(HttpParser::Kind::response, HttpLimits());
        std::string body;
        parser.on_body([&](std::string_view piece) {
            body.append(piece);
            return error_code();
        });
        std::string buffer;
        for (std::size_t at = 0; at < answer.size() && !parser.done(); at += step) {
            buffer += answer.substr(at, step);
            bool more = false;
            error_code ec;
            while (!more && !buffer.empty() && !parser.done()) {
                buffer.erase(0, parser.put(buffer, more, ec));
                ASSERT_FALSE(ec) << ec.message();
            }
        }
        EXPECT_TRUE(parser.done());
        EXPECT_EQ(body, "hello world");
        EXPECT_EQ(parser.head().status, 200);
        EXPECT_EQ(parser.head().header("x-one"), "1");
        EXPECT_TRUE(parser.keep_alive());
        EXPECT_TRUE(parser.head().header("trailer").empty());
    }
}

TEST(HttpParser, KeepsItsLimits) {
    bool more = false;
    error_code ec;
    HttpLimits limits;
    limits.head = 200;
    limits.body = 10;
    HttpParser head(HttpParser::Kind::request, limits);
    head.put("GET / HTTP/1.1\r\nX: " + std::string(500, 'x'), more, ec);
    EXPECT_EQ(ec, errc::overflow);
    HttpParser announced(HttpParser::Kind::request, limits);
    std::string text = "POST / HTTP/1.1\r\nContent-Length: 11\r\n\r\n01234567890";
    for (ec.clear(); !ec && !announced.done();)
        text.erase(0, announced.put(text, more, ec));
    EXPECT_EQ(ec, errc::message_too_large);
    HttpParser chunked(HttpParser::Kind::request, limits);
    text = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nB\r\n01234567890\r\n0\r\n\r\n";
    for (ec.clear(); !ec && !chunked.done();)
        text.erase(0, chunked.put(text, more, ec));
    EXPECT_EQ(ec, errc::message_too_large);
    HttpParser garbage(HttpParser::Kind::request, limits);
    garbage.put("\x16\x03\x01 not http\r\n\r\n", more, ec);
    EXPECT_EQ(ec, errc::protocol_error);
}

} // namespace
} // namespace tickgate::net
