// Known answer: a recorded OANDA stream and the bars OANDA's own client library makes of it.
#include "bars_test_support.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <sstream>

namespace tickgate::bars {
namespace {

using namespace test;

std::string after(const std::string& line, const std::string& key, char end) {
    const auto at = line.find(key);
    if (at == std::string::npos)
        return {};
    const auto from = at + key.size();
    return line.substr(from, line.find(end, from) - from);
}

// `2017-02-23T20:57:21.215739156Z` or with a space for T, with or without a fraction.
UnixNanos time_of(const std::string& text) {
    using namespace std::chrono;
    const auto number = [&](std::size_t from, std::size_t n) { return std::stoi(text.substr(from, n)); };
    const sys_days day = year{number(0, 4)} / number(5, 2) / number(8, 2);
    UnixNanos t = day + hours(number(11, 2)) + minutes(number(14, 2)) + seconds(number(17, 2));
    if (text.size() > 19 && text[19] == '.')
        t += nanoseconds(std::stoll((text.substr(20, text.find('Z') - 20) + "000000000").substr(0, 9)));
    return t;
}

std::vector<std::string> lines_of(const std::string& name) {
    std::ifstream in(std::string(TICKGATE_FIXTURES) + "/oanda/" + name);
    EXPECT_TRUE(in.good()) << name;
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);)
        if (!line.empty())
            lines.push_back(line);
    return lines;
}

TEST(Sample, BarsOfARecordedStream) {
    TickBars bars(InstrumentId{1}, Timeframe::m1, TickBars::Input::mid);
    std::vector<Bar> finals;
    const auto collect = [&](UnixNanos now) {
        for (const auto& b : all_due(bars, now))
            if (b.final)
                finals.push_back(b);
    };
    UnixNanos last{};
    for (const auto& line : lines_of("stream_EUR_USD_2017-02-23.jsonl")) {
        last = time_of(after(line, "\"time\": \"", '"'));
        if (line.find("\"PRICE\"") != std::string::npos) {
            const auto bid = after(line, "\"bids\": [{\"price\": \"", '"');
            const auto ask = after(line, "\"asks\": [{\"price\": \"", '"');
            ASSERT_EQ(bars.add(quote(last, bid, ask)), TickBars::Added::taken) << line;
        }
        collect(last);
    }
    collect(last + std::chrono::minutes(2));

    const auto expected = lines_of("stream_EUR_USD_2017-02-23.expected_bars.jsonl");
    ASSERT_GE(finals.size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const auto& line = expected[i];
        const auto& b = finals[i];
        EXPECT_EQ(b.open_time, time_of(after(line, "\"start\": \"", '"')));
        EXPECT_EQ(b.close_time, time_of(after(line, "\"end\": \"", '"')));
        EXPECT_EQ(b.open, dec(after(line, "\"open\": ", ',')));
        EXPECT_EQ(b.high, dec(after(line, "\"high\": ", ',')));
        EXPECT_EQ(b.low, dec(after(line, "\"low\": ", ',')));
        EXPECT_EQ(b.close, dec(after(line, "\"last\": ", ',')));
        EXPECT_EQ(*b.volume, dec(after(line, "\"volume\": ", '}')));
    }
    EXPECT_EQ(finals[0].volume->to_string(), "7");
    EXPECT_EQ(finals[1].volume->to_string(), "10");
}

} // namespace
} // namespace tickgate::bars
