// Operation `bars`, before it becomes text: doors that tell bars in their own form take them from here.
#pragma once

#include "ops/error.hpp"
#include "ops/history_access.hpp"
#include "ops/time_range.hpp"
#include "quality/quality.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tickgate::ops {

// What is known of an instrument's answer before its first bar.
struct BarsHead {
    InstrumentName name;
    Timeframe timeframe = Timeframe::m1;
    TimeRange range;
    std::string provider; // of the first part; empty: nobody has any
    backfill::Ensured ensured;
    std::optional<Error> error; // why there is not more
    bool complete = false;      // everything that exists is here
};

struct BarsSummary {
    std::uint64_t bars = 0;
    bool cut = false;                      // there are more than `limit`
    std::optional<quality::Report> report; // if asked for
};

// Takes an answer instrument by instrument: begin, bars…, end; or failed. An error means that nobody takes more.
class BarsSink {
public:
    virtual ~BarsSink() = default;
    // Now and then while it is fetched.
    virtual asio::awaitable<error_code> progress(
        const InstrumentName& /*name*/, Timeframe /*timeframe*/, const backfill::Progress& /*how_far*/) {
        co_return error_code();
    }
    virtual asio::awaitable<error_code> begin(const BarsHead& head) = 0;
    virtual asio::awaitable<error_code> bars(
        const BarsHead& head, const backfill::Part& part, std::span<const store::StoredBar> bars) = 0;
    virtual asio::awaitable<error_code> end(const BarsHead& head, const BarsSummary& summary) = 0;
    // One of several; the only instrument of a request is its error.
    virtual asio::awaitable<error_code> failed(const InstrumentName& name, const Error& error) = 0;
};

struct BarsQuery {
    std::vector<InstrumentName> names;
    backfill::BarsRequest request; // without instrument and span
    std::string start, end;
    bool validate = true;
    std::uint64_t limit = 0; // bars of an instrument; 0: all
    std::chrono::milliseconds progress_interval{1000};
};

// Fetches, reads and checks. Empty: done. `history` and `sink` must outlive it.
asio::awaitable<std::optional<Error>> run_bars(HistoryAccess& history, BarsQuery query, BarsSink& sink);

// A report over what the store has of a series. Error: of the store.
asio::awaitable<result<quality::Report>> check_stored(
    HistoryAccess& history, backfill::Part part, std::vector<store::CoverageSpan> coverage);

// Several parts as one: the worst grade, the sums, at most 100 issues.
void merge(quality::Report& into, const quality::Report& other);

// What is said of an answer that is not all there is.
Error error_of(const backfill::Ensured& ensured);

} // namespace tickgate::ops
