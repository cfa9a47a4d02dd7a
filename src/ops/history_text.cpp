#include "ops/history_text.hpp"

#include "core/bar_revision.hpp"

#include "core/secret.hpp"
#include "ops/time_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tickgate::ops {

namespace {

std::string_view word_of(VolumeUnit u) noexcept {
    constexpr std::array<std::string_view, 3> words{"", "base", "ticks"};
    return words[static_cast<std::size_t>(u)];
}
std::string_view word_of(BarSource s) noexcept {
    constexpr std::array<std::string_view, 3> words{"provider", "ticks", "derived"};
    return words[static_cast<std::size_t>(s)];
}
std::string_view word_of(Side s) noexcept {
    constexpr std::array<std::string_view, 3> words{"unknown", "buy", "sell"};
    return words[static_cast<std::size_t>(s)];
}
std::string_view word_of(TradeAction a) noexcept {
    constexpr std::array<std::string_view, 3> words{"new", "cancel", "correct"};
    return words[static_cast<std::size_t>(a)];
}

std::int64_t number(std::uint64_t n) noexcept { return static_cast<std::int64_t>(n); }

void append(std::string& out, std::int64_t n) {
    std::array<char, 24> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), n).ptr;
    out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}
void append(std::string& out, const Decimal& d) {
    std::array<char, Decimal::max_text> text;
    out.append(text.data(), static_cast<std::size_t>(d.print(text.data()) - text.data()));
}
void append(std::string& out, const OptionalDecimal& d) {
    if (d)
        append(out, *d);
    else
        out += "null";
}
void append_flags(std::string& out, Flags flags) {
    out += '[';
    for (int i = 0; i < flag_count; ++i)
        if (const auto f = static_cast<Flag>(1u << i); flags.has(f)) {
            if (out.back() != '[')
                out += ',';
            append_json_string(out, to_string(f));
        }
    out += ']';
}

JsonObject element(std::string_view type, const InstrumentName& name) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", type);
    o.text("class", to_string(name.asset_class)).text("symbol", name.symbol);
    return o;
}

bool needs_no_word(store::Cause c) noexcept {
    return c == store::Cause::none || c == store::Cause::session_closed || c == store::Cause::no_trades;
}

} // namespace

std::string_view word_of(PriceType p) noexcept {
    constexpr std::array<std::string_view, 4> words{"trade", "mid", "bid", "ask"};
    return words[static_cast<std::size_t>(p)];
}
std::string_view word_of(Alignment a) noexcept {
    constexpr std::array<std::string_view, 3> words{"utc", "ny17", "exchange"};
    return words[static_cast<std::size_t>(a)];
}

void add_time(JsonObject& object, std::string_view key, std::optional<UnixNanos> t, Times times) {
    if (times == Times::micros)
        object.micros(std::string(key) + "_us", t);
    else
        object.text(key, t ? time_text(std::chrono::floor<std::chrono::microseconds>(*t)) : std::string());
}

std::string coverage_json(const std::vector<store::CoverageSpan>& spans, Times times, bool& cut, std::size_t most) {
    std::vector<store::CoverageSpan> joined; // what was learned at different times is one span to a reader
    for (const auto& s : spans) {
        if (!joined.empty() && joined.back().cause == s.cause && joined.back().span.to == s.span.from)
            joined.back().span.to = s.span.to;
        else
            joined.push_back(s);
    }
    cut = joined.size() > most;
    std::string out = "[";
    std::size_t told = 0;
    for (const auto& s : joined) {
        if (told == most || (cut && needs_no_word(s.cause)))
            continue;
        JsonObject o;
        add_time(o, "from", s.span.from, times);
        add_time(o, "to", s.span.to, times);
        o.text("cause", store::to_string(s.cause));
        if (told++ > 0)
            out += ',';
        out += o.take();
    }
    return out + "]";
}

std::string report_json(const quality::Report& report, Times times) {
    JsonObject counts;
    for (int i = 0; i < quality::check_count; ++i)
        if (const auto n = report.counts[static_cast<std::size_t>(i)]; n > 0)
            counts.integer(quality::to_string(static_cast<quality::Check>(i)), number(n));
    std::string issues = "[";
    for (const auto& i : report.issues) {
        JsonObject o;
        o.text("check", quality::to_string(i.check)).text("severity", quality::to_string(i.severity));
        add_time(o, "from", i.from, times);
        add_time(o, "to", i.to, times);
        o.integer("count", number(i.count)).text("text", i.text);
        if (issues.size() > 1)
            issues += ',';
        issues += o.take();
    }
    JsonObject o;
    o.text("quality", quality::to_string(report.grade)).integer("checked", number(report.checked));
    o.integer("expected", number(report.expected)).raw("counts", counts.take()).raw("issues", issues + "]");
    return o.take();
}

void append_bar_element(std::string& out, const store::SeriesKey& series, const store::StoredBar& stored) {
    const Bar& b = stored.bar;
    out += R"({"v":1,"type":"bar","class":")";
    out += to_string(series.instrument.asset_class);
    out += R"(","symbol":")";
    out += series.instrument.symbol; // of a safe alphabet
    out += R"(","provider":)";
    append_json_string(out, series.provider);
    out += R"(,"timeframe":")";
    out += to_string(series.timeframe);
    out += R"(","ts_open_us":)";
    append(out, to_micros(b.open_time));
    out += R"(,"ts_close_us":)";
    append(out, to_micros(b.close_time));
    out += R"(,"open":)";
    append(out, b.open);
    out += R"(,"high":)";
    append(out, b.high);
    out += R"(,"low":)";
    append(out, b.low);
    out += R"(,"close":)";
    append(out, b.close);
    out += R"(,"volume":)";
    append(out, b.volume);
    out += R"(,"volume_unit":)";
    if (b.volume_unit == VolumeUnit::none)
        out += "null";
    else
        out.append("\"").append(word_of(b.volume_unit)).append("\"");
    out += R"(,"vwap":)";
    append(out, b.vwap);
    out += R"(,"trades":)";
    if (b.trades)
        append(out, *b.trades);
    else
        out += "null";
    out.append(R"(,"price_type":")").append(word_of(series.variant.price_type));
    out.append(R"(","align":")").append(word_of(series.variant.align));
    out.append(series.variant.adjusted ? R"(","adjusted":true)" : R"(","adjusted":false)");
    out.append(R"(,"source":")").append(word_of(b.source)).append(R"(","final":true,"rev":)");
    append(out, static_cast<std::int64_t>(revision_at(b.open_time, stored.fetched_at)));
    out += R"(,"ts_fetched_us":)";
    append(out, to_micros(stored.fetched_at));
    out += R"(,"flags":)";
    append_flags(out, b.flags);
    out += '}';
}

std::string summary_element(const BarsHead& head, const BarsSummary& summary, Times times) {
    auto o = element("summary", head.name);
    o.text("timeframe", to_string(head.timeframe)).text("provider", head.provider);
    add_time(o, "start", head.range.from, times);
    add_time(o, "end", head.range.to, times);
    o.integer("bar_count", number(summary.bars)).boolean("cached", head.ensured.cached);
    o.integer("fetched", number(head.ensured.fetched)).boolean("complete", head.complete);
    o.boolean("truncated", summary.cut);
    std::string series = "[";
    for (const auto& p : head.ensured.parts) {
        JsonObject s;
        s.text("provider", p.series.provider).text("timeframe", to_string(p.series.timeframe));
        s.text("price_type", word_of(p.series.variant.price_type)).text("align", word_of(p.series.variant.align));
        s.boolean("adjusted", p.series.variant.adjusted);
        add_time(s, "from", p.span.from, times);
        add_time(s, "to", p.span.to, times);
        if (series.size() > 1)
            series += ',';
        series += s.take();
    }
    o.raw("series", series + "]");
    bool cut = false;
    o.raw("coverage", coverage_json(head.ensured.coverage, times, cut)).boolean("coverage_cut", cut);
    o.raw("validation", summary.report ? report_json(*summary.report, times) : "null");
    o.raw("error", head.error ? to_json(*head.error) : "null");
    return o.take();
}

std::string fraction_json(const backfill::Progress& progress) {
    if (progress.total.count() <= 0)
        return "0.0000";
    const auto part = std::clamp<double>(
        static_cast<double>(progress.done.count()) / static_cast<double>(progress.total.count()), 0, 1);
    const auto n = static_cast<int>(part * 10000);
    std::string text = std::to_string(n / 10000) + "." + std::to_string(10000 + n % 10000).substr(1);
    return text;
}

std::string progress_element(
    const InstrumentName& name, Timeframe timeframe, const backfill::Progress& progress, Times) {
    auto o = element("progress", name);
    o.text("timeframe", to_string(timeframe)).raw("fraction", fraction_json(progress));
    o.integer("bars", number(progress.bars)).integer("requests", number(progress.requests));
    o.integer("waiting_ms", static_cast<std::int64_t>(progress.waiting.count()));
    return o.take();
}

std::string trade_element(const InstrumentName& name, const std::string& provider, const Trade& trade, Times times) {
    auto o = element("trade", name);
    o.text("provider", provider).text("trade_id", trade.trade_id);
    o.raw("price", trade.price.to_string()).raw("size", trade.size.to_string());
    o.text("side", word_of(trade.side)).text("exchange", trade.exchange);
    std::vector<std::string> conditions(trade.conditions.begin(), trade.conditions.end());
    o.texts("conditions", conditions).text("action", word_of(trade.action));
    o.text("ref_trade_id", trade.ref_trade_id);
    add_time(o, times == Times::micros ? "ts_event" : "timestamp", trade.event_time, times);
    std::string flags;
    append_flags(flags, trade.flags);
    o.raw("flags", flags);
    return o.take();
}

std::string known_element(const backfill::History::Known& known, store::Span asked, Times times) {
    const auto& key = known.series;
    auto o = element("coverage", key.instrument);
    o.text("timeframe", to_string(key.timeframe)).text("provider", key.provider);
    o.text("price_type", word_of(key.variant.price_type)).text("align", word_of(key.variant.align));
    o.boolean("adjusted", key.variant.adjusted);
    add_time(o, "start", asked.from, times);
    add_time(o, "end", asked.to, times);
    o.integer("bars", number(known.bars));
    std::array<std::int64_t, store::cause_count> seconds{};
    for (const auto& s : known.spans)
        seconds[static_cast<std::size_t>(s.cause)] +=
            std::chrono::duration_cast<std::chrono::seconds>(s.span.to - s.span.from).count();
    JsonObject totals;
    for (int i = 0; i < store::cause_count; ++i)
        if (const auto n = seconds[static_cast<std::size_t>(i)]; n > 0)
            totals.integer(store::to_string(static_cast<store::Cause>(i)), n);
    o.raw("seconds", totals.take());
    bool cut = false;
    o.raw("spans", coverage_json(known.spans, times, cut, 2000)).boolean("spans_cut", cut);
    return o.take();
}

} // namespace tickgate::ops
