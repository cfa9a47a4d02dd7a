// What `tickgate venue oanda` can be told beyond the options all venues share.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace tickgate::oanda_venue {

struct OandaOptions {
    std::vector<std::string> accounts{"101-004-1000001-001"};
    std::chrono::milliseconds heartbeat{5000};
    std::chrono::milliseconds conflation{250}; // at most one price of an instrument in so long; 0: all
    std::size_t streams = 20;                  // open at once, of one address
    std::size_t connections_per_second = 2;    // new streams, of one address
    std::size_t requests_per_second = 120;     // of one address
    // A candle is complete when the next price has come, so long after its end at least, and at most `overdue` after
    // it.
    std::chrono::milliseconds completion{1000}, overdue{45'000};
    bool whole_lines = false; // each chunk ends with a line; else cut at any byte
};

} // namespace tickgate::oanda_venue
