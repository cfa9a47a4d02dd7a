#include "app/census.hpp"

#include <gtest/gtest.h>

#include <map>

namespace tickgate::app {

namespace {

using namespace std::chrono_literals;
using enum InstrumentState;

constexpr UnixNanos saturday{std::chrono::seconds(1795262400)};  // 2026-11-21 12:00 UTC
constexpr UnixNanos wednesday{std::chrono::seconds(1795622400)}; // 2026-11-25 16:00 UTC, New York 11:00
constexpr UnixNanos thanksgiving = wednesday + 24h;

class CensusTest : public ::testing::Test {
protected:
    InstrumentId add(std::string_view name, InstrumentState state) {
        const auto id = instruments_.intern(*InstrumentName::parse(name));
        states_[id] = state;
        return id;
    }
    InstrumentCount count(UnixNanos at, std::size_t limit = 0) {
        return census_.count(at, limit, [this](InstrumentId id) -> std::optional<InstrumentState> {
            const auto it = states_.find(id);
            return it == states_.end() ? std::nullopt : std::optional(it->second);
        });
    }
    static std::uint64_t unserved(const InstrumentCount& count, AssetClass c, InstrumentState s) {
        return count.classes.at(c).by_state_open[static_cast<std::size_t>(s)];
    }

    InstrumentTable instruments_;
    calendar::MarketHours hours_;
    std::map<InstrumentId, InstrumentState> states_;
    Census census_{instruments_, hours_};
};

} // namespace

TEST_F(CensusTest, MissesNobodyOnAWeekendButWhatTradesThen) {
    add("fx:EUR-USD", down);
    add("equity:SPY", down);
    add("crypto:BTC-USDT", down);
    const auto c = count(saturday);
    EXPECT_EQ(unserved(c, AssetClass::fx, down), 0u);
    EXPECT_EQ(unserved(c, AssetClass::equity, down), 0u);
    EXPECT_EQ(unserved(c, AssetClass::crypto, down), 1u);
    EXPECT_EQ(c.classes.at(AssetClass::fx).open, 0u);
    EXPECT_EQ(c.classes.at(AssetClass::fx).by_state[static_cast<std::size_t>(down)], 1u) << "told as it is";
    EXPECT_EQ(c.classes.at(AssetClass::crypto).open, 1u);
}

TEST_F(CensusTest, MissesThemInSessionAndNotOnAHoliday) {
    add("fx:EUR-USD", stale);
    add("equity:SPY", down);
    auto c = count(wednesday);
    EXPECT_EQ(unserved(c, AssetClass::fx, stale), 1u);
    EXPECT_EQ(unserved(c, AssetClass::equity, down), 1u);
    c = count(thanksgiving);
    EXPECT_EQ(unserved(c, AssetClass::fx, stale), 1u) << "fx is thin, but open";
    EXPECT_EQ(unserved(c, AssetClass::equity, down), 0u);
}

TEST_F(CensusTest, AClassStaysWithZerosWhenNothingOfItIsWanted) {
    const auto id = add("fx:EUR-USD", live);
    EXPECT_EQ(count(wednesday).classes.at(AssetClass::fx).open, 1u);
    states_.erase(id);
    const auto c = count(wednesday);
    EXPECT_EQ(c.classes.at(AssetClass::fx).open, 0u);
    EXPECT_EQ(c.classes.count(AssetClass::equity), 0u) << "nothing of it was ever wanted";
}

TEST_F(CensusTest, NamesTheFirstUpToTheLimitAndCountsTheRest) {
    const auto a = add("crypto:A", live), b = add("crypto:B", live);
    add("crypto:C", stale);
    auto c = count(saturday, 2);
    ASSERT_EQ(c.first.size(), 2u);
    EXPECT_EQ(c.first[0], std::pair(a, live));
    EXPECT_EQ(c.first[1], std::pair(b, live));
    EXPECT_EQ(c.beyond, 1u);
    c = count(saturday, 0);
    EXPECT_TRUE(c.first.empty());
    EXPECT_EQ(c.beyond, 3u);
}

} // namespace tickgate::app
