#include "fake_provider.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace tickgate::backfill {
namespace {

using store::Cause;
using store::Span;

TEST_F(HistoryTest, AsksOnceAndThenAnswersFromTheStore) {
    const auto span = minutes(0, 250);
    const auto answer = ensure(span);
    EXPECT_FALSE(answer.error) << answer.detail;
    EXPECT_FALSE(answer.cached);
    EXPECT_EQ(answer.fetched, 250u);
    EXPECT_EQ(causes(answer), "0-250 none; ");
    ASSERT_EQ(answer.parts.size(), 1u);
    EXPECT_EQ(answer.parts[0].series.provider, "first");
    expect_truth(first, answer, span);
    EXPECT_EQ(first.asked.size(), 3u); // pages of 100

    const auto again = ensure(span);
    EXPECT_TRUE(again.cached);
    EXPECT_EQ(again.fetched, 0u);
    EXPECT_EQ(first.asked.size(), 3u);
    expect_truth(first, again, span);
}

TEST_F(HistoryTest, OnlyWhatIsMissingIsAskedFor) {
    ensure(minutes(100, 200));
    first.asked.clear();
    const auto answer = ensure(minutes(0, 250));
    EXPECT_EQ(causes(answer), "0-250 none; ");
    ASSERT_EQ(first.asked.size(), 2u);
    for (const auto& question : first.asked)
        EXPECT_TRUE(question.to <= at(100min) || question.from >= at(200min));
    expect_truth(first, answer, minutes(0, 250));
}

TEST_F(HistoryTest, AbsentBarsHaveACause) {
    first.has = [](UnixNanos open) { return open < at(3min) || open >= at(7min); };
    const auto answer = ensure(minutes(0, 10));
    EXPECT_EQ(causes(answer), "0-3 none; 3-7 no_trades; 7-10 none; ");
    EXPECT_TRUE(ensure(minutes(0, 10)).cached);
}

TEST_F(HistoryTest, TheFormingBarIsNeitherStoredNorCovered) {
    now = at(90s + 10min);
    first.forming_after = now;
    const auto answer = ensure(minutes(0, 100));
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(causes(answer), "0-11 none; ");
    EXPECT_EQ(bars_of(answer).size(), 11u);
    // A provider whose clock is behind: the answer ends where it says so.
    now = at(20min);
    first.forming_after = at(19min);
    const auto behind = ensure(minutes(0, 100));
    EXPECT_EQ(causes(behind), "0-19 none; ");
}

TEST_F(HistoryTest, YoungBarsAreAskedAgain) {
    now = at(60min);
    ensure(minutes(0, 60));
    first.asked.clear();
    now = at(62min);
    first.version = 1; // the venue corrected them
    const auto answer = ensure(minutes(0, 62));
    ASSERT_EQ(first.asked.size(), 1u);
    EXPECT_EQ(first.asked[0].from, at(55min));
    const auto bars = bars_of(answer);
    ASSERT_EQ(bars.size(), 62u);
    EXPECT_EQ(bars[54].close.to_string(), bar_at_open(at(54min), Timeframe::m1, {}, 0).close.to_string());
    EXPECT_EQ(bars[55].close.to_string(), bar_at_open(at(55min), Timeframe::m1, {}, 1).close.to_string());
}

TEST_F(HistoryTest, WithoutCacheAllIsAskedAndWhatIsGoneIsTakenOut) {
    ensure(minutes(0, 50));
    first.asked.clear();
    first.has = [](UnixNanos open) { return open != at(7min); };
    now += 1h;
    auto all = request(minutes(0, 50));
    all.use_cache = false;
    const auto answer = ensure(all);
    EXPECT_EQ(first.asked.size(), 1u);
    EXPECT_EQ(causes(answer), "0-7 none; 7-8 no_trades; 8-50 none; ");
    EXPECT_EQ(bars_of(answer).size(), 49u);
}

TEST_F(HistoryTest, BadRangesAreRefusedWithASentence) {
    const auto reversed = ensure(minutes(10, 5));
    EXPECT_EQ(reversed.error, errc::bad_request);
    EXPECT_NE(reversed.detail.find("reversed"), std::string::npos);
    EXPECT_EQ(ensure(Span{now + 1h, now + 2h}).error, errc::bad_request);
    EXPECT_EQ(ensure(Span{now - 24h * 366 * 31, now}).error, errc::bad_request);
    auto unknown = request(minutes(0, 5));
    unknown.timeframe = Timeframe::s5;
    EXPECT_EQ(ensure(unknown).error, errc::not_supported);
    unknown = request(minutes(0, 5));
    unknown.provider = "nobody";
    EXPECT_EQ(ensure(unknown).error, errc::not_supported);
    EXPECT_TRUE(first.asked.empty());
}

TEST_F(HistoryTest, AFaultIsRetriedAndThenTold) {
    first.faults = {errc::timed_out, errc::venue_error};
    const auto answer = ensure(minutes(0, 10));
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(first.asked.size(), 3u);
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::timed_out); };
    const auto failed = ensure(minutes(0, 20));
    EXPECT_EQ(failed.error, errc::timed_out);
    EXPECT_NE(failed.detail.find("first"), std::string::npos);
    EXPECT_EQ(causes(failed), "0-10 none; 10-20 not_fetched; ");
    EXPECT_EQ(first.asked.size(), 7u);
}

TEST_F(HistoryTest, ALongPauseIsNotWaitedForButTold) {
    BudgetReading reading;
    reading.pause = 10min;
    first.pause = reading;
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::rate_limited); };
    const auto answer = ensure(minutes(0, 10));
    EXPECT_EQ(answer.error, errc::rate_limited);
    ASSERT_TRUE(answer.retry_after);
    EXPECT_GT(*answer.retry_after, 9min);
    EXPECT_EQ(first.asked.size(), 1u);
}

TEST_F(HistoryTest, TheNextProviderIsAskedForWhatIsLeft) {
    route = {&first, &second};
    first.fault_of = [](const BarRequest& r) {
        return r.from < at(100min) ? make_error_code(errc::unavailable) : error_code();
    };
    const auto answer = ensure(minutes(0, 200));
    EXPECT_FALSE(answer.error) << answer.detail;
    ASSERT_EQ(answer.parts.size(), 2u);
    EXPECT_EQ(answer.parts[0].series.provider, "second");
    EXPECT_EQ(answer.parts[0].span, minutes(0, 100));
    EXPECT_EQ(answer.parts[1].series.provider, "first");
    expect_truth(first, answer, minutes(0, 200));
    EXPECT_EQ(history->stats().fallbacks, 1u);
}

TEST_F(HistoryTest, WhatThePlanLacksIsNotEntitledAndComesFromTheNext) {
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::not_entitled); };
    const auto alone = ensure(minutes(0, 1000));
    EXPECT_EQ(alone.error, errc::not_entitled);
    EXPECT_EQ(causes(alone), "0-1000 not_entitled; ");
    EXPECT_LT(first.asked.size(), 10u); // the older pages need not be asked for
    route = {&first, &second};
    first.asked.clear();
    const auto answer = ensure(minutes(0, 1000));
    EXPECT_FALSE(answer.error);
    EXPECT_TRUE(first.asked.empty()); // known for an hour
    EXPECT_EQ(causes(answer), "0-1000 none; ");
    EXPECT_EQ(answer.parts.at(0).series.provider, "second");
}

TEST_F(HistoryTest, AProviderOfAnotherKindOfBarsIsNoSubstitute) {
    route = {&first, &second};
    second.history.variant.price_type = PriceType::mid;
    first.fault_of = [](const BarRequest&) { return make_error_code(errc::unknown_symbol); };
    const auto answer = ensure(minutes(0, 10));
    EXPECT_EQ(answer.error, errc::unknown_symbol);
    EXPECT_TRUE(second.asked.empty());
}

TEST_F(HistoryTest, WhatIsOlderThanAProvidersDepthComesFromTheNextOrIsNamed) {
    first.history.depth = 24h;
    now = at(3 * 24h);
    const auto alone = ensure(Span{at(0min), now});
    EXPECT_FALSE(alone.error);
    EXPECT_EQ(causes(alone), "0-2880 provider_hole; 2880-4320 none; ");
    EXPECT_NE(alone.detail.find("last 1 days"), std::string::npos) << alone.detail;
    for (const auto& question : first.asked)
        EXPECT_GE(question.from, now - 24h);
    route = {&first, &second};
    const auto answer = ensure(Span{at(0min), now});
    ASSERT_EQ(answer.parts.size(), 2u);
    EXPECT_EQ(answer.parts[0].series.provider, "second");
    EXPECT_EQ(answer.parts[1].series.provider, "first");
    EXPECT_TRUE(answer.detail.empty());
    expect_truth(first, answer, {at(0min), now});
}

TEST_F(HistoryTest, PagesWithNextAreFollowed) {
    first.most_a_page = 30;
    const auto answer = ensure(minutes(0, 200));
    EXPECT_FALSE(answer.error);
    expect_truth(first, answer, minutes(0, 200));
}

TEST_F(HistoryTest, PagesThatLeadNowhereEnd) {
    first.answer = [](const BarRequest& r) {
        BarPage page;
        page.next = r.from;
        return page;
    };
    const auto stuck = ensure(minutes(0, 10));
    EXPECT_EQ(stuck.error, errc::malformed_payload);
    EXPECT_EQ(causes(stuck), "0-10 not_fetched; ");
    first.answer = [](const BarRequest& r) {
        BarPage page;
        page.next = r.from + 1ns;
        return page;
    };
    const auto creeping = ensure(minutes(10, 20));
    EXPECT_EQ(creeping.error, errc::malformed_payload);
    EXPECT_LT(first.asked.size(), 1000u);
    EXPECT_GT(history->stats().stalled, 0u);
}

TEST_F(HistoryTest, AnAnswerTooLongIsAskedForInHalves) {
    first.fault_of = [](const BarRequest& r) {
        return r.to - r.from > 30min ? make_error_code(errc::message_too_large) : error_code();
    };
    const auto answer = ensure(minutes(0, 100));
    EXPECT_FALSE(answer.error);
    expect_truth(first, answer, minutes(0, 100));
}

TEST_F(HistoryTest, RequestsAreInFlightInParallelUpToTheLimit) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    std::optional<Ensured> answer;
    asio::co_spawn(*io, history->ensure(request(minutes(0, 2000))),
        [&](const std::exception_ptr&, Ensured a) { answer = std::move(a); });
    run_until([&] { return first.at_once == 4; });
    EXPECT_EQ(history->stats().in_flight, 4u);
    first.closed = false;
    first.gate->wake();
    run_until([&] { return answer.has_value(); });
    EXPECT_EQ(first.most_at_once, 4);
    EXPECT_EQ(first.asked.size(), 20u);
    expect_truth(first, *answer, minutes(0, 2000));
}

// Pages that wait for the budget of their provider hold their share of memory, but not that of others.
TEST_F(HistoryTest, ABulkRequestThatWaitsKeepsNeitherUsersNorOtherProvidersWaiting) {
    route = {&first, &second};
    first.can.bars_per_page = second.can.bars_per_page = 50000;
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    auto bulk = request(minutes(-90000, 0));
    bulk.provider = "first";
    bulk.priority = Priority::bulk;
    std::optional<Ensured> answer;
    asio::co_spawn(*io, history->ensure(bulk), [&](const std::exception_ptr&, Ensured a) { answer = std::move(a); });
    run_until([&] { return first.at_once == 2; }); // 60,000 bars
    bool other = false, user = false;
    auto elsewhere = request(minutes(0, 100));
    elsewhere.provider = "second";
    elsewhere.priority = Priority::bulk;
    asio::co_spawn(*io, history->ensure(elsewhere), [&](const std::exception_ptr&, Ensured) { other = true; });
    auto mine = request(minutes(0, 100));
    mine.provider = "first";
    asio::co_spawn(*io, history->ensure(mine), [&](const std::exception_ptr&, Ensured) { user = true; });
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (!(other && first.at_once == 3) && std::chrono::steady_clock::now() < limit)
        io->run_one_for(10ms);
    EXPECT_TRUE(other);
    EXPECT_EQ(first.at_once, 3); // the user's page is asked for
    first.closed = false;
    first.gate->wake();
    run_until([&] { return answer && user && other; });
}

TEST_F(HistoryTest, IdenticalRequestsAskForEachPageOnce) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    std::vector<Ensured> answers;
    now = at(500min); // the youngest bars too
    for (int i = 0; i < 5; ++i)
        asio::co_spawn(*io, history->ensure(request(minutes(0, 500))),
            [&](const std::exception_ptr&, Ensured a) { answers.push_back(std::move(a)); });
    run_until([&] { return first.at_once == 4; });
    first.closed = false;
    first.gate->wake();
    run_until([&] { return answers.size() == 5; });
    EXPECT_EQ(first.asked.size(), 5u);
    EXPECT_GT(history->stats().merged, 0u);
    for (const auto& answer : answers)
        expect_truth(first, answer, minutes(0, 500));
}

TEST_F(HistoryTest, CancellationKeepsWhatCame) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    asio::cancellation_signal signal;
    std::optional<Ensured> answer;
    auto done = [&](const std::exception_ptr& fault, Ensured a) {
        EXPECT_FALSE(fault);
        answer = std::move(a);
    };
    asio::co_spawn(
        *io, history->ensure(request(minutes(0, 5000))), asio::bind_cancellation_slot(signal.slot(), std::move(done)));
    run_until([&] { return first.at_once == 4; });
    signal.emit(asio::cancellation_type::terminal);
    io->poll();
    EXPECT_FALSE(answer); // after the pages in flight
    first.closed = false;
    first.gate->wake();
    run_until([&] { return answer.has_value(); });
    EXPECT_EQ(answer->error, errc::cancelled);
    EXPECT_EQ(first.asked.size(), 4u);
    const auto whole = ensure(minutes(0, 5000));
    EXPECT_EQ(first.asked.size(), 50u); // none of the four again
    expect_truth(first, whole, minutes(0, 5000));
}

TEST_F(HistoryTest, StopEndsWhatWaits) {
    first.gate = std::make_shared<Signal>(io->get_executor());
    first.closed = true;
    std::optional<Ensured> answer;
    bool stopped = false;
    asio::co_spawn(*io, history->ensure(request(minutes(0, 5000))),
        [&](const std::exception_ptr&, Ensured a) { answer = std::move(a); });
    run_until([&] { return first.at_once == 4; });
    asio::co_spawn(*io, history->stop(), [&](const std::exception_ptr&) { stopped = true; });
    io->poll();
    EXPECT_FALSE(stopped);
    first.closed = false;
    first.gate->wake();
    run_until([&] { return stopped && answer; });
    EXPECT_EQ(answer->error, errc::stopped);
    EXPECT_EQ(ensure(minutes(0, 1)).error, errc::stopped);
}

TEST_F(HistoryTest, ProgressGrowsToItsTotal) {
    std::vector<Progress> told;
    OnProgress tell = [&](const Progress& p) { told.push_back(p); };
    ensure(minutes(300, 400));
    const auto answer = run(history->ensure(request(minutes(0, 1000)), tell));
    ASSERT_GE(told.size(), 9u);
    for (std::size_t i = 1; i < told.size(); ++i) {
        EXPECT_GE(told[i].done, told[i - 1].done);
        EXPECT_LE(told[i].done, told[i].total);
    }
    EXPECT_EQ(told.back().done, told.back().total);
    EXPECT_EQ(told.back().total, 900min);
    EXPECT_EQ(told.back().bars, 900u);
}

TEST_F(HistoryTest, ATimeframeAProviderLacksIsBuilt) {
    first.has = [](UnixNanos open) { return open < at(125min) || open >= at(240min); };
    const auto answer = ensure(request(minutes(0, 360), btc, Timeframe::h1));
    EXPECT_FALSE(answer.error);
    EXPECT_EQ(causes(answer), "0-180 none; 180-240 no_trades; 240-360 none; ");
    const auto bars = bars_of(answer);
    ASSERT_EQ(bars.size(), 5u);
    EXPECT_EQ(bars[0].open_time, at(0min));
    EXPECT_EQ(bars[0].close_time, at(60min));
    EXPECT_EQ(bars[0].volume->to_string(), "120");
    EXPECT_EQ(bars[0].trades, 180);
    EXPECT_EQ(bars[2].volume->to_string(), "10");
    EXPECT_EQ(bars[0].source, BarSource::derived);
    EXPECT_TRUE(bars[0].flags.has(Flag::derived));
    EXPECT_EQ(history->stats().bars_derived, 5u);
    EXPECT_TRUE(ensure(request(minutes(0, 360), btc, Timeframe::h1)).cached);
    EXPECT_TRUE(ensure(minutes(0, 360)).cached); // the minutes are there too
}

TEST_F(HistoryTest, ABuiltBarIsNotToldOfHalfItsParts) {
    first.fault_of = [](const BarRequest& r) {
        return r.from < at(100min) ? make_error_code(errc::unavailable) : error_code();
    };
    const auto answer = ensure(request(minutes(0, 240), btc, Timeframe::h1));
    EXPECT_EQ(answer.error, errc::unavailable);
    EXPECT_EQ(bars_of(answer).front().open_time.time_since_epoch() % 1h, 0ns);
    for (const auto& bar : bars_of(answer))
        EXPECT_EQ(bar.volume->to_string(), "120");
    EXPECT_EQ(causes(answer), "0-120 not_fetched; 120-240 none; ");
}

TEST_F(HistoryTest, RejectedBarsAreAbsentWithTheirCause) {
    first.answer = [&](const BarRequest& r) {
        auto page = first.truth(r);
        page.bars[3].low = number("1000");
        return page;
    };
    const auto answer = ensure(minutes(0, 10));
    EXPECT_EQ(causes(answer), "0-3 none; 3-4 rejected; 4-10 none; ");
    EXPECT_EQ(history->stats().bars_rejected, 1u);
}

TEST_F(HistoryTest, AStoreThatFailsEndsIt) {
    db->stop();
    const auto answer = ensure(minutes(0, 10));
    EXPECT_EQ(answer.error, errc::stopped);
    EXPECT_TRUE(first.asked.empty());
}

TEST_F(HistoryTest, CoverageTellsWhatIsKnownWithoutAsking) {
    ensure(minutes(10, 20));
    first.asked.clear();
    const auto known = run(history->coverage(btc, std::nullopt, minutes(0, 30)));
    ASSERT_TRUE(known);
    ASSERT_EQ(known->size(), 1u);
    ASSERT_EQ((*known)[0].spans.size(), 3u);
    EXPECT_EQ((*known)[0].spans[0].cause, Cause::not_fetched);
    EXPECT_EQ((*known)[0].spans[1].cause, Cause::none);
    EXPECT_EQ((*known)[0].bars, 10u);
    EXPECT_TRUE(first.asked.empty());
}

} // namespace
} // namespace tickgate::backfill
