// Everything that only reads, jobs and facts.
#include "store/batch.hpp"
#include "store/names.hpp"
#include "store/sqlite/sqlite_store.hpp"

#include <algorithm>
#include <limits>
#include <sys/stat.h>

namespace tickgate::store::sqlite {

namespace {

constexpr std::string_view reading = "read";

bool parse(std::string_view text, Decimal& out) noexcept {
    const auto parsed = Decimal::parse(text);
    if (parsed)
        out = *parsed;
    return parsed.has_value();
}

bool parse_optional(const Query& row, int column, OptionalDecimal& out) noexcept {
    out.reset();
    if (row.is_null(column))
        return true;
    return parse(row.text(column), out.emplace());
}

// False if a column holds what nobody writes.
bool bar_from(const Query& row, StoredBar& out) noexcept {
    Bar& bar = out.bar;
    bar.open_time = time_of(row.integer(0));
    bar.close_time = bar.open_time + std::chrono::nanoseconds(row.integer(1));
    bar.trades.reset();
    if (!row.is_null(8))
        bar.trades = row.integer(8);
    out.fetched_at = bar.received_time = time_of(row.integer(10));
    out.revision = static_cast<std::int32_t>(row.integer(11));
    return parse(row.text(2), bar.open) && parse(row.text(3), bar.high) && parse(row.text(4), bar.low) &&
           parse(row.text(5), bar.close) && parse_optional(row, 6, bar.volume) && parse_optional(row, 7, bar.vwap) &&
           unpack_kind(row.integer(9), bar);
}

std::uint64_t size_of(const std::string& path) noexcept {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
}

} // namespace

result<std::optional<SqliteStore::SeriesId>> SqliteStore::find(const SeriesKey& key) {
    if (const auto at = known_.find(key); at != known_.end())
        return std::optional(at->second);
    Query query(db_, find_series_, reading);
    query << to_string(key.instrument.asset_class) << std::string_view(key.instrument.symbol)
          << std::string_view(key.provider) << tickgate::to_string(key.timeframe) << name_of(key.variant.price_type)
          << name_of(key.variant.align) << std::int64_t{key.variant.adjusted};
    std::optional<SeriesId> id;
    if (query.next())
        id = query.integer(0);
    if (query.error())
        return query.error();
    return id;
}

error_code SqliteStore::read(const SeriesKey& series, Span within, std::size_t limit, bool backwards,
    const std::function<bool(const StoredBar&)>& take) {
    if (const auto ec = db_.check_in_place())
        return ec;
    const auto id = find(series);
    if (!id)
        return id.error();
    if (!*id)
        return {};
    StoredBar bar = blank(series);
    Query query(db_, backwards ? read_back_ : read_, reading);
    query << **id << ticks_of(within.from) << ticks_of(within.to)
          << (limit == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(limit));
    while (query.next()) {
        if (!bar_from(query, bar)) {
            db_.problem() = "a bar of " + series.to_string() + " holds what is no bar, file " + db_.path();
            return errc::store_corrupt;
        }
        if (!take(bar))
            break;
    }
    return query.error();
}

result<CoverageMap> SqliteStore::load_coverage(SeriesId id, Span touching) {
    CoverageMap map;
    Query query(db_, spans_, reading);
    query << id << ticks_of(touching.from) << ticks_of(touching.to);
    while (query.next())
        map.set({{time_of(query.integer(0)), time_of(query.integer(1))},
            cause_from(query.text(2)).value_or(Cause::not_fetched), time_of(query.integer(3))});
    if (query.error())
        return query.error();
    return map;
}

result<std::vector<SqliteStore::Row>> SqliteStore::rows() {
    std::vector<Row> out;
    Query query(db_, all_series_, reading);
    while (query.next()) {
        const auto key = series_key_from(query.text(1), query.text(2), query.text(3), query.text(4), query.text(5),
            query.text(6), query.integer(7) != 0);
        // Erased series keep their number, since other connections may know it.
        if (!key || (query.is_null(9) && query.integer(11) == 0))
            continue;
        Row row;
        row.id = query.integer(0);
        row.info.key = *key;
        row.info.bars = static_cast<std::uint64_t>(query.integer(8));
        if (!query.is_null(9)) {
            row.info.first = time_of(query.integer(9));
            row.info.last = time_of(query.integer(10));
        }
        out.push_back(std::move(row));
    }
    if (query.error())
        return query.error();
    std::sort(out.begin(), out.end(), [](const Row& a, const Row& b) { return a.info.key < b.info.key; });
    return out;
}

error_code SqliteStore::measure(StoreStats& stats) {
    const auto spans = db_.number("SELECT count(*) FROM span", reading);
    if (!spans)
        return spans.error();
    const auto jobs = db_.number("SELECT count(*) FROM job", reading);
    if (!jobs)
        return jobs.error();
    stats.backend = "sqlite";
    stats.spans = static_cast<std::uint64_t>(*spans);
    stats.jobs = static_cast<std::uint64_t>(*jobs);
    stats.bytes = size_of(db_.path()) + size_of(db_.path() + "-wal");
    return {};
}

error_code SqliteStore::put_job(const JobRow& job) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query query(db_, put_job_, "write a job");
    query << std::string_view(job.id) << std::string_view(job.text) << ticks_of(job.updated_at);
    return query.execute();
}

result<std::vector<JobRow>> SqliteStore::jobs() {
    if (const auto ec = db_.check_in_place())
        return ec;
    std::vector<JobRow> out;
    Query query(db_, jobs_, reading);
    while (query.next())
        out.push_back({std::string(query.text(0)), std::string(query.text(1)), time_of(query.integer(2))});
    if (query.error())
        return query.error();
    return out;
}

error_code SqliteStore::remove_job(const std::string& id) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query lease(db_, remove_lease_, "remove a job");
    lease << std::string_view(id);
    if (const auto ec = lease.execute())
        return ec;
    Query query(db_, remove_job_, "remove a job");
    query << std::string_view(id);
    return query.execute();
}

error_code SqliteStore::put_fact(const std::string& name, const std::string& text) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query query(db_, put_fact_, "write a fact");
    query << std::string_view(name) << std::string_view(text);
    return query.execute();
}

result<std::optional<std::string>> SqliteStore::fact(const std::string& name) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query query(db_, fact_, reading);
    query << std::string_view(name);
    std::optional<std::string> out;
    if (query.next())
        out = std::string(query.text(0));
    if (query.error())
        return query.error();
    return out;
}

} // namespace tickgate::store::sqlite
