// The events of the last while, to be read again.
#pragma once

#include <tickgate/instrument.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::ops {

// Keeps the newest events, oldest first. One loop.
class EventLog {
public:
    // `run` names this process, so that cursors of another one are told apart: [a-z0-9], not empty.
    explicit EventLog(std::string run, std::size_t most = 5000) : run_(std::move(run)), most_(most) {}

    // An event as it goes to Redis (contract.md §3); blanks before its end are left out.
    void add(std::string_view payload);

    struct Query {
        std::string after; // cursor of an answer or an event; empty: the newest are meant
        std::size_t limit = 100;
        std::vector<std::string> events;   // empty: all
        std::vector<InstrumentName> names; // empty: all
        std::string feed;                  // empty: all
    };
    struct Found {
        bool known = true;                 // false: `after` is no cursor
        bool missed = false;               // events behind `after` are not kept any more
        std::vector<std::string> elements; // oldest first, each with a member `cursor` in front of the rest
        std::string next;                  // what comes later is behind this; empty: there was no event yet
    };
    Found find(const Query& query) const;

    std::size_t size() const noexcept { return entries_.size(); }

private:
    std::string cursor_of(std::uint64_t number) const { return run_ + "-" + std::to_string(number); }

    std::string run_;
    std::size_t most_;
    std::deque<std::string> entries_; // payloads
    std::uint64_t last_ = 0;          // number of the newest; the first one ever is 1
};

} // namespace tickgate::ops
