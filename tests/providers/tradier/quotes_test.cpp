#include "tradier/options.hpp"
#include "tradier/quotes.hpp"

#include "recorder.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tickgate::tradier {
namespace {

using tradier_test::fixture;

struct Seen {
    std::string type, description;
    Quote quote;
};

std::map<std::string, Seen> quotes_in(const std::string& body, bool chain = false, std::size_t expect_skipped = 0) {
    std::map<std::string, Seen> seen;
    std::size_t skipped = 0;
    const auto take = [&](const QuoteRow& row) {
        auto quote = row.quote;
        quote.exchange = {};
        seen[std::string(row.native)] = {std::string(row.type), std::string(row.description), quote};
    };
    const auto ec = chain ? parse_chain(body, 100, UnixNanos(), take, skipped)
                          : parse_quotes(body, 100, UnixNanos(), take, skipped);
    EXPECT_FALSE(ec) << describe(ec);
    EXPECT_EQ(skipped, expect_skipped);
    return seen;
}

TEST(TradierQuotes, OneQuoteAloneIsAnObject) {
    const auto seen = quotes_in(fixture("rest/quote_AAPL_2020-05-01.json"));
    ASSERT_EQ(seen.size(), 1u);
    const auto& aapl = seen.at("AAPL");
    EXPECT_EQ(aapl.type, "stock");
    EXPECT_EQ(aapl.description, "Apple Inc");
    EXPECT_EQ(aapl.quote.bid->to_string(), "290.4");
    EXPECT_EQ(aapl.quote.bid_size->to_string(), "600") << "round lots";
    EXPECT_EQ(aapl.quote.ask->to_string(), "290.5");
    EXPECT_EQ(aapl.quote.ask_size->to_string(), "900");
    EXPECT_EQ(aapl.quote.last->to_string(), "289.07");
    EXPECT_EQ(aapl.quote.event_time, from_millis(1588377593000)) << "the later of the two dates";
    EXPECT_TRUE(aapl.quote.flags.has(Flag::snapshot));
}

TEST(TradierQuotes, TheDocumentedStockAndOption) {
    const auto seen = quotes_in(fixture("rest/doc_quotes_2019.json"));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen.at("AAPL").quote.bid->to_string(), "208.19");
    EXPECT_EQ(seen.at("AAPL").quote.ask_size->to_string(), "100");
    const auto& option = seen.at("VXX190517P00016000").quote;
    EXPECT_FALSE(option.bid.has_value()) << "0.0 is an empty side";
    EXPECT_FALSE(option.bid_size.has_value());
    EXPECT_EQ(option.ask->to_string(), "0.01");
    EXPECT_EQ(option.ask_size->to_string(), "618") << "contracts";
    EXPECT_FALSE(option.last.has_value());
    EXPECT_EQ(option.event_time, from_millis(1557168367000));
}

TEST(TradierQuotes, DatesOf2013AreText) {
    auto seen = quotes_in(fixture("rest/quote.json"));
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen.at("AAPL").quote.bid->to_string(), "438.63");
    EXPECT_EQ(seen.at("AAPL").quote.event_time, from_millis(1370896498000)); // 16:34:58-04:00
    seen = quotes_in(fixture("rest/quotes.json"));
    ASSERT_EQ(seen.size(), 2u);
    EXPECT_EQ(seen.at("MSFT").quote.ask->to_string(), "35.45");
    EXPECT_EQ(seen.at("MSFT").quote.bid_size->to_string(), "500");
    EXPECT_EQ(seen.at("AAPL").quote.ask->to_string(), "438.8");
}

TEST(TradierQuotes, AnIndexHasAValueOnly) {
    const auto seen = quotes_in(
        R"({"quotes":{"quote":{"symbol":"SPX","type":"index","last":4780.24,"bid":4770.1,"ask":4790.2,"bidsize":0,"asksize":0,"trade_date":1705611600000,"bid_date":0,"ask_date":0}}})");
    const auto& spx = seen.at("SPX").quote;
    EXPECT_EQ(spx.last->to_string(), "4780.24");
    EXPECT_FALSE(spx.bid || spx.ask || spx.bid_size || spx.ask_size);
    EXPECT_TRUE(spx.flags.has(Flag::indicative));
    EXPECT_EQ(spx.event_time, from_millis(1705611600000));
}

TEST(TradierQuotes, NumbersMayBeTextOrNone) {
    const auto seen = quotes_in(
        R"({"quotes":{"quote":[{"symbol":"A","bid":"1.50","ask":"NaN","bidsize":"2","asksize":null},{"symbol":"B","bid":"x"},{"bid":1},{"symbol":"C","bid":99999999999999999999.5}]}})",
        false, 3);
    ASSERT_EQ(seen.size(), 1u);
    EXPECT_EQ(seen.at("A").quote.bid->to_string(), "1.50");
    EXPECT_EQ(seen.at("A").quote.bid_size->to_string(), "200");
    EXPECT_FALSE(seen.at("A").quote.ask.has_value());
}

TEST(TradierQuotes, UnmatchedSymbolsAreOneOrMany) {
    EXPECT_EQ(
        *parse_unmatched(R"({"quotes":{"unmatched_symbols":{"symbol":"ZZZZ"}}})"), (std::vector<std::string>{"ZZZZ"}));
    EXPECT_EQ(*parse_unmatched(R"({"quotes":{"quote":{"symbol":"A"},"unmatched_symbols":{"symbol":["X","Y"]}}})"),
        (std::vector<std::string>{"X", "Y"}));
    EXPECT_TRUE(parse_unmatched(R"({"quotes":"null"})")->empty());
    EXPECT_TRUE(quotes_in(R"({"quotes":{"unmatched_symbols":{"symbol":"ZZZZ"}}})").empty());
}

TEST(TradierQuotes, ChainsAreRowsOfQuotes) {
    const auto old = quotes_in(fixture("rest/chain.json"), true);
    EXPECT_EQ(old.size(), 330u);
    EXPECT_EQ(old.at("AAPL150117C01000000").quote.ask->to_string(), "2.25");
    EXPECT_EQ(old.at("AAPL150117C01000000").quote.bid->to_string(), "1.8600000000000001");
    EXPECT_EQ(old.at("AAPL7150117P00660000").quote.ask->to_string(), "233.90000000000001");
    const auto now = quotes_in(fixture("rest/doc_chain_greeks_2019.json"), true);
    ASSERT_EQ(now.size(), 2u);
    EXPECT_EQ(now.at("VXX190517C00016000").quote.bid->to_string(), "10.85");
    EXPECT_EQ(now.at("VXX190517C00016000").quote.bid_size->to_string(), "55");
    EXPECT_EQ(now.at("VXX190517C00016000").quote.event_time, from_millis(1557172135000));
    EXPECT_TRUE(quotes_in(R"({"options":null})", true).empty());
}

TEST(TradierOptions, DatesAndStrikes) {
    using namespace std::chrono;
    const auto dates = parse_expirations(fixture("rest/expirations.json"));
    ASSERT_TRUE(dates.has_value());
    ASSERT_EQ(dates->size(), 12u);
    EXPECT_EQ(dates->front(), 2013y / June / 7);
    EXPECT_EQ(dates->back(), 2015y / January / 17);
    EXPECT_EQ(parse_expirations(R"({"expirations":{"date":"2024-01-19"}})")->size(), 1u);
    EXPECT_EQ(
        parse_expirations(
            R"({"expirations":{"expiration":[{"date":"2024-01-19","contract_size":100,"strikes":{"strike":[1,2]}}]}})")
            ->size(),
        1u);
    EXPECT_TRUE(parse_expirations(R"({"expirations":"null"})")->empty());
    EXPECT_FALSE(parse_expirations(R"({"expirations":{"date":["soon"]}})").has_value());
    const auto strikes = parse_strikes(fixture("rest/strikes.json"));
    ASSERT_TRUE(strikes.has_value());
    ASSERT_EQ(strikes->size(), 167u);
    EXPECT_EQ(strikes->front().to_string(), "195.0");
    EXPECT_EQ(strikes->back().to_string(), "1050.0");
    EXPECT_EQ(parse_strikes(R"({"strikes":{"strike":7.5}})")->size(), 1u);
    EXPECT_FALSE(parse_strikes(R"({"strikes":{"strike":["x"]}})").has_value());
}

} // namespace
} // namespace tickgate::tradier
