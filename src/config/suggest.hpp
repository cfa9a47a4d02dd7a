// Words for people who mistyped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::config {

// The choice nearest to `word` by edits of one character (case ignored); empty if none is near enough to be meant.
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& choices);

std::string joined(const std::vector<std::string>& words, std::string_view separator = ", ");

// `word` fit for a message: one line, at most 60 bytes, user info and query of a URL masked.
std::string shown(std::string_view word);

} // namespace tickgate::config
