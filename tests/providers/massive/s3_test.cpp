// Downloads in pieces: what breaks goes on, what cannot is told.
#include "massive/s3.hpp"

#include "support/fake_rest.hpp"

#include "memory_s3.hpp"

#include <gtest/gtest.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono;
using test::MemoryS3;
using tickgate::test::run;

const UnixNanos now{sys_days(2024y / March / 12)};

struct S3Test : testing::Test {
    S3Test() {
        options.endpoint = "https://files.example";
        options.key.id = "AKID";
        options.key.secret = Secret("s3-test-secret-1");
        options.retry_pause = milliseconds(0);
        options.clock = [this] { return clock; };
        for (int i = 0; i < 100000; ++i)
            body += static_cast<char>('a' + (i * 31 + i / 97) % 26);
        server.put(key, body);
    }
    error_code read(S3& s3) {
        got.clear();
        BodySink sink = [this](std::string_view bytes) {
            got += bytes;
            return refuse_at > 0 && got.size() >= refuse_at ? make_error_code(errc::cancelled) : error_code();
        };
        return run(s3.read(key, std::move(sink), server));
    }
    error_code read() {
        S3 s3(options);
        return read(s3);
    }
    std::vector<std::string> ranges() const {
        std::vector<std::string> out;
        for (const auto& r : server.requests)
            if (r.method == "GET")
                out.push_back(MemoryS3::header(r, "Range"));
        return out;
    }

    S3Options options;
    MemoryS3 server;
    UnixNanos clock = now;
    std::string key = "us_stocks_sip/trades_v1/2024/03/2024-03-08.csv.gz", body, got;
    std::size_t refuse_at = 0;
};

TEST_F(S3Test, ReadsInSlices) {
    options.slice = 30000;
    ASSERT_FALSE(read());
    EXPECT_EQ(got, body);
    EXPECT_EQ(ranges(),
        (std::vector<std::string>{"bytes=0-29999", "bytes=29936-59999", "bytes=59936-89999", "bytes=89936-99999"}))
        << "64 bytes are compared";
    for (const auto& r : server.requests) {
        EXPECT_EQ(r.base, "https://files.example");
        EXPECT_EQ(r.target, "/flatfiles/" + key);
        EXPECT_EQ(r.budget, 1u);
        EXPECT_EQ(MemoryS3::header(r, "x-amz-date"), "20240312T000000Z");
        EXPECT_TRUE(MemoryS3::header(r, "Authorization")
                        .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20240312/us-east-1/s3/aws4_request, "));
        EXPECT_EQ(MemoryS3::header(r, "Authorization").find("s3-test-secret"), std::string::npos);
        if (r.method == "GET") {
            EXPECT_EQ(MemoryS3::header(r, "If-Match"), "\"d41d8cd98f00b204e9800998ecf8427e-2\"");
        }
    }
    EXPECT_EQ(server.learned_budget, 1u);
    EXPECT_EQ(server.spent, 100000 + 3 * 64);
}

TEST_F(S3Test, ABrokenDownloadGoesOnWhereItBroke) {
    for (const auto& ec : {make_error_code(errc::protocol_error), make_error_code(errc::timed_out),
             error_code(boost::system::errc::connection_reset, boost::system::generic_category())}) {
        server.requests.clear();
        server.cuts = {SIZE_MAX, 12345, 1, 0, 70000};
        server.cuts.pop_front();
        server.cut_error = ec;
        ASSERT_FALSE(read()) << ec.message();
        EXPECT_EQ(got, body);
        EXPECT_EQ(ranges().at(1), "bytes=12281-99999");
    }
}

TEST_F(S3Test, NothingForFiveAttemptsIsTheEnd) {
    server.cuts = {500, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(read(), errc::protocol_error);
    EXPECT_EQ(got, body.substr(0, 500));
    EXPECT_EQ(ranges().size(), 5u) << "the first one brought something";
}

TEST_F(S3Test, AReplacedFileIsToldAndNotMixed) {
    options.slice = 30000;
    server.replace_by = std::string(100000, 'x');
    EXPECT_EQ(read(), errc::venue_error);
    EXPECT_EQ(got, body.substr(0, 30000));
    // A server that does not know If-Match: the bytes asked again differ.
    server.put(key, body);
    server.ignore_match = true;
    server.replace_by = std::string(100000, 'x');
    EXPECT_EQ(read(), errc::malformed_payload);
    EXPECT_EQ(got, body.substr(0, 30000));
}

TEST_F(S3Test, AServerThatSendsTheWholeFileAgainIsNoticed) {
    server.ignore_range = true;
    EXPECT_FALSE(read());
    EXPECT_EQ(got, body);
    server.cuts = {40000};
    EXPECT_EQ(read(), errc::malformed_payload);
    EXPECT_EQ(got, body.substr(0, 40000));
}

TEST_F(S3Test, SumAndSizeAreCompared) {
    server.put(key, "hello", "\"5d41402abc4b2a76b9719d911017c592\"");
    EXPECT_FALSE(read());
    EXPECT_EQ(got, "hello");
    server.put(key, "hello", "\"00000000000000000000000000000000\"");
    EXPECT_EQ(read(), errc::malformed_payload);
    server.extra_headers = {{"x-amz-server-side-encryption", "aws:kms"}};
    EXPECT_FALSE(read()) << "then an ETag is no sum";
    server.extra_headers.clear();
    server.drop_etag = true;
    EXPECT_FALSE(read());
}

TEST_F(S3Test, AnEmptyFileIsRead) {
    server.put(key, "");
    EXPECT_FALSE(read());
    EXPECT_EQ(got, "");
}

TEST_F(S3Test, EncodedFilesCannotBeReadInPieces) {
    server.extra_headers = {{"content-encoding", "gzip"}};
    EXPECT_EQ(read(), errc::not_supported);
}

TEST_F(S3Test, TheSinksErrorIsTheResult) {
    refuse_at = 5000;
    EXPECT_EQ(read(), errc::cancelled);
    EXPECT_EQ(got.size(), 5000u);
    EXPECT_EQ(ranges().size(), 1u);
}

TEST_F(S3Test, Refusals) {
    struct Row {
        int status;
        const char* code;
        errc expected;
    };
    for (const auto& [status, code, expected] : {Row{403, "AccessDenied", errc::not_entitled},
             Row{403, "SignatureDoesNotMatch", errc::unauthorized}, Row{403, "InvalidAccessKeyId", errc::unauthorized},
             Row{403, "RequestTimeTooSkewed", errc::configuration}, Row{404, "NoSuchKey", errc::unknown_symbol},
             Row{404, "NoSuchBucket", errc::configuration}, Row{400, "InvalidArgument", errc::bad_request}}) {
        server.first = {MemoryS3::error(status, ""), MemoryS3::error(status, code)}; // of HEAD, of GET
        EXPECT_EQ(read(), expected) << code;
        EXPECT_TRUE(server.first.empty());
    }
    // In the midst of a file.
    server.first = {RestResponse{200, {{"content-length", "100000"}}, ""}, MemoryS3::error(403, "AccessDenied")};
    EXPECT_EQ(read(), errc::not_entitled);
}

TEST_F(S3Test, SlowDownIsWaitedFor) {
    server.first = {MemoryS3::error(503, "SlowDown"), MemoryS3::error(500, "InternalError")};
    EXPECT_FALSE(read());
    EXPECT_EQ(got, body);
    for (int i = 0; i < 9; ++i)
        server.first.emplace_back(MemoryS3::error(503, "SlowDown"));
    EXPECT_EQ(read(), errc::rate_limited);
    EXPECT_EQ(server.first.size(), 4u) << "five attempts";
}

TEST_F(S3Test, AClockThatIsWrongIsNamed) {
    auto answer = MemoryS3::error(403, "RequestTimeTooSkewed");
    answer.headers.emplace_back("date", "Tue, 12 Mar 2024 01:00:00 GMT");
    auto e = error_of_s3(answer, now);
    EXPECT_EQ(e.code, errc::configuration);
    EXPECT_EQ(e.text, "the clock of this machine is wrong: it is 3600 s behind the server's");
    EXPECT_FALSE(e.retry);
    answer.body.clear(); // as of HEAD
    EXPECT_EQ(error_of_s3(answer, now).name, "RequestTimeTooSkewed");
    e = error_of_s3(answer, now + hours(1) + minutes(10));
    EXPECT_EQ(e.code, errc::not_entitled) << "ten minutes are taken";
    e = error_of_s3(MemoryS3::error(403, "RequestTimeTooSkewed"), now);
    EXPECT_NE(e.text.find("clock"), std::string::npos);
}

TEST_F(S3Test, TheVolumeOfTheMonth) {
    options.monthly_bytes = 250000;
    S3 s3(options);
    EXPECT_FALSE(read(s3));
    EXPECT_FALSE(read(s3));
    EXPECT_EQ(s3.bytes_this_month(), 200000u);
    const auto before = server.spent;
    EXPECT_EQ(read(s3), errc::rate_limited);
    EXPECT_EQ(server.spent, before) << "not begun";
    clock = UnixNanos(sys_days(2024y / April / 1));
    EXPECT_EQ(s3.bytes_this_month(), 0u);
    EXPECT_FALSE(read(s3));
    // The budget's own word, in the midst of a file.
    server.first = {RestResponse{200, {{"content-length", "100000"}}, ""}, errc::rate_limited};
    EXPECT_EQ(read(), errc::rate_limited);
    server.first = {RestResponse{200, {{"content-length", "100000"}}, ""}, errc::stopped};
    EXPECT_EQ(read(), errc::stopped);
    EXPECT_EQ(server.requests.back().expected_bytes, 100000);
}

TEST_F(S3Test, ListsPageByPage) {
    server.files.clear();
    for (int i = 10; i < 31; ++i)
        server.put("p/2024/03/" + std::to_string(i), "x");
    server.put("q/2024/03/10", "x");
    server.page = 5;
    S3 s3(options);
    const auto all = run(s3.list("p/2024/", server));
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size(), 21u);
    EXPECT_EQ(server.requests.size(), 5u);
    EXPECT_EQ(server.requests[0].target, "/flatfiles?list-type=2&prefix=p%2F2024%2F");
    EXPECT_EQ(
        server.requests[1].target, "/flatfiles?continuation-token=p%2F2024%2F03%2F14&list-type=2&prefix=p%2F2024%2F");
    EXPECT_EQ((*all)[0].etag, "\"x\"");
    for (const char* text : {"", "<html>", "<ListBucketResult><Contents><Key>a</Key></Contents></ListBucketResult>",
             "<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>", "<ListBucketResult>"}) {
        server.first = {RestResponse{200, {}, text}};
        EXPECT_EQ(run(s3.list("p/", server)).error(), errc::malformed_payload) << text;
    }
    server.first = {MemoryS3::error(403, "AccessDenied")};
    EXPECT_EQ(run(s3.list("p/", server)).error(), errc::not_entitled);
    server.first = {errc::unavailable, errc::timed_out};
    EXPECT_TRUE(run(s3.list("q/", server)));
}

TEST(S3Answers, ContentRangesAndDates) {
    const auto r = parse_content_range("bytes 5-9/100");
    ASSERT_TRUE(r);
    EXPECT_TRUE(r->first == 5 && r->last == 9 && r->total == 100);
    for (const char* text : {"", "bytes", "bytes 5-9/*", "bytes 9-5/100", "bytes 5-100/100", "bytes x-9/100", "5-9/10",
             "bytes 5-9/99999999999999999999"})
        EXPECT_FALSE(parse_content_range(text)) << text;
    EXPECT_EQ(parse_http_date("Fri, 24 May 2013 00:00:01 GMT"), UnixNanos(sys_days(2013y / May / 24)) + seconds(1));
    for (const char* text : {"", "Fri, 24 May 2013 00:00:01 UTC", "Fri, 24 Foo 2013 00:00:01 GMT",
             "Fri, 32 May 2013 00:00:01 GMT", "Fri, 24 anF 2013 00:00:01 GMT", "Fri, 24 May 2013 24:00:01 GMT"})
        EXPECT_FALSE(parse_http_date(text)) << text;
}

} // namespace
} // namespace tickgate::massive
