// The schema: which keys there are and what reads each. One walker compares a tree with it and tells all faults.
#pragma once

#include "config/context.hpp"
#include "config/types.hpp"

#include <concepts>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace tickgate::config {

// Reads a value; tells how it is written and what holds without it, where it knows.
struct Read {
    std::function<void(const Cursor&)> run;
    Shape shape{};
    std::string fallback{}; // the default as it is written in the file

    template <class F>
    requires std::invocable<const F&, const Cursor&> Read(F function)
        : run(std::move(function)) {} // NOLINT(google-explicit-constructor): a reader is its function
    void operator()(const Cursor& at) const { run(at); }
};

// When a changed value takes effect.
enum class Apply : std::uint8_t {
    restart, // at the next start
    live,    // at a reload
};

// What a setting means to an operator. Empty members: the reader tells.
struct About {
    std::string text{}; // one or two sentences, Markdown
    Apply apply = Apply::restart;
    std::string example{};  // as it is written after the key
    std::string fallback{}; // what holds without it: the default as it is written, or words ("the venue's")
    Shape shape{};
    bool secret = false;
};

// A key by its dotted path; the maps around it follow from the paths of all fields.
struct Field {
    std::string key;
    Read read;
    About about{};
    std::vector<Field> below{}; // what a map with free keys holds, told only: `collect.*.every`
};
using Fields = std::vector<Field>;

Shape path_shape(); // of a file's path
// A list of such values; none of them twice.
Shape list_shape(const Shape& element);

// Reads every key of `root` that a field names, tells those that no field names.
void walk(const Cursor& root, const Fields& fields);

// The fields of a configuration, for what they tell: their readers read into values that nobody looks at.
Fields all_fields();

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
    Shape shape = type.shape;
    Read read([type = std::move(type), take = std::move(take)](const Cursor& at) {
        if (auto value = value_of(at, type))
            take(std::move(*value));
    });
    read.shape = std::move(shape);
    return read;
}

// Sets `target`, which outlives the reading.
template <class T>
Read scalar_into(T& target, Type<std::type_identity_t<T>> type) {
    std::string fallback = type.print ? type.print(target) : std::string();
    Read read = scalar(std::move(type), [&target](T value) { target = std::move(value); });
    read.fallback = std::move(fallback);
    return read;
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
    std::string fallback;
    for (const T& value : type.print ? target : std::vector<T>())
        fallback += (fallback.empty() ? "" : ", ") + type.print(value);
    Shape shape = list_shape(type.shape);
    Read read([&target, type = std::move(type)](const Cursor& at) {
        std::vector<T> values = list_of(at, type);
        if (at.node().kind == Node::Kind::sequence && at.node().items.empty())
            at.problem("the list is empty");
        if (!values.empty())
            target = std::move(values);
    });
    read.shape = std::move(shape);
    read.fallback = fallback.empty() ? fallback : "[" + fallback + "]";
    return read;
}

// `key` and `key_file`: a secret in place or in a file of its own.
void add_secret(Fields& fields, const std::string& key, std::function<void(Secret)> take, About about = {});

// A file that must be readable; `target` gets its absolute or resolved path.
Read readable_file(std::string& target);

} // namespace tickgate::config
