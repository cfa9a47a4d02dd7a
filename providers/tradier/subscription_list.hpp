// The whole list of what is wanted, as the stream takes it.
#pragma once

#include "tradier/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier {

struct SubscriptionList {
    std::vector<std::string_view> symbols; // at least one: an empty list is refused
    bool quotes = false, trades = false;
    bool index_values = false; // `trade` as well: the values of indices come with it
    TradeEvents trade_events = TradeEvents::timesale;

    // The WebSocket's message, which replaces the list that was sent before.
    std::string message(std::string_view session_id) const;
    // The HTTP stream's request.
    std::string form(std::string_view session_id) const;

private:
    std::vector<std::string_view> filter() const;
};

// Printable ASCII without what JSON would escape: only such names are sent.
bool is_sendable(std::string_view native) noexcept;

} // namespace tickgate::tradier
