// Takes the elements of arrays out of a JSON text that is never held whole.
#pragma once

#include <tickgate/error.hpp>

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace tickgate::binance {

// Feeds on pieces of `{"a":…,"symbols":[{…},{…}],…}` cut anywhere and hands over each element of each array that is a
// direct member of the top object, with the member's name. Structure only: the elements' own syntax is for whoever
// parses them. Memory: one element (at most `max_element` bytes).
class JsonItems {
public:
    using Item = std::function<error_code(std::string_view member, const std::string& element)>;
    explicit JsonItems(Item on_item, std::size_t max_element = 256 * 1024)
        : on_item_(std::move(on_item)), max_element_(max_element) {}

    // Errors: malformed_payload (unbalanced, not an object), message_too_large, what the callback returned.
    error_code feed(std::string_view piece);
    // Errors: malformed_payload if the text ended early.
    error_code finish() const;

private:
    error_code structural(char c);

    Item on_item_;
    std::size_t max_element_;
    std::string member_;  // key of the top object last read
    std::string element_; // the element being collected
    int depth_ = 0;
    bool in_string_ = false, escaped_ = false;
    bool in_array_ = false; // inside a top-level array
    bool key_ = false;      // the string being read is a key candidate of the top object
    bool done_ = false;
};

} // namespace tickgate::binance
