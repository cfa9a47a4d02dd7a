#include "redis/request_text.hpp"

#include <boost/json.hpp>
#include <gtest/gtest.h>

namespace tickgate::redis {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

TEST(RequestText, TellsFieldsApartAndRefusesWhatIsWrong) {
    auto r = read_request({"id", "abcdefgh", "op", "quote", "client", "me", "deadline_ms", "50", "symbol", "crypto:A"});
    EXPECT_FALSE(r.error);
    EXPECT_EQ(r.id, "abcdefgh");
    EXPECT_EQ(r.deadline, 50ms);
    EXPECT_EQ(r.request.client, "me");
    EXPECT_EQ(r.request.fields, (ops::Fields{{"symbol", "crypto:A"}}));
    EXPECT_EQ(read_request({"op", "quote"}).id, "");
    EXPECT_EQ(read_request({"id", "short", "op", "quote"}).id, "");
    EXPECT_EQ(read_request({"id", std::string(65, 'a'), "op", "quote"}).id, "");
    EXPECT_EQ(read_request({"id", "abcdefg/"}).id, "");
    EXPECT_TRUE(read_request({"id", "abcdefgh"}).error);
    EXPECT_TRUE(read_request({"id", "abcdefgh", "op", "a", "op", "b"}).error);
    EXPECT_TRUE(read_request({"id", "abcdefgh", "op", "a", "deadline_ms", "0"}).error);
    EXPECT_TRUE(read_request({"id", "abcdefgh", "op", "a", "deadline_ms", "1e3"}).error);
    EXPECT_TRUE(read_request({"id", "abcdefgh", "op", "a", "client", std::string(65, 'c')}).error);
    EXPECT_TRUE(read_request({"id", "abcdefgh", "op", "a", "client", "a\nb"}).error);
    r = read_request({"id", "abcdefgh", "op", "a", "x", std::string(70000, 'c')});
    EXPECT_EQ(r.id, "abcdefgh");
    ASSERT_TRUE(r.error);
    EXPECT_EQ(entry_millis("1763682000123-7"), 1763682000123);
    EXPECT_FALSE(entry_millis("x-1"));
    EXPECT_FALSE(entry_millis("12"));
}

TEST(RequestText, RepliesEscapeWhatStrangersWrote) {
    const auto text = reply_error("abcdefgh", "a\"\n\xff", ops::Error("bad_request", "m\x01", ""));
    const auto o = json::parse(text).as_object();
    EXPECT_EQ(o.at("done").as_bool(), true);
    EXPECT_TRUE(o.at("error").at("hint").is_null());
    EXPECT_TRUE(o.at("error").at("retry_after_ms").is_null());
}

} // namespace
} // namespace tickgate::redis
