// Writing and erasing: each in one transaction, bars and coverage together.
#include "store/batch.hpp"
#include "store/names.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/schema.hpp"

#include <algorithm>

namespace tickgate::store::postgres {

namespace {

constexpr std::string_view writing = "write bars", erasing = "erase bars";

std::string text_of(UnixNanos t) { return std::to_string(ticks_of(t)); }

// Years that no partition can be made for join the next one that can.
int year_of(UnixNanos t) {
    const auto day = std::chrono::floor<std::chrono::days>(t);
    return std::clamp(static_cast<int>(std::chrono::year_month_day(day).year()), 1678, 2261);
}

void append(std::string& out, std::int64_t value) { out += std::to_string(value); }

void append(std::string& out, const Decimal& value) {
    char text[Decimal::max_text];
    out.append(text, value.print(text));
}

template <class T>
void append(std::string& out, const std::optional<T>& value) {
    if (value)
        append(out, *value);
    else
        out += "\\N";
}

// A row of COPY's text format; nothing in it needs escaping.
void append_row(std::string& out, const StoredBar& stored) {
    const Bar& bar = stored.bar;
    const auto field = [&](const auto& value) {
        append(out, value);
        out += '\t';
    };
    field(ticks_of(bar.open_time));
    field(std::int64_t{(bar.close_time - bar.open_time).count()});
    field(bar.open);
    field(bar.high);
    field(bar.low);
    field(bar.close);
    field(bar.volume);
    field(bar.vwap);
    field(bar.trades);
    field(pack_kind(bar));
    append(out, ticks_of(stored.fetched_at));
    out += '\n';
}

std::string list_of(const std::vector<std::int64_t>& numbers) {
    std::string out = "{";
    for (const auto n : numbers) {
        if (out.size() > 1)
            out += ',';
        append(out, n);
    }
    return out + "}";
}

constexpr auto make_incoming =
    "CREATE TEMPORARY TABLE IF NOT EXISTS incoming(open_ns bigint, length_ns bigint, open text, high text, low text, "
    "close text, volume text, vwap text, trades bigint, kind integer, fetched_ns bigint) ON COMMIT DELETE ROWS";

// Tells new rows from changed ones: only new ones have revision 1.
constexpr auto put_rows =
    "WITH put AS (INSERT INTO bar AS b SELECT $1::integer, open_ns, length_ns, open, high, low, close, volume, vwap, "
    "trades, kind, fetched_ns, 1 FROM incoming ON CONFLICT (series, open_ns) DO UPDATE SET length_ns = "
    "excluded.length_ns, open = excluded.open, high = excluded.high, low = excluded.low, close = excluded.close, "
    "volume = excluded.volume, vwap = excluded.vwap, trades = excluded.trades, kind = excluded.kind, fetched_ns = "
    "excluded.fetched_ns, revision = b.revision + 1 WHERE (b.length_ns, b.open, b.high, b.low, b.close, b.volume, "
    "b.vwap, b.trades, b.kind) IS DISTINCT FROM (excluded.length_ns, excluded.open, excluded.high, excluded.low, "
    "excluded.close, excluded.volume, excluded.vwap, excluded.trades, excluded.kind) RETURNING b.revision = 1 AS new) "
    "SELECT count(*) FILTER (WHERE new), count(*) FILTER (WHERE NOT new) FROM put";

} // namespace

error_code PostgresStore::run(const char* sql, const Connection::Parameters& parameters, std::string_view doing) {
    const auto answer = connection_.ask(sql, parameters, doing);
    return answer ? error_code() : answer.error();
}

result<PostgresStore::SeriesId> PostgresStore::find_or_add(const SeriesKey& key) {
    auto id = find(key);
    if (id && !*id) {
        const auto& v = key.variant;
        if (const auto ec = run("INSERT INTO series(class, symbol, provider, timeframe, price_type, align, adjusted) "
                                "VALUES($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
                {std::string(to_string(key.instrument.asset_class)), key.instrument.symbol, key.provider,
                    std::string(tickgate::to_string(key.timeframe)), std::string(name_of(v.price_type)),
                    std::string(name_of(v.align)), v.adjusted ? "t" : "f"},
                writing))
            return ec;
        id = find(key);
    }
    if (!id)
        return id.error();
    if (!*id) {
        connection_.problem() = "a new series is not there: " + key.to_string();
        return errc::store_failed;
    }
    return **id;
}

error_code PostgresStore::make_ready(const std::vector<const StoredBar*>& bars) {
    if (!incoming_ && !bars.empty()) {
        if (const auto ec = connection_.run(make_incoming, writing))
            return ec;
        incoming_ = true;
    }
    for (const auto* bar : bars) {
        const int year = year_of(bar->bar.open_time);
        if (years_.count(year) != 0)
            continue;
        if (const auto ec = make_partition(connection_, year))
            return ec;
        years_.insert(year);
    }
    return {};
}

result<WriteResult> PostgresStore::write(const Batch& batch) {
    const auto done = write(batch, Erased());
    if (!done)
        return done.error();
    return done->value();
}

result<Outcome> PostgresStore::write_unless_erased(const Batch& batch, std::int64_t erasures) {
    const auto done = write(batch, Erased(erasures));
    if (!done)
        return done.error();
    return outcome_of(done->has_value());
}

result<std::optional<WriteResult>> PostgresStore::write(const Batch& batch, Erased erasures) {
    if (const auto ec = connect())
        return ec;
    const auto id = find_or_add(batch.series);
    if (!id)
        return id.error();
    const auto bars = distinct_bars(batch);
    if (const auto ec = make_ready(bars))
        return ec;
    auto done = write_once(*id, batch, bars, erasures);
    if (!done && connection_.state() == "23514") { // no partition: somebody took it away
        years_.clear();
        if (const auto ec = make_ready(bars))
            return ec;
        done = write_once(*id, batch, bars, erasures);
    }
    return done;
}

error_code PostgresStore::lock(SeriesId id, std::string_view doing) {
    return run("SELECT pg_advisory_xact_lock($1, $2)", {lock_space, std::to_string(id)}, doing);
}

result<std::optional<WriteResult>> PostgresStore::write_once(
    SeriesId id, const Batch& batch, const std::vector<const StoredBar*>& bars, Erased erasures) {
    WriteResult done;
    Transaction transaction(connection_);
    if (const auto ec = transaction.begin())
        return ec;
    if (const auto ec = lock(id, writing))
        return ec;
    if (erasures) {
        const auto now = erasures_of(id);
        if (!now)
            return now.error();
        if (*now != *erasures)
            return std::optional<WriteResult>();
    }
    if (const auto ec = take_out_others(id, bars, batch.replaces, done))
        return ec;
    if (const auto ec = put(id, bars, done))
        return ec;
    if (done.inserted != done.removed)
        if (const auto ec = count(id, static_cast<std::int64_t>(done.inserted - done.removed)))
            return ec;
    if (const auto ec = update_coverage(id, batch.coverage))
        return ec;
    if (const auto ec = transaction.commit())
        return ec;
    return std::optional(done);
}

error_code PostgresStore::take_out_others(
    SeriesId id, const std::vector<const StoredBar*>& bars, const std::vector<Span>& spans, WriteResult& done) {
    std::vector<std::int64_t> others;
    for (const auto& span : spans) {
        const auto times = connection_.ask("SELECT open_ns FROM bar WHERE series = $1 AND open_ns >= $2 AND open_ns < "
                                           "$3",
            {std::to_string(id), text_of(span.from), text_of(span.to)}, writing);
        if (!times)
            return times.error();
        for (int i = 0; i < times->count(); ++i)
            if (const auto open = times->integer(i, 0); !holds(bars, time_of(open)))
                others.push_back(open);
    }
    if (others.empty())
        return {};
    const auto gone = connection_.ask("DELETE FROM bar WHERE series = $1 AND open_ns = ANY($2::bigint[])",
        {std::to_string(id), list_of(others)}, writing);
    if (!gone)
        return gone.error();
    done.removed = static_cast<std::uint64_t>(gone->affected());
    return {};
}

error_code PostgresStore::put(SeriesId id, const std::vector<const StoredBar*>& bars, WriteResult& done) {
    if (bars.empty())
        return {};
    std::string text;
    text.reserve(bars.size() * 128);
    for (const auto* bar : bars)
        append_row(text, *bar);
    if (const auto ec = connection_.copy("COPY incoming FROM STDIN", text, writing))
        return ec;
    const auto counts = connection_.ask(put_rows, {std::to_string(id)}, writing);
    if (!counts)
        return counts.error();
    done.inserted = static_cast<std::uint64_t>(counts->integer(0, 0));
    done.changed = static_cast<std::uint64_t>(counts->integer(0, 1));
    return {};
}

error_code PostgresStore::count(SeriesId id, std::int64_t more) {
    return run("UPDATE series SET bars = bars + $1 WHERE id = $2", {std::to_string(more), std::to_string(id)}, writing);
}

error_code PostgresStore::replace_coverage(SeriesId id, const CoverageMap& before, const CoverageMap& after) {
    std::vector<std::int64_t> gone;
    for (const auto& [from, piece] : before.spans()) {
        const auto at = after.spans().find(from);
        if (at == after.spans().end() || at->second != piece)
            gone.push_back(ticks_of(from));
    }
    if (!gone.empty())
        if (const auto ec = run("DELETE FROM span WHERE series = $1 AND from_ns = ANY($2::bigint[])",
                {std::to_string(id), list_of(gone)}, writing))
            return ec;
    std::vector<std::int64_t> from, to, known;
    std::string causes = "{";
    for (const auto& [start, piece] : after.spans()) {
        const auto at = before.spans().find(start);
        if (at != before.spans().end() && at->second == piece)
            continue;
        from.push_back(ticks_of(start));
        to.push_back(ticks_of(piece.span.to));
        known.push_back(ticks_of(piece.known_at));
        causes.append(causes.size() > 1 ? "," : "").append(to_string(piece.cause));
    }
    if (from.empty())
        return {};
    return run("INSERT INTO span SELECT $1::integer, * FROM unnest($2::bigint[], $3::bigint[], $4::text[], "
               "$5::bigint[])",
        {std::to_string(id), list_of(from), list_of(to), causes + "}", list_of(known)}, writing);
}

result<std::uint64_t> PostgresStore::erase(const EraseFilter& filter) {
    if (const auto ec = connect())
        return ec;
    const auto all = rows();
    if (!all)
        return all.error();
    connection_.set_patience(std::chrono::minutes(10));
    std::uint64_t erased = 0;
    error_code failure;
    for (const auto& row : *all) {
        if (!matches(filter, row.info.key))
            continue;
        const auto gone = erase_in(row.id, filter.fetched_before);
        if (!gone) {
            failure = gone.error();
            break;
        }
        erased += *gone;
    }
    connection_.set_patience(std::chrono::seconds(45));
    if (failure)
        return failure;
    return erased;
}

result<std::uint64_t> PostgresStore::erase_in(SeriesId id, std::optional<UnixNanos> fetched_before) {
    Transaction transaction(connection_); // one a series, so that other writers have their turn
    if (const auto ec = transaction.begin())
        return ec;
    if (const auto ec = connection_.run("SET LOCAL statement_timeout = '9min'", erasing))
        return ec;
    if (const auto ec = lock(id, erasing))
        return ec;
    const auto number = std::to_string(id);
    if (fetched_before) {
        const auto spans = old_bars(id, *fetched_before);
        if (!spans)
            return spans.error();
        const auto before = load_coverage(id, {UnixNanos::min(), UnixNanos::max()});
        if (!before)
            return before.error();
        if (const auto ec = replace_coverage(id, *before, without(*before, *spans, fetched_before)))
            return ec;
    } else if (const auto ec = run("DELETE FROM span WHERE series = $1", {number}, erasing)) {
        return ec;
    }
    const auto gone = fetched_before ? connection_.ask("DELETE FROM bar WHERE series = $1 AND fetched_ns < $2",
                                           {number, text_of(*fetched_before)}, erasing)
                                     : connection_.ask("DELETE FROM bar WHERE series = $1", {number}, erasing);
    if (!gone)
        return gone.error();
    if (gone->affected() != 0) {
        if (const auto ec = count(id, -gone->affected()))
            return ec;
        if (const auto ec = run("UPDATE series SET erased = erased + 1 WHERE id = $1", {number}, erasing))
            return ec;
    }
    if (const auto ec = transaction.commit())
        return ec;
    return static_cast<std::uint64_t>(gone->affected());
}

result<std::vector<Span>> PostgresStore::old_bars(SeriesId id, UnixNanos fetched_before) {
    // Bars that touch are one span: the server joins them, so that the answer is short.
    const auto rows = connection_.ask(
        "SELECT min(open_ns), max(open_ns + length_ns) FROM (SELECT open_ns, length_ns, sum(new) OVER (ORDER BY "
        "open_ns) AS island FROM (SELECT open_ns, length_ns, CASE WHEN lag(open_ns + length_ns) OVER (ORDER BY "
        "open_ns) >= open_ns THEN 0 ELSE 1 END AS new FROM bar WHERE series = $1 AND fetched_ns < $2) a) b GROUP BY "
        "island ORDER BY 1",
        {std::to_string(id), text_of(fetched_before)}, erasing);
    if (!rows)
        return rows.error();
    std::vector<Span> out;
    for (int i = 0; i < rows->count(); ++i)
        out.push_back({time_of(rows->integer(i, 0)), time_of(rows->integer(i, 1))});
    return out;
}

} // namespace tickgate::store::postgres
