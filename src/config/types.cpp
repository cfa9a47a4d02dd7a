#include "config/types.hpp"

#include "config/suggest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace tickgate::config {

namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || text.empty())
        return {};
    return value;
}

struct Unit {
    std::string_view name;
    std::int64_t length; // ms
};
constexpr std::array<Unit, 5> units{{{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}}};

std::optional<milliseconds> parse_duration(std::string_view text) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    const auto number = whole_number(text.substr(0, digits));
    const auto unit = std::ranges::find(units, text.substr(digits), &Unit::name);
    if (!number || unit == units.end() || *number > std::numeric_limits<std::int64_t>::max() / unit->length)
        return {};
    return milliseconds(*number * unit->length);
}

std::string print_duration(milliseconds d) {
    for (auto unit = units.rbegin(); unit != units.rend(); ++unit)
        if (d.count() % unit->length == 0 && d.count() != 0)
            return std::to_string(d.count() / unit->length) + std::string(unit->name);
    return "0s";
}

} // namespace

Shape shape_of_words(const std::vector<std::string>& words) {
    return {"word", joined(words), {}, R"("enum":[")" + joined(words, R"(",")") + R"("])"};
}

Type<bool> boolean() {
    Type<bool> type = choice<bool>({{"true", true}, {"false", false}});
    type.expected = "true or false";
    type.allowed.clear();
    type.shape = {"boolean", {}, {}, R"("type":"boolean")"};
    return type;
}

Type<std::int64_t> integer(std::int64_t least, std::int64_t most) {
    return {"a whole number from " + std::to_string(least) + " to " + std::to_string(most), {},
        [=](std::string_view text, std::string&) -> std::optional<std::int64_t> {
            const auto value = whole_number(text);
            return value && *value >= least && *value <= most ? value : std::nullopt;
        },
        {"integer", std::to_string(least) + " to " + std::to_string(most), {},
            R"("type":"integer","minimum":)" + std::to_string(least) + R"(,"maximum":)" + std::to_string(most)},
        [](const std::int64_t& value) { return std::to_string(value); }};
}

Type<milliseconds> duration(milliseconds least, milliseconds most) {
    return {"a duration from " + print_duration(least) + " to " + print_duration(most) + ", written 50ms, 2s, 5m or 1h",
        {},
        [=](std::string_view text, std::string&) -> std::optional<milliseconds> {
            const auto value = parse_duration(text);
            return value && *value >= least && *value <= most ? value : std::nullopt;
        },
        {"duration", print_duration(least) + " to " + print_duration(most), {},
            R"("type":"string","pattern":"^[0-9]+(ms|s|m|h|d)$")"},
        [](const milliseconds& value) { return print_duration(value); }};
}

Type<std::optional<milliseconds>> duration_or_auto(milliseconds least, milliseconds most) {
    using Limit = std::optional<milliseconds>;
    auto fixed = duration(least, most);
    return {"auto, or " + fixed.expected, {},
        [parse = std::move(fixed.parse)](std::string_view text, std::string& why) -> std::optional<Limit> {
            if (text == "auto")
                return Limit{};
            if (const auto value = parse(text, why))
                return Limit{*value};
            return {};
        },
        {"duration or `auto`", fixed.shape.range, {}, R"("type":"string","pattern":"^(auto|[0-9]+(ms|s|m|h|d))$")"},
        [](const Limit& value) { return value ? print_duration(*value) : std::string("auto"); }};
}

Type<Decimal> percent() {
    return {"a percentage above 0% and at most 100%, written 2%", {},
        [](std::string_view text, std::string&) -> std::optional<Decimal> {
            if (!text.ends_with('%'))
                return {};
            const auto value = Decimal::parse(text.substr(0, text.size() - 1));
            if (!value || *value <= Decimal() || *value > Decimal::from_integer(100))
                return {};
            return *value;
        },
        {"percentage", "above 0% up to 100%", {}, R"("type":"string","pattern":"^[0-9]+([.][0-9]+)?%$")"},
        [](const Decimal& value) { return value.to_string() + "%"; }};
}

Type<Timeframe> timeframe() {
    Type<Timeframe> type{"a timeframe", {}, [](std::string_view text, std::string&) { return timeframe_from(text); }};
    for (const Timeframe tf : all_timeframes)
        type.allowed.emplace_back(to_string(tf));
    // Editors offer the names; the other spellings are taken as well.
    type.shape = {"timeframe", joined(type.allowed), {},
        R"("anyOf":[{)" + shape_of_words(type.allowed).schema +
            R"(},{"type":"string","pattern":"^[0-9]+ ?[A-Za-z]+$"}])"};
    type.print = [](const Timeframe& value) { return std::string(to_string(value)); };
    return type;
}

Type<std::string> any_text() {
    return {"a text", {}, [](std::string_view text, std::string&) { return std::optional<std::string>(text); },
        {"text", {}, {}, R"("type":["string","number"])"}, [](const std::string& value) { return value; }};
}

Type<std::string> word(std::string expected, std::size_t longest) {
    Shape shape{"text", expected, {},
        R"("type":["string","number"],"pattern":"^[A-Za-z0-9._-]*$","maxLength":)" + std::to_string(longest)};
    return {std::move(expected), {},
        [longest](std::string_view text, std::string&) -> std::optional<std::string> {
            const bool good = std::ranges::all_of(text, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '_' || c == '-';
            });
            return good && text.size() <= longest ? std::optional<std::string>(text) : std::nullopt;
        },
        std::move(shape), [](const std::string& value) { return value; }};
}

Type<std::string> choice_text(std::vector<std::string> words) {
    std::vector<std::pair<std::string, std::string>> values;
    for (const std::string& w : words)
        values.emplace_back(w, w);
    return choice(std::move(values));
}

Type<std::string> boolean_text() {
    return as_text(boolean(), [](bool value) { return std::string(value ? "true" : "false"); });
}

Type<std::string> integer_text(std::int64_t least, std::int64_t most) {
    return as_text(integer(least, most), [](std::int64_t value) { return std::to_string(value); });
}

} // namespace tickgate::config
