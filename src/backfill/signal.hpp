// Wakes coroutines of one loop that wait for something to change.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace tickgate::backfill {

namespace asio = boost::asio;

// One loop. A waiter looks at its condition, waits, and looks again; it must keep the signal alive meanwhile.
class Signal {
public:
    explicit Signal(const asio::any_io_executor& loop) : timer_(loop, asio::steady_timer::time_point::max()) {}

    void wake() { timer_.cancel(); }
    // Until wake(), or until the waiter is cancelled; never throws for the latter where throw_if_cancelled is off.
    asio::awaitable<void> wait();

private:
    asio::steady_timer timer_;
};

} // namespace tickgate::backfill
