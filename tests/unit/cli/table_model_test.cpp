#include "cli/table_model.hpp"

#include <gmock/gmock.h>

namespace tickgate::cli {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

namespace {

class TableTest : public testing::Test {
protected:
    MonoTime now = MonoTime(1000s);
    TableModel table{"tickgate tail md:*", now};

    static Message quote(std::string symbol, std::uint64_t seq) {
        Message m;
        m.type = "quote";
        m.asset_class = "crypto";
        m.symbol = std::move(symbol);
        m.provider = "binance";
        m.bid = "61234.10";
        m.bid_size = "0.50";
        m.ask = "61234.20";
        m.ask_size = "1.0";
        m.seq = seq;
        return m;
    }
    void add(const std::string& symbol, std::uint64_t seq = 1) {
        table.apply("md:quote:crypto:" + symbol, quote(symbol, seq), now);
    }
    std::vector<std::string> texts(TerminalSize size) const {
        std::vector<std::string> out;
        for (const auto& line : table.render(size, now))
            out.push_back(line.text);
        return out;
    }
};

} // namespace

TEST_F(TableTest, ShowsOneSortedRowAChannelWithExactDigits) {
    add("ETH-USDT", 9);
    add("BTC-USDT", 41);
    add("BTC-USDT", 42);
    now += 1500ms;
    const auto lines = texts({24, 120});
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_THAT(lines[0], HasSubstr("2 channels"));
    EXPECT_THAT(lines[1], StartsWith("SYMBOL"));
    EXPECT_EQ(lines[2], "crypto:BTC-USDT  quote  binance  61234.10 × 0.50  61234.20 × 1.0     -  1.5s   42     1.3");
    EXPECT_EQ(lines[3], "crypto:ETH-USDT  quote  binance  61234.10 × 0.50  61234.20 × 1.0     -  1.5s    9     0.7");
}

TEST_F(TableTest, ShowsTradesAndBars) {
    Message trade;
    trade.type = "trade";
    trade.asset_class = "crypto";
    trade.symbol = "BTC-USDT";
    trade.price = "61234.150";
    trade.size = "0.001";
    trade.side = "sell";
    trade.seq = 3;
    table.apply("md:trade:crypto:BTC-USDT", trade, now);
    Message bar = trade;
    bar.type = "bar";
    bar.timeframe = "1m";
    bar.close = "61000.0";
    bar.volume = "12.5";
    bar.final = "true";
    table.apply("md:bar:1m:crypto:BTC-USDT", bar, now);
    const auto lines = texts({24, 120});
    ASSERT_EQ(lines.size(), 4u);
    EXPECT_THAT(lines[2], HasSubstr("bar:1m"));
    EXPECT_THAT(lines[2], HasSubstr("61000.0 × 12.5 final"));
    EXPECT_THAT(lines[3], HasSubstr("61234.150 × 0.001 sell"));
}

TEST_F(TableTest, AnEmptySideIsADash) {
    auto m = quote("BTC-USDT", 1);
    m.bid = m.bid_size = "";
    table.apply("md:quote:crypto:BTC-USDT", m, now);
    EXPECT_THAT(texts({24, 120})[2], HasSubstr("  -  61234.20 × 1.0"));
}

TEST_F(TableTest, NeverExceedsTheTerminal) {
    for (int i = 0; i < 50; ++i)
        add("SYMBOL-" + std::to_string(i));
    for (int i = 0; i < 9; ++i)
        table.note("note " + std::to_string(i), true);
    table.set_status("no gateway is alive", true);
    for (const int rows : {1, 2, 3, 4, 5, 10, 24, 80})
        for (const int columns : {1, 10, 40, 200}) {
            const auto lines = texts({rows, columns});
            EXPECT_LE(lines.size(), static_cast<std::size_t>(rows));
            for (const auto& line : lines) {
                const auto width =
                    std::count_if(line.begin(), line.end(), [](char c) { return (c & '\xc0') != '\x80'; });
                EXPECT_LE(width, columns);
            }
        }
    const auto lines = texts({24, 200});
    ASSERT_EQ(lines.size(), 24u);
    EXPECT_EQ(lines[1], "no gateway is alive");
    EXPECT_EQ(lines[18], "… and 35 more");
    EXPECT_EQ(lines[23], "note 8");
}

TEST_F(TableTest, WaitsWithWords) {
    table.set_status("session S1", false);
    const auto lines = texts({24, 120});
    ASSERT_EQ(lines.size(), 3u);
    EXPECT_THAT(lines[0], EndsWith("session S1"));
    EXPECT_EQ(lines[2], "waiting for messages");
}

TEST_F(TableTest, ControlCharactersDoNotReachTheTerminal) {
    auto m = quote("BTC\x1b[2J", 1);
    m.bid = "1\x07";
    table.apply("md:quote:crypto:x", m, now);
    table.note("a\x1b]0;x\x07\xc2\x9b", false);
    for (const auto& line : texts({24, 120})) {
        EXPECT_THAT(line, Not(HasSubstr("\x1b")));
        EXPECT_THAT(line, Not(HasSubstr("\x07")));
        EXPECT_THAT(line, Not(HasSubstr("\xc2\x9b")));
    }
}

TEST(RateMeter, CountsTheLastFiveSeconds) {
    MonoTime now(1000s);
    RateMeter rate(now);
    EXPECT_EQ(rate.per_second(now), 0.0);
    for (int i = 0; i < 10; ++i) {
        for (int k = 0; k < 100; ++k)
            rate.add(now);
        now += 1s;
    }
    now -= 1ms;
    EXPECT_NEAR(rate.per_second(now), 100.0, 1.0);
    now += 20s;
    EXPECT_EQ(rate.per_second(now), 0.0);
}

TEST(AgeText, IsShortAndClear) {
    EXPECT_EQ(age_text(-5ms), "0.0s");
    EXPECT_EQ(age_text(1234ms), "1.2s");
    EXPECT_EQ(age_text(12s), "12s");
    EXPECT_EQ(age_text(125s), "2m05s");
    EXPECT_EQ(age_text(3h + 7min), "3h07m");
    EXPECT_EQ(age_text(52h), "2d04h");
}

} // namespace tickgate::cli
