// One question to a provider, with retries, within what may be under way at once.
#pragma once

#include "backfill/history_impl.hpp"

namespace tickgate::backfill {

// One answer, with its share of the bars in flight.
struct Got {
    BarPage page;
    UnixNanos known_at{};
    Lane::Place bars;
};

// Bars of `fetch.series` with an open time in `span`, once. Errors: the provider's, after retries where they help;
// cancelled.
asio::awaitable<result<Got>> ask(
    History::Impl::Self self, History::Impl::RunPtr run, History::Impl::FetchPtr fetch, store::Span span);

} // namespace tickgate::backfill
