// Trades with the text they refer to.
#pragma once

#include <tickgate/market_data.hpp>

#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::backfill {

// Keeps copies; what trades() tells is valid until clear().
class TradeBatch {
public:
    void add(const Trade& trade) {
        Trade copy = trade;
        copy.trade_id = keep(trade.trade_id);
        copy.exchange = keep(trade.exchange);
        copy.ref_trade_id = keep(trade.ref_trade_id);
        if (!trade.conditions.empty()) {
            auto& own = conditions_.emplace_back();
            for (const auto condition : trade.conditions)
                own.push_back(keep(condition));
            copy.conditions = own;
        }
        trades_.push_back(copy);
    }
    void clear() {
        trades_.clear();
        texts_.clear();
        conditions_.clear();
    }
    std::span<const Trade> trades() const noexcept { return trades_; }
    std::size_t size() const noexcept { return trades_.size(); }

private:
    std::string_view keep(std::string_view text) {
        return text.empty() ? std::string_view() : std::string_view(texts_.emplace_back(text));
    }
    std::vector<Trade> trades_;
    std::deque<std::string> texts_; // a deque: they do not move
    std::deque<std::vector<std::string_view>> conditions_;
};

} // namespace tickgate::backfill
