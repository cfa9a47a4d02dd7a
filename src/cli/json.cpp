#include "cli/json.hpp"

#include "core/text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>

namespace tickgate::cli {

namespace {

namespace ondemand = simdjson::ondemand;

constexpr int deepest = 64;
const Json nothing;

simdjson::error_code read(ondemand::value value, Json& out, int depth);

simdjson::error_code read_object(ondemand::value value, Json& out, int depth) {
    ondemand::object object;
    if (const auto error = value.get_object().get(object))
        return error;
    out.type = Json::Type::object;
    for (auto item : object) {
        ondemand::field field;
        if (const auto error = std::move(item).get(field))
            return error;
        std::string_view key;
        if (const auto error = field.unescaped_key().get(key))
            return error;
        auto& member = out.members.emplace_back(std::string(key), Json());
        if (const auto error = read(field.value(), member.second, depth + 1))
            return error;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code read_list(ondemand::value value, Json& out, int depth) {
    ondemand::array array;
    if (const auto error = value.get_array().get(array))
        return error;
    out.type = Json::Type::list;
    for (auto item : array) {
        ondemand::value element;
        if (const auto error = std::move(item).get(element))
            return error;
        if (const auto error = read(element, out.items.emplace_back(), depth + 1))
            return error;
    }
    return simdjson::SUCCESS;
}

simdjson::error_code read(ondemand::value value, Json& out, int depth) {
    if (depth > deepest)
        return simdjson::DEPTH_ERROR;
    ondemand::json_type type{};
    if (const auto error = value.type().get(type))
        return error;
    switch (type) {
    case ondemand::json_type::object:
        return read_object(value, out, depth);
    case ondemand::json_type::array:
        return read_list(value, out, depth);
    case ondemand::json_type::string: {
        std::string_view text;
        if (const auto error = value.get_string().get(text))
            return error;
        out.type = Json::Type::text;
        out.text = text;
        return simdjson::SUCCESS;
    }
    case ondemand::json_type::number:
        out.type = Json::Type::number;
        break;
    case ondemand::json_type::boolean:
        out.type = Json::Type::boolean;
        break;
    case ondemand::json_type::null:
        out.type = Json::Type::null;
        return simdjson::SUCCESS;
    }
    out.text = trimmed(value.raw_json_token(), json_blanks);
    return simdjson::SUCCESS;
}

void append_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        if (static_cast<unsigned char>(c) < 0x20)
            out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        else
            out += c;
    }
    out += '"';
}

void append(std::string& out, const Json& value) {
    bool first = true;
    const auto separate = [&] {
        if (!std::exchange(first, false))
            out += ',';
    };
    switch (value.type) {
    case Json::Type::absent:
    case Json::Type::null:
        out += "null";
        return;
    case Json::Type::boolean:
    case Json::Type::number:
        out += value.text;
        return;
    case Json::Type::text:
        return append_string(out, value.text);
    case Json::Type::list:
        out += '[';
        for (const auto& item : value.items) {
            separate();
            append(out, item);
        }
        out += ']';
        return;
    case Json::Type::object:
        out += '{';
        for (const auto& [key, member] : value.members) {
            separate();
            append_string(out, key);
            out += ':';
            append(out, member);
        }
        out += '}';
    }
}

} // namespace

const Json& Json::operator[](std::string_view key) const noexcept {
    for (const auto& [name, member] : members)
        if (name == key)
            return member;
    return nothing;
}

const Json& Json::at(std::string_view path) const noexcept {
    const auto dot = path.find('.');
    const auto& member = (*this)[path.substr(0, dot)];
    return dot == std::string_view::npos ? member : member.at(path.substr(dot + 1));
}

std::int64_t Json::integer(std::int64_t otherwise) const noexcept {
    std::int64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if ((type == Type::number || type == Type::text) && ec == std::errc() && end == text.data() + text.size())
        return value;
    const double number = real(std::nan(""));
    return std::abs(number) < 9e18 ? static_cast<std::int64_t>(number) : otherwise; // false for a NaN
}

double Json::real(double otherwise) const noexcept {
    if (type != Type::number && type != Type::text)
        return otherwise;
    double value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size() ? value : otherwise;
}

std::string Json::words(std::string_view between) const {
    if (type == Type::null)
        return {};
    std::string out = text;
    for (const auto& item : items)
        out.append(out.empty() ? "" : between).append(item.words(between));
    for (const auto& [key, member] : members)
        out.append(out.empty() ? "" : between).append(key).append("=").append(member.words(","));
    return out;
}

std::optional<Json> parse_json(std::string_view text) {
    const simdjson::padded_string padded(text);
    ondemand::parser parser;
    ondemand::document document;
    ondemand::value root;
    Json out;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_value().get(root) != simdjson::SUCCESS || read(root, out, 0) != simdjson::SUCCESS)
        return std::nullopt;
    if (!document.current_location().error()) // at the end there is no location to tell
        return std::nullopt;
    return out;
}

std::string to_json(const Json& value) {
    std::string out;
    append(out, value);
    return out;
}

std::string json_string(std::string_view text) {
    std::string out;
    append_string(out, text);
    return out;
}

void JsonBody::name(std::string_view key) {
    if (out_.size() > 1)
        out_ += ',';
    append_string(out_, key);
    out_ += ':';
}

JsonBody& JsonBody::text(std::string_view key, std::string_view value) {
    return value.empty() ? *this : raw(key, json_string(value));
}

JsonBody& JsonBody::texts(std::string_view key, const std::vector<std::string>& values) {
    std::string list = "[";
    for (const auto& value : values) {
        if (list.size() > 1)
            list += ',';
        append_string(list, value);
    }
    return raw(key, list + "]");
}

JsonBody& JsonBody::raw(std::string_view key, std::string_view json) {
    name(key);
    out_ += json;
    return *this;
}

} // namespace tickgate::cli
