// Where requests wait for their budget.
#pragma once

#include "budget/shared_ledger.hpp"
#include "budget/wait_queue.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::budget {

// Everything there is to see of one budget.
struct BudgetView {
    std::string provider, budget;
    std::vector<WindowView> windows;               // all must allow a request; the first is the one headers refine
    std::array<std::size_t, priorities> waiting{}; // by Priority
    std::size_t in_flight = 0;
    std::uint64_t passed = 0;                // requests let through
    std::uint64_t waits = 0;                 // … that could not go at once
    std::uint64_t refused = 0;               // could not go before their deadline
    std::uint64_t pauses = 0;                // the venue asked for
    std::chrono::milliseconds paused_for{0}; // what is left of one
    bool banned = false;
    bool shared = false; // drawn together with others, and they can be reached
    std::uint64_t shared_failures =
        0;                     // requests that went by our own account alone, as the others could not be reached
    double busy_seconds = 0;   // with a request in flight
    double closed_seconds = 0; // somebody waits for the budget or was told to come later, or a pause
    double busy_or_closed_seconds = 0;
};

struct GateOptions {
    std::string provider;
    RequestBudgetSpec spec;
    SharedLedger* shared = nullptr; // outlives the gate
    std::function<Moment()> clock;  // empty: the machine's
};

// One loop. Requests end with `stopped` after stop() or destruction; a pass may outlive the gate.
class Gate {
    struct Impl;

public:
    // The right to send one request: the cost is in flight as long as this lives.
    class Pass {
    public:
        Pass() = default;
        Pass(Pass&&) noexcept = default;
        Pass& operator=(Pass&& other) noexcept;
        ~Pass() { done(); }

        void counted(); // the venue has counted it by now (the answer has begun)
        void done();    // the answer is complete

    private:
        friend struct Impl;
        std::shared_ptr<Impl> gate_;
        Taken taken_;
        bool counted_ = false;
    };
    struct Admission {
        error_code error;                         // rate_limited, banned (both at once), overflow, cancelled, stopped
        std::chrono::milliseconds retry_after{0}; // of rate_limited and banned
        Pass pass;
    };

    Gate(asio::any_io_executor executor, GateOptions options);
    ~Gate();
    Gate(Gate&&) noexcept;
    Gate& operator=(Gate&&) = delete;

    // Waits for its turn. Cancellation gives its place up.
    asio::awaitable<Admission> enter(Ask ask);

    void learn(const BudgetReading& reading, Told told);
    void stop();

    BudgetView view();
    std::string snapshot();
    bool restore(std::string_view text); // as RequestBudget::restore()

private:
    std::shared_ptr<Impl> impl_;
};

} // namespace tickgate::budget
