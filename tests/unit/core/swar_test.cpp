#include "core/swar.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tickgate::swar {
namespace {

TEST(Swar, CountsTheDigitsThatABlockBeginsWith) {
    for (int n = 0; n <= 8; ++n)
        for (const char other : {'\0', ' ', '/', ':', ',', '}', 'a', '\x7f', '\x80', '\xb5', '\xff'}) {
            std::string text = "90817263";
            if (n < 8)
                text[static_cast<std::size_t>(n)] = other;
            EXPECT_EQ(leading_digits(load(text.data())), n) << n << " " << static_cast<int>(other);
        }
}

TEST(Swar, SkipsDigitsUpToWhatIsNone) {
    for (std::size_t n = 0; n <= 40; ++n) {
        const std::string text = std::string(n, '7') + ",1234567890";
        EXPECT_EQ(skip_digits(text.data(), text.data() + n + 1), text.data() + n) << n;
    }
    // Digits behind the end are seen as such, and no byte behind the seventh is read.
    const std::string text = "1234567890123456";
    for (std::size_t n = 1; n <= 9; ++n) {
        const char* const end = text.data() + n;
        const char* const behind = skip_digits(text.data(), end);
        EXPECT_GE(behind, end);
        EXPECT_LE(behind, end + 7);
    }
}

TEST(Swar, ReadsNumbersOfOneToEighteenDigits) {
    const std::string digits = "987654321098765432";
    for (std::size_t n = 1; n <= 18; ++n) {
        const std::string text = digits.substr(0, n);
        std::uint64_t value = 0;
        EXPECT_TRUE(number_of(text, value)) << text;
        EXPECT_EQ(std::to_string(value), text);
        for (std::size_t i = 0; i < n; ++i)
            for (const char other : {'\0', ' ', '-', '.', '/', ':', 'e', '\xb1'}) {
                std::string spoilt = text;
                spoilt[i] = other;
                EXPECT_FALSE(number_of(spoilt, value)) << spoilt;
            }
        EXPECT_EQ(std::to_string(value), text) << "what is no number leaves the value";
    }
    std::uint64_t value = 0;
    EXPECT_FALSE(number_of("", value));
    EXPECT_FALSE(number_of("1234567890123456789", value));
    EXPECT_TRUE(number_of("000000000000000007", value));
    EXPECT_EQ(value, 7u);
}

} // namespace
} // namespace tickgate::swar
