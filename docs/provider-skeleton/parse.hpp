// Frames of Acme's stream: pure parsing.
#pragma once

#include <tickgate/market_data.hpp>

#include <memory>
#include <string_view>

namespace tickgate::acme {

// What one frame says; views are valid until the next parse().
struct Frame {
    enum class Type : std::uint8_t { quote, subscribed, refused, other, malformed, overflow };
    Type type = Type::malformed;
    std::string_view symbol; // Acme's own name
    Quote quote;             // without its instrument, which the session knows
    std::string_view text;   // of a refusal, or what is wrong
};

class FrameParser {
public:
    FrameParser();
    ~FrameParser();
    // `bytes` is followed by 64 readable bytes. No allocation once warm.
    const Frame& parse(std::string_view bytes, UnixNanos received);

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::acme
