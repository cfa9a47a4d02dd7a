// Secrets that cannot be printed by accident, and text from which known secrets are taken out.
#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace tickgate {

// Holds a password, token or key. Formats as `***`, cannot be streamed; reveal() is the only way to its text.
// Every non-empty secret is remembered for redact() while the process lives.
class Secret {
public:
    Secret() = default;
    explicit Secret(std::string text);

    const std::string& reveal() const noexcept { return text_; }
    bool empty() const noexcept { return text_.empty(); }
    friend std::string_view format_as(const Secret&) noexcept { return "***"; }

private:
    std::string text_;
};

// Text safe for logs, events and answers: every secret known to the process, as it is and percent-encoded, becomes
// `***`, and so do user info and the values of credential-like query parameters of URLs in it. Thread-safe.
std::string redact(std::string_view text);

} // namespace tickgate
