// One call for all who want its result at the same time.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tickgate::api {

// Runs `make()` on the loop unless it runs already, and waits for its result for a limited time. A call that takes
// longer goes on; the next to ask waits for that same one, so that a Source that hangs is never asked twice. One loop.
template <class T>
class SharedCall {
public:
    using Make = std::function<boost::asio::awaitable<T>()>;

    struct Outcome {
        std::shared_ptr<const T> value; // empty: not in time, or failed
        std::exception_ptr fault;       // what the call threw
    };

    SharedCall(boost::asio::any_io_executor executor, Make make)
        : state_(std::make_shared<State>(std::move(executor), std::move(make))) {}

    boost::asio::awaitable<Outcome> get(std::chrono::milliseconds limit) {
        const auto state = state_;
        start(state);
        const auto flight = state->flight;
        co_await wait(state, limit);
        Outcome outcome;
        if (state->flight == flight && !state->running) {
            outcome.value = state->value;
            outcome.fault = state->fault;
        }
        co_return outcome;
    }

    // Cancels what runs, and waits for its end. False: it did not end in time.
    boost::asio::awaitable<bool> finish(std::chrono::milliseconds limit) {
        const auto state = state_;
        if (!state->running)
            co_return true;
        state->signal.emit(boost::asio::cancellation_type::terminal);
        co_await wait(state, limit);
        co_return !state->running;
    }

private:
    struct State {
        State(boost::asio::any_io_executor e, Make m) : executor(std::move(e)), make(std::move(m)) {}

        boost::asio::any_io_executor executor;
        Make make;
        boost::asio::cancellation_signal signal;
        std::vector<boost::asio::steady_timer*> waiting;
        std::shared_ptr<const T> value;
        std::exception_ptr fault;
        std::uint64_t flight = 0;
        bool running = false;
    };

    static void start(const std::shared_ptr<State>& state) {
        if (state->running)
            return;
        state->running = true;
        ++state->flight;
        state->value = nullptr;
        state->fault = nullptr;
        auto done = [state](const std::exception_ptr& fault, T value) {
            state->running = false;
            state->fault = fault;
            if (!fault)
                state->value = std::make_shared<const T>(std::move(value));
            for (auto* timer : state->waiting)
                timer->cancel();
        };
        boost::asio::co_spawn(
            state->executor, state->make(), boost::asio::bind_cancellation_slot(state->signal.slot(), std::move(done)));
    }

    static boost::asio::awaitable<void> wait(std::shared_ptr<State> state, std::chrono::milliseconds limit) {
        if (!state->running)
            co_return;
        boost::asio::steady_timer timer(state->executor, limit);
        const Place place(*state, timer);
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }

    struct Place {
        Place(State& s, boost::asio::steady_timer& t) : state(s), timer(t) { state.waiting.push_back(&timer); }
        ~Place() { std::erase(state.waiting, &timer); }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        State& state;
        boost::asio::steady_timer& timer;
    };

    std::shared_ptr<State> state_;
};

} // namespace tickgate::api
