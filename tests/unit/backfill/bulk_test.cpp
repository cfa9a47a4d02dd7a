#include "fake_provider.hpp"

#include <algorithm>

namespace tickgate::backfill {
namespace {

using store::Span;

class BulkTest : public HistoryTest {
protected:
    BulkTest() {
        first.can.bulk_files = true;
        for (int day = 0; day < 10; ++day)
            first.files.push_back(file(day));
    }
    static BulkFile file(int day) {
        BulkFile f;
        f.key = "day-" + std::to_string(day);
        f.asset_class = AssetClass::crypto;
        f.from = monday + day * 24h;
        f.to = f.from + 24h;
        return f;
    }
    Span days(int from, int to) { return {monday + from * 24h, monday + to * 24h}; }
};

TEST_F(BulkTest, LongSpansAreReadFromFiles) {
    first.has = [](UnixNanos open) { return open.time_since_epoch() / 1min % 10 != 3; };
    const auto answer = ensure(days(0, 10));
    EXPECT_FALSE(answer.error) << answer.detail;
    EXPECT_EQ(first.files_read.size(), 10u);
    EXPECT_TRUE(first.asked.empty());
    EXPECT_EQ(history->stats().files, 10u);
    expect_truth(first, answer, days(0, 10));
    const auto absent = std::count_if(answer.coverage.begin(), answer.coverage.end(),
        [](const store::CoverageSpan& piece) { return piece.cause == store::Cause::no_trades; });
    EXPECT_EQ(absent, 1440);
    EXPECT_TRUE(ensure(days(0, 10)).cached);
}

TEST_F(BulkTest, ShortOnesAreNot) {
    ensure(days(0, 3));
    EXPECT_TRUE(first.files_read.empty());
    auto forced = request(days(3, 4));
    forced.method = Method::flat_files;
    ensure(forced);
    EXPECT_EQ(first.files_read.size(), 1u);
    auto refused = request(days(4, 14));
    refused.method = Method::rest;
    first.asked.clear();
    ensure(refused);
    EXPECT_EQ(first.files_read.size(), 1u);
    EXPECT_FALSE(first.asked.empty());
}

TEST_F(BulkTest, AFileIsReadOnceForAllSymbolsAskedTogether) {
    auto names = std::make_shared<std::vector<InstrumentName>>();
    for (int i = 0; i < 8; ++i)
        names->push_back({AssetClass::crypto, "C" + std::to_string(i)});
    for (const auto& name : *names) {
        auto one = request(days(0, 2), name);
        one.symbols = names->size();
        one.alongside = names;
        const auto answer = ensure(one);
        EXPECT_FALSE(answer.error);
        expect_truth(first, answer, days(0, 2));
    }
    EXPECT_EQ(first.files_read.size(), 2u);
    EXPECT_TRUE(first.asked.empty());
}

TEST_F(BulkTest, RestFillsWhatFilesDoNotTell) {
    first.files.erase(first.files.begin() + 4);
    const auto answer = ensure(days(0, 10));
    EXPECT_FALSE(answer.error);
    expect_truth(first, answer, days(0, 10));
    ASSERT_FALSE(first.asked.empty());
    for (const auto& question : first.asked) {
        EXPECT_GE(question.from, days(4, 5).from);
        EXPECT_LE(question.to, days(4, 5).to);
    }
}

TEST_F(BulkTest, ABrokenFileIsNotCoveredAndRestIsAsked) {
    first.broken_after = 5000; // in the fourth file, and then at each row
    const auto answer = ensure(days(0, 10));
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(history->stats().bulk_failures, 2u);
    EXPECT_EQ(history->stats().files, 3u);
    expect_truth(first, answer, days(0, 10));
    first.file_fault = errc::rate_limited; // the volume of the month
    const auto next = ensure(days(10, 20));
    EXPECT_FALSE(next.error);
    expect_truth(first, next, days(10, 20));
}

// Bars of a file are written while it is read and their coverage at its end: an erasing in between takes the bars, and
// nothing may say that they are there.
TEST_F(BulkTest, WhatIsErasedWhileAFileIsReadIsReadAgain) {
    auto names = std::make_shared<std::vector<InstrumentName>>();
    for (int i = 0; i < 8; ++i)
        names->push_back({AssetClass::crypto, "C" + std::to_string(i)});
    int erasings = 0;
    std::uint64_t erased = 0;
    first.after_rows = [&]() -> asio::awaitable<void> {
        if (++erasings > 1)
            co_return;
        store::EraseFilter all;
        const auto gone = co_await db->erase(std::move(all));
        erased = gone ? *gone : 0;
    };
    auto one = request(days(0, 1), names->front());
    one.method = Method::flat_files;
    one.alongside = names;
    const auto answer = ensure(one);
    EXPECT_FALSE(answer.error) << answer.detail;
    EXPECT_GT(erased, 1000u);
    EXPECT_EQ(first.files_read.size(), 2u);
    for (const auto& name : *names)
        expect_truth(first, ensure(request(days(0, 1), name)), days(0, 1));
    EXPECT_TRUE(first.asked.empty()) << "nothing was left to REST";
    EXPECT_EQ(history->stats().bulk_failures, 0u);
}

TEST_F(BulkTest, AnErasingThatComesAgainAndAgainLeavesTheRestToRest) {
    auto names = std::make_shared<std::vector<InstrumentName>>();
    for (int i = 0; i < 8; ++i)
        names->push_back({AssetClass::crypto, "C" + std::to_string(i)});
    first.after_rows = [&]() -> asio::awaitable<void> {
        store::EraseFilter all;
        (void)co_await db->erase(std::move(all));
    };
    auto one = request(days(0, 1), names->front());
    one.method = Method::flat_files;
    one.alongside = names;
    const auto answer = ensure(one);
    EXPECT_FALSE(answer.error) << answer.detail;
    EXPECT_EQ(first.files_read.size(), 4u);
    EXPECT_EQ(history->stats().bulk_failures, 1u);
    expect_truth(first, answer, days(0, 1));
}

TEST_F(BulkTest, MoreRowsThanMemoryIsForAreReadInParts) {
    options.max_bars_in_flight = 4000; // two instruments of a day do not fit half of it at once
    end();
    begin();
    auto names = std::make_shared<std::vector<InstrumentName>>();
    for (int i = 0; i < 6; ++i)
        names->push_back({AssetClass::crypto, "C" + std::to_string(i)});
    auto one = request(days(0, 1), names->front());
    one.method = Method::flat_files;
    one.alongside = names;
    const auto answer = ensure(one);
    EXPECT_FALSE(answer.error);
    EXPECT_TRUE(first.asked.empty());
    EXPECT_GT(first.files_read.size(), 1u);
    for (const auto& name : *names)
        expect_truth(first, ensure(request(days(0, 1), name)), days(0, 1));
    EXPECT_TRUE(first.asked.empty());
}

} // namespace
} // namespace tickgate::backfill
