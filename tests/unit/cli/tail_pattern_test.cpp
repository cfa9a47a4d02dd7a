#include "cli/tail_pattern.hpp"

#include <gmock/gmock.h>

namespace tickgate::cli {

using testing::ElementsAre;
using testing::HasSubstr;

namespace {

std::vector<std::string> channels(std::string_view text, std::string_view prefix = "md") {
    std::string problem;
    const auto pattern = parse_tail_pattern(text, prefix, problem);
    EXPECT_TRUE(pattern) << text << ": " << problem;
    return pattern ? pattern->channels : std::vector<std::string>();
}

std::string problem_of(std::string_view text) {
    std::string problem;
    const auto pattern = parse_tail_pattern(text, "md", problem);
    EXPECT_FALSE(pattern) << text;
    return problem;
}

} // namespace

TEST(TailPattern, WithoutArgumentAllDataIsMeant) {
    EXPECT_THAT(channels(""), ElementsAre("md:quote:*", "md:trade:*", "md:bar:*"));
    EXPECT_THAT(channels("*", "eu"), ElementsAre("eu:quote:*", "eu:trade:*", "eu:bar:*"));
}

TEST(TailPattern, AnInstrumentMeansAllItsKinds) {
    EXPECT_THAT(channels("crypto:BTC-USDT"),
        ElementsAre("md:quote:crypto:BTC-USDT", "md:trade:crypto:BTC-USDT", "md:bar:*:crypto:BTC-USDT"));
    EXPECT_THAT(channels("crypto:*"), ElementsAre("md:quote:crypto:*", "md:trade:crypto:*", "md:bar:*:crypto:*"));
    EXPECT_THAT(channels("crypto"), ElementsAre("md:quote:crypto:*", "md:trade:crypto:*", "md:bar:*:crypto:*"));
    EXPECT_THAT(channels("BTC-USDT"), ElementsAre("md:quote:*:BTC-USDT", "md:trade:*:BTC-USDT", "md:bar:*:BTC-USDT"));
}

TEST(TailPattern, KindsAreCompleted) {
    EXPECT_THAT(channels("quote"), ElementsAre("md:quote:*"));
    EXPECT_THAT(channels("trade:fx"), ElementsAre("md:trade:fx:*"));
    EXPECT_THAT(channels("bar:1m"), ElementsAre("md:bar:1m:*"));
    EXPECT_THAT(channels("bar:1m:crypto:BTC-USDT"), ElementsAre("md:bar:1m:crypto:BTC-USDT"));
    EXPECT_THAT(channels("quote:*"), ElementsAre("md:quote:*"));
    EXPECT_THAT(channels("event"), ElementsAre("md:event:*"));
    EXPECT_THAT(channels("event:feed:binance.spot"), ElementsAre("md:event:feed:binance.spot"));
    EXPECT_THAT(channels("heartbeat"), ElementsAre("md:heartbeat"));
}

TEST(TailPattern, ChannelsAreTakenAsTheyAre) {
    std::string problem;
    EXPECT_THAT(channels("md:*"), ElementsAre("md:*"));
    EXPECT_THAT(channels("md:heartbeat"), ElementsAre("md:heartbeat"));
    EXPECT_EQ(parse_tail_pattern("eu:quote:fx:*", "md", problem)->prefix, "eu");
    EXPECT_EQ(parse_tail_pattern("e?:quote:fx:*", "md", problem)->prefix, "");
    EXPECT_EQ(parse_tail_pattern("fx:EUR-USD", "md", problem)->prefix, "md");
}

TEST(TailPattern, MistakesAreToldWithTheNearestWord) {
    EXPECT_THAT(problem_of("crytpo:BTC-USDT"), HasSubstr("did you mean 'crypto:BTC-USDT'?"));
    EXPECT_THAT(problem_of("quotes"), HasSubstr("did you mean 'quote'?"));
    EXPECT_THAT(problem_of("crypto:BTC/USDT"), HasSubstr("is no symbol"));
    EXPECT_THAT(problem_of("BTC/USDT"), HasSubstr("is no symbol"));
    EXPECT_THAT(problem_of("a b"), HasSubstr("visible"));
    EXPECT_THAT(problem_of(std::string(300, 'A')), HasSubstr("256"));
}

} // namespace tickgate::cli
