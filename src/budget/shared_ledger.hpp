// A budget that several processes draw from together.
#pragma once

#include "budget/request_budget.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tickgate::budget {

namespace asio = boost::asio;

// One loop. Budgets are named `{provider}:{budget}`; whoever draws from one states the same limits.
class SharedLedger {
public:
    virtual ~SharedLedger() = default;

    struct Answer {
        std::chrono::milliseconds wait{0}; // zero: the cost was taken; else nothing was, and it is for so long
        std::vector<std::int64_t> used;    // by all together, in the order of the limits; may be empty
    };
    // Takes the cost from all limits at once (the weight; bytes must only have room). Never waits long.
    // Errors: unavailable and others: nobody can tell, each goes by its own account.
    virtual asio::awaitable<result<Answer>> take(std::string budget, Cost cost, std::vector<LimitSpec> limits) = 0;

    // Bytes known after the fact, and a pause for everybody. They are told as soon as possible.
    virtual void spend(std::string budget, std::int64_t bytes, std::vector<LimitSpec> limits) = 0;
    virtual void pause(std::string budget, std::chrono::milliseconds time) = 0;

    virtual bool connected() const noexcept = 0;
};

} // namespace tickgate::budget
