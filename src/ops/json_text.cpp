#include "ops/json_text.hpp"

#include <utility>

namespace tickgate::ops {

namespace {

// Length of the UTF-8 sequence at the start of `text` (RFC 3629); 0: none.
std::size_t sequence_length(std::string_view text) noexcept {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0 || text.size() < length)
        return 0;
    for (std::size_t i = 1; i < length; ++i)
        if ((byte(i) & 0xC0) != 0x80)
            return 0;
    const bool overlong = (first == 0xE0 && byte(1) < 0xA0) || (first == 0xF0 && byte(1) < 0x90);
    const bool beyond = (first == 0xED && byte(1) > 0x9F) || (first == 0xF4 && byte(1) > 0x8F);
    return overlong || beyond ? 0 : length;
}

void append_escaped(std::string& out, char c) {
    constexpr char hex[] = "0123456789abcdef";
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
        out += '\\';
        out += c;
    } else if (u >= 0x20 && u != 0x7F) {
        out += c;
    } else {
        out += "\\u00";
        out += hex[u >> 4];
        out += hex[u & 15];
    }
}

} // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const auto n = sequence_length(text);
        if (n == 1)
            append_escaped(out, text.front());
        else
            out += n == 0 ? std::string_view("\\ufffd") : text.substr(0, n);
        text.remove_prefix(n == 0 ? 1 : n);
    }
    out += '"';
}

std::string shown(std::string_view text, std::size_t most) {
    std::string out(text.substr(0, most));
    for (auto& c : out)
        if (c < ' ' || c > '~')
            c = '?';
    if (text.size() > most)
        out += "…";
    return out;
}

void JsonObject::name(std::string_view key) {
    if (out_.size() > 1)
        out_ += ',';
    append_json_string(out_, key);
    out_ += ':';
}

JsonObject& JsonObject::text(std::string_view key, std::string_view value) {
    name(key);
    if (value.empty())
        out_ += "null";
    else
        append_json_string(out_, value);
    return *this;
}

JsonObject& JsonObject::integer(std::string_view key, std::int64_t value) { return raw(key, std::to_string(value)); }

JsonObject& JsonObject::integer(std::string_view key, std::optional<std::int64_t> value) {
    return value ? integer(key, *value) : raw(key, "null");
}

JsonObject& JsonObject::boolean(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }

JsonObject& JsonObject::decimal(std::string_view key, const OptionalDecimal& value) {
    return raw(key, value ? value->to_string() : "null");
}

JsonObject& JsonObject::micros(std::string_view key, std::optional<UnixNanos> value) {
    return value ? integer(key, to_micros(*value)) : raw(key, "null");
}

JsonObject& JsonObject::texts(std::string_view key, const std::vector<std::string>& values) {
    std::string list = "[";
    for (const auto& v : values) {
        if (list.size() > 1)
            list += ',';
        append_json_string(list, v);
    }
    return raw(key, list + "]");
}

JsonObject& JsonObject::raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
    return *this;
}

std::string JsonObject::take() {
    out_ += '}';
    return std::exchange(out_, "{");
}

} // namespace tickgate::ops
