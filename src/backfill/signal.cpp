#include "backfill/signal.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickgate::backfill {

asio::awaitable<void> Signal::wait() { (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable)); }

} // namespace tickgate::backfill
