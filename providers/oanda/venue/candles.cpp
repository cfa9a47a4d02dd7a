#include "oanda/venue/candles.hpp"

#include "oanda/times.hpp"
#include "venue_kit/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace tickgate::oanda_venue {

using namespace std::chrono;

namespace {

constexpr std::array<Granularity, 21> granularities{
    {{"S5", 5s}, {"S10", 10s}, {"S15", 15s}, {"S30", 30s}, {"M1", 60s}, {"M2", 120s}, {"M4", 240s}, {"M5", 300s},
        {"M10", 600s}, {"M15", 900s}, {"M30", 1800s}, {"H1", 3600s}, {"H2", 7200s}, {"H3", 10800s}, {"H4", 14400s},
        {"H6", 21600s}, {"H8", 28800s}, {"H12", 43200s}, {"D", 86400s}, {"W", 604800s}, {"M", 2678400s}}};

constexpr std::size_t most_candles = 5000;
constexpr std::size_t most_steps = 200'000; // empty candles passed over in one answer

CandleAnswer refuse(std::string_view message) {
    CandleAnswer answer;
    answer.status = 400;
    answer.body = "{\"errorMessage\":";
    kit::append_json_string(answer.body, message);
    answer.body += '}';
    return answer;
}
CandleAnswer invalid(std::string_view name) {
    return refuse("Invalid value specified for '" + std::string(name) + "'");
}

// False if it is there and no number of that range.
bool read_number(const net::HttpRequest& request, std::string_view name, int least, int most, int& into) {
    const auto text = request.parameter(name);
    if (text.empty())
        return true;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), into);
    return ec == std::errc() && end == text.data() + text.size() && into >= least && into <= most;
}

bool read_time(const net::HttpRequest& request, std::string_view name, std::optional<UnixNanos>& into) {
    const auto text = request.parameter(name);
    if (text.empty())
        return true;
    into = oanda::parse_time(text);
    return into.has_value();
}

bool read_bool(const net::HttpRequest& request, std::string_view name, bool& into) {
    const auto text = kit::to_lower(request.parameter(name));
    if (text.empty())
        return true;
    into = text == "true";
    return into || text == "false";
}

// The name of the bad parameter, or nothing.
std::string_view read_alignment(const net::HttpRequest& request, Aligner& aligner) {
    if (!read_number(request, "dailyAlignment", 0, 23, aligner.hour))
        return "dailyAlignment";
    const auto zone = request.parameter("alignmentTimezone");
    if (!zone.empty() && zone != "America/New_York" && zone != "UTC" && zone != "Etc/UTC")
        return "alignmentTimezone";
    aligner.new_york = zone.empty() || zone == "America/New_York";
    constexpr std::array<std::string_view, 7> days{
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
    const auto day = request.parameter("weeklyAlignment");
    const auto it = std::find(days.begin(), days.end(), day);
    if (!day.empty() && it == days.end())
        return "weeklyAlignment";
    if (!day.empty())
        aligner.weekday = static_cast<unsigned>(it - days.begin());
    return {};
}

std::vector<Side> sides_of(std::string_view components) {
    std::vector<Side> sides;
    for (const char c : components) {
        if (c != 'M' && c != 'B' && c != 'A')
            return {};
        const auto side = c == 'M' ? Side::mid : c == 'B' ? Side::bid : Side::ask;
        if (std::find(sides.begin(), sides.end(), side) == sides.end())
            sides.push_back(side);
    }
    return sides;
}

struct Writer {
    Book& book;
    std::vector<Side> sides;
    bool smooth = false;
    bool unix_time = false;
    UnixNanos now{};
    Completion completion;

    // Of the first side asked for.
    kit::TapeBar first_bar(UnixNanos open, UnixNanos end) const { return book.bar(sides.front(), open, end, now); }

    void append(std::string& out, const kit::TapeBar& first, UnixNanos end, std::optional<UnixNanos> before) const {
        const int decimals = book.instrument().symbol.price_decimals;
        const auto open = first.open_time;
        out += completion.reached(end, book.last_tick(), now) ? R"({"complete":true,"volume":)"
                                                              : R"({"complete":false,"volume":)";
        kit::append_integer(out, first.count);
        out += ",\"time\":";
        append_time(out, open, unix_time);
        for (const auto side : sides) {
            auto bar = side == sides.front() ? first : book.bar(side, open, end, now);
            if (smooth && before) {
                bar.open = book.bar(side, *before, open, now).close;
                bar.high = std::max(bar.high, bar.open);
                bar.low = std::min(bar.low, bar.open);
            }
            out += side == Side::mid ? R"(,"mid":{)" : side == Side::bid ? R"(,"bid":{)" : R"(,"ask":{)";
            const std::pair<const char*, std::int64_t> cells[] = {{"\"o\":\"", bar.open}, {"\",\"h\":\"", bar.high},
                {"\",\"l\":\"", bar.low}, {"\",\"c\":\"", bar.close}};
            for (const auto& [key, ticks] : cells) {
                out += key;
                kit::append_fixed(out, ticks, decimals, 0);
            }
            out += "\"}";
        }
        out += '}';
    }
};

// Candles that are not empty: the bar of the first side, and where it ends.
using Spans = std::vector<std::pair<kit::TapeBar, UnixNanos>>;

// Ascending, from the candle that covers `from` on, those that open before `end`.
Spans collect_forward(const Writer& writer, const Aligner& aligner, UnixNanos from, UnixNanos end, std::size_t count) {
    Spans spans;
    auto open = aligner.open_of(std::max(from, kit::Tape::history_begin));
    for (std::size_t steps = 0; open < end && spans.size() < count && steps < most_steps; ++steps) {
        const auto next = aligner.end_of(open);
        if (const auto bar = writer.first_bar(open, next); bar.count > 0)
            spans.emplace_back(bar, next);
        open = next;
    }
    return spans;
}

// The last ones that open before `end`.
Spans collect_backward(const Writer& writer, const Aligner& aligner, UnixNanos end, std::size_t count) {
    Spans spans;
    auto open = aligner.open_of(end - 1ns);
    for (std::size_t steps = 0; open >= kit::Tape::history_begin && spans.size() < count && steps < most_steps;
         ++steps) {
        const auto next = aligner.end_of(open);
        if (const auto bar = writer.first_bar(open, next); bar.count > 0)
            spans.emplace_back(bar, next);
        open = aligner.open_of(open - 1ns);
    }
    std::reverse(spans.begin(), spans.end());
    return spans;
}

std::string begin_body(const Book& book, std::string_view granularity) {
    return R"({"instrument":")" + book.instrument().native + R"(","granularity":")" + std::string(granularity) +
           R"(","candles":[)";
}

void append_all(std::string& body, const Writer& writer, const Spans& spans) {
    std::optional<UnixNanos> before;
    for (const auto& [bar, end] : spans) {
        if (body.back() == '}')
            body += ',';
        writer.append(body, bar, end, before);
        before = bar.open_time;
    }
    body += "]}";
}

} // namespace

std::optional<Granularity> granularity_of(std::string_view name) noexcept {
    for (const auto& g : granularities)
        if (g.name == name)
            return g;
    return std::nullopt;
}

UnixNanos Aligner::open_of(UnixNanos t) const {
    const auto length = granularity.length;
    if (length <= 1h)
        return UnixNanos(t.time_since_epoch() / length * duration_cast<nanoseconds>(length));
    const auto to_utc = [this](UnixNanos wall) { return new_york ? oanda::from_new_york(wall) : wall; };
    const UnixNanos wall = new_york ? t - oanda::behind_utc_in_new_york(t) : t;
    const auto day = floor<days>(wall - hours(hour));
    UnixNanos begin;
    if (length <= 24h)
        begin = UnixNanos(day) + hours(hour) + (wall - UnixNanos(day) - hours(hour)) / length * length;
    else if (granularity.name == "W")
        begin = UnixNanos(day - days((std::chrono::weekday(day).c_encoding() + 7 - weekday) % 7)) + hours(hour);
    else {
        // A trading day that begins in the afternoon is named by the next date.
        const auto shift = days(hour >= 12 ? 1 : 0);
        const year_month_day named{day + shift};
        begin = UnixNanos(sys_days(named.year() / named.month() / 1) - shift) + hours(hour);
    }
    return to_utc(begin);
}

UnixNanos Aligner::end_of(UnixNanos open) const {
    const auto length = granularity.length;
    if (length <= 1h)
        return open + length;
    // Some hours behind the nominal end lies in the next candle, whatever the clocks do.
    if (granularity.name == "M")
        return open_of(open + days(33));
    const UnixNanos wall = new_york ? open - oanda::behind_utc_in_new_york(open) : open;
    return new_york ? oanda::from_new_york(wall + length) : wall + length;
}

CandleAnswer candles(
    Book& book, const net::HttpRequest& request, const Completion& completion, UnixNanos now, bool unix_time) {
    const auto name = request.parameter("granularity");
    const auto granularity = granularity_of(name.empty() ? "S5" : name);
    if (!granularity)
        return invalid("granularity");
    Aligner aligner{*granularity};
    if (const auto bad = read_alignment(request, aligner); !bad.empty())
        return invalid(bad);
    const auto price = request.parameter("price");
    Writer writer{book, sides_of(price.empty() ? "M" : price), false, unix_time, now, completion};
    if (writer.sides.empty())
        return invalid("price");
    std::optional<UnixNanos> from, to;
    if (!read_time(request, "from", from))
        return invalid("from");
    if (!read_time(request, "to", to))
        return invalid("to");
    for (const auto& [what, time] : {std::pair{"from", from}, std::pair{"to", to}})
        if (time && *time > now)
            return refuse("Invalid value specified for '" + std::string(what) + "'. Time is in the future");
    const bool counted = !request.parameter("count").empty();
    int count = 500;
    bool include_first = false; // as recorded, whatever the documentation says
    if (!read_number(request, "count", 1, 1'000'000'000, count))
        return invalid("count");
    if (!read_bool(request, "includeFirst", include_first))
        return invalid("includeFirst");
    if (!read_bool(request, "smooth", writer.smooth))
        return invalid("smooth");
    if (count > static_cast<int>(most_candles))
        return refuse("Maximum value for 'count' exceeded");
    if (from && to && counted)
        return refuse("'count' cannot be specified when both 'to' and 'from' are set");
    if (from && to && *from > *to)
        return invalid("from");
    // The span is checked, not what is in it.
    if (from && to && *to - *from > granularity->length * static_cast<std::int64_t>(most_candles))
        return refuse("Maximum value for 'count' exceeded");
    const auto many = from && to ? most_candles + 1 : static_cast<std::size_t>(count);
    auto spans = from ? collect_forward(writer, aligner, *from, to.value_or(now + 1ns), many)
                      : collect_backward(writer, aligner, to.value_or(now + 1ns), many);
    if (from && !include_first && !spans.empty())
        spans.erase(spans.begin());
    CandleAnswer answer;
    answer.body = begin_body(book, granularity->name);
    append_all(answer.body, writer, spans);
    return answer;
}

std::optional<std::string> latest(Book& book, std::string_view granularity, std::string_view components,
    const net::HttpRequest& request, const Completion& completion, UnixNanos now, bool unix_time) {
    const auto known = granularity_of(granularity);
    Writer writer{book, sides_of(components), false, unix_time, now, completion};
    if (!known || writer.sides.empty())
        return std::nullopt;
    Aligner aligner{*known};
    if (!read_alignment(request, aligner).empty())
        return std::nullopt;
    auto body = begin_body(book, granularity);
    append_all(body, writer, collect_backward(writer, aligner, now + 1ns, 2));
    return body;
}

} // namespace tickgate::oanda_venue
