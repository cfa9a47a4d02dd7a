// A reader for the compact JSON that Binance's streams send: one-letter keys, no white space, no escapes.
#pragma once

#include "core/swar.hpp"

#include <cstdint>
#include <cstring>
#include <string_view>

namespace tickgate::binance {

// A scalar as it stands in the text; strings without their quotes.
struct Token {
    std::string_view text;
    bool quoted = false;
};

// Goes through `{"stream":"NAME","data":{"a":1,"b":"2",…}}` in one pass, without an index of the whole text. It takes
// only what is compact and plain (printable ASCII, no escapes, objects only under `k`) and gives up on everything else,
// which then is a matter for a real JSON parser: whatever it takes, a real parser would read the same way.
class CompactReader {
public:
    explicit CompactReader(std::string_view bytes) : p_(bytes.data()), end_(p_ + bytes.size()) {}

    // Reads up to the fields of `data`.
    bool open(std::string_view& stream) noexcept {
        if (!literal("{\"stream\":\""))
            return false;
        const char* const start = p_;
        if (!skip_string())
            return false;
        stream = {start, static_cast<std::size_t>(p_ - 1 - start)};
        return literal(",\"data\":{");
    }

    // Calls `take(letter, token)` for each field, those inside `k` included, and checks that the text ends with them.
    template <class Take>
    bool fields(Take&& take) noexcept {
        bool inside = false; // `k`
        for (;;) {
            // `"x":` and at least one character more
            if (end_ - p_ < 5 || p_[0] != '"' || p_[2] != '"' || p_[3] != ':')
                return false;
            const char letter = p_[1];
            if (static_cast<unsigned char>((letter | 0x20) - 'a') > 'z' - 'a')
                return false;
            p_ += 4;
            const char* const start = p_;
            Token token;
            if (*p_ == '"') {
                ++p_;
                if (!skip_string())
                    return false;
                token = {{start + 1, static_cast<std::size_t>(p_ - start) - 2}, true};
            } else if (*p_ == '{') {
                ++p_;
                if (inside || letter != 'k')
                    return false;
                inside = true;
                continue;
            } else {
                if (!skip_word())
                    return false;
                token = {{start, static_cast<std::size_t>(p_ - start)}, false};
            }
            if (!take(letter, token))
                return false;
            while (p_ != end_ && *p_ == '}' && inside) {
                inside = false;
                ++p_;
            }
            if (p_ == end_)
                return false;
            const char next = *p_++;
            if (next == '}') // of `data`; then that of the whole
                return p_ + 1 == end_ && *p_ == '}';
            if (next != ',')
                return false;
        }
    }

private:
    template <std::size_t n>
    bool literal(const char (&text)[n]) noexcept {
        constexpr std::size_t length = n - 1;
        if (static_cast<std::size_t>(end_ - p_) < length || std::memcmp(p_, text, length) != 0)
            return false;
        p_ += length;
        return true;
    }

    // From behind the opening quote to behind the closing one.
    bool skip_string() noexcept {
        while (p_ < end_) {
            const int i = swar::first_special_of_sixteen(p_);
            p_ += i;
            if (i < 16)
                return p_ < end_ && *p_++ == '"';
        }
        return false;
    }

    // A JSON integer, true or false, and the comma or brace behind it.
    bool skip_word() noexcept {
        const char* const start = p_;
        if (*p_ == 't' || *p_ == 'f')
            return *p_ == 't' ? literal("true") : literal("false");
        if (*p_ == '-')
            ++p_;
        const char* const digits = p_;
        p_ = swar::skip_digits(p_, end_);
        return p_ < end_ && p_ != digits && (*digits != '0' || p_ == digits + 1) && p_ != start;
    }

    const char* p_;
    const char* const end_;
};

} // namespace tickgate::binance
