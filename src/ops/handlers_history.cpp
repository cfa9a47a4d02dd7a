// Operations that answer with bars, trades and what is known about them.
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/operations.hpp"
#include "ops/paging.hpp"
#include "ops/suggest.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::ops {

namespace {

constexpr std::string_view off_hint = "history needs a store: set store.url in the configuration";

Error no_history() { return Error("unavailable", "this gateway keeps no history", std::string(off_hint)); }

backfill::Method method_of(std::string_view word) noexcept {
    return word == "rest"         ? backfill::Method::rest
           : word == "flat_files" ? backfill::Method::flat_files
                                  : backfill::Method::automatic;
}

// Bars as on Redis, with progress before and a summary behind them.
class ElementSink final : public BarsSink {
public:
    ElementSink(Answer& answer, Times times) : answer_(answer), times_(times) {}

    asio::awaitable<error_code> progress(
        const InstrumentName& name, Timeframe timeframe, const backfill::Progress& how_far) override {
        auto text = progress_element(name, timeframe, how_far, times_);
        if (const auto ec = co_await answer_.add(std::move(text)); ec)
            co_return ec;
        co_return co_await answer_.flush();
    }
    asio::awaitable<error_code> begin(const BarsHead&) override { co_return error_code(); }
    asio::awaitable<error_code> bars(
        const BarsHead&, const backfill::Part& part, std::span<const store::StoredBar> bars) override {
        for (const auto& b : bars) {
            std::string text;
            text.reserve(512);
            append_bar_element(text, part.series, b);
            if (const auto ec = co_await answer_.add(std::move(text)); ec)
                co_return ec;
        }
        co_return error_code();
    }
    asio::awaitable<error_code> end(const BarsHead& head, const BarsSummary& summary) override {
        auto text = summary_element(head, summary, times_);
        co_return co_await answer_.add(std::move(text));
    }
    asio::awaitable<error_code> failed(const InstrumentName& name, const Error& error) override {
        JsonObject o;
        o.integer("v", std::int64_t{1}).text("type", "error").text("class", to_string(name.asset_class));
        o.text("symbol", name.symbol).raw("error", to_json(error));
        auto text = o.take();
        co_return co_await answer_.add(std::move(text));
    }

private:
    Answer& answer_;
    Times times_;
};

} // namespace

Operations::Done Operations::bars_query(const Request& r, BarsQuery& query) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    if (auto failed = co_await instruments_of(r, query.names))
        co_return failed;
    auto& request = query.request;
    request.timeframe = *timeframe_from(value_of(op, r.fields, "timeframe"));
    request.provider = value_of(op, r.fields, "provider");
    request.variant = variant_from(op, r.fields, query.names.front().asset_class, request.timeframe);
    request.use_cache = boolean_from(value_of(op, r.fields, "use_cache")).value_or(true);
    request.method = method_of(value_of(op, r.fields, "method"));
    request.client = r.client;
    query.start = value_of(op, r.fields, "start");
    query.end = value_of(op, r.fields, "end");
    query.validate = boolean_from(value_of(op, r.fields, "validate")).value_or(true);
    query.limit = static_cast<std::uint64_t>(integer_from(value_of(op, r.fields, "limit")).value_or(0));
    co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> Operations::run_bars(Request request, BarsSink& sink) {
    request.op = "bars";
    if (auto error = check_fields(*find(request.op), request.fields))
        co_return error;
    BarsQuery query;
    if (auto failed = co_await bars_query(request, query))
        co_return failed;
    auto names = query.names;
    auto running = ops::run_bars(*history_, std::move(query), sink);
    auto failed = co_await std::move(running);
    auto finding = with_suggestions(std::move(failed), std::move(names));
    co_return co_await std::move(finding);
}

Operations::Done Operations::bars(const Request& r, Answer& answer) {
    BarsQuery query;
    if (auto failed = co_await bars_query(r, query))
        co_return failed;
    ElementSink sink(answer, r.times);
    auto names = query.names;
    auto running = ops::run_bars(*history_, std::move(query), sink);
    auto failed = co_await std::move(running);
    auto finding = with_suggestions(std::move(failed), std::move(names));
    co_return co_await std::move(finding);
}

Operations::Done Operations::trades(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    const auto limit = static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(1000));
    for (const auto& name : names) {
        const auto range = read_range(
            value_of(op, r.fields, "start"), value_of(op, r.fields, "end"), name.asset_class, history_->now());
        if (range.error)
            co_return range.error;
        backfill::History::TradesRequest request;
        request.instrument = name;
        request.span.from = range.from;
        request.span.to = range.to;
        request.provider = value_of(op, r.fields, "provider");
        request.client = r.client;
        request.limit = limit;
        std::vector<std::string> elements;
        backfill::History::TakeTrade take = [&](const std::string& provider, const Trade& trade) {
            elements.push_back(trade_element(name, provider, trade, r.times));
            return elements.size() < limit;
        };
        auto asking = history_->trades(std::move(request), std::move(take));
        const auto done = co_await std::move(asking);
        std::optional<Error> error;
        if (done.error)
            error = error_from(done.error, done.detail);
        if (error && elements.empty() && names.size() == 1) {
            auto finding = with_suggestions(std::move(error), names);
            co_return co_await std::move(finding);
        }
        const auto count = elements.size();
        for (auto& e : elements)
            if (const auto ec = co_await answer.add(std::move(e)); ec)
                co_return error_from(ec);
        JsonObject o;
        o.integer("v", std::int64_t{1}).text("type", "summary").text("class", to_string(name.asset_class));
        o.text("symbol", name.symbol).text("provider", done.provider);
        add_time(o, "start", range.from, r.times);
        add_time(o, "end", range.to, r.times);
        o.integer("trade_count", static_cast<std::int64_t>(count)).boolean("complete", done.complete);
        o.boolean("truncated", !done.complete && !error).raw("error", error ? to_json(*error) : "null");
        auto text = o.take();
        if (const auto ec = co_await answer.add(std::move(text)); ec)
            co_return error_from(ec);
    }
    co_return std::nullopt;
}

// The series of one instrument; one that nobody fetched is an answer, too.
Operations::Done Operations::coverage_of(
    const Request& r, InstrumentName name, std::string_view start, std::vector<std::string>& elements) {
    const auto& op = *find(r.op);
    const auto range = read_range(start, value_of(op, r.fields, "end"), name.asset_class, history_->now());
    if (range.error)
        co_return range.error;
    const auto timeframe = timeframe_from(value_of(op, r.fields, "timeframe"));
    const auto provider = value_of(op, r.fields, "provider");
    store::Span span;
    span.from = range.from;
    span.to = range.to;
    auto asking = history_->coverage(name, timeframe, span);
    const auto known = co_await std::move(asking);
    if (!known)
        co_return error_from(known.error());
    for (const auto& k : *known)
        if (provider.empty() || k.series.provider == provider)
            elements.push_back(known_element(k, span, r.times));
    if (!elements.empty())
        co_return std::nullopt;
    backfill::History::Known nothing;
    nothing.series.instrument = std::move(name);
    nothing.series.timeframe = timeframe.value_or(Timeframe::m1);
    nothing.series.provider = provider;
    nothing.spans.resize(1);
    nothing.spans.front().span = span;
    nothing.spans.front().cause = store::Cause::not_fetched;
    elements.push_back(known_element(nothing, span, r.times));
    co_return std::nullopt;
}

Operations::Done Operations::coverage(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    const auto place = place_from(value_of(op, r.fields, "cursor"));
    if (!place)
        co_return bad_cursor(value_of(op, r.fields, "cursor"));
    const auto end = *place + static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(1000));
    std::vector<InstrumentName> names;
    if (auto failed = co_await instruments_of(r, names))
        co_return failed;
    std::string start(value_of(op, r.fields, "start"));
    if (start.empty())
        start = std::to_string(to_micros(history_->now() - std::chrono::hours(24 * 30)));
    Page page;
    std::size_t at = 0; // elements so far, also those of answers before this one
    for (const auto& name : names) {
        std::vector<std::string> elements;
        auto asking = coverage_of(r, name, start, elements);
        if (auto failed = co_await std::move(asking))
            co_return failed;
        for (auto& element : elements) {
            if (at == end) {
                page.next = std::to_string(end);
                break;
            }
            if (at++ < *place)
                continue;
            if (const auto ec = co_await answer.add(std::move(element)); ec)
                co_return error_from(ec);
        }
        if (!page.next.empty())
            break;
    }
    if (const auto ec = co_await answer.page(std::move(page)); ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

Operations::Done Operations::reports_of(const Request& r, InstrumentName name, std::string& json) {
    const auto& op = *find(r.op);
    if (history_ == nullptr)
        co_return no_history();
    if (value_of(op, r.fields, "start").empty())
        co_return Error(
            "bad_request", "validate with a timeframe needs field start", "the bars from when on are meant");
    const auto range =
        read_range(value_of(op, r.fields, "start"), value_of(op, r.fields, "end"), name.asset_class, history_->now());
    if (range.error)
        co_return range.error;
    const auto provider = value_of(op, r.fields, "provider");
    store::Span span;
    span.from = range.from;
    span.to = range.to;
    auto asking = history_->coverage(name, timeframe_from(value_of(op, r.fields, "timeframe")), span);
    auto known = co_await std::move(asking);
    if (!known)
        co_return error_from(known.error());
    json = "[";
    for (auto& k : *known) {
        if (!provider.empty() && k.series.provider != provider)
            continue;
        backfill::Part part;
        part.series = k.series;
        part.span = span;
        auto checking = check_stored(*history_, std::move(part), std::move(k.spans));
        const auto report = co_await std::move(checking);
        if (!report)
            co_return error_from(report.error());
        JsonObject o;
        o.text("provider", k.series.provider).text("timeframe", to_string(k.series.timeframe));
        o.text("price_type", word_of(k.series.variant.price_type)).text("align", word_of(k.series.variant.align));
        o.boolean("adjusted", k.series.variant.adjusted).raw("validation", report_json(*report, r.times));
        json += json.size() > 1 ? "," : "";
        json += o.take();
    }
    json += ']';
    co_return std::nullopt;
}

asio::awaitable<std::optional<Error>> Operations::with_suggestions(
    std::optional<Error> error, std::vector<InstrumentName> names) {
    if (!error || error->code != "unknown_symbol" || names.size() != 1)
        co_return error;
    auto asking = suggestions(names.front().symbol, names.front().asset_class);
    const auto near = co_await std::move(asking);
    std::string list;
    for (const auto& name : near)
        list.append(list.empty() ? "did you mean " : ", ").append(name);
    if (!list.empty())
        error->hint = list + "?";
    co_return error;
}

asio::awaitable<Error> Operations::expired(Request request) {
    Error error("expired", "the deadline passed before the answer was complete", "give a larger deadline_ms");
    const auto* op = find(request.op);
    if (request.op == "cache_clear")
        error.hint = "the store goes on with it: cache_stats tells what is left";
    if (op == nullptr || (op->name != "bars" && op->name != "trades"))
        co_return error;
    error.hint = "what was fetched is kept: ask again, give a larger deadline_ms, or start a backfill";
    std::vector<std::string> asked;
    if (const auto provider = value_of(*op, request.fields, "provider"); !provider.empty())
        asked.emplace_back(provider);
    else
        for (const auto piece : split_list(value_of(*op, request.fields, "symbols")))
            if (const auto name = InstrumentName::parse(piece))
                for (auto& candidate : services_.route(*name))
                    asked.push_back(std::move(candidate));
    auto asking = services_.limits();
    const auto limits = co_await std::move(asking);
    for (const auto& l : limits.value) {
        const bool closed =
            l.paused || (l.limit > 0 && l.remaining.value_or(l.limit - l.used) <= 0 && l.reset_in.has_value());
        if (l.what != LimitView::What::requests || !closed ||
            std::find(asked.begin(), asked.end(), l.provider) == asked.end())
            continue;
        const auto wait = std::max(l.reset_in.value_or(std::chrono::seconds(1)), std::chrono::milliseconds(1));
        if (error.retry_after && *error.retry_after >= wait)
            continue;
        error.retry_after = wait;
        error.message = "the deadline passed while the request budget of " + l.provider +
                        (l.paused ? " paused, as the provider asked"
                                  : " was used up (" + std::to_string(l.limit) + " " + l.name + ")") +
                        "; it opens in " + std::to_string((wait.count() + 999) / 1000) + " s";
    }
    co_return error;
}

asio::awaitable<std::vector<std::string>> Operations::suggestions(
    std::string text, std::optional<AssetClass> asset_class) {
    const auto colon = text.find(':');
    const std::string wanted = colon == std::string::npos ? text : text.substr(colon + 1);
    std::vector<std::string> names;
    // Shorter and shorter beginnings, until something is near.
    for (auto size = wanted.size(); size >= 2 && names.empty(); size = size / 2) {
        SymbolQuery query;
        query.text = wanted.substr(0, size);
        query.asset_class = asset_class;
        query.limit = 500;
        auto searching = services_.search(std::move(query));
        const auto found = co_await std::move(searching);
        if (found.error)
            break;
        std::vector<std::string> choices;
        for (const auto& s : found.value)
            if (s.name)
                choices.push_back(s.name->to_string());
        names = nearest_symbols(wanted, choices);
    }
    co_return names;
}

} // namespace tickgate::ops
