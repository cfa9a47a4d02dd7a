// Writes of what was learned over a while, which an erasing in between must undo and not be undone by.
#pragma once

#include "store/async_store.hpp"
#include "store/outcome.hpp"

#include <cstdint>
#include <vector>

namespace tickgate::store {

// What both stores do. Errors: as BarStore.
class Erasures {
public:
    virtual ~Erasures() = default;

    // How often bars of the series were erased, ever; 0 for a series that is not there.
    virtual result<std::int64_t> erasures(const SeriesKey& series) = 0;
    // As BarStore::write(), but nothing is written and the answer is `refused` if bars of the series were erased since
    // erasures() told this number.
    virtual result<Outcome> write_unless_erased(const Batch& batch, std::int64_t erasures) = 0;
};

// In the order of `series`.
asio::awaitable<result<std::vector<std::int64_t>>> erasures(AsyncStore& store, std::vector<SeriesKey> series);
asio::awaitable<result<Outcome>> write_unless_erased(AsyncStore& store, Batch batch, std::int64_t erasures);

} // namespace tickgate::store
