// How commands write what they were answered: a table for people, JSON, NDJSON or CSV for programs.
#pragma once

#include "cli/json.hpp"

#include <tickgate/time.hpp>

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::cli {

enum class Format : std::uint8_t {
    table,
    json,   // the daemon's answer as it came
    ndjson, // an element a line
    csv,    // RFC 4180 with a head line
};
std::optional<Format> format_from(std::string_view name) noexcept;
std::string_view to_string(Format format) noexcept;

enum class Tone : std::uint8_t { plain, good, warning, bad, dim, bold };

// One column of a list.
struct Column {
    using Cell = std::function<std::string(const Json& element)>;

    std::string key;   // of the element, with dots for members of members; names the CSV column, none if empty
    std::string title; // of the table; empty: not there
    bool right = false;
    Cell cell = {}; // text of the table; empty: the member in words
    std::function<Tone(const Json& element)> tone = {};
};

class Output {
public:
    struct Look {
        Format format = Format::table;
        bool color = false;
        std::size_t columns = 0; // of the terminal, to which lines are cut; 0: no limit
    };
    Output(Look look, std::ostream& out) : look_(look), out_(out) {}

    const Look& look() const noexcept { return look_; }
    bool table() const noexcept { return look_.format == Format::table; }

    // A list in the form that was asked for; `answer` is the daemon's text around it, written as it is for JSON.
    void list(const std::vector<Json>& elements, const std::vector<Column>& columns, std::string_view answer);
    // The table's head and rows alone.
    void rows(const std::vector<Json>& elements, const std::vector<Column>& columns, bool head = true);
    void csv_rows(const std::vector<Json>& elements, const std::vector<Column>& columns, bool head = true);
    // One object: JSON and NDJSON as they came, CSV and table as `key,value` lines.
    void object(const Json& value, std::string_view answer);

    // A line for people.
    void line(std::string_view text, Tone tone = Tone::plain);
    // `text` in colour, if there is any.
    std::string toned(std::string_view text, Tone tone) const;
    // What was written has reached the reader. False: it is gone, or the disk is full (`errno`).
    bool flush();
    std::ostream& stream() noexcept { return out_; }

private:
    void flat(const std::string& key, const Json& value);

    Look look_;
    std::ostream& out_;
};

// A field of CSV, quoted where it has to be.
std::string csv_field(std::string_view text);

// How states of feeds and instruments are coloured.
Tone tone_of_state(std::string_view state) noexcept;

} // namespace tickgate::cli
