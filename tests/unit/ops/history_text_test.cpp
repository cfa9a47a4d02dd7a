#include "ops/history_text.hpp"
#include "unit/ops/fake_history.hpp"

#include <gtest/gtest.h>

namespace tickgate::ops {

TEST(HistoryText, SpansOfOneCauseThatTouchAreOne) {
    const auto at = [](int minute) { return from_micros(FakeHistory::noon_us) + std::chrono::minutes(minute); };
    std::vector<store::CoverageSpan> spans(4);
    const std::pair<int, store::Cause> ends[] = {{10, store::Cause::none}, {20, store::Cause::none},
        {30, store::Cause::no_trades}, {50, store::Cause::no_trades}};
    for (int i = 0, from = 0; i < 4; from = ends[i++].first) {
        spans[static_cast<std::size_t>(i)].span = {at(from), at(ends[i].first)};
        spans[static_cast<std::size_t>(i)].cause = ends[i].second;
    }
    spans[3].span.from = at(40); // it does not touch
    bool cut = true;
    EXPECT_EQ(coverage_json(spans, Times::rfc3339, cut, 3),
        R"([{"from":"2026-11-20T12:00:00Z","to":"2026-11-20T12:20:00Z","cause":"none"},)"
        R"({"from":"2026-11-20T12:20:00Z","to":"2026-11-20T12:30:00Z","cause":"no_trades"},)"
        R"({"from":"2026-11-20T12:40:00Z","to":"2026-11-20T12:50:00Z","cause":"no_trades"}])");
    EXPECT_FALSE(cut);
}

} // namespace tickgate::ops
