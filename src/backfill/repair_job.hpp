// A task of the repairer and how far it is.
#pragma once

#include "backfill/repair.hpp"

namespace tickgate::backfill {

struct Repairer::Job {
    RepairTask task;
    MonoTime until{};
    bool cancelled = false;            // or nobody waits for it any more
    std::vector<std::string> excluded; // providers that cannot tell it
    MonoTime not_before{};             // the machine's clock
    std::chrono::milliseconds wait{0}; // before the next repetition
    std::string asking;                // while it runs
    int short_answers = 0;             // by id: fewer trades than are missing
    bool numbered = false;             // what was told bore ids
    RepairOutcome outcome;
    std::optional<std::chrono::milliseconds> retry_after;
    std::uint64_t told = 0; // messages handed back
    std::string teller;     // who told them
    // Trades by time: those of `reached` that were handed back already come again.
    std::optional<UnixNanos> reached;
    std::uint64_t repeats = 0;
};

} // namespace tickgate::backfill
