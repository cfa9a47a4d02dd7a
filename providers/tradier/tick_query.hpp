// Which request answers a question for trades: time and sales by tick, hour by hour.
#pragma once

#include "tradier/history.hpp"

#include <tickgate/provider.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tickgate::tradier {

inline constexpr std::chrono::days tick_reach{5}; // ticks that are older are not told
inline constexpr std::chrono::hours tick_page{1}; // the venue asks for short steps

struct TickQuery {
    std::string target;         // empty: nothing is left
    UnixNanos from{}, to{};     // of this page; `from` is a whole second
    UnixNanos end{};            // of the whole request
    std::size_t told = 0;       // ticks of the first second that the page before told
    std::size_t limit = 100000; // ticks of this page
};

// The venue's times are whole seconds, so the second in which the span begins is told whole. A cursor is the second
// with which to go on and how many of its ticks were told.
// Errors: not_supported (class; begins before tick_reach), bad_request (no such cursor).
result<TickQuery> tick_query_of(const TradeRequest& request, UnixNanos now);

// The ticks of the answer that belong to the page, oldest first, each once; and the cursor of the next page.
struct TickPage {
    std::vector<Tick> ticks;
    std::string cursor; // empty: complete
};
TickPage page_of(std::vector<Tick> ticks, const TickQuery& query);

} // namespace tickgate::tradier
