#include "binance/json_items.hpp"

namespace tickgate::binance {

namespace {
bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
} // namespace

error_code JsonItems::feed(std::string_view piece) {
    for (const char c : piece) {
        if (in_string_) {
            if (in_array_)
                element_ += c;
            else if (key_ && (c != '"' || escaped_))
                member_ += c;
            if (escaped_)
                escaped_ = false;
            else if (c == '\\')
                escaped_ = true;
            else if (c == '"')
                in_string_ = false;
        } else if (const auto ec = structural(c)) {
            return ec;
        }
        if (element_.size() > max_element_ || member_.size() > max_element_)
            return errc::message_too_large;
    }
    return {};
}

error_code JsonItems::structural(char c) {
    if (is_space(c) && (!in_array_ || element_.empty()))
        return {};
    if (done_ || (depth_ == 0 && c != '{'))
        return errc::malformed_payload;
    const bool separator = in_array_ && depth_ == 2 && (c == ',' || c == ']');
    if (separator && !element_.empty()) {
        if (const auto ec = on_item_(member_, element_))
            return ec;
        element_.clear();
    }
    switch (c) {
    case '"':
        in_string_ = true;
        key_ = depth_ == 1;
        if (key_)
            member_.clear();
        break;
    case '{':
    case '[':
        if (depth_ > 64)
            return errc::malformed_payload;
        ++depth_;
        if (c == '[' && depth_ == 2) {
            in_array_ = true;
            return {};
        }
        break;
    case '}':
    case ']':
        --depth_;
        if (depth_ == 1)
            in_array_ = false;
        done_ = depth_ == 0;
        break;
    case ':':
        key_ = false;
        break;
    default:
        break;
    }
    if (in_array_ && !separator)
        element_ += c;
    return {};
}

error_code JsonItems::finish() const { return done_ ? error_code() : make_error_code(errc::malformed_payload); }

} // namespace tickgate::binance
