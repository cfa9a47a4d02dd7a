// What writers of one file agree on: who works on a job, and whether bars were erased meanwhile.
#include "core/clock.hpp"
#include "store/batch.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace tickgate::store::sqlite {

namespace {

constexpr std::string_view holding = "hold a job", reading = "read";

} // namespace

result<Outcome> SqliteStore::take_job(const std::string& id, const LeaseHolder& holder, bool own_too) {
    if (const auto ec = db_.check_in_place())
        return ec;
    const auto now = wall_now();
    Query query(db_, take_job_, holding);
    query << std::string_view(id) << std::string_view(holder.owner) << std::string_view(holder.process)
          << ticks_of(now + holder.length) << ticks_of(now) << std::int64_t{own_too};
    if (const auto ec = query.execute())
        return ec;
    return outcome_of(db_.changes() != 0);
}

result<std::vector<HeldJob>> SqliteStore::renew_jobs(const LeaseHolder& holder) {
    if (const auto ec = db_.check_in_place())
        return ec;
    std::vector<HeldJob> out;
    Query query(db_, renew_jobs_, holding);
    query << ticks_of(wall_now() + holder.length) << std::string_view(holder.process);
    while (query.next())
        out.push_back({std::string(query.text(0)), query.integer(1) != 0});
    if (query.error())
        return query.error();
    return out;
}

result<Outcome> SqliteStore::stop_job(const std::string& id) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query query(db_, stop_job_, holding);
    query << std::string_view(id) << ticks_of(wall_now());
    if (const auto ec = query.execute())
        return ec;
    return outcome_of(db_.changes() != 0);
}

error_code SqliteStore::release_job(const std::string& id, const LeaseHolder& holder) {
    if (const auto ec = db_.check_in_place())
        return ec;
    Query query(db_, release_job_, holding);
    query << std::string_view(id) << std::string_view(holder.process);
    return query.execute();
}

result<std::vector<JobGlance>> SqliteStore::glance_at_jobs() {
    if (const auto ec = db_.check_in_place())
        return ec;
    std::vector<JobGlance> out;
    Query query(db_, glance_, reading);
    query << ticks_of(wall_now());
    while (query.next())
        out.push_back(
            {std::string(query.text(0)), time_of(query.integer(1)), std::string(query.text(2)), query.integer(3) != 0});
    if (query.error())
        return query.error();
    return out;
}

result<std::int64_t> SqliteStore::erasures_of(SeriesId id) {
    std::int64_t out = 0;
    Query query(db_, erasures_, reading);
    query << id;
    if (query.next())
        out = query.integer(0);
    if (query.error())
        return query.error();
    return out;
}

} // namespace tickgate::store::sqlite
