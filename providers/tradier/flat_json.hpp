// A reader for the compact JSON objects of Tradier's stream: scalars only, no white space, no escapes.
#pragma once

#include "core/swar.hpp"

#include <cstring>
#include <string_view>

namespace tickgate::tradier {

// A scalar as it stands in the text; strings without their quotes.
struct Token {
    std::string_view text;
    bool quoted = false;
};

// Goes through `{"a":1,"b":"2",…}` in one pass, without an index of the whole text. It takes only what is compact and
// plain and gives up on everything else, which then is a matter for a real JSON parser: whatever it takes, a real
// parser would read the same way. The text is followed by at least eight readable bytes.
class FlatReader {
public:
    explicit FlatReader(std::string_view text) : begin_(text.data()), p_(begin_), end_(begin_ + text.size()) {}

    // Asks `place(key)` of each field for the Token that is to hold its value, and has filled it when it asks for the
    // next one; returns the length of the object, 0 if it gave up.
    template <class Place>
    std::size_t read(Place&& place) noexcept {
        if (end_ - p_ < 2 || *p_++ != '{')
            return 0;
        for (;;) {
            std::string_view key;
            if (!string(key) || p_ == end_ || *p_++ != ':' || p_ == end_)
                return 0;
            Token& token = place(key);
            token.quoted = *p_ == '"';
            if (token.quoted ? !string(token.text) : !word(token.text))
                return 0;
            if (p_ == end_)
                return 0;
            const char next = *p_++;
            if (next == '}')
                return static_cast<std::size_t>(p_ - begin_);
            if (next != ',')
                return 0;
        }
    }

private:
    bool string(std::string_view& into) noexcept {
        if (p_ >= end_ || *p_ != '"')
            return false;
        const char* const start = ++p_;
        while (p_ < end_) {
            const int i = swar::first_special(swar::load(p_));
            p_ += i;
            if (i < 8) {
                if (p_ >= end_ || *p_ != '"')
                    return false;
                into = {start, static_cast<std::size_t>(p_ - start)};
                ++p_;
                return true;
            }
        }
        return false;
    }

    // A number, true, false or null. Whether a number follows JSON's grammar is for who uses it.
    bool word(std::string_view& into) noexcept {
        const char* const start = p_;
        const auto part = [](char c) {
            return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
        };
        if (*p_ == '-' || (*p_ >= '0' && *p_ <= '9')) {
            while (p_ < end_ && part(*p_))
                ++p_;
        } else if (!literal("true") && !literal("false") && !literal("null")) {
            return false;
        }
        into = {start, static_cast<std::size_t>(p_ - start)};
        return p_ < end_;
    }

    template <std::size_t n>
    bool literal(const char (&text)[n]) noexcept {
        if (static_cast<std::size_t>(end_ - p_) < n - 1 || std::memcmp(p_, text, n - 1) != 0)
            return false;
        p_ += n - 1;
        return true;
    }

    const char* const begin_;
    const char* p_;
    const char* const end_;
};

} // namespace tickgate::tradier
