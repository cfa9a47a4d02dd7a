#include "config/suggest.hpp"

#include <gtest/gtest.h>

namespace tickgate::config {
namespace {

TEST(Nearest, FindsWhatWasMeant) {
    const std::vector<std::string> words{"listen", "token", "token_file", "metrics_open"};
    EXPECT_EQ(nearest("lisen", words), "listen");
    EXPECT_EQ(nearest("tokne", words), "token"); // neighbours swapped: one edit
    EXPECT_EQ(nearest("TOKEN", words), "token");
    EXPECT_EQ(nearest("metric_open", words), "metrics_open");
}

TEST(Nearest, StaysSilentWhenNothingIsNear) {
    EXPECT_FALSE(nearest("address", {"listen", "token"}));
    EXPECT_FALSE(nearest("", {"a"}));
    EXPECT_FALSE(nearest("x", {}));
    EXPECT_FALSE(nearest(std::string(100000, 'x'), {"listen"}));
}

TEST(Shown, MasksAndShortens) {
    EXPECT_EQ(shown("abc"), "`abc`");
    EXPECT_EQ(shown("redis://me:pass@host:1/0"), "`redis://***@host:1/0`");
    EXPECT_EQ(shown("redis:/me:p@ss@host"), "`***@host`");
    EXPECT_EQ(shown("https://h/p?token=abc"), "`https://h/p?***`");
    EXPECT_EQ(shown("a\nb"), "`a b`");
    EXPECT_EQ(shown(std::string(100, 'x')), "`" + std::string(60, 'x') + "…`");
    EXPECT_EQ(shown(std::string(59, 'x') + "éé"), "`" + std::string(59, 'x') + "…`");
}

} // namespace
} // namespace tickgate::config
