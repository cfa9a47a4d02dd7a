// Random requests, faults and kills: what coverage says is true at every moment, and in the end all is there.
#include "fake_provider.hpp"

#include <random>

namespace tickgate::backfill {
namespace {

using store::Cause;
using store::Span;

class TruthTest : public HistoryTest, public testing::WithParamInterface<unsigned> {
protected:
    static constexpr int horizon = 3000; // minutes

    void run_a_step() {
        const auto guard = asio::make_work_guard(*io);
        io->run_one_for(20ms);
    }

    // Covered minutes have the bars of the venue, minutes without trades have none, and no bar is invented.
    void expect_true() {
        const store::SeriesKey series{"first", btc, Timeframe::m1, {}};
        const auto bars = run(db->read(series, minutes(0, horizon), 0));
        const auto known = run(db->coverage(series, minutes(0, horizon)));
        ASSERT_TRUE(bars && known);
        std::set<UnixNanos> there;
        for (const auto& bar : *bars) {
            ASSERT_TRUE(first.has(bar.bar.open_time));
            there.insert(bar.bar.open_time);
        }
        for (const auto& piece : *known) {
            for (auto open = piece.span.from; open < piece.span.to; open += 1min) {
                if (piece.cause == Cause::none) {
                    ASSERT_TRUE(there.contains(open)) << (open - monday) / 1min;
                } else if (piece.cause == Cause::no_trades) {
                    ASSERT_FALSE(first.has(open)) << (open - monday) / 1min;
                }
            }
        }
    }
};

TEST_P(TruthTest, CoverageNeverClaimsWhatIsNotThere) {
    std::mt19937 random(GetParam());
    const auto pick = [&](int most) { return std::uniform_int_distribution<int>(0, most - 1)(random); };
    first.has = [](UnixNanos open) {
        const auto n = static_cast<std::uint64_t>(open.time_since_epoch() / 1min);
        return (n * 2654435761u >> 7) % 5 != 0;
    };
    first.can.bars_per_page = 50 + static_cast<std::size_t>(pick(100));
    first.most_a_page = pick(2) == 0 ? 0 : 40;
    first.can.bulk_files = true;
    for (int day = 0; day < 2; ++day) {
        BulkFile file;
        file.key = std::to_string(day);
        file.from = monday + day * 24h;
        file.to = file.from + 24h;
        first.files.push_back(file);
    }
    for (int life = 0; life < 8; ++life) {
        first.fault_of = [&](const BarRequest&) {
            const int what = pick(10);
            return what == 0   ? make_error_code(errc::timed_out)
                   : what == 1 ? make_error_code(errc::malformed_payload)
                               : error_code();
        };
        first.broken_after = pick(2) == 0 ? std::optional<int>() : std::optional<int>(first.rows + pick(3000));
        for (int i = 0; i < 4; ++i) {
            const int from = pick(horizon - 1), to = from + 1 + pick(horizon - from);
            auto r = request(minutes(from, to), btc, pick(4) == 0 ? Timeframe::h1 : Timeframe::m1);
            r.use_cache = pick(3) != 0;
            r.method = pick(3) == 0 ? Method::flat_files : Method::automatic;
            asio::co_spawn(*io, history->ensure(r), [](const std::exception_ptr&, const Ensured&) {});
        }
        for (int steps = pick(400); steps > 0; --steps)
            run_a_step();
        end();
        begin();
        expect_true();
    }
    first.fault_of = nullptr;
    first.broken_after.reset();
    const auto answer = ensure(minutes(0, horizon));
    EXPECT_FALSE(answer.error) << answer.detail;
    expect_truth(first, answer, minutes(0, horizon));
    expect_true();
    const auto hours_of_it = ensure(request(minutes(0, horizon), btc, Timeframe::h1));
    EXPECT_FALSE(hours_of_it.error);
    for (const auto& bar : bars_of(hours_of_it)) {
        int parts = 0;
        for (auto open = bar.open_time; open < bar.close_time; open += 1min)
            parts += first.has(open) ? 1 : 0;
        EXPECT_EQ(bar.volume->to_string(), std::to_string(2 * parts));
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TruthTest, testing::Range(1u, 9u));

} // namespace
} // namespace tickgate::backfill
