#include "cli/top_model.hpp"

#include "cli/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::cli {

namespace {

constexpr auto least_between_looks = std::chrono::milliseconds(500);

using Titles = std::vector<std::string>;
const Titles feed_titles{
    "FEED", "STATE", "RATE/s", "AGE", "LAG ms", "SUBS", "CONN", "RECONN", "GAPS", "LOST", "REASON"};
const Titles row_titles{"SYMBOL", "STATE", "FROM", "BID", "ASK", "LAST", "RATE/s", "AGE", "LAG ms", "SEQ"};

bool left_aligned(const std::string& title) {
    return title == "FEED" || title == "STATE" || title == "REASON" || title == "SYMBOL" || title == "FROM";
}

bool troubled(const std::string& state) noexcept {
    return state != "live" && state != "closed" && state != "pending" && !state.empty();
}

std::string or_dash(std::string text) { return text.empty() ? "-" : std::move(text); }

std::string rate_text(const std::optional<double>& rate) {
    return !rate ? "-" : *rate < 10 ? fmt::format("{:.1f}", *rate) : fmt::format("{:.0f}", *rate);
}

// The newest of the kinds, by when it was received.
const Json& newest(const Json& latest) noexcept {
    const auto* best = &latest["quote"];
    for (const auto* kind : {"trade", "bar"})
        if (latest[kind]["ts_recv_us"].integer() > (*best)["ts_recv_us"].integer())
            best = &latest[kind];
    return *best;
}

std::string milliseconds(double ms) { return fmt::format("{:.1f}", ms); }

// Of the newest message that tells the venue's time.
std::string lag_of(const Json& latest) {
    const Json* best = nullptr;
    for (const auto* kind : {"quote", "trade", "bar"}) {
        const auto& m = latest[kind];
        if (m["ts_event_us"].has_value() && m["ts_recv_us"].has_value() &&
            (best == nullptr || m["ts_recv_us"].integer() > (*best)["ts_recv_us"].integer()))
            best = &m;
    }
    if (best == nullptr)
        return {};
    return milliseconds(static_cast<double>((*best)["ts_recv_us"].integer() - (*best)["ts_event_us"].integer()) / 1000);
}

void append_table(std::vector<Line>& out, const Titles& titles, const std::vector<std::vector<std::string>>& rows,
    const std::vector<Line::Style>& styles, std::size_t columns) {
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < titles.size(); ++i) {
        widths.push_back(width_of(titles[i]));
        for (const auto& row : rows)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            const std::string fill(widths[i] - width_of(cells[i]), ' ');
            text.append(i == 0 ? "" : "  ").append(left_aligned(titles[i]) ? cells[i] + fill : fill + cells[i]);
        }
        return cut_to(text.substr(0, text.find_last_not_of(' ') + 1), columns);
    };
    out.push_back({line(titles), Line::Style::bold});
    for (std::size_t i = 0; i < rows.size(); ++i)
        out.push_back({line(rows[i]), styles[i]});
}

std::string plain_line(std::string_view kind, const Titles& titles, const std::vector<std::string>& cells) {
    std::string out = std::string(kind) + " " + cells[0];
    for (std::size_t i = 1; i < cells.size(); ++i) {
        std::string key; // `RATE/s` is rate, `LAG ms` is lag_ms
        for (const char c : titles[i].substr(0, titles[i].find('/')))
            key += c == ' ' ? '_' : static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        const bool quoted = cells[i].find(' ') != std::string::npos;
        out += " " + key + "=" + (quoted ? json_string(cells[i]) : cells[i]);
    }
    return out;
}

} // namespace

void TopModel::Pace::look(std::uint64_t n, MonoTime now) {
    if (at && now - *at < least_between_looks)
        return;
    if (at && n >= count)
        rate = static_cast<double>(n - count) / std::chrono::duration<double>(now - *at).count();
    else
        rate.reset(); // the first look, or the numbers began anew
    count = n;
    at = now;
}

void TopModel::set_gateway(const Json& g) {
    gateway_well_ = g["ready"].truth();
    gateway_ = "tickgate " + g["version"].words() + "  " + g["instance"].words() + "  up " +
               long_span_text(g["uptime_s"].integer()) + "  " +
               (gateway_well_                ? "ready"
                   : g["holder"].has_value() ? "standing by: " + g["holder"].words()
                                             : "not ready: " + g["reasons"].words("; "));
}

void TopModel::set_feeds(std::vector<Json> feeds, MonoTime now) {
    std::map<std::string, Feed> next;
    for (auto& f : feeds) {
        const auto name = f["feed"].words();
        auto& feed = next[name];
        if (const auto known = feeds_.find(name); known != feeds_.end())
            feed.pace = known->second.pace;
        std::uint64_t messages = 0;
        for (const auto& [kind, count] : f["messages"].members)
            messages += static_cast<std::uint64_t>(std::max<std::int64_t>(count.integer(), 0));
        feed.pace.look(messages, now);
        feed.told = std::move(f);
    }
    feeds_ = std::move(next);
}

void TopModel::set_subscriptions(std::vector<Json> subscriptions, MonoTime) {
    std::map<std::string, Row> next;
    for (auto& s : subscriptions) {
        const auto symbol = s["symbol"].words();
        auto& row = next[symbol];
        if (const auto known = rows_.find(symbol); known != rows_.end())
            row = std::move(known->second);
        row.subscription = std::move(s);
    }
    rows_ = std::move(next);
    scroll(0);
}

void TopModel::set_latest(const std::string& symbol, const Json& latest, MonoTime now) {
    const auto row = rows_.find(symbol);
    if (row == rows_.end())
        return;
    row->second.latest = latest;
    const auto seq = [&](const char* kind) {
        return static_cast<std::uint64_t>(std::max<std::int64_t>(latest[kind]["seq"].integer(), 0));
    };
    row->second.pace.look(seq("quote") + seq("trade"), now);
}

std::size_t TopModel::room(TerminalSize size) const noexcept {
    const auto rows = static_cast<std::size_t>(std::max(size.rows, 1));
    const auto above = 5 + feeds_.size() + (problem_.empty() ? 0 : 1); // title, blank, heads, blank, the last line
    return rows > above ? rows - above : 1;
}

std::vector<std::string> TopModel::visible(TerminalSize size) const {
    std::vector<std::string> out;
    std::size_t i = 0;
    for (const auto& [symbol, row] : rows_)
        if (const auto at = i++; at >= top_ && at < top_ + room(size))
            out.push_back(symbol);
    return out;
}

void TopModel::scroll(long rows) {
    const auto last = static_cast<long>(rows_.empty() ? 0 : rows_.size() - 1);
    top_ = static_cast<std::size_t>(std::clamp(static_cast<long>(top_) + rows, 0L, last));
}

void TopModel::scroll_to(bool bottom) {
    top_ = 0;
    if (bottom)
        scroll(static_cast<long>(rows_.size()));
}

TopModel::Cells TopModel::feed_cells(const Feed& feed, Moment now) const {
    const auto& f = feed.told;
    return {printable(f["feed"].words()), or_dash(f["state"].words()), rate_text(feed.pace.rate),
        ago(f["last_message"], now.wall), f["lag_ms"].has_value() ? milliseconds(f["lag_ms"].real()) : "-",
        f["subscriptions_acked"].words() + "/" + f["subscriptions_wanted"].words(), or_dash(f["connections"].words()),
        or_dash(f["reconnects"].words()), or_dash(f["gaps"].words()), or_dash(f["lost"].words()),
        or_dash(printable(f["reason"].words()))};
}

TopModel::Cells TopModel::row_cells(const std::string& symbol, const Row& row, Moment now) const {
    const auto& quote = row.latest["quote"];
    const auto& trade = row.latest["trade"];
    const auto& message = newest(row.latest);
    const auto& last = trade["price"].has_value() ? trade["price"] : quote["last"];
    return {printable(symbol), or_dash(row.subscription["state"].words()),
        or_dash(printable(row.subscription["provider"].words())), or_dash(quote["bid"].words()),
        or_dash(quote["ask"].words()), or_dash(last.words()), rate_text(row.pace.rate),
        ago(message["ts_recv_us"], now.wall), or_dash(lag_of(row.latest)), or_dash(message["seq"].words())};
}

std::vector<Line> TopModel::render(TerminalSize size, Moment now) const {
    const auto columns = static_cast<std::size_t>(std::max(size.columns, 1));
    const auto height = static_cast<std::size_t>(std::max(size.rows, 1));
    std::vector<Line> out;
    out.push_back({cut_to(printable(gateway_.empty() ? title_ : gateway_), columns),
        gateway_well_ ? Line::Style::bold : Line::Style::warning});
    if (!problem_.empty())
        out.push_back({cut_to(printable(problem_), columns), Line::Style::warning});
    out.push_back({"", Line::Style::plain});
    const auto style = [](const Json& told) {
        return troubled(told["state"].text)     ? Line::Style::warning
               : told["state"].text == "closed" ? Line::Style::dim
                                                : Line::Style::plain;
    };
    std::vector<Cells> cells;
    std::vector<Line::Style> styles;
    for (const auto& [name, feed] : feeds_) {
        cells.push_back(feed_cells(feed, now));
        styles.push_back(style(feed.told));
    }
    append_table(out, feed_titles, cells, styles, columns);
    out.push_back({"", Line::Style::plain});
    cells.clear();
    styles.clear();
    const auto shown = visible(size);
    for (const auto& symbol : shown) {
        const auto& row = rows_.at(symbol);
        cells.push_back(row_cells(symbol, row, now));
        styles.push_back(style(row.subscription));
    }
    append_table(out, row_titles, cells, styles, columns);
    if (out.size() > height - 1)
        out.resize(height - 1);
    while (out.size() < height - 1)
        out.push_back({"", Line::Style::plain});
    out.push_back({cut_to(fmt::format("{} to {} of {} symbols   q quit, arrows and page keys scroll",
                              rows_.empty() ? 0 : top_ + 1, top_ + shown.size(), rows_.size()),
                       columns),
        Line::Style::dim});
    return out;
}

std::vector<std::string> TopModel::plain(Moment now) const {
    std::vector<std::string> out;
    if (!problem_.empty())
        out.push_back("problem " + json_string(printable(problem_)));
    for (const auto& [name, feed] : feeds_)
        out.push_back(plain_line("feed", feed_titles, feed_cells(feed, now)));
    for (const auto& [symbol, row] : rows_)
        out.push_back(plain_line("symbol", row_titles, row_cells(symbol, row, now)));
    return out;
}

} // namespace tickgate::cli
