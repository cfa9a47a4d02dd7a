#include "metrics/document.hpp"

#include "metrics/table.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tickgate::metrics {

TEST(Document, HasOneLineForEveryFamily) {
    const auto text = document();
    for (const auto& section : sections()) {
        EXPECT_NE(text.find("\n## " + std::string(section.title) + "\n"), std::string::npos) << section.title;
        for (const auto& row : section.rows) {
            const auto begin = "\n| `" + std::string(row.name) + "` | " + std::string(to_string(row.type)) + " | ";
            const auto at = text.find(begin);
            ASSERT_NE(at, std::string::npos) << row.name;
            EXPECT_EQ(text.find(begin, at + 1), std::string::npos) << row.name;
        }
    }
}

TEST(Document, WritesLabelsWithTheirValuesAndEscapesBars) {
    const auto text = document();
    EXPECT_NE(
        text.find("| `tickgate_feed_state` | gauge |  | `feed`, `state` (connecting, live, closed, down, refused) |"),
        std::string::npos);
    EXPECT_NE(text.find("`pubsub\\|channels`"), std::string::npos);
    EXPECT_NE(text.find("| `tickgate_redis_round_trip_seconds` | histogram | seconds |  |"), std::string::npos);
}

} // namespace tickgate::metrics
