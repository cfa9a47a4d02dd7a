#include "cli/table_model.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::cli {

namespace {

constexpr std::size_t notes_kept = 5;
constexpr std::array<std::string_view, 9> titles{
    "SYMBOL", "KIND", "FROM", "BID × SIZE", "ASK × SIZE", "LAST", "AGE", "SEQ", "RATE/s"};
constexpr std::size_t left_aligned = 3; // columns

std::string cut(std::string text, std::size_t columns) {
    std::size_t at = 0, width = 0;
    while (at < text.size()) {
        if ((static_cast<unsigned char>(text[at]) & 0xc0) != 0x80 && width++ == columns)
            break;
        ++at;
    }
    text.resize(at);
    return text;
}

std::string pair_text(std::string_view price, std::string_view size) {
    if (price.empty())
        return "-";
    return size.empty() ? harmless(price) : harmless(price) + " × " + harmless(size);
}

std::string rate_text(double rate) { return rate < 10 ? fmt::format("{:.1f}", rate) : fmt::format("{:.0f}", rate); }

} // namespace

std::int64_t RateMeter::second_of(MonoTime t) noexcept {
    return std::chrono::duration_cast<std::chrono::seconds>(t.time_since_epoch()).count();
}

void RateMeter::add(MonoTime now) {
    const auto second = second_of(now);
    const auto i = static_cast<std::size_t>(second % seconds);
    if (of_second_[i] != second) {
        of_second_[i] = second;
        counts_[i] = 0;
    }
    ++counts_[i];
}

double RateMeter::per_second(MonoTime now) const {
    const auto second = second_of(now);
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i)
        if (of_second_[i] > second - seconds)
            sum += counts_[i];
    // Four whole seconds and what has passed of this one, unless we have not been here that long.
    const double partial = std::chrono::duration<double>(now.time_since_epoch()).count() - static_cast<double>(second);
    const double here = std::chrono::duration<double>(now - start_).count();
    return static_cast<double>(sum) / std::clamp(here, 1.0, seconds - 1 + partial);
}

TableModel::TableModel(std::string title, MonoTime now) : title_(std::move(title)), rate_(now) {}

void TableModel::apply(std::string_view channel, const Message& message, MonoTime now) {
    if (message.type != "quote" && message.type != "trade" && message.type != "bar")
        return;
    auto known = key_of_.find(channel);
    if (known == key_of_.end()) {
        const std::string symbol = harmless(message.asset_class + ":" + message.symbol);
        const std::string kind =
            harmless(message.timeframe.empty() ? message.type : message.type + ":" + message.timeframe);
        std::string key = symbol + '\x1f' + kind + '\x1f' + std::string(channel);
        auto& row = rows_.emplace(key, Row(now)).first->second;
        row.symbol = symbol;
        row.kind = kind;
        known = key_of_.emplace(std::string(channel), std::move(key)).first;
    }
    Row& row = rows_.find(known->second)->second;
    row.at = now;
    row.provider = harmless(message.provider);
    row.seq = message.seq;
    row.rate.add(now);
    rate_.add(now);
    if (message.type == "quote") {
        row.bid = pair_text(message.bid, message.bid_size);
        row.ask = pair_text(message.ask, message.ask_size);
        row.last = message.last.empty() ? "-" : harmless(message.last);
    } else if (message.type == "trade") {
        row.last = pair_text(message.price, message.size);
        if (message.side == "buy" || message.side == "sell")
            row.last += " " + message.side;
    } else {
        row.last = pair_text(message.close, message.volume);
        if (message.final == "true")
            row.last += " final";
    }
}

void TableModel::note(std::string text, bool warning) {
    notes_.emplace_back(harmless(text), warning);
    if (notes_.size() > notes_kept)
        notes_.pop_front();
}

void TableModel::set_status(std::string text, bool warning) {
    status_ = harmless(text);
    status_is_warning_ = warning;
}

TableModel::Cells TableModel::cells_of(const Row& row, MonoTime now) {
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - row.at);
    return {row.symbol, row.kind, row.provider, row.bid, row.ask, row.last, age_text(age), std::to_string(row.seq),
        rate_text(row.rate.per_second(now))};
}

std::vector<Line> TableModel::render(TerminalSize size, MonoTime now) const {
    const auto columns = static_cast<std::size_t>(std::max(size.columns, 1));
    const auto height = static_cast<std::size_t>(std::max(size.rows, 1));
    std::vector<Line> lines;
    std::string top = fmt::format("{}   {} {}   {} messages/s", harmless(title_), rows_.size(),
        rows_.size() == 1 ? "channel" : "channels", rate_text(rate_.per_second(now)));
    if (!status_is_warning_ && !status_.empty())
        top += "   " + status_;
    lines.push_back({std::move(top), Line::Style::dim});
    if (status_is_warning_)
        lines.push_back({status_, Line::Style::warning});

    // First, heading, last lines and one row are always shown; notes give way.
    const std::size_t fixed = lines.size() + 1;
    const std::size_t room = height > fixed ? height - fixed : 0;
    const std::size_t notes = std::min(notes_.size(), room > 2 ? (room - 1) / 2 : 0);
    std::size_t shown = room - notes;
    const bool all = rows_.size() <= shown;
    if (!all && shown > 0)
        --shown; // for the line that says how many are left out

    std::vector<Cells> table;
    auto& heading = table.emplace_back();
    std::copy(titles.begin(), titles.end(), heading.begin());
    for (auto row = rows_.begin(); row != rows_.end() && table.size() <= shown; ++row)
        table.push_back(cells_of(row->second, now));
    std::array<std::size_t, 9> widths{};
    for (const auto& cells : table)
        for (std::size_t i = 0; i < cells.size(); ++i)
            widths[i] = std::max(widths[i], width_of(cells[i]));
    for (const auto& cells : table) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string fill(widths[i] - width_of(cells[i]), ' ');
            text += i == 0 ? "" : "  ";
            text += i < left_aligned ? cells[i] + fill : fill + cells[i];
        }
        lines.push_back({std::move(text), lines.size() == fixed - 1 ? Line::Style::bold : Line::Style::plain});
    }
    if (!all)
        lines.push_back({fmt::format("… and {} more", rows_.size() - shown), Line::Style::dim});
    if (rows_.empty() && room > notes)
        lines.push_back({"waiting for messages", Line::Style::dim});
    for (std::size_t i = notes_.size() - notes; i < notes_.size(); ++i)
        lines.push_back({notes_[i].first, notes_[i].second ? Line::Style::warning : Line::Style::plain});
    if (lines.size() > height)
        lines.resize(height);
    for (auto& line : lines)
        line.text = cut(std::move(line.text), columns);
    return lines;
}

} // namespace tickgate::cli
