// The store in one SQLite file.
#pragma once

#include "store/sqlite/database.hpp"
#include "store/table_store.hpp"

#include <map>

namespace tickgate::store::sqlite {

// Opens, creates and migrates the file at `path`, see open_store().
result<std::unique_ptr<BarStore>> open(const std::string& path, bool read_only, std::string& problem);

class SqliteStore final : public TableStore {
public:
    result<WriteResult> write(const Batch& batch) override;
    error_code read(const SeriesKey& series, Span within, std::size_t limit, bool backwards,
        const std::function<bool(const StoredBar&)>& take) override;
    result<std::uint64_t> erase(const EraseFilter& filter) override;
    error_code put_job(const JobRow& job) override;
    result<std::vector<JobRow>> jobs() override;
    error_code remove_job(const std::string& id) override;
    error_code put_fact(const std::string& name, const std::string& text) override;
    result<std::optional<std::string>> fact(const std::string& name) override;
    const std::string& problem() const noexcept override { return db_.problem(); }

    result<Outcome> take_job(const std::string& id, const LeaseHolder& holder, bool own_too) override;
    result<std::vector<HeldJob>> renew_jobs(const LeaseHolder& holder) override;
    result<Outcome> stop_job(const std::string& id) override;
    error_code release_job(const std::string& id, const LeaseHolder& holder) override;
    result<std::vector<JobGlance>> glance_at_jobs() override;
    result<Outcome> write_unless_erased(const Batch& batch, std::int64_t erasures) override;

    Database& database() noexcept { return db_; }

private:
    error_code ready() override { return db_.check_in_place(); }
    result<std::optional<SeriesId>> find(const SeriesKey& key) override;
    result<SeriesId> find_or_add(const SeriesKey& key);
    result<std::vector<Row>> rows() override;
    error_code measure(StoreStats& stats) override;

    // Nothing if bars were erased more often than `erasures` (if given).
    result<std::optional<WriteResult>> write(const Batch& batch, std::optional<std::int64_t> erasures);
    result<WriteResult> write_in(SeriesId id, const Batch& batch);
    result<std::int64_t> erasures_of(SeriesId id) override;
    error_code take_out_others(
        SeriesId id, const std::vector<const StoredBar*>& bars, const std::vector<Span>& spans, WriteResult& done);
    error_code change(SeriesId id, const StoredBar& bar, WriteResult& done);
    error_code count(SeriesId id, std::int64_t more);
    result<CoverageMap> load_coverage(SeriesId id, Span touching) override;
    error_code replace_coverage(SeriesId id, const CoverageMap& before, const CoverageMap& after) override;

    result<std::uint64_t> erase_in(SeriesId id, std::optional<UnixNanos> fetched_before);
    result<std::vector<Span>> old_bars(SeriesId id, UnixNanos fetched_before);
    void give_room_back();

    Database db_; // before the statements: it must outlive them
    std::map<SeriesKey, SeriesId> known_;

    Statement find_series_{
        "SELECT id FROM series WHERE class = ? AND symbol = ? AND provider = ? AND timeframe = ? AND price_type = ? "
        "AND align = ? AND adjusted = ?"};
    Statement add_series_{"INSERT INTO series(class, symbol, provider, timeframe, price_type, align, adjusted) "
                          "VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"};
    Statement count_series_{"UPDATE series SET bars = bars + ? WHERE id = ?"};
    Statement note_erasure_{"UPDATE series SET erased = erased + 1 WHERE id = ?"};
    Statement erasures_{"SELECT erased FROM series WHERE id = ?"};
    Statement add_bar_{"INSERT INTO bar VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING"};
    Statement change_bar_{
        "UPDATE bar SET length_ns = ?3, open = ?4, high = ?5, low = ?6, close = ?7, volume = ?8, vwap = ?9, "
        "trades = ?10, kind = ?11, fetched_ns = ?12, revision = revision + 1 WHERE series = ?1 AND open_ns = ?2 AND "
        "(length_ns, open, high, low, close, volume, vwap, trades, kind) IS NOT (?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
        "?11)"};
    Statement times_{"SELECT open_ns FROM bar WHERE series = ? AND open_ns >= ? AND open_ns < ?"};
    Statement remove_bar_{"DELETE FROM bar WHERE series = ? AND open_ns = ?"};
    Statement read_{"SELECT open_ns, length_ns, open, high, low, close, volume, vwap, trades, kind, fetched_ns, "
                    "revision FROM bar WHERE series = ? AND open_ns >= ? AND open_ns < ? ORDER BY open_ns LIMIT ?"};
    Statement read_back_{
        "SELECT open_ns, length_ns, open, high, low, close, volume, vwap, trades, kind, fetched_ns, revision FROM bar "
        "WHERE series = ? AND open_ns >= ? AND open_ns < ? ORDER BY open_ns DESC LIMIT ?"};
    Statement spans_{
        "SELECT from_ns, to_ns, cause, known_ns FROM span WHERE series = ?1 AND from_ns <= ?3 AND from_ns >= "
        "coalesce((SELECT max(from_ns) FROM span WHERE series = ?1 AND from_ns < ?2), ?2) ORDER BY from_ns"};
    Statement remove_span_{"DELETE FROM span WHERE series = ? AND from_ns = ?"};
    Statement put_span_{"INSERT OR REPLACE INTO span VALUES(?, ?, ?, ?, ?)"};
    Statement all_series_{
        "SELECT id, provider, class, symbol, timeframe, price_type, align, adjusted, bars, "
        "(SELECT min(open_ns) FROM bar WHERE series = s.id), (SELECT max(open_ns) FROM bar WHERE series = s.id), "
        "EXISTS(SELECT 1 FROM span WHERE series = s.id) FROM series s"};
    Statement old_{"SELECT open_ns, length_ns FROM bar WHERE series = ? AND fetched_ns < ? ORDER BY open_ns"};
    Statement erase_old_{"DELETE FROM bar WHERE series = ? AND fetched_ns < ?"};
    Statement erase_bars_{"DELETE FROM bar WHERE series = ?"};
    Statement erase_spans_{"DELETE FROM span WHERE series = ?"};
    Statement put_job_{"INSERT OR REPLACE INTO job VALUES(?, ?, ?)"};
    Statement jobs_{"SELECT id, text, updated_ns FROM job ORDER BY id"};
    Statement remove_job_{"DELETE FROM job WHERE id = ?"};
    Statement remove_lease_{"DELETE FROM job_lease WHERE id = ?"};
    Statement take_job_{"INSERT INTO job_lease VALUES(?1, ?2, ?3, ?4, 0) ON CONFLICT (id) DO UPDATE SET owner = ?2, "
                        "process = ?3, until_ns = ?4 WHERE until_ns <= ?5 OR process = ?3 OR (?6 AND owner = ?2)"};
    Statement renew_jobs_{"UPDATE job_lease SET until_ns = ? WHERE process = ? RETURNING id, stop"};
    Statement stop_job_{"UPDATE job_lease SET stop = 1 WHERE id = ? AND until_ns > ?"};
    Statement release_job_{"DELETE FROM job_lease WHERE id = ? AND process = ?"};
    Statement glance_{"SELECT j.id, j.updated_ns, coalesce(l.owner, ''), coalesce(l.until_ns > ?, 0) FROM job j LEFT "
                      "JOIN job_lease l ON l.id = j.id ORDER BY j.id"};
    Statement put_fact_{"INSERT OR REPLACE INTO fact VALUES(?, ?)"};
    Statement fact_{"SELECT text FROM fact WHERE name = ?"};
};

} // namespace tickgate::store::sqlite
