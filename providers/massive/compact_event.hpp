// A reader for the compact JSON that Massive's streams send: flat objects without white space or escapes.
#pragma once

#include "massive/event_fields.hpp"

#include "core/swar.hpp"

#include <cstring>

namespace tickgate::massive {

// Reads one compact flat object in one pass. It takes only what is plain (no white space, no escapes, printable ASCII,
// arrays of scalars) and gives up on everything else, which then is a matter for a real JSON parser: whatever it takes,
// a real parser would read the same way. At least 64 readable bytes follow `end`.
class CompactEvent {
public:
    CompactEvent(const char* p, const char* end) noexcept : p_(p), end_(end) {}

    // True if a whole object was read; position() is then behind its brace.
    bool read(EventFields& fields) noexcept {
        if (*p_ != '{')
            return false;
        ++p_;
        for (;;) {
            if (*p_ != '"')
                return false;
            const char* const name = ++p_;
            if (p_[1] == '"' && plain(*p_))
                p_ += 2;
            else if (p_[2] == '"' && plain(*p_) && plain(p_[1]))
                p_ += 3;
            else if (!skip_string())
                return false;
            const Key key = key_of({name, static_cast<std::size_t>(p_ - 1 - name)});
            if (*p_ != ':')
                return false;
            ++p_;
            const char* const start = p_;
            switch (*p_) {
            case '"':
                ++p_;
                if (!skip_string())
                    return false;
                fields.set(key, start + 1, static_cast<std::size_t>(p_ - start) - 2, Token::Form::text);
                break;
            case '[':
                if (!skip_array())
                    return false;
                fields.set(key, start, static_cast<std::size_t>(p_ - start), Token::Form::array);
                break;
            default:
                if (!skip_word())
                    return false;
                if (*start == 'n')
                    fields.drop(key);
                else
                    fields.set(key, start, static_cast<std::size_t>(p_ - start), Token::Form::word);
            }
            if (*p_ == ',') {
                ++p_;
                continue;
            }
            if (*p_ != '}' || p_ >= end_)
                return false;
            ++p_;
            return true;
        }
    }
    const char* position() const noexcept { return p_; }

private:
    static bool plain(char c) noexcept { return c >= ' ' && c < 0x7f && c != '"' && c != '\\'; }
    static bool digit(char c) noexcept { return c >= '0' && c <= '9'; }

    // From behind the opening quote to behind the closing one.
    bool skip_string() noexcept {
        while (p_ < end_) {
            const int i = swar::first_special(swar::load(p_));
            p_ += i;
            if (i < 8)
                return p_ < end_ && *p_++ == '"';
        }
        return false;
    }
    // A JSON number, true, false or null.
    bool skip_word() noexcept {
        if (*p_ == 't' || *p_ == 'n' || *p_ == 'f') {
            const std::string_view word = *p_ == 't' ? "true" : *p_ == 'n' ? "null" : "false";
            if (static_cast<std::size_t>(end_ - p_) < word.size() || std::memcmp(p_, word.data(), word.size()) != 0)
                return false;
            p_ += word.size();
            return p_ < end_;
        }
        if (*p_ == '-')
            ++p_;
        if (!digit(*p_))
            return false;
        if (*p_ == '0')
            ++p_;
        else
            p_ = swar::skip_digits(p_, end_);
        if (*p_ == '.') {
            ++p_;
            if (!digit(*p_))
                return false;
            p_ = swar::skip_digits(p_, end_);
        }
        if (*p_ == 'e' || *p_ == 'E') {
            ++p_;
            if (*p_ == '+' || *p_ == '-')
                ++p_;
            if (!digit(*p_))
                return false;
            p_ = swar::skip_digits(p_, end_);
        }
        return p_ < end_;
    }
    bool skip_array() noexcept {
        ++p_;
        if (*p_ == ']') {
            ++p_;
            return p_ < end_;
        }
        for (;;) {
            if (p_ >= end_)
                return false;
            if (*p_ == '"') {
                ++p_;
                if (!skip_string())
                    return false;
            } else if (!skip_word()) {
                return false;
            }
            const char next = *p_++;
            if (next == ']')
                return p_ < end_;
            if (next != ',')
                return false;
        }
    }

    const char* p_;
    const char* const end_;
};

// Behind the JSON value that starts at `p`, by structure alone; nullptr if it does not end before `end`.
inline const char* skip_value(const char* p, const char* end) noexcept {
    int depth = 0;
    for (bool in_string = false; p < end; ++p) {
        if (in_string) {
            if (*p == '\\')
                ++p;
            else if (*p == '"')
                in_string = false;
            continue;
        }
        switch (*p) {
        case '"':
            in_string = true;
            break;
        case '{':
        case '[':
            ++depth;
            break;
        case '}':
        case ']':
            if (depth == 0)
                return p; // of the array around it
            if (--depth == 0)
                return p + 1;
            break;
        case ',':
            if (depth == 0)
                return p;
            break;
        default:
            break;
        }
    }
    return nullptr;
}

} // namespace tickgate::massive
