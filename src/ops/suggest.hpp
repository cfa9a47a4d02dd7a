// The nearest names to one that nobody has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::ops {

// Edits of one character (one put in, left out, changed, or two neighbours exchanged) that make `b` of `a`. Case and
// separators (`-`, `_`, `.`, `/`, `:`) do not count.
std::size_t symbol_distance(std::string_view a, std::string_view b);

// Those of `choices` that may be meant, nearest first, at most `most`; a prefix is nearer than its distance.
std::vector<std::string> nearest_symbols(
    std::string_view wanted, const std::vector<std::string>& choices, std::size_t most = 5);

} // namespace tickgate::ops
