// A call to the store that AsyncStore itself does not list: for the files that add some.
#pragma once

#include "store/async_store.hpp"

#include <functional>

namespace tickgate::store {

using StoreWork = std::function<error_code(BarStore&)>;

// Runs `what` on the thread that writes, or on one that reads, and comes back to the caller's executor.
asio::awaitable<error_code> call_store(AsyncStore& store, bool writes, StoreWork what);

} // namespace tickgate::store
