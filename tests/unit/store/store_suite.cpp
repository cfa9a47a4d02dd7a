#include "store_suite.hpp"

#include <algorithm>

namespace tickgate::store {

using namespace std::chrono_literals;

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreSuite);

std::unique_ptr<BarStore> StoreSuite::open() {
    std::string problem;
    auto store = open_store(backend->options(), problem);
    EXPECT_TRUE(store) << problem;
    EXPECT_EQ(problem, "");
    return store ? std::move(*store) : nullptr;
}

namespace {

constexpr Span everything{UnixNanos::min(), UnixNanos::max()};

std::vector<std::string> texts_of(const std::vector<StoredBar>& list) {
    std::vector<std::string> out;
    for (const auto& b : list)
        out.push_back(text_of(b));
    return out;
}

TEST_P(StoreSuite, GivesBackEveryDigit) {
    const auto store = open();
    const std::vector<std::string_view> numbers{"1.08550", "0", "-0.00", "0.000", "0.00000001",
        "12345678901234.00000000", "999999999999999999", "-999999999999999999", "1e100", "1e-100", "1.5e-7",
        "-273.1500", "100000", "123456789.123456780",
        "0.00000000000000000000000000000000000000000000000000000000000000000001000"};
    Batch written;
    written.series = key();
    int m = 0;
    for (const auto text : numbers) {
        auto b = bar(m++, text);
        b.bar.open = b.bar.high = b.bar.low = number(text);
        b.bar.volume = number(text);
        b.bar.vwap = number(text);
        written.bars.push_back(b);
    }
    auto bare = bar(m++);
    bare.bar.volume.reset();
    bare.bar.vwap.reset();
    bare.bar.trades.reset();
    bare.bar.volume_unit = VolumeUnit::none;
    written.bars.push_back(bare);
    auto odd = bar(m++);
    odd.bar.close_time = odd.bar.open_time + 23h;
    odd.bar.source = BarSource::derived;
    odd.bar.volume_unit = VolumeUnit::ticks;
    for (const auto f : {Flag::delayed, Flag::mixed, Flag::derived})
        odd.bar.flags.set(f);
    written.bars.push_back(odd);
    const auto done = store->write(written);
    ASSERT_TRUE(done) << store->problem();
    EXPECT_EQ(done->inserted, written.bars.size());
    const auto got = read(*store, key(), everything);
    EXPECT_EQ(texts_of(got), texts_of(written.bars));
    for (const auto& b : got) {
        EXPECT_EQ(b.revision, 1);
        EXPECT_EQ(b.fetched_at, base + 1h);
        EXPECT_EQ(b.bar.timeframe, Timeframe::m1);
    }
}

TEST_P(StoreSuite, KeepsWhatWasWrittenForTheNextConnection) {
    ASSERT_TRUE(open()->write(batch(0, 500)));
    const auto store = open();
    EXPECT_EQ(read(*store, key(), everything).size(), 500u);
    expect_true(*store, key());
}

TEST_P(StoreSuite, AChangedBarHasTheNextRevisionAndAnEqualOneStays) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    Batch again = batch(0, 10);
    again.bars[3].bar.close = number("1.50");
    for (auto& b : again.bars)
        b.fetched_at = base + 5h;
    auto done = store->write(again);
    ASSERT_TRUE(done) << store->problem();
    EXPECT_EQ(done->inserted, 0u);
    EXPECT_EQ(done->changed, 1u);
    const auto got = read(*store, key(), everything);
    ASSERT_EQ(got.size(), 10u);
    EXPECT_EQ(got[3].revision, 2);
    EXPECT_EQ(got[3].fetched_at, base + 5h);
    EXPECT_EQ(got[3].bar.close.to_string(), "1.50");
    EXPECT_EQ(got[4].revision, 1);
    EXPECT_EQ(got[4].fetched_at, base + 1h);
    again.bars[3].bar.close = number("1.5"); // another text of the same value is another print of the venue
    done = store->write(again);
    ASSERT_TRUE(done);
    EXPECT_EQ(done->changed, 1u);
    EXPECT_EQ(read(*store, key(), minutes(3, 4))[0].revision, 3);
}

TEST_P(StoreSuite, EachValueCountsAsAChange) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 1)));
    const std::vector<std::function<void(Bar&)>> changes{[](Bar& b) { b.open = number("1"); },
        [](Bar& b) { b.high = number("1"); }, [](Bar& b) { b.low = number("1"); },
        [](Bar& b) { b.close = number("1"); }, [](Bar& b) { b.volume.reset(); }, [](Bar& b) { b.volume = number("1"); },
        [](Bar& b) { b.vwap.reset(); }, [](Bar& b) { b.trades.reset(); }, [](Bar& b) { b.trades = 0; },
        [](Bar& b) { b.flags.set(Flag::mixed); }, [](Bar& b) { b.source = BarSource::ticks; },
        [](Bar& b) { b.volume_unit = VolumeUnit::ticks; }, [](Bar& b) { b.close_time += 1s; }};
    Batch next = batch(0, 1);
    for (std::size_t i = 0; i < changes.size(); ++i) {
        changes[i](next.bars[0].bar);
        const auto done = store->write(next);
        ASSERT_TRUE(done) << store->problem();
        EXPECT_EQ(done->changed, 1u) << i;
    }
    EXPECT_EQ(read(*store, key(), everything)[0].revision, static_cast<int>(changes.size()) + 1);
}

TEST_P(StoreSuite, TheLastOfTwoBarsOfATimeCountsAndDisorderIsNoFault) {
    const auto store = open();
    Batch odd;
    odd.series = key();
    odd.bars = {bar(5), bar(2, "1.1"), bar(9), bar(2, "2.2"), bar(0)};
    const auto done = store->write(odd);
    ASSERT_TRUE(done) << store->problem();
    EXPECT_EQ(done->inserted, 4u);
    EXPECT_EQ(done->changed, 0u);
    const auto got = read(*store, key(), everything);
    ASSERT_EQ(got.size(), 4u);
    EXPECT_EQ(got[1].bar.close.to_string(), "2.2");
    EXPECT_EQ(got[1].revision, 1);
}

TEST_P(StoreSuite, BarsThatAreNotToldAnyMoreGo) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 20)));
    Batch fewer = batch(5, 10);
    fewer.bars.erase(fewer.bars.begin() + 1, fewer.bars.begin() + 3); // minutes 6 and 7
    fewer.replaces = {minutes(5, 10), minutes(6, 8)};
    fewer.coverage = {{minutes(5, 10), Cause::none, base}, {minutes(6, 8), Cause::no_trades, base}};
    const auto done = store->write(fewer);
    ASSERT_TRUE(done) << store->problem();
    EXPECT_EQ(done->removed, 2u);
    EXPECT_EQ(done->inserted + done->changed, 0u);
    EXPECT_EQ(read(*store, key(), everything).size(), 18u);
    expect_true(*store, key());
}

TEST_P(StoreSuite, CoverageIsJoinedClippedAndReplaced) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 10)));
    ASSERT_TRUE(store->write(batch(20, 30)));
    ASSERT_TRUE(store->write(batch(10, 20)));
    auto map = store->coverage(key());
    ASSERT_TRUE(map);
    EXPECT_EQ(map->size(), 1u);
    Batch closed;
    closed.series = key();
    closed.coverage = {{minutes(30, 40), Cause::session_closed, base + 1h}};
    ASSERT_TRUE(store->write(closed));
    const std::vector<CoverageSpan> expected{
        {minutes(25, 30), Cause::none, base}, {minutes(30, 35), Cause::session_closed, base + 1h}};
    EXPECT_EQ(store->coverage(key(), minutes(25, 35)).value(), expected);
    EXPECT_TRUE(store->coverage(key(), minutes(100, 200)).value().empty());
    EXPECT_EQ(store->coverage(key("ETH-USDT")).value().size(), 0u);
}

TEST_P(StoreSuite, AgreesWithALedgerInMemory) {
    const auto store = open();
    CoverageMap map;
    for (unsigned seed = 0; seed < 40; ++seed) {
        const auto b = random_batch(seed, key());
        ASSERT_TRUE(store->write(b)) << store->problem();
        for (const auto& piece : b.coverage)
            map.set(piece);
        const auto stored = store->coverage(key());
        ASSERT_TRUE(stored);
        ASSERT_EQ(stored->spans(), map.spans());
    }
    expect_true(*store, key());
}

TEST_P(StoreSuite, ReadsASpanALimitAndBackwards) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 100)));
    EXPECT_EQ(texts_of(read(*store, key(), minutes(10, 20))), texts_of(bars(10, 20)));
    EXPECT_EQ(texts_of(read(*store, key(), minutes(10, 20), 3)), texts_of(bars(10, 13)));
    auto last = bars(17, 20);
    std::reverse(last.begin(), last.end());
    EXPECT_EQ(texts_of(read(*store, key(), minutes(10, 20), 3, true)), texts_of(last));
    EXPECT_TRUE(read(*store, key(), minutes(20, 10)).empty());
    EXPECT_TRUE(read(*store, key("ETH-USDT"), everything).empty());
    int taken = 0;
    EXPECT_FALSE(store->read(key(), everything, 0, false, [&](const StoredBar&) { return ++taken < 5; }));
    EXPECT_EQ(taken, 5);
}

TEST_P(StoreSuite, ReadsMoreThanOnePageInOrderBothWays) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 25000)));
    auto expected = texts_of(bars(0, 25000));
    EXPECT_EQ(texts_of(read(*store, key(), everything)), expected);
    std::reverse(expected.begin(), expected.end());
    EXPECT_EQ(texts_of(read(*store, key(), everything, 0, true)), expected);
}

TEST_P(StoreSuite, SeriesOfDifferentKeysDoNotMix) {
    const auto store = open();
    std::vector<SeriesKey> keys{key(), key("ETH-USDT"), key("BTC-USDT", Timeframe::h1)};
    keys.push_back(key());
    keys.back().provider = "massive";
    keys.push_back(key());
    keys.back().variant.adjusted = true;
    keys.push_back(key());
    keys.back().variant.align = Alignment::ny17;
    keys.push_back(key());
    keys.back().variant.price_type = PriceType::mid;
    std::sort(keys.begin(), keys.end());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        Batch b = batch(0, static_cast<int>(i) + 1);
        b.series = keys[i];
        ASSERT_TRUE(store->write(b));
    }
    const auto all = store->series(std::nullopt);
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ((*all)[i].key, keys[i]) << keys[i].to_string();
        EXPECT_EQ((*all)[i].bars, i + 1);
        EXPECT_EQ((*all)[i].first, minute(0));
        EXPECT_EQ((*all)[i].last, minute(static_cast<int>(i)));
        const auto got = read(*store, keys[i], everything);
        ASSERT_EQ(got.size(), i + 1);
        EXPECT_EQ(got[0].bar.align, keys[i].variant.align);
        EXPECT_EQ(got[0].bar.price_type, keys[i].variant.price_type);
        EXPECT_EQ(got[0].bar.adjusted, keys[i].variant.adjusted);
    }
    EXPECT_EQ(store->series(InstrumentName{AssetClass::crypto, "ETH-USDT"})->size(), 1u);
    EXPECT_EQ(store->series(InstrumentName{AssetClass::equity, "ETH-USDT"})->size(), 0u);
}

TEST_P(StoreSuite, BarsOfManyYearsAreKept) {
    const auto store = open();
    Batch b;
    b.series = key("AAPL", Timeframe::d1);
    for (int year = 1950; year <= 2060; year += 5) {
        auto day = bar(0);
        day.bar.open_time = UnixNanos(std::chrono::sys_days(std::chrono::year(year) / 1 / 1));
        day.bar.close_time = day.bar.open_time + 24h;
        b.bars.push_back(day);
    }
    ASSERT_TRUE(store->write(b)) << store->problem();
    EXPECT_EQ(texts_of(read(*store, b.series, everything)), texts_of(b.bars));
}

TEST_P(StoreSuite, ErasesASeriesWithItsCoverage) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 100)));
    Batch other = batch(0, 50);
    other.series = key("ETH-USDT");
    ASSERT_TRUE(store->write(other));
    EraseFilter filter;
    filter.instrument = key().instrument;
    EXPECT_EQ(store->erase(filter).value(), 100u) << store->problem();
    EXPECT_TRUE(read(*store, key(), everything).empty());
    EXPECT_EQ(store->coverage(key())->size(), 0u);
    EXPECT_EQ(store->series(std::nullopt)->size(), 1u);
    EXPECT_EQ(read(*store, other.series, everything).size(), 50u);
    ASSERT_TRUE(store->write(batch(0, 10))); // and begins anew
    expect_true(*store, key());
    filter = EraseFilter();
    filter.provider = "massive";
    EXPECT_EQ(store->erase(filter).value(), 0u);
    filter.provider = "binance";
    filter.timeframe = Timeframe::m1;
    EXPECT_EQ(store->erase(filter).value(), 60u);
    EXPECT_EQ(store->stats()->bars, 0u);
}

TEST_P(StoreSuite, ErasesWhatWasFetchedLongAgoAndItsCoverage) {
    const auto store = open();
    ASSERT_TRUE(store->write(batch(0, 100)));
    Batch young = batch(40, 60, base + 50h);
    for (auto& b : young.bars) {
        b.fetched_at = base + 50h;
        b.bar.close = number("5.5");
    }
    ASSERT_TRUE(store->write(young));
    EraseFilter filter;
    filter.fetched_before = base + 10h;
    EXPECT_EQ(store->erase(filter).value(), 80u) << store->problem();
    EXPECT_EQ(read(*store, key(), everything).size(), 20u);
    EXPECT_EQ(store->coverage(key(), everything).value(),
        (std::vector{CoverageSpan{minutes(40, 60), Cause::none, base + 50h}}));
    EXPECT_EQ(store->series(std::nullopt)->at(0).bars, 20u);
}

TEST_P(StoreSuite, TellsItsStatistics) {
    const auto store = open();
    EXPECT_EQ(store->stats()->bars, 0u);
    EXPECT_FALSE(store->stats()->oldest);
    ASSERT_TRUE(store->write(batch(10, 30)));
    EXPECT_FALSE(store->put_job({"a", "text", base}));
    const auto stats = store->stats();
    ASSERT_TRUE(stats) << store->problem();
    EXPECT_EQ(stats->series, 1u);
    EXPECT_EQ(stats->bars, 20u);
    EXPECT_EQ(stats->spans, 1u);
    EXPECT_EQ(stats->jobs, 1u);
    EXPECT_EQ(stats->oldest, minute(10));
    EXPECT_EQ(stats->newest, minute(29));
    EXPECT_GT(stats->bytes, 1000u);
}

TEST_P(StoreSuite, KeepsJobsAndFacts) {
    {
        const auto store = open();
        EXPECT_FALSE(store->put_job({"b", "{\"done\":1}", base}));
        EXPECT_FALSE(store->put_job({"a", "it's \"quoted\" \\ and ünïcode", base + 1s}));
        EXPECT_FALSE(store->put_job({"b", "{\"done\":2}", base + 2s}));
        EXPECT_FALSE(store->put_fact("volume", "12"));
        EXPECT_FALSE(store->put_fact("volume", "13"));
        EXPECT_FALSE(store->put_fact("empty", ""));
    }
    const auto store = open();
    auto jobs = store->jobs();
    ASSERT_TRUE(jobs);
    ASSERT_EQ(jobs->size(), 2u);
    EXPECT_EQ(jobs->at(0).text, "it's \"quoted\" \\ and ünïcode");
    EXPECT_EQ(jobs->at(1).text, "{\"done\":2}");
    EXPECT_EQ(jobs->at(1).updated_at, base + 2s);
    EXPECT_FALSE(store->remove_job("a"));
    EXPECT_FALSE(store->remove_job("nobody"));
    EXPECT_EQ(store->jobs()->size(), 1u);
    EXPECT_EQ(store->fact("volume").value(), "13");
    EXPECT_EQ(store->fact("empty").value(), "");
    EXPECT_EQ(store->fact("nothing").value(), std::nullopt);
}

TEST_P(StoreSuite, BringsTheFirstVersionUpToDate) {
    backend->sql(backend->version(1));
    backend->sql("INSERT INTO schema_version VALUES(1, '2026-01-01T00:00:00Z')");
    backend->sql("INSERT INTO series(provider, class, symbol, timeframe, price_type, align, adjusted, bars) "
                 "VALUES('binance', 'crypto', 'BTC-USDT', '1m', 'trade', 'utc', '0', 0)");
    const auto store = open();
    EXPECT_FALSE(store->put_fact("new", "table"));
    ASSERT_TRUE(store->write(batch(0, 10))) << store->problem();
    expect_true(*store, key());
    EXPECT_EQ(backend->sql("SELECT version FROM schema_version ORDER BY version"), (Table{{"1"}, {"2"}, {"3"}}));
    EXPECT_EQ(backend->sql("SELECT count(*) FROM series"), (Table{{"1"}}));
}

TEST_P(StoreSuite, RefusesWhatANewerVersionWrote) {
    open();
    backend->sql("INSERT INTO schema_version VALUES(99, '2030-01-01T00:00:00Z')");
    std::string problem;
    const auto store = open_store(backend->options(), problem);
    ASSERT_FALSE(store);
    EXPECT_EQ(store.error(), errc::store_newer);
    EXPECT_NE(problem.find("schema 99"), std::string::npos) << problem;
}

TEST_P(StoreSuite, ReadOnlyReadsAndNeverWrites) {
    auto options = backend->options();
    options.read_only = true;
    std::string problem;
    EXPECT_FALSE(open_store(options, problem)) << "there is nothing to read yet";
    EXPECT_NE(problem, "");
    const auto writer = open();
    ASSERT_TRUE(writer->write(batch(0, 10)));
    const auto reader = open_store(options, problem);
    ASSERT_TRUE(reader) << problem;
    EXPECT_EQ(read(**reader, key(), everything).size(), 10u);
    const auto refused = (*reader)->write(batch(10, 20));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error(), errc::store_failed);
    EXPECT_EQ(read(**reader, key(), everything).size(), 10u);
}

TEST_P(StoreSuite, PeopleWithAShellHaveViews) {
    const auto store = open();
    Batch b = batch(0, 3);
    b.bars[0].bar.close = number("1.08550");
    b.bars[1].bar.flags.set(Flag::delayed);
    b.bars[1].bar.flags.set(Flag::derived);
    b.coverage = {{minutes(0, 3), Cause::none, base + 1h}, {minutes(3, 60), Cause::no_trades, base + 1h},
        {minutes(120, 180), Cause::session_closed, base + 1h}};
    ASSERT_TRUE(store->write(b));
    EXPECT_EQ(backend->sql("SELECT provider, symbol, timeframe, open_time, close_time, close, volume, volume_unit, "
                           "source, flags, fetched_at, revision FROM bars WHERE symbol = 'crypto:BTC-USDT' ORDER BY "
                           "open_time LIMIT 2"),
        (Table{{"binance", "crypto:BTC-USDT", "1m", "2025-11-21T00:00:00Z", "2025-11-21T00:01:00Z", "1.08550",
                   "0.50000", "base", "provider", "", "2025-11-21T01:00:00Z", "1"},
            {"binance", "crypto:BTC-USDT", "1m", "2025-11-21T00:01:00Z", "2025-11-21T00:02:00Z", "90002.10", "1.50000",
                "base", "provider", "delayed,derived", "2025-11-21T01:00:00Z", "1"}}));
    EXPECT_EQ(backend->sql("SELECT from_time, to_time, cause, known_at FROM coverage ORDER BY from_time LIMIT 1"),
        (Table{{"2025-11-21T00:00:00Z", "2025-11-21T00:03:00Z", "none", "2025-11-21T01:00:00Z"}}));
    EXPECT_EQ(backend->sql("SELECT symbol, from_time, to_time, seconds, cause FROM gaps ORDER BY from_time"),
        (Table{{"crypto:BTC-USDT", "2025-11-21T00:03:00Z", "2025-11-21T01:00:00Z", "3420", "no_trades"},
            {"crypto:BTC-USDT", "2025-11-21T01:00:00Z", "2025-11-21T02:00:00Z", "3600", "not_fetched"},
            {"crypto:BTC-USDT", "2025-11-21T02:00:00Z", "2025-11-21T03:00:00Z", "3600", "session_closed"}}));
}

} // namespace
} // namespace tickgate::store
