// History as repairs use it.
#pragma once

#include "backfill/repair.hpp"

#include <utility>

namespace tickgate::backfill {

class HistoryForRepairs final : public RepairHistory {
public:
    explicit HistoryForRepairs(History& history) : history_(history) {}

    asio::awaitable<Ensured> ensure(BarsRequest request) override { return history_.ensure(std::move(request)); }
    asio::awaitable<error_code> read(
        std::vector<Part> parts, std::function<bool(const Part&, const store::StoredBar&)> take) override {
        return history_.read(std::move(parts), std::move(take));
    }
    asio::awaitable<History::TradesDone> trades(History::TradesRequest request, History::TakeTrade take) override {
        return history_.trades(std::move(request), std::move(take));
    }

private:
    History& history_;
};

} // namespace tickgate::backfill
