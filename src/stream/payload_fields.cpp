#include "stream/payload_fields.hpp"

namespace tickgate::stream {

namespace {

// Behind the string that begins at `at`, or npos.
std::size_t string_end(std::string_view json, std::size_t at) noexcept {
    for (++at; at < json.size(); ++at) {
        if (json[at] == '\\')
            ++at;
        else if (json[at] == '"')
            return at + 1;
    }
    return std::string_view::npos;
}

// Behind the value that begins at `at`, or npos.
std::size_t value_end(std::string_view json, std::size_t at) noexcept {
    int depth = 0;
    while (at < json.size()) {
        const char c = json[at];
        if (c == '"') {
            at = string_end(json, at);
            if (at == std::string_view::npos)
                return at;
            if (depth == 0)
                return at;
            continue;
        }
        if (c == '[' || c == '{')
            ++depth;
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            return at;
        if ((c == ']' || c == '}') && --depth == 0)
            return at + 1;
        ++at;
    }
    return std::string_view::npos;
}

} // namespace

PayloadFields::PayloadFields(std::string_view json) noexcept
    : json_(json), at_(json.starts_with('{') ? 1 : json.size()) {}

bool PayloadFields::next(std::size_t& at, std::string_view& key, std::string_view& value) const noexcept {
    if (at < json_.size() && json_[at] == ',')
        ++at;
    if (at >= json_.size() || json_[at] != '"')
        return false;
    const auto key_end = string_end(json_, at);
    if (key_end == std::string_view::npos || key_end >= json_.size() || json_[key_end] != ':')
        return false;
    key = json_.substr(at + 1, key_end - at - 2);
    const auto end = value_end(json_, key_end + 1);
    if (end == std::string_view::npos)
        return false;
    value = json_.substr(key_end + 1, end - key_end - 1);
    at = end;
    return true;
}

std::string_view PayloadFields::raw(std::string_view key) noexcept {
    std::string_view found, value;
    for (std::size_t at = at_; next(at, found, value);)
        if (found == key) {
            at_ = at;
            return value;
        }
    return {};
}

std::string_view PayloadFields::text(std::string_view key) noexcept {
    const auto value = raw(key);
    if (value == "null")
        return {};
    return value.size() >= 2 && value.front() == '"' ? value.substr(1, value.size() - 2) : value;
}

} // namespace tickgate::stream
