// A venue that answers a stream with a page instead of data.
#include "feed_fixture.hpp"

#include "core/log.hpp"

#include <gmock/gmock.h>

namespace tickgate::feed {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

class RefusalTest : public FeedTest, public ::testing::WithParamInterface<int> {
protected:
    RefusalTest() {
        log::capture([this](log::Level, const std::string& line) { lines.push_back(line); });
    }
    ~RefusalTest() override { log::capture({}); }
    std::vector<std::string> lines;
};

// A request the venue finds wrong is not a matter of credentials: it is asked again, later and later, and told.
TEST_P(RefusalTest, IsTriedAgainToldWithItsWordsAndCountedByItsReason) {
    refuse = GetParam();
    start();
    subscribe({"A"});
    ASSERT_TRUE(until([&] { return refused >= 3; })) << "it goes on";
    const auto status = "HTTP " + std::to_string(GetParam());
    EXPECT_THAT(lines, Contains(AllOf(HasSubstr("connect_failed"), HasSubstr(status),
                           HasSubstr("Insufficient authorization to perform request."), HasSubstr("retry_in_ms="))));
    EXPECT_TRUE(sink.states[id("A")].starts_with("down")) << sink.states[id("A")];
    EXPECT_NE(sink.states[id("A")].find(status), std::string::npos) << sink.states[id("A")];
    const auto ends = feed->stats().ends;
    ASSERT_THAT(ends, UnorderedElementsAre(Pair("request refused as malformed", ::testing::Ge(2u))));
    EXPECT_GE(feed->stats().connect_attempts, ends.begin()->second);
    refuse = 0;
    EXPECT_TRUE(until([&] { return live("A"); }));
}

INSTANTIATE_TEST_SUITE_P(Refusals, RefusalTest, ::testing::Values(400, 404, 410, 422));

TEST_F(FeedTest, ARefusalsBackOffGrows) {
    options.timings.back_off.base = 200ms;
    options.timings.back_off.cap = 10s;
    refuse = 404;
    start();
    subscribe({"A"});
    EXPECT_TRUE(until([&] { return refused >= 2; }));
    EXPECT_FALSE(until([&] { return refused > 5; }, 700ms)) << "not in a loop";
}

} // namespace
} // namespace tickgate::feed
