// Every metric the daemon serves, once: what it is called, what it counts, and what an operator makes of it. The
// families of a scrape take type and help from here, docs/metrics.md is written from here (document.hpp), and a test
// compares both with a running daemon.
//
// To add one: a row in one of table_*.cpp, `tickgate_metrics_document --update`, and the line that fills it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace tickgate::metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };
// Of the value, told by the end of the name as Prometheus wants it; `none`: a number of things, or 0 and 1.
enum class Unit : std::uint8_t { none, seconds, bytes, timestamp }; // timestamp: seconds since 1970
std::string_view to_string(Type type) noexcept;
std::string_view to_string(Unit unit) noexcept;

struct Row {
    std::string_view name; // [a-z_]+
    Type type = Type::gauge;
    Unit unit = Unit::none;
    // In the order they are served, as `feed, state (live, down)`: in brackets all values there are, or none where
    // they are names of something.
    std::string_view labels;
    std::string_view help;    // one line, served with the samples
    std::string_view meaning; // Markdown of one line: when to look, and at what
};

struct Section {
    std::string_view title;
    std::string_view text; // above its table, Markdown; may be empty
    std::span<const Row> rows;
};

// In the order of the document.
std::span<const Section> sections() noexcept;

// Null: there is none.
const Row* find(std::string_view name) noexcept;

struct Label {
    std::string_view name;
    std::vector<std::string_view> values; // all there are; empty: any
};
std::vector<Label> labels_of(const Row& row);

// Of the table_*.cpp.
extern const Section process_section, http_section, feed_section, symbol_section, route_section, demand_section,
    request_section, latency_section, publishing_section, budget_section, history_section, repair_section,
    stream_section;

} // namespace tickgate::metrics
