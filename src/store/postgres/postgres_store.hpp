// The store in a PostgreSQL database, which many gateways and readers may share.
#pragma once

#include "store/postgres/connection.hpp"
#include "store/table_store.hpp"

#include <map>
#include <set>

namespace tickgate::store::postgres {

// Connects, creates and migrates, see open_store().
result<std::unique_ptr<BarStore>> open(const StoreOptions& options, std::string& problem);

// Writers of one series take turns by an advisory lock, so that bars and coverage stay true together. A lost connection
// is made anew by the next call.
class PostgresStore final : public TableStore {
public:
    explicit PostgresStore(StoreOptions options) : connection_(std::move(options)) {}

    // Connects if there is no connection, and makes or checks the tables.
    error_code connect();

    result<WriteResult> write(const Batch& batch) override;
    error_code read(const SeriesKey& series, Span within, std::size_t limit, bool backwards,
        const std::function<bool(const StoredBar&)>& take) override;
    result<std::uint64_t> erase(const EraseFilter& filter) override;
    error_code put_job(const JobRow& job) override;
    result<std::vector<JobRow>> jobs() override;
    error_code remove_job(const std::string& id) override;
    error_code put_fact(const std::string& name, const std::string& text) override;
    result<std::optional<std::string>> fact(const std::string& name) override;
    const std::string& problem() const noexcept override { return connection_.problem(); }

    result<Outcome> take_job(const std::string& id, const LeaseHolder& holder, bool own_too) override;
    result<std::vector<HeldJob>> renew_jobs(const LeaseHolder& holder) override;
    result<Outcome> stop_job(const std::string& id) override;
    error_code release_job(const std::string& id, const LeaseHolder& holder) override;
    result<std::vector<JobGlance>> glance_at_jobs() override;
    result<Outcome> write_unless_erased(const Batch& batch, std::int64_t erasures) override;

private:
    error_code ready() override { return connect(); }
    result<std::optional<SeriesId>> find(const SeriesKey& key) override;
    result<SeriesId> find_or_add(const SeriesKey& key);
    result<std::vector<Row>> rows() override;
    error_code measure(StoreStats& stats) override;
    error_code run(const char* sql, const Connection::Parameters& parameters, std::string_view doing);

    // Prepares what a transaction must not do itself: the table of new rows and the partitions.
    error_code make_ready(const std::vector<const StoredBar*>& bars);
    // Nothing if bars were erased more often than `erasures` (if given).
    using Erased = std::optional<std::int64_t>;
    result<std::optional<WriteResult>> write(const Batch& batch, Erased erasures);
    result<std::optional<WriteResult>> write_once(
        SeriesId id, const Batch& batch, const std::vector<const StoredBar*>& bars, Erased erasures);
    result<std::int64_t> erasures_of(SeriesId id) override;
    error_code lock(SeriesId id, std::string_view doing);
    error_code take_out_others(
        SeriesId id, const std::vector<const StoredBar*>& bars, const std::vector<Span>& spans, WriteResult& done);
    error_code put(SeriesId id, const std::vector<const StoredBar*>& bars, WriteResult& done);
    error_code count(SeriesId id, std::int64_t more);
    result<CoverageMap> load_coverage(SeriesId id, Span touching) override;
    error_code replace_coverage(SeriesId id, const CoverageMap& before, const CoverageMap& after) override;

    result<std::uint64_t> erase_in(SeriesId id, std::optional<UnixNanos> fetched_before);
    result<std::vector<Span>> old_bars(SeriesId id, UnixNanos fetched_before);

    Connection connection_;
    std::map<SeriesKey, SeriesId> known_;
    std::set<int> years_;   // that have a partition
    bool incoming_ = false; // the table of new rows is there
};

} // namespace tickgate::store::postgres
