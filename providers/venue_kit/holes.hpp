// Spans of which a venue's history has no rows: the downtime of an exchange.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

struct Hole {
    UnixNanos from{}, to{}; // [from, to)
};

class Holes {
public:
    void add(Hole hole) { list_.push_back(hole); }
    bool empty() const noexcept { return list_.empty(); }
    bool contains(UnixNanos t) const noexcept {
        for (const auto& h : list_)
            if (t >= h.from && t < h.to)
                return true;
        return false;
    }
    // All of [from, to) lies in one hole.
    bool cover(UnixNanos from, UnixNanos to) const noexcept {
        for (const auto& h : list_)
            if (from >= h.from && to <= h.to)
                return true;
        return false;
    }

private:
    std::vector<Hole> list_;
};

// `2026-11-01T10:00:00Z/2026-11-01T10:30:00Z` or `1793527200/1793529000` (Unix seconds).
// Errors: configuration; `problem` says what is wrong.
result<Hole> parse_hole(std::string_view text, std::string& problem);

} // namespace tickgate::venue_kit
