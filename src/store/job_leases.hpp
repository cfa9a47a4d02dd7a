// Who works on which job, where several gateways share a store. A job that nobody holds is free to be taken.
#pragma once

#include "store/async_store.hpp"
#include "store/outcome.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace tickgate::store {

// Who asks. `owner` is the gateway, the same after its restart; `process` the run of it, unique. What is held is held
// for `length` by the clock of the store (the database server's, or the machine's for a file).
struct LeaseHolder {
    std::string owner, process;
    std::chrono::milliseconds length{60000};
};

struct HeldJob {
    std::string id;
    bool stop = false; // somebody asked for the job to be cancelled
};

// A row of the jobs table without its text.
struct JobGlance {
    std::string id;
    UnixNanos updated_at{};
    std::string owner; // who held it last; empty: nobody ever, or it was let go
    bool held = false; // now, by anybody
};

// What both stores do; one statement each, so that of several who ask at once one is given it. Errors: as BarStore.
class JobLeases {
public:
    virtual ~JobLeases() = default;

    // Takes a job that is free or held by this process; with `own_too` also one that an earlier process of the same
    // owner held. Refused: somebody else holds it.
    virtual result<Outcome> take_job(const std::string& id, const LeaseHolder& holder, bool own_too) = 0;
    // Holds all jobs of this process for another `length`, those that ran out included, and lists them.
    virtual result<std::vector<HeldJob>> renew_jobs(const LeaseHolder& holder) = 0;
    // Asks whoever holds the job to cancel it. Refused: nobody does.
    virtual result<Outcome> stop_job(const std::string& id) = 0;
    virtual error_code release_job(const std::string& id, const LeaseHolder& holder) = 0;
    virtual result<std::vector<JobGlance>> glance_at_jobs() = 0; // by id
};

asio::awaitable<result<Outcome>> take_job(AsyncStore& store, std::string id, LeaseHolder holder, bool own_too);
asio::awaitable<result<std::vector<HeldJob>>> renew_jobs(AsyncStore& store, LeaseHolder holder);
asio::awaitable<result<Outcome>> stop_job(AsyncStore& store, std::string id);
asio::awaitable<error_code> release_job(AsyncStore& store, std::string id, LeaseHolder holder);
asio::awaitable<result<std::vector<JobGlance>>> glance_at_jobs(AsyncStore& store);

} // namespace tickgate::store
