#include "metrics/table.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <unordered_map>

namespace tickgate::metrics {

namespace {

// Up to the next comma outside brackets; taken off `rest`.
std::string_view next_part(std::string_view& rest) noexcept {
    int depth = 0;
    std::size_t end = 0;
    for (; end < rest.size() && (rest[end] != ',' || depth > 0); ++end)
        depth += rest[end] == '(' ? 1 : rest[end] == ')' ? -1 : 0;
    const auto part = trimmed(rest.substr(0, end), " ");
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return part;
}

} // namespace

std::string_view to_string(Type type) noexcept {
    constexpr std::string_view names[] = {"counter", "gauge", "histogram"};
    return names[static_cast<std::size_t>(type)];
}

std::string_view to_string(Unit unit) noexcept {
    constexpr std::string_view names[] = {"", "seconds", "bytes", "timestamp"};
    return names[static_cast<std::size_t>(unit)];
}

std::span<const Section> sections() noexcept {
    static const Section all[] = {process_section, http_section, stream_section, feed_section, symbol_section,
        route_section, demand_section, request_section, latency_section, publishing_section, budget_section,
        history_section, repair_section};
    return all;
}

const Row* find(std::string_view name) noexcept {
    static const auto by_name = [] {
        std::unordered_map<std::string_view, const Row*> rows;
        for (const auto& section : sections())
            for (const auto& row : section.rows)
                rows.emplace(row.name, &row);
        return rows;
    }();
    const auto it = by_name.find(name);
    return it == by_name.end() ? nullptr : it->second;
}

std::vector<Label> labels_of(const Row& row) {
    std::vector<Label> labels;
    for (auto rest = row.labels; !rest.empty();) {
        const auto part = next_part(rest);
        const auto bracket = part.find('(');
        Label label{trimmed(part.substr(0, bracket), " "), {}};
        if (bracket != std::string_view::npos)
            for (auto values = part.substr(bracket + 1, part.size() - bracket - 2); !values.empty();)
                label.values.push_back(next_part(values));
        labels.push_back(std::move(label));
    }
    return labels;
}

} // namespace tickgate::metrics
