// Budgets shared through Redis: a script takes from all limits of a budget at once, or says when.
#pragma once

#include "budget/shared_ledger.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// The script; docs/budget.md tells its arguments. One key.
extern const std::string_view budget_script;

struct BudgetLedgerOptions {
    ClientOptions redis;
    std::string prefix = "md";               // keys are `{prefix}:budget:{provider}:{budget}`
    std::chrono::milliseconds deadline{500}; // of one command; a slower Redis counts as away
    std::chrono::milliseconds back_off_cap{2000};
};

// Plain counters, written on the loop.
struct BudgetLedgerStats {
    std::uint64_t takes = 0, waits = 0; // answered; … with: not yet
    std::uint64_t failures = 0;         // takes without an answer
    std::uint64_t reconnects = 0;
    bool connected = false;
};

// One loop, one owner; run() must have returned before destruction.
//
// While Redis is away takes fail at once, so that nobody waits for it; bytes and pauses are told when it is back, as
// far as they still matter.
class BudgetLedger final : public budget::SharedLedger {
public:
    BudgetLedger(asio::any_io_executor executor, BudgetLedgerOptions options);
    ~BudgetLedger() override;

    asio::awaitable<void> run(); // until stop()
    void stop();
    const BudgetLedgerStats& stats() const noexcept;

    asio::awaitable<result<Answer>> take(std::string budget, budget::Cost cost, std::vector<LimitSpec> limits) override;
    void spend(std::string budget, std::int64_t bytes, std::vector<LimitSpec> limits) override;
    void pause(std::string budget, std::chrono::milliseconds time) override;
    bool connected() const noexcept override;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_; // shared with takes that wait for their answer
};

} // namespace tickgate::redis
