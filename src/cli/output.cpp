#include "cli/output.hpp"

#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr std::array<std::string_view, 4> format_names{"table", "json", "ndjson", "csv"};

std::string_view code_of(Tone tone) noexcept {
    switch (tone) {
    case Tone::good:
        return "\x1b[32m";
    case Tone::warning:
        return "\x1b[33m";
    case Tone::bad:
        return "\x1b[31m";
    case Tone::dim:
        return "\x1b[2m";
    case Tone::bold:
        return "\x1b[1m";
    case Tone::plain:
        break;
    }
    return "";
}

std::string padded(std::string text, std::size_t width, bool right) {
    const auto has = width_of(text);
    if (has >= width)
        return text;
    return right ? std::string(width - has, ' ') + text : text + std::string(width - has, ' ');
}

// Writes a line cell by cell within the terminal's width.
class LineWriter {
public:
    LineWriter(const Output& output, std::size_t room) : output_(output), left_(room) {}

    void add(std::string_view text, Tone tone) {
        if (limited_ && left_ == 0)
            return;
        const auto fits = limited_ ? cut_to(text, left_) : std::string(text);
        left_ -= limited_ ? std::min(left_, width_of(fits)) : 0;
        line_ += output_.toned(fits, tone);
    }
    std::string take() {
        while (line_.ends_with(' '))
            line_.pop_back();
        return std::move(line_) + "\n";
    }

private:
    const Output& output_;
    std::size_t left_;
    bool limited_ = left_ > 0;
    std::string line_;
};

} // namespace

std::string_view to_string(Format format) noexcept { return format_names[static_cast<std::size_t>(format)]; }

std::optional<Format> format_from(std::string_view name) noexcept {
    for (std::size_t i = 0; i < format_names.size(); ++i)
        if (format_names[i] == name)
            return static_cast<Format>(i);
    return std::nullopt;
}

void Output::list(const std::vector<Json>& elements, const std::vector<Column>& columns, std::string_view answer) {
    switch (look_.format) {
    case Format::table:
        return rows(elements, columns);
    case Format::json:
        out_ << answer << (answer.ends_with('\n') ? "" : "\n");
        return;
    case Format::ndjson:
        for (const auto& element : elements)
            out_ << to_json(element) << '\n';
        return;
    case Format::csv:
        return csv_rows(elements, columns);
    }
}

void Output::rows(const std::vector<Json>& elements, const std::vector<Column>& columns, bool head) {
    std::vector<const Column*> shown;
    for (const auto& c : columns)
        if (!c.title.empty())
            shown.push_back(&c);
    std::vector<std::vector<std::string>> cells;
    std::vector<std::size_t> widths;
    for (const auto* c : shown)
        widths.push_back(head ? width_of(c->title) : 0);
    for (const auto& element : elements) {
        auto& row = cells.emplace_back();
        for (std::size_t i = 0; i < shown.size(); ++i) {
            auto text = printable(shown[i]->cell ? shown[i]->cell(element) : element.at(shown[i]->key).words());
            row.push_back(text.empty() ? "-" : std::move(text));
            widths[i] = std::max(widths[i], width_of(row.back()));
        }
    }
    const auto gap = [](std::size_t i) { return i == 0 ? "" : "  "; };
    if (head) {
        LineWriter line(*this, look_.columns);
        for (std::size_t i = 0; i < shown.size(); ++i)
            line.add(gap(i) + padded(shown[i]->title, widths[i], shown[i]->right), Tone::bold);
        out_ << line.take();
    }
    for (std::size_t r = 0; r < cells.size(); ++r) {
        LineWriter line(*this, look_.columns);
        for (std::size_t i = 0; i < shown.size(); ++i) {
            line.add(gap(i), Tone::plain);
            line.add(padded(std::move(cells[r][i]), widths[i], shown[i]->right),
                shown[i]->tone ? shown[i]->tone(elements[r]) : Tone::plain);
        }
        out_ << line.take();
    }
}

void Output::csv_rows(const std::vector<Json>& elements, const std::vector<Column>& columns, bool head) {
    const auto row = [&](const auto& text_of) {
        bool first = true;
        for (const auto& c : columns)
            if (!c.key.empty())
                out_ << (std::exchange(first, false) ? "" : ",") << csv_field(text_of(c.key));
        out_ << "\r\n";
    };
    if (head)
        row([](const std::string& key) { return key; });
    for (const auto& element : elements)
        row([&](const std::string& key) { return element.at(key).words(); });
}

void Output::object(const Json& value, std::string_view answer) {
    if (look_.format == Format::json) {
        out_ << answer << (answer.ends_with('\n') ? "" : "\n");
    } else if (look_.format == Format::ndjson) {
        out_ << to_json(value) << '\n';
    } else {
        if (!table())
            out_ << "key,value\r\n";
        for (const auto& [key, member] : value.members)
            flat(key, member);
    }
}

void Output::flat(const std::string& key, const Json& value) {
    if (value.is(Json::Type::object) && !value.members.empty()) {
        for (const auto& [name, member] : value.members)
            flat(key + "." + name, member);
    } else if (table()) {
        const auto words = printable(value.words());
        line(printable(key) + ": " + (words.empty() ? "-" : words));
    } else {
        out_ << csv_field(key) << ',' << csv_field(value.words()) << "\r\n";
    }
}

void Output::line(std::string_view text, Tone tone) {
    out_ << toned(look_.columns > 0 ? cut_to(text, look_.columns) : std::string(text), tone) << '\n';
}

std::string Output::toned(std::string_view text, Tone tone) const {
    const auto code = look_.color ? code_of(tone) : std::string_view();
    return code.empty() ? std::string(text) : std::string(code).append(text).append("\x1b[0m");
}

bool Output::flush() {
    out_ << std::flush;
    return out_.good();
}

std::string csv_field(std::string_view text) {
    if (text.find_first_of(",\"\r\n") == std::string_view::npos)
        return std::string(text);
    std::string out = "\"";
    for (const char c : text)
        out.append(c == '"' ? 2 : 1, c);
    return out + "\"";
}

Tone tone_of_state(std::string_view state) noexcept {
    if (state == "live")
        return Tone::good;
    if (state == "closed" || state == "off")
        return Tone::dim;
    if (state == "connecting" || state == "pending" || state == "stale")
        return Tone::warning;
    return state.empty() || state == "-" ? Tone::plain : Tone::bad;
}

} // namespace tickgate::cli
