// Jobs of gateways that share one store: each job is worked on by one of them.
#pragma once

#include "backfill/jobs.hpp"
#include "store/job_leases.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace tickgate::backfill {

// A gateway holds the jobs it was given (in the store, for `length`, renewed every quarter of it) until they have
// ended. It looks as often for jobs that nobody holds: those of a gateway that died go on here once what it held ran
// out. After a restart of the same gateway (`owner`) they go on there at once. A gateway whose jobs were taken over
// while it was hanging lets go of them. Cancelling reaches the gateway that works on the job.
struct JobSharing {
    std::string owner = "gateway";           // the same after a restart, and of no other gateway
    std::chrono::milliseconds length{60000}; // at least 1 s more than the clocks of the machines differ
    // Whether this gateway could do a job that another left (its own go on in any case); empty: any.
    std::function<bool(const JobSpec&)> can_do;
};

// Before run().
void share(Jobs& jobs, JobSharing how);

// What names this gateway among those on any machine: host, machine, and what only one process of it can have.
std::string owner_name(const std::string& prefix, const std::string& listen);

} // namespace tickgate::backfill
