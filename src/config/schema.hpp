// The schema: which keys there are and what reads each. One walker compares a tree with it and tells all faults.
#pragma once

#include "config/context.hpp"
#include "config/types.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tickgate::config {

using Read = std::function<void(const Cursor&)>;

// A key by its dotted path; the maps around it follow from the paths of all fields.
struct Field {
    std::string key;
    Read read;
};
using Fields = std::vector<Field>;

// Reads every key of `root` that a field names, tells those that no field names.
void walk(const Cursor& root, const Fields& fields);

// Tells a value that its type did not take.
void report_mismatch(
    const Cursor& at, std::string_view expected, const std::vector<std::string>& allowed, const std::string& why);

template <class T>
std::optional<T> value_of(const Cursor& at, const Type<T>& type) {
    const auto text = at.text();
    if (!text)
        return {};
    std::string why;
    std::optional<T> value = type.parse(*text, why);
    if (!value)
        report_mismatch(at, type.expected, type.allowed, why);
    return value;
}

// Passes the value to `take` if there is a good one.
template <class T, class Take>
Read scalar(Type<T> type, Take take) {
    return [type = std::move(type), take = std::move(take)](const Cursor& at) {
        if (auto value = value_of(at, type))
            take(std::move(*value));
    };
}

// Sets `target`, which outlives the reading.
template <class T>
Read scalar_into(T& target, Type<std::type_identity_t<T>> type) {
    return scalar(std::move(type), [&target](T value) { target = std::move(value); });
}

// The elements of a list that are good; each bad, empty or repeated one is told.
template <class T>
std::vector<T> list_of(const Cursor& at, const Type<T>& type) {
    std::vector<T> values;
    at.context().met(at.key(), at.node().at);
    if (at.absent())
        return values;
    if (at.node().kind != Node::Kind::sequence) {
        at.problem("expected a list, written [a, b]", at.got());
        return values;
    }
    at.context().set_given(at.key());
    std::map<T, Position> seen;
    for (std::size_t i = 0; i < at.node().items.size(); ++i) {
        const Cursor element = at.element(i);
        const std::size_t problems = at.context().problem_count();
        const auto value = value_of(element, type);
        if (!value) {
            if (at.context().problem_count() == problems)
                element.problem("an element of the list is empty");
            continue;
        }
        const auto [first, is_new] = seen.emplace(*value, element.node().at);
        if (is_new)
            values.push_back(*value);
        else
            element.problem(
                "is in the list twice", element.got() + ", first on line " + std::to_string(first->second.line));
    }
    return values;
}

// A list with at least one element; absent leaves the default.
template <class T>
Read list_into(std::vector<T>& target, Type<T> type) {
    return [&target, type = std::move(type)](const Cursor& at) {
        std::vector<T> values = list_of(at, type);
        if (at.node().kind == Node::Kind::sequence && at.node().items.empty())
            at.problem("the list is empty");
        if (!values.empty())
            target = std::move(values);
    };
}

// `key` and `key_file`: a secret in place or in a file of its own.
void add_secret(Fields& fields, const std::string& key, std::function<void(Secret)> take);

// A file that must be readable; `target` gets its absolute or resolved path.
Read readable_file(std::string& target);

} // namespace tickgate::config
