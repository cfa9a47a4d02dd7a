// Reads members of the payloads that the gateway itself has written (contract.md §3), as they stand in the text.
#pragma once

#include <string_view>

namespace tickgate::stream {

// One flat object: members are looked for from the last one found on, so ask in the order of the payload. Views into
// the text. Of text that is no such object nothing is found.
class PayloadFields {
public:
    explicit PayloadFields(std::string_view json) noexcept;

    // The value with quotes and brackets; empty: there is no such member further on.
    std::string_view raw(std::string_view key) noexcept;
    // A string without its quotes (escapes stay), anything else as raw(); null is empty.
    std::string_view text(std::string_view key) noexcept;

private:
    bool next(std::size_t& at, std::string_view& key, std::string_view& value) const noexcept;

    std::string_view json_;
    std::size_t at_ = 0;
};

} // namespace tickgate::stream
