// The calls of job_leases.hpp and erasures.hpp as event loops make them.
#include "store/call_store.hpp"
#include "store/erasures.hpp"
#include "store/job_leases.hpp"

#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace tickgate::store {

namespace {

// What is asked of leases does not wait behind the thread that writes, which may be busy for longer than a lease lasts.
// A file has one writer at a time in any case, and few who share it.
bool behind_writes(const AsyncStore& store) { return store.usage().backend == "sqlite"; }

// `Part` of the store does `what`; its answer comes back.
template <class Part, class T, class What>
asio::awaitable<result<T>> call(AsyncStore& store, bool writes, What what) {
    const auto answer = std::make_shared<result<T>>(error_code(errc::not_supported));
    StoreWork work = [answer, what = std::move(what)](BarStore& open) {
        if (auto* part = dynamic_cast<Part*>(&open))
            *answer = what(*part);
        return answer->has_error() ? answer->error() : error_code();
    };
    const auto fault = co_await call_store(store, writes, std::move(work));
    if (fault)
        co_return fault;
    co_return std::move(*answer);
}

} // namespace

asio::awaitable<result<Outcome>> take_job(AsyncStore& store, std::string id, LeaseHolder holder, bool own_too) {
    auto what = [=](JobLeases& leases) { return leases.take_job(id, holder, own_too); };
    return call<JobLeases, Outcome>(store, behind_writes(store), std::move(what));
}

asio::awaitable<result<std::vector<HeldJob>>> renew_jobs(AsyncStore& store, LeaseHolder holder) {
    auto what = [=](JobLeases& leases) { return leases.renew_jobs(holder); };
    return call<JobLeases, std::vector<HeldJob>>(store, behind_writes(store), std::move(what));
}

asio::awaitable<result<Outcome>> stop_job(AsyncStore& store, std::string id) {
    auto what = [=](JobLeases& leases) { return leases.stop_job(id); };
    return call<JobLeases, Outcome>(store, behind_writes(store), std::move(what));
}

asio::awaitable<error_code> release_job(AsyncStore& store, std::string id, LeaseHolder holder) {
    auto what = [=](JobLeases& leases) -> result<Outcome> {
        if (const auto fault = leases.release_job(id, holder))
            return fault;
        return Outcome::done;
    };
    const auto done = co_await call<JobLeases, Outcome>(store, true, std::move(what));
    co_return done ? error_code() : done.error();
}

asio::awaitable<result<std::vector<JobGlance>>> glance_at_jobs(AsyncStore& store) {
    auto what = [](JobLeases& leases) { return leases.glance_at_jobs(); };
    return call<JobLeases, std::vector<JobGlance>>(store, false, std::move(what));
}

asio::awaitable<result<std::vector<std::int64_t>>> erasures(AsyncStore& store, std::vector<SeriesKey> series) {
    using Numbers = std::vector<std::int64_t>;
    auto what = [series = std::move(series)](Erasures& part) -> result<Numbers> {
        Numbers out;
        for (const auto& one : series) {
            const auto number = part.erasures(one);
            if (!number)
                return number.error();
            out.push_back(*number);
        }
        return out;
    };
    return call<Erasures, Numbers>(store, false, std::move(what));
}

asio::awaitable<result<Outcome>> write_unless_erased(AsyncStore& store, Batch batch, std::int64_t erasures) {
    auto what = [batch = std::move(batch), erasures](
                    Erasures& part) { return part.write_unless_erased(batch, erasures); };
    return call<Erasures, Outcome>(store, true, std::move(what));
}

} // namespace tickgate::store
