#include "tradier/rest_rows.hpp"

#include <simdjson.h>

namespace tickgate::tradier {

namespace od = simdjson::ondemand;

class RowReader {
public:
    explicit RowReader(const TakeRow& take) : take_(take) {}

    // `value` is a list, or what stands for one.
    error_code list(od::value value) {
        od::json_type type{};
        if (value.type().get(type) != simdjson::SUCCESS)
            return errc::malformed_payload;
        if (type != od::json_type::array)
            return item(value, type);
        od::array array;
        if (value.get_array().get(array) != simdjson::SUCCESS)
            return errc::malformed_payload;
        for (auto element : array) {
            od::value one;
            if (std::move(element).get(one) != simdjson::SUCCESS || one.type().get(type) != simdjson::SUCCESS)
                return errc::malformed_payload;
            if (const auto ec = item(one, type))
                return ec;
        }
        return {};
    }

private:
    error_code item(od::value& value, od::json_type type) {
        row_.fields_.clear();
        if (!field(value, type, {}, 0))
            return errc::malformed_payload;
        if (type == od::json_type::object)
            return take_(row_);
        // A scalar; null and "null" stand for an empty list.
        if (row_.fields_.empty() || row_.fields_[0].second.text == "null")
            return {};
        return take_(row_);
    }

    // False if the JSON breaks.
    bool field(od::value& value, od::json_type type, const std::string& name, int depth) {
        if (type == od::json_type::array)
            return true;
        if (type != od::json_type::object) {
            Token token;
            token.quoted = type == od::json_type::string;
            if (token.quoted) {
                if (value.get_string().get(token.text) != simdjson::SUCCESS)
                    return false;
            } else {
                token.text = trimmed(value.raw_json_token());
            }
            row_.fields_.emplace_back(name, token);
            return true;
        }
        od::object object;
        if (depth > 4 || value.get_object().get(object) != simdjson::SUCCESS)
            return false;
        for (auto member : object) {
            od::field inner;
            std::string_view key;
            if (std::move(member).get(inner) != simdjson::SUCCESS ||
                inner.unescaped_key().get(key) != simdjson::SUCCESS)
                return false;
            const std::string full = name.empty() ? std::string(key) : name + "." + std::string(key);
            od::json_type inner_type{};
            if (inner.value().type().get(inner_type) != simdjson::SUCCESS ||
                !field(inner.value(), inner_type, full, depth + 1))
                return false;
        }
        return true;
    }

    const TakeRow& take_;
    Row row_;
};

error_code read_rows(std::string_view body, std::initializer_list<std::string_view> path, const TakeRow& take) {
    const simdjson::padded_string padded(body);
    od::parser parser;
    od::document document;
    od::object object;
    if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS)
        return errc::malformed_payload;
    std::size_t left = path.size();
    for (const auto key : path) {
        od::value value;
        const auto found = object.find_field_unordered(key).get(value);
        if (found == simdjson::NO_SUCH_FIELD) {
            // `{}` is an empty answer; an object of something else is not the answer to what was asked.
            const bool something_else = left == path.size() && body.find('"') != std::string_view::npos;
            return something_else ? make_error_code(errc::malformed_payload) : error_code();
        }
        od::json_type type{};
        if (found != simdjson::SUCCESS || value.type().get(type) != simdjson::SUCCESS)
            return errc::malformed_payload;
        if (--left == 0)
            return RowReader(take).list(value);
        if (type != od::json_type::object) {
            // null or "null": nothing; anything else is not the answer to what was asked
            std::string_view text;
            if (type == od::json_type::null)
                return {};
            if (type == od::json_type::string && value.get_string().get(text) == simdjson::SUCCESS && text == "null")
                return {};
            return errc::malformed_payload;
        }
        if (value.get_object().get(object) != simdjson::SUCCESS)
            return errc::malformed_payload;
    }
    return {};
}

} // namespace tickgate::tradier
