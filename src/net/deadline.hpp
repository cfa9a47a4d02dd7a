// One deadline over a row of operations.
#pragma once

#include "core/clock.hpp"

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <functional>
#include <memory>

namespace tickgate::net {

namespace asio = boost::asio;

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

// Calls `cancel` when the time has come, and again every 50 ms until destroyed or rearmed, so that an operation started
// just after the first call is cancelled too. Lives in the frame of the coroutine whose operations it bounds; what
// `cancel` refers to must live as long. Check passed() to tell a deadline from other aborts.
class Deadline {
public:
    Deadline(const asio::any_io_executor& executor, MonoTime at, std::function<void()> cancel);
    ~Deadline();
    Deadline(const Deadline&) = delete;
    Deadline& operator=(const Deadline&) = delete;

    void rearm(MonoTime at);
    bool passed() const noexcept;

private:
    struct State;
    static void wait(const std::shared_ptr<State>& state);
    std::shared_ptr<State> state_;
};

} // namespace tickgate::net
