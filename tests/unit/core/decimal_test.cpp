#include <tickgate/decimal.hpp>

#include <boost/multiprecision/cpp_dec_float.hpp>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace tickgate {
namespace {

using Reference = boost::multiprecision::number<boost::multiprecision::cpp_dec_float<120>>;

Decimal parsed(std::string_view text) {
    const auto d = Decimal::parse(text);
    EXPECT_TRUE(d.has_value()) << text;
    return d ? *d : Decimal();
}

TEST(Decimal, PlainTextPrintsBackByteForByte) {
    for (const char* text : {"0", "-0", "0.0", "-0.00", "1", "-1", "10", "100.00", "1.08550", "0.35210000",
             "672.00000000", "12345678901234.00000000", "0.00000001", "-0.00000100", "999999999999999999",
             "0.999999999999999999", "123456789.123456789", "100000000000000000000", "0.1000000000000000000000000",
             "67321.12000000", "-273.15", "5e0"}) {
        const std::string expected = std::string(text) == "5e0" ? "5" : text;
        EXPECT_EQ(parsed(text).to_string(), expected);
    }
}

TEST(Decimal, ExponentFormsKeepTheExactValue) {
    EXPECT_EQ(parsed("1e-7").to_string(), "0.0000001");
    EXPECT_EQ(parsed("1.5E+3").to_string(), "1500");
    EXPECT_EQ(parsed("1.500e1").to_string(), "15.00");
    EXPECT_EQ(parsed("-12e-1").to_string(), "-1.2");
    EXPECT_EQ(parsed("0e5").to_string(), "0");
    EXPECT_EQ(parsed("0.00e-1").to_string(), "0.000");
    EXPECT_EQ(parsed("1e100").exponent(), 100);
}

TEST(Decimal, TextOutsideTheGrammarIsMalformed) {
    for (const char* text : {"", "-", "+1", ".5", "5.", "1e", "1e+", "01", "00", "-01", " 1", "1 ", "1,5", "NaN",
             "Infinity", "0x10", "1.2.3", "--1", "1e5.0", "1_000", "\xd9\xa1"}) {
        const auto d = Decimal::parse(text);
        ASSERT_FALSE(d.has_value()) << text;
        EXPECT_EQ(d.error(), make_error_code(errc::malformed_number)) << text;
    }
}

TEST(Decimal, WhatDoesNotFitIsAnOverflowNotARounding) {
    for (const char* text : {"1234567890123456789", "0.1234567890123456789", "1000000000000000001", "1e101", "1e-101",
             "1e99999999", "9223372036854775808", "1.0000000000000000001"}) {
        const auto d = Decimal::parse(text);
        ASSERT_FALSE(d.has_value()) << text;
        EXPECT_EQ(d.error(), make_error_code(errc::number_overflow)) << text;
    }
    EXPECT_FALSE(Decimal::parse("0." + std::string(300, '0')).has_value());
    EXPECT_FALSE(Decimal::parse("1" + std::string(3000, '0')).has_value());
}

std::string random_number(std::mt19937_64& random) {
    const auto below = [&](std::uint64_t n) { return random() % n; };
    std::string text = below(2) ? "-" : "";
    const int integer_digits = static_cast<int>(below(10));
    if (integer_digits == 0) {
        text += '0';
    } else {
        text += static_cast<char>('1' + below(9));
        for (int i = 1; i < integer_digits; ++i)
            text += static_cast<char>('0' + below(10));
    }
    if (const int fraction = static_cast<int>(below(9))) {
        text += '.';
        for (int i = 0; i < fraction; ++i)
            text += below(3) ? static_cast<char>('0' + below(10)) : '0';
    }
    return text;
}

TEST(Decimal, RandomNumbersRoundTripAndEqualTheReference) {
    std::mt19937_64 random(20260101);
    for (int i = 0; i < 20000; ++i) {
        const auto text = random_number(random);
        const auto d = parsed(text);
        ASSERT_EQ(d.to_string(), text);
        const Reference value = Reference(d.mantissa()) * pow(Reference(10), d.exponent());
        ASSERT_EQ(value, Reference(text)) << text;
    }
}

// Each count of digits with each place of the point, and zeros on either side of what is significant.
TEST(Decimal, EveryFormOfTextPrintsBackByteForByte) {
    const std::string all = "987654321234567891";
    char room[Decimal::max_text];
    for (std::size_t n = 1; n <= all.size(); ++n)
        for (const char* sign : {"", "-"})
            for (int zeros = 0; zeros <= 30; ++zeros) {
                const std::string digits = all.substr(all.size() - n), more(static_cast<std::size_t>(zeros), '0');
                std::vector<std::string> texts{digits + more, digits + '.' + more + '5' + more, "0." + more + digits};
                for (std::size_t point = 1; point < n; ++point)
                    texts.push_back(digits.substr(0, point) + '.' + digits.substr(point) + more);
                if (zeros > 0)
                    texts.push_back(digits + more + '.' + more);
                for (const auto& text : texts)
                    if (Decimal d; Decimal::parse(sign + text, d) == errc()) {
                        ASSERT_EQ(d.to_string(), sign + text);
                        ASSERT_EQ(std::string_view(room, static_cast<std::size_t>(d.print(room) - room)), sign + text);
                    } else {
                        ASSERT_GT(n + static_cast<std::size_t>(zeros), 17u) << text;
                    }
            }
}

TEST(Decimal, ParsesInPlaceAndLeavesWhatWasThereIfItFails) {
    Decimal d = parsed("-0.00");
    EXPECT_EQ(Decimal::parse("67321.12000000", d), errc());
    EXPECT_EQ(d.to_string(), "67321.12000000");
    EXPECT_EQ(Decimal::parse("1.5x", d), errc::malformed_number);
    EXPECT_EQ(Decimal::parse("1234567890.123456789", d), errc::number_overflow);
    EXPECT_EQ(d.to_string(), "67321.12000000");
    EXPECT_EQ(Decimal::parse("-0", d), errc());
    EXPECT_EQ(d.to_string(), "-0");
    EXPECT_EQ(Decimal::parse("0.000", d), errc());
    EXPECT_EQ(d.to_string(), "0.000");
    EXPECT_EQ(Decimal::parse("7", d), errc());
    EXPECT_EQ(d.to_string(), "7");
}

TEST(Decimal, ComparesLikeTheReference) {
    std::mt19937_64 random(7);
    for (int i = 0; i < 20000; ++i) {
        auto a = random_number(random), b = random_number(random);
        if (i % 5 == 0)
            b = a.find('.') == std::string::npos ? a + ".00" : a + "0";
        if (i % 7 == 0)
            b += "e" + std::to_string(static_cast<int>(random() % 60) - 30);
        const Reference ra(a), rb(b);
        const auto order = parsed(a) <=> parsed(b);
        ASSERT_EQ(order < 0, ra < rb) << a << " " << b;
        ASSERT_EQ(order == 0, ra == rb) << a << " " << b;
    }
    EXPECT_EQ(parsed("1e100") <=> parsed("999999999999999999"), std::strong_ordering::greater);
    EXPECT_EQ(parsed("-0.00") <=> parsed("0"), std::strong_ordering::equal);
}

TEST(Decimal, EqualValuesOfDifferentTextAreTold) {
    EXPECT_EQ(parsed("1.5"), parsed("1.50"));
    EXPECT_FALSE(parsed("1.5").same_text(parsed("1.50")));
    EXPECT_TRUE(parsed("1.50").same_text(parsed("1.50")));
}

TEST(Decimal, SumsProductsAndMidsAreExact) {
    std::mt19937_64 random(11);
    for (int i = 0; i < 20000; ++i) {
        const auto a = random_number(random), b = random_number(random);
        const Reference ra(a), rb(b);
        if (const auto sum = Decimal::add(parsed(a), parsed(b))) {
            ASSERT_EQ(Reference(sum->to_string()), ra + rb) << a << " " << b;
        }
        if (const auto product = Decimal::multiply(parsed(a), parsed(b))) {
            ASSERT_EQ(Reference(product->to_string()), ra * rb) << a << " " << b;
        }
        if (const auto mid = Decimal::mid(parsed(a), parsed(b))) {
            ASSERT_EQ(Reference(mid->to_string()), (ra + rb) / 2) << a << " " << b;
        }
    }
    EXPECT_EQ(Decimal::mid(parsed("1.08548"), parsed("1.08561"))->to_string(), "1.085545");
    EXPECT_FALSE(Decimal::add(parsed("1e30"), parsed("1")).has_value());
    EXPECT_FALSE(Decimal::multiply(parsed("999999999999999999"), parsed("999999999999999999")).has_value());
}

TEST(Decimal, QuotientsRoundHalfToEvenAtEighteenDigits) {
    EXPECT_EQ(Decimal::divide(parsed("1"), parsed("3"))->to_string(), "0.333333333333333333");
    EXPECT_EQ(Decimal::divide(parsed("2"), parsed("3"))->to_string(), "0.666666666666666667");
    EXPECT_EQ(Decimal::divide(parsed("10"), parsed("4"))->to_string(), "2.5");
    EXPECT_EQ(Decimal::divide(parsed("-1"), parsed("8"))->to_string(), "-0.125");
    EXPECT_FALSE(Decimal::divide(parsed("1"), parsed("0")).has_value());
    EXPECT_TRUE(Decimal::divide(parsed("0"), parsed("7"))->is_zero());
    std::mt19937_64 random(13);
    for (int i = 0; i < 20000; ++i) {
        const auto a = random_number(random), b = random_number(random);
        if (parsed(b).is_zero() || parsed(a).is_zero())
            continue;
        const auto q = Decimal::divide(parsed(a), parsed(b));
        ASSERT_TRUE(q.has_value());
        const Reference exact = Reference(a) / Reference(b);
        const Reference error = abs(Reference(q->to_string()) - exact);
        ASSERT_LE(error, abs(exact) * Reference("0.5e-17")) << a << " / " << b;
    }
}

TEST(Decimal, LongestTextFitsTheBuffer) {
    EXPECT_LE(parsed("-1e100").to_string().size(), Decimal::max_text);
    EXPECT_LE(parsed("-1e-100").to_string().size(), Decimal::max_text);
    EXPECT_EQ(parsed("1e-100").to_string(), "0." + std::string(99, '0') + "1");
    EXPECT_EQ(parsed("1.5" + std::string(98, '0')).to_string(), "1.5" + std::string(98, '0'));
}

} // namespace
} // namespace tickgate
