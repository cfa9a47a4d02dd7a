// Memory while very much is fetched.
#include "fake_provider.hpp"

#include <fstream>

namespace tickgate::backfill {
namespace {

std::size_t status_kib(const std::string& key) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);)
        if (line.rfind(key + ":", 0) == 0)
            return std::stoul(line.substr(key.size() + 1));
    return 0;
}

TEST_F(HistoryTest, TenMillionBarsTakeLessThan64MiB) {
    first.can.bars_per_page = 50000;
    constexpr int bars = 10'000'000;
    now = monday + 400h;
    const store::Span span{now - 300s - bars * 1min, now - 300s};
    const auto before = status_kib("VmRSS");
    const auto answer = ensure(span);
    EXPECT_FALSE(answer.error) << answer.detail;
    EXPECT_EQ(answer.fetched, static_cast<std::uint64_t>(bars));
    std::uint64_t read = 0;
    const auto fault = run(history->read(answer.parts, [&](const Part&, const store::StoredBar&) {
        ++read;
        return true;
    }));
    EXPECT_FALSE(fault);
    EXPECT_EQ(read, static_cast<std::uint64_t>(bars));
    const auto grown = status_kib("VmHWM") - before;
    RecordProperty("grown_kib", static_cast<int>(grown));
    EXPECT_LT(grown, 64u * 1024u);
}

} // namespace
} // namespace tickgate::backfill
