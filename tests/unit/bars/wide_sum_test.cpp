#include "bars_test_support.hpp"

#include <gtest/gtest.h>

namespace tickgate::bars {
namespace {

using test::dec;

std::string quotient(std::string_view a, std::string_view b) {
    WideSum x, y;
    x.add(dec(a));
    y.add(dec(b));
    const auto r = ratio(x, y);
    return r ? r->to_string() : "none";
}

TEST(WideSum, AddsExactlyWhateverTheExponents) {
    WideSum s;
    s.add(dec("0.00000001"));
    s.add(dec("1000000000"));
    EXPECT_EQ(s.value()->to_string(), "1000000000.00000001");
    s.add(dec("-1000000000"));
    EXPECT_EQ(s.value()->to_string(), "0.00000001");
    s.add(dec("-0.00000001"));
    EXPECT_EQ(s.value()->to_string(), "0");
}

TEST(WideSum, SumsBeyondEighteenDigitsHaveNoValueButARatio) {
    WideSum notional, volume;
    for (int i = 0; i < 1000; ++i) {
        notional.add_product(dec("65123.45678901"), dec("123.456789012"));
        volume.add(dec("123.456789012"));
    }
    EXPECT_FALSE(notional.value().has_value());
    EXPECT_EQ(ratio(notional, volume)->to_string(), "65123.45678901");
}

TEST(WideSum, TooWideIsUnknownForGood) {
    WideSum s;
    s.add(dec("1e90"));
    s.add(dec("1"));
    EXPECT_FALSE(s.value().has_value());
    s.add(dec("1"));
    EXPECT_FALSE(s.value().has_value());
    WideSum one;
    one.add(dec("1"));
    EXPECT_FALSE(ratio(s, one).has_value());
}

TEST(WideSum, RatiosAreRoundedHalfToEvenAtEighteenDigits) {
    EXPECT_EQ(quotient("1", "3"), "0.333333333333333333");
    EXPECT_EQ(quotient("2", "3"), "0.666666666666666667");
    EXPECT_EQ(quotient("10", "4"), "2.5");
    EXPECT_EQ(quotient("0", "4"), "0");
    EXPECT_EQ(quotient("-2", "3"), "-0.666666666666666667");
    EXPECT_EQ(quotient("1", "0"), "none");
    EXPECT_EQ(quotient("1", "-3"), "none");
    // 1000000000000000005 / 10 and 1000000000000000015 / 10: exactly half.
    WideSum a, ten;
    a.add_product(dec("200000000000000001"), dec("5"));
    ten.add(dec("1"));
    EXPECT_EQ(ratio(a, ten)->to_string(), "1000000000000000000");
    a.add(dec("10"));
    EXPECT_EQ(ratio(a, ten)->to_string(), "1000000000000000020");
    a.add(dec("0.0000001"));
    EXPECT_EQ(ratio(a, ten)->to_string(), "1000000000000000020");
    a.add(dec("-10"));
    EXPECT_EQ(ratio(a, ten)->to_string(), "1000000000000000010") << "above half";
}

} // namespace
} // namespace tickgate::bars
