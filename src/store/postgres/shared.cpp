// What gateways that share a database agree on: who works on a job, and whether bars were erased meanwhile.
#include "store/batch.hpp"
#include "store/postgres/postgres_store.hpp"

namespace tickgate::store::postgres {

namespace {

constexpr std::string_view holding = "hold a job", reading = "read";

std::string text_of(std::chrono::nanoseconds d) { return std::to_string(d.count()); }

} // namespace

result<Outcome> PostgresStore::take_job(const std::string& id, const LeaseHolder& holder, bool own_too) {
    if (const auto ec = connect())
        return ec;
    const auto done = connection_.ask(
        "INSERT INTO job_lease AS l VALUES($1, $2, $3, server_ns() + $4::bigint) ON CONFLICT (id) DO UPDATE SET "
        "owner = excluded.owner, process = excluded.process, until_ns = excluded.until_ns WHERE l.until_ns <= "
        "server_ns() OR l.process = excluded.process OR ($5::boolean AND l.owner = excluded.owner)",
        {id, holder.owner, holder.process, text_of(holder.length), own_too ? "t" : "f"}, holding);
    if (!done)
        return done.error();
    return outcome_of(done->affected() != 0);
}

result<std::vector<HeldJob>> PostgresStore::renew_jobs(const LeaseHolder& holder) {
    if (const auto ec = connect())
        return ec;
    const auto rows = connection_.ask("UPDATE job_lease SET until_ns = server_ns() + $1::bigint WHERE process = $2 "
                                      "RETURNING id, stop",
        {text_of(holder.length), holder.process}, holding);
    if (!rows)
        return rows.error();
    std::vector<HeldJob> out;
    for (int i = 0; i < rows->count(); ++i)
        out.push_back({std::string(rows->text(i, 0)), rows->flag(i, 1)});
    return out;
}

result<Outcome> PostgresStore::stop_job(const std::string& id) {
    if (const auto ec = connect())
        return ec;
    const auto done =
        connection_.ask("UPDATE job_lease SET stop = true WHERE id = $1 AND until_ns > server_ns()", {id}, holding);
    if (!done)
        return done.error();
    return outcome_of(done->affected() != 0);
}

error_code PostgresStore::release_job(const std::string& id, const LeaseHolder& holder) {
    if (const auto ec = connect())
        return ec;
    return run("DELETE FROM job_lease WHERE id = $1 AND process = $2", {id, holder.process}, holding);
}

result<std::vector<JobGlance>> PostgresStore::glance_at_jobs() {
    if (const auto ec = connect())
        return ec;
    const auto rows = connection_.ask("SELECT j.id, j.updated_ns, coalesce(l.owner, ''), coalesce(l.until_ns > "
                                      "server_ns(), false) FROM job j LEFT JOIN job_lease l ON l.id = j.id ORDER BY "
                                      "j.id",
        {}, reading);
    if (!rows)
        return rows.error();
    std::vector<JobGlance> out;
    for (int i = 0; i < rows->count(); ++i)
        out.push_back({std::string(rows->text(i, 0)), time_of(rows->integer(i, 1)), std::string(rows->text(i, 2)),
            rows->flag(i, 3)});
    return out;
}

result<std::int64_t> PostgresStore::erasures_of(SeriesId id) {
    const auto rows = connection_.ask("SELECT erased FROM series WHERE id = $1", {std::to_string(id)}, reading);
    if (!rows)
        return rows.error();
    return rows->count() == 0 ? std::int64_t{0} : rows->integer(0, 0);
}

} // namespace tickgate::store::postgres
