// Connecting, everything that only reads, jobs and facts.
#include "store/batch.hpp"
#include "store/names.hpp"
#include "store/postgres/postgres_store.hpp"
#include "store/postgres/schema.hpp"

#include <algorithm>

namespace tickgate::store::postgres {

namespace {

constexpr std::string_view reading = "read";
constexpr std::size_t page = 10000; // bars asked for at once, so that memory stays bounded

std::string text_of(UnixNanos t) { return std::to_string(ticks_of(t)); }

bool parse(std::string_view text, Decimal& out) noexcept {
    const auto parsed = Decimal::parse(text);
    if (parsed)
        out = *parsed;
    return parsed.has_value();
}

bool parse_optional(const Rows& rows, int row, int column, OptionalDecimal& out) noexcept {
    out.reset();
    if (rows.is_null(row, column))
        return true;
    return parse(rows.text(row, column), out.emplace());
}

// False if a column holds what nobody writes.
bool bar_from(const Rows& rows, int i, StoredBar& out) noexcept {
    Bar& bar = out.bar;
    bar.open_time = time_of(rows.integer(i, 0));
    bar.close_time = bar.open_time + std::chrono::nanoseconds(rows.integer(i, 1));
    bar.trades.reset();
    if (!rows.is_null(i, 8))
        bar.trades = rows.integer(i, 8);
    out.fetched_at = bar.received_time = time_of(rows.integer(i, 10));
    out.revision = static_cast<std::int32_t>(rows.integer(i, 11));
    return parse(rows.text(i, 2), bar.open) && parse(rows.text(i, 3), bar.high) && parse(rows.text(i, 4), bar.low) &&
           parse(rows.text(i, 5), bar.close) && parse_optional(rows, i, 6, bar.volume) &&
           parse_optional(rows, i, 7, bar.vwap) && unpack_kind(rows.integer(i, 9), bar);
}

constexpr auto read_forwards =
    "SELECT open_ns, length_ns, open, high, low, close, volume, vwap, trades, kind, fetched_ns, revision FROM bar "
    "WHERE series = $1 AND open_ns >= $2 AND open_ns < $3 ORDER BY open_ns LIMIT $4";
constexpr auto read_backwards =
    "SELECT open_ns, length_ns, open, high, low, close, volume, vwap, trades, kind, fetched_ns, revision FROM bar "
    "WHERE series = $1 AND open_ns >= $2 AND open_ns < $3 ORDER BY open_ns DESC LIMIT $4";

} // namespace

result<std::unique_ptr<BarStore>> open(const StoreOptions& options, std::string& problem) {
    auto store = std::make_unique<PostgresStore>(options);
    const auto ec = store->connect();
    problem = ec ? store->problem() : std::string();
    if (ec)
        return ec;
    return std::unique_ptr<BarStore>(std::move(store));
}

error_code PostgresStore::connect() {
    if (connection_.usable())
        return {};
    known_.clear();
    years_.clear();
    incoming_ = false;
    auto ec = connection_.open();
    if (!ec)
        ec = migrate(connection_);
    if (ec)
        connection_.close();
    return ec;
}

result<std::optional<PostgresStore::SeriesId>> PostgresStore::find(const SeriesKey& key) {
    if (const auto at = known_.find(key); at != known_.end())
        return std::optional(at->second);
    const auto& v = key.variant;
    const auto rows = connection_.ask("SELECT id FROM series WHERE class = $1 AND symbol = $2 AND provider = $3 AND "
                                      "timeframe = $4 AND price_type = $5 AND align = $6 AND adjusted = $7",
        {std::string(to_string(key.instrument.asset_class)), key.instrument.symbol, key.provider,
            std::string(tickgate::to_string(key.timeframe)), std::string(name_of(v.price_type)),
            std::string(name_of(v.align)), v.adjusted ? "t" : "f"},
        reading);
    if (!rows)
        return rows.error();
    if (rows->count() == 0)
        return std::optional<SeriesId>();
    known_.emplace(key, rows->integer(0, 0)); // committed: nobody takes it back
    return std::optional(rows->integer(0, 0));
}

error_code PostgresStore::read(const SeriesKey& series, Span within, std::size_t limit, bool backwards,
    const std::function<bool(const StoredBar&)>& take) {
    if (const auto ec = connect())
        return ec;
    const auto id = find(series);
    if (!id)
        return id.error();
    if (!*id)
        return {};
    StoredBar bar = blank(series);
    for (std::size_t left = limit == 0 ? SIZE_MAX : limit; left > 0 && within.from < within.to;) {
        const auto wanted = std::min(left, page);
        const auto rows = connection_.ask(backwards ? read_backwards : read_forwards,
            {std::to_string(**id), text_of(within.from), text_of(within.to), std::to_string(wanted)}, reading);
        if (!rows)
            return rows.error();
        for (int i = 0; i < rows->count(); ++i) {
            if (!bar_from(*rows, i, bar)) {
                connection_.problem() = "a bar of " + series.to_string() + " holds what is no bar";
                return errc::store_corrupt;
            }
            if (!take(bar))
                return {};
        }
        const auto got = static_cast<std::size_t>(rows->count());
        if (got < wanted)
            break;
        left -= got;
        (backwards ? within.to : within.from) = bar.bar.open_time + std::chrono::nanoseconds(backwards ? 0 : 1);
    }
    return {};
}

result<CoverageMap> PostgresStore::load_coverage(SeriesId id, Span touching) {
    const auto rows = connection_.ask(
        "SELECT from_ns, to_ns, cause, known_ns FROM span WHERE series = $1 AND from_ns <= $3::bigint AND from_ns >= "
        "coalesce((SELECT max(from_ns) FROM span WHERE series = $1 AND from_ns < $2::bigint), $2::bigint) "
        "ORDER BY from_ns",
        {std::to_string(id), text_of(touching.from), text_of(touching.to)}, reading);
    if (!rows)
        return rows.error();
    CoverageMap map;
    for (int i = 0; i < rows->count(); ++i)
        map.set({{time_of(rows->integer(i, 0)), time_of(rows->integer(i, 1))},
            cause_from(rows->text(i, 2)).value_or(Cause::not_fetched), time_of(rows->integer(i, 3))});
    return map;
}

result<std::vector<PostgresStore::Row>> PostgresStore::rows() {
    const auto all = connection_.ask(
        "SELECT id, provider, class, symbol, timeframe, price_type, align, adjusted, bars, (SELECT min(open_ns) FROM "
        "bar WHERE series = s.id), (SELECT max(open_ns) FROM bar WHERE series = s.id), EXISTS(SELECT 1 FROM span "
        "WHERE series = s.id) FROM series s",
        {}, reading);
    if (!all)
        return all.error();
    std::vector<Row> out;
    for (int i = 0; i < all->count(); ++i) {
        const auto key = series_key_from(all->text(i, 1), all->text(i, 2), all->text(i, 3), all->text(i, 4),
            all->text(i, 5), all->text(i, 6), all->flag(i, 7));
        // Erased series keep their number, since other connections may know it.
        if (!key || (all->is_null(i, 9) && !all->flag(i, 11)))
            continue;
        Row row;
        row.id = all->integer(i, 0);
        row.info.key = *key;
        row.info.bars = static_cast<std::uint64_t>(all->integer(i, 8));
        if (!all->is_null(i, 9)) {
            row.info.first = time_of(all->integer(i, 9));
            row.info.last = time_of(all->integer(i, 10));
        }
        out.push_back(std::move(row));
    }
    std::sort(out.begin(), out.end(), [](const Row& a, const Row& b) { return a.info.key < b.info.key; });
    return out;
}

error_code PostgresStore::measure(StoreStats& stats) {
    const auto more = connection_.ask(
        "SELECT (SELECT count(*) FROM span), (SELECT count(*) FROM job), (SELECT sum(pg_total_relation_size(relid)) "
        "FROM pg_partition_tree('bar')) + pg_total_relation_size('span') + pg_total_relation_size('series') + "
        "pg_total_relation_size('job') + pg_total_relation_size('fact')",
        {}, reading);
    if (!more)
        return more.error();
    stats.backend = "postgresql";
    stats.spans = static_cast<std::uint64_t>(more->integer(0, 0));
    stats.jobs = static_cast<std::uint64_t>(more->integer(0, 1));
    stats.bytes = static_cast<std::uint64_t>(more->integer(0, 2));
    return {};
}

error_code PostgresStore::put_job(const JobRow& job) {
    if (const auto ec = connect())
        return ec;
    return run("INSERT INTO job VALUES($1, $2, $3) ON CONFLICT (id) DO UPDATE SET text = excluded.text, updated_ns = "
               "excluded.updated_ns",
        {job.id, job.text, text_of(job.updated_at)}, "write a job");
}

result<std::vector<JobRow>> PostgresStore::jobs() {
    if (const auto ec = connect())
        return ec;
    const auto rows = connection_.ask("SELECT id, text, updated_ns FROM job ORDER BY id", {}, reading);
    if (!rows)
        return rows.error();
    std::vector<JobRow> out;
    for (int i = 0; i < rows->count(); ++i)
        out.push_back({std::string(rows->text(i, 0)), std::string(rows->text(i, 1)), time_of(rows->integer(i, 2))});
    return out;
}

error_code PostgresStore::remove_job(const std::string& id) {
    if (const auto ec = connect())
        return ec;
    return run(
        "WITH lease AS (DELETE FROM job_lease WHERE id = $1) DELETE FROM job WHERE id = $1", {id}, "remove a job");
}

error_code PostgresStore::put_fact(const std::string& name, const std::string& text) {
    if (const auto ec = connect())
        return ec;
    return run("INSERT INTO fact VALUES($1, $2) ON CONFLICT (name) DO UPDATE SET text = excluded.text", {name, text},
        "write a fact");
}

result<std::optional<std::string>> PostgresStore::fact(const std::string& name) {
    if (const auto ec = connect())
        return ec;
    const auto rows = connection_.ask("SELECT text FROM fact WHERE name = $1", {name}, reading);
    if (!rows)
        return rows.error();
    if (rows->count() == 0)
        return std::optional<std::string>();
    return std::optional(std::string(rows->text(0, 0)));
}

} // namespace tickgate::store::postgres
