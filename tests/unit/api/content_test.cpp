#include "api/content.hpp"

#include "net/gzip.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

namespace tickgate::api {

namespace {

net::HttpResponse finished(
    std::vector<std::pair<std::string, std::string>> headers, net::HttpResponse response, bool validate) {
    net::HttpRequest request;
    request.method = "GET";
    request.headers = std::move(headers);
    asio::io_context loop;
    asio::co_spawn(
        loop, finish_answer(request, response, validate), [](const std::exception_ptr& e) { EXPECT_FALSE(e); });
    loop.run();
    return response;
}

std::string header(const net::HttpResponse& response, std::string_view name) {
    for (const auto& [key, value] : response.headers)
        if (key == name)
            return value;
    return {};
}

std::string unpacked(const std::string& body) {
    net::Inflater inflater;
    std::string out;
    const auto ec = inflater.feed(body, [&](std::string_view piece) {
        out += piece;
        return error_code();
    });
    EXPECT_FALSE(ec);
    EXPECT_TRUE(inflater.finished());
    return out;
}

} // namespace

TEST(Content, GzipIsTakenAsTheHeaderSays) {
    for (const auto* yes : {"gzip", "GZIP", "br, gzip", "gzip;q=0.1", "x-gzip", "*", "deflate, *;q=0.5", " gzip ; q=1"})
        EXPECT_TRUE(takes_gzip(yes)) << yes;
    for (const auto* no : {"", "br", "gzip;q=0", "gzip;q=0.000", "*, gzip;q=0", "*;q=0", "identity", "notgzip"})
        EXPECT_FALSE(takes_gzip(no)) << no;
}

TEST(Content, ATagIsNamedAloneInAListOrByAStar) {
    const auto tag = etag_of("body");
    EXPECT_EQ(tag.size(), 36u);
    EXPECT_NE(tag, etag_of("Body"));
    EXPECT_TRUE(names_etag(tag, tag));
    EXPECT_TRUE(names_etag("\"x\", " + tag, tag));
    EXPECT_TRUE(names_etag(tag.substr(2), tag)) << "compared weakly";
    EXPECT_TRUE(names_etag("*", tag));
    EXPECT_FALSE(names_etag("", tag));
    EXPECT_FALSE(names_etag("\"x\"", tag));
}

TEST(Content, ALongBodyIsPackedPieceByPieceAndComesOutWhole) {
    net::HttpResponse response;
    for (int i = 0; i < 60000; ++i)
        response.body += "{\"n\":" + std::to_string(i) + "},";
    const auto body = response.body;
    ASSERT_GT(body.size(), 512u * 1024);
    const auto packed = finished({{"accept-encoding", "gzip"}}, std::move(response), false);
    EXPECT_EQ(header(packed, "Content-Encoding"), "gzip");
    EXPECT_EQ(header(packed, "Cache-Control"), "no-store");
    EXPECT_EQ(unpacked(packed.body), body);
}

TEST(Content, OnlyTextIsPacked) {
    for (const auto& [type, packs] : std::vector<std::pair<std::string, bool>>{{"application/json", true},
             {"application/problem+json", true}, {"text/plain; version=0.0.4", true}, {"image/png", false}}) {
        net::HttpResponse response;
        response.content_type = type;
        response.body = std::string(2000, 'a');
        const auto got = finished({{"accept-encoding", "gzip"}}, std::move(response), false);
        EXPECT_EQ(header(got, "Content-Encoding"), packs ? "gzip" : "") << type;
    }
    net::HttpResponse coded;
    coded.body = std::string(2000, 'a');
    coded.headers.emplace_back("Content-Encoding", "br");
    EXPECT_EQ(finished({{"accept-encoding", "gzip"}}, std::move(coded), false).body.size(), 2000u);
}

TEST(Content, OnlyAGoodAnswerToAReadIsNotModified) {
    net::HttpResponse response;
    response.body = "same";
    const auto tag = etag_of("same");
    EXPECT_EQ(finished({{"if-none-match", tag}}, response, true).status, 304);
    EXPECT_EQ(finished({{"if-none-match", tag}}, response, false).status, 200) << "without a validator";
    response.status = 404;
    EXPECT_EQ(finished({{"if-none-match", "*"}}, response, true).status, 404);
    net::HttpResponse own;
    own.body = "same";
    own.headers.emplace_back("ETag", "\"mine\"");
    EXPECT_EQ(finished({{"if-none-match", "\"mine\""}}, own, false).status, 304);
    net::HttpResponse large;
    large.body = std::string(most_validated + 1, 'a');
    EXPECT_EQ(header(finished({}, std::move(large), true), "ETag"), "");
}

} // namespace tickgate::api
