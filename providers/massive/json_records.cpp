#include "massive/json_records.hpp"

#include "massive/time_units.hpp"

#include <simdjson.h>

#include <algorithm>
#include <charconv>

namespace tickgate::massive {

namespace od = simdjson::ondemand;

namespace {

constexpr int max_depth = 8;

// Adds the members of an object. False if the JSON breaks.
bool flatten(od::object& object, std::string& path, Record& into, int depth);

bool scalar(od::value& value, od::json_type type, std::string_view path, Record& into) {
    std::string_view text;
    if (type == od::json_type::string) {
        if (value.get_string().get(text) != simdjson::SUCCESS)
            return false;
        into.add(path, text);
        return true;
    }
    text = value.raw_json_token();
    while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
        text.remove_suffix(1);
    if (text != "null")
        into.add(path, text);
    return true;
}

bool array(od::value& value, std::string_view path, Record& into) {
    od::array elements;
    if (value.get_array().get(elements) != simdjson::SUCCESS)
        return false;
    for (auto item : elements) {
        od::value element;
        od::json_type type;
        if (std::move(item).get(element) != simdjson::SUCCESS || element.type().get(type) != simdjson::SUCCESS)
            return false;
        if (type == od::json_type::object || type == od::json_type::array)
            continue;
        if (!scalar(element, type, path, into))
            return false;
    }
    return true;
}

bool member(std::string_view key, od::value& value, std::string& path, Record& into, int depth) {
    od::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS)
        return false;
    const auto length = path.size();
    if (length > 0)
        path += '.';
    path += key;
    bool ok = true;
    if (type == od::json_type::object) {
        od::object inner;
        ok = value.get_object().get(inner) == simdjson::SUCCESS && depth < max_depth &&
             flatten(inner, path, into, depth + 1);
    } else if (type == od::json_type::array) {
        ok = array(value, path, into);
    } else {
        ok = scalar(value, type, path, into);
    }
    path.resize(length);
    return ok;
}

bool flatten(od::object& object, std::string& path, Record& into, int depth) {
    for (auto item : object) {
        od::field field;
        std::string_view key;
        if (std::move(item).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS ||
            !member(key, field.value(), path, into, depth))
            return false;
    }
    return true;
}

error_code each_element(od::array& elements, const std::function<error_code(Record&)>& each) {
    Record record;
    std::string path;
    for (auto item : elements) {
        od::object object;
        record.clear();
        path.clear();
        if (std::move(item).get_object().get(object) != simdjson::SUCCESS || !flatten(object, path, record, 0))
            return errc::malformed_payload;
        if (const auto ec = each(record))
            return ec;
    }
    return {};
}

error_code each_data(od::value& value, const std::function<error_code(Record&)>& each) {
    od::json_type type;
    if (value.type().get(type) != simdjson::SUCCESS)
        return errc::malformed_payload;
    if (type == od::json_type::array) {
        od::array elements;
        if (value.get_array().get(elements) != simdjson::SUCCESS)
            return errc::malformed_payload;
        return each_element(elements, each);
    }
    if (type == od::json_type::null)
        return {};
    Record record;
    std::string path;
    od::object object;
    if (type != od::json_type::object || value.get_object().get(object) != simdjson::SUCCESS ||
        !flatten(object, path, record, 0))
        return errc::malformed_payload;
    return each(record);
}

} // namespace

bool Record::has(std::string_view path) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.path == path; });
}

bool Record::has_below(std::string_view prefix) const noexcept {
    return std::any_of(fields_.begin(), fields_.end(), [&](const Field& f) { return f.path.starts_with(prefix); });
}

std::string_view Record::text(std::string_view path) const noexcept {
    for (const auto& f : fields_)
        if (f.path == path)
            return f.text;
    return {};
}

std::vector<std::string_view> Record::texts(std::string_view path) const {
    std::vector<std::string_view> all;
    for (const auto& f : fields_)
        if (f.path == path)
            all.push_back(f.text);
    return all;
}

OptionalDecimal Record::decimal(std::string_view path) noexcept {
    const auto value = text(path);
    if (value.empty())
        return std::nullopt;
    const auto d = Decimal::parse(value);
    if (d)
        return *d;
    (d.error() == errc::number_overflow ? overflow_ : bad_) = true;
    return std::nullopt;
}

std::optional<std::int64_t> Record::integer(std::string_view path) noexcept {
    const auto value = text(path);
    if (value.empty())
        return std::nullopt;
    std::int64_t n = 0;
    const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), n);
    if (ec == std::errc() && end == value.data() + value.size())
        return n;
    bad_ = true;
    return std::nullopt;
}

std::optional<bool> Record::flag(std::string_view path) noexcept {
    const auto value = text(path);
    if (value == "true" || value == "false")
        return value == "true";
    bad_ = bad_ || !value.empty();
    return std::nullopt;
}

std::optional<UnixNanos> Record::time(std::string_view path) noexcept {
    const auto n = integer(path);
    if (!n || *n == 0)
        return std::nullopt;
    const auto t = venue_time(*n);
    bad_ = bad_ || !t;
    return t;
}

error_code Record::problem() const noexcept {
    if (bad_)
        return errc::malformed_payload;
    return overflow_ ? make_error_code(errc::number_overflow) : error_code();
}

error_code read_records(
    std::string_view body, std::string_view name, Record& top, const std::function<error_code(Record&)>& each) {
    od::parser parser;
    const simdjson::padded_string padded(body);
    od::document document;
    od::json_type type;
    top.clear();
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS || document.type().get(type) != simdjson::SUCCESS)
        return errc::malformed_payload;
    if (type == od::json_type::array) {
        od::array elements;
        if (document.get_array().get(elements) != simdjson::SUCCESS)
            return errc::malformed_payload;
        return each_element(elements, each);
    }
    od::object object;
    if (type != od::json_type::object || document.get_object().get(object) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::string path;
    for (auto item : object) {
        od::field field;
        std::string_view key;
        if (std::move(item).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
            return errc::malformed_payload;
        if (key == name) {
            if (const auto ec = each_data(field.value(), each))
                return ec;
        } else if (!member(key, field.value(), path, top, 0)) {
            return errc::malformed_payload;
        }
    }
    return {};
}

error_code read_record(std::string_view body, Record& record) {
    return read_records(body, {}, record, [](Record&) -> error_code { return errc::malformed_payload; });
}

} // namespace tickgate::massive
