// What both stores must do alike: a store to test, and bars whose content follows from their time.
#pragma once

#include "store/bar_store.hpp"
#include "store/batch.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace tickgate::store {

using Table = std::vector<std::vector<std::string>>;

// An empty place for a store.
class Backend {
public:
    virtual ~Backend() = default;
    virtual StoreOptions options() const = 0;
    virtual Table sql(const std::string& statement) const = 0; // as a person with a shell
    virtual std::string version(std::size_t n) const = 0;      // the statements that made version n of the one before
    virtual void expect_whole() const = 0;                     // the store's own check of itself
};

class StoreSuite : public testing::TestWithParam<std::function<std::unique_ptr<Backend>()>> {
protected:
    void SetUp() override { backend = GetParam()(); }
    std::unique_ptr<BarStore> open();

    std::unique_ptr<Backend> backend;
};

constexpr UnixNanos base{std::chrono::seconds(1'763'683'200)}; // 2025-11-21 00:00 UTC
inline UnixNanos minute(int m) { return base + std::chrono::minutes(m); }
inline Span minutes(int from, int to) { return {minute(from), minute(to)}; }

SeriesKey key(const std::string& symbol = "BTC-USDT", Timeframe timeframe = Timeframe::m1);
Decimal number(std::string_view text);
StoredBar bar(int m, std::string_view close = "");     // by default the price follows from the minute
std::vector<StoredBar> bars(int from, int to);         // one a minute
Batch batch(int from, int to, UnixNanos known = base); // bars, and coverage that says so
std::vector<StoredBar> read(
    BarStore& store, const SeriesKey& series, Span within, std::size_t limit = 0, bool backwards = false);
std::string text_of(const StoredBar& bar); // every digit of what is kept, without revision and time of fetching

// Covered minutes have the bar that belongs there, minutes without trades have none, and the count is right.
void expect_true(BarStore& store, const SeriesKey& series);
// Writes random batches for which expect_true() holds at any moment.
Batch random_batch(unsigned seed, const SeriesKey& series);

} // namespace tickgate::store
