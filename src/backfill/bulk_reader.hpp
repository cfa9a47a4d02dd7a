// Takes the rows of a file to the store as they come, without holding the file.
#pragma once

#include "backfill/absences.hpp"
#include "backfill/signal.hpp"
#include "store/async_store.hpp"

#include <tickgate/provider.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <vector>

namespace tickgate::backfill {

// One file, one use, one loop. Bars are written while the file is read, their coverage only when all of it was: a
// reading that breaks leaves bars that coverage does not speak of, never the other way round.
class BulkReader final : public BulkSink {
public:
    // What of the file is wanted: one series an instrument, `asked.span` within the file.
    struct Wanted {
        store::SeriesKey series;
        Asked asked;
    };
    // `most_bars` may wait to be written; on_bar answers `overflow` beyond. The store and the hours must outlive the
    // last write: await finish() or drain() before destruction.
    BulkReader(asio::any_io_executor loop, store::AsyncStore& store, const calendar::MarketHours& hours,
        std::vector<Wanted> wanted, std::size_t most_bars);
    ~BulkReader() override;

    // Before the first row. Errors: store_*.
    asio::awaitable<error_code> begin();

    error_code on_bar(const InstrumentName& instrument, const Bar& bar) override;

    // After the last row: writes the rest and the coverage. Errors: store_*; cancelled if bars of a series were erased
    // meanwhile: what was read has to be read again.
    asio::awaitable<error_code> finish();
    // After a fault: waits for the writes that have begun.
    asio::awaitable<void> drain();

    std::uint64_t bars() const noexcept;
    std::uint64_t rejected() const noexcept;

private:
    struct State;
    std::shared_ptr<State> state_;
};

} // namespace tickgate::backfill
