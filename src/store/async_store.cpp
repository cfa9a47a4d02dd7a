#include "store/async_store.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "store/call_store.hpp"
#include "store/link.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace tickgate::store {

namespace {
using namespace std::chrono_literals;

constexpr std::size_t max_waiting = 4096; // calls of a kind; more answer `overflow`
constexpr std::size_t max_read = 1000000; // bars of a read
constexpr auto between_log_lines = 10s;   // about failures

// A call that waits for a thread. `run` gets null if there is no connection, and then answers with the error.
struct Call {
    virtual ~Call() = default;
    virtual error_code run(BarStore* store, error_code ec, AsyncStats& counted) = 0;
    virtual void answer() = 0; // on its way to the caller's executor
};

template <class T>
using Work = std::function<result<T>(BarStore&, AsyncStats& counted)>;

template <class T>
class CallOf final : public Call {
public:
    using Handler = asio::any_completion_handler<void(result<T>)>;

    CallOf(Work<T> work, Handler handler, const asio::any_io_executor& executor)
        : work_(std::move(work)),
          handler_(std::move(handler)),
          // Keeps the caller's loop running until the answer is there.
          executor_(asio::prefer(executor, asio::execution::outstanding_work.tracked)) {}

    error_code run(BarStore* store, error_code ec, AsyncStats& counted) override {
        if (store != nullptr)
            outcome_ = work_(*store, counted);
        else
            outcome_ = ec;
        return outcome_ ? error_code() : outcome_.error();
    }

    void answer() override {
        asio::post(executor_, [handler = std::move(handler_), outcome = std::move(outcome_)]() mutable {
            std::move(handler)(std::move(outcome));
        });
    }

private:
    Work<T> work_;
    Handler handler_;
    asio::any_io_executor executor_;
    result<T> outcome_{error_code(errc::stopped)};
};

struct Nothing {}; // of calls that only succeed or fail

error_code error_of(const result<Nothing>& answer) { return answer ? error_code() : answer.error(); }

result<Nothing> answer_of(const error_code& ec) {
    if (ec)
        return ec;
    return Nothing();
}

template <class T, class Impl, class Lane>
asio::awaitable<result<T>> start(std::shared_ptr<Impl> impl, Lane& lane, Work<T> work);

} // namespace

inline asio::awaitable<error_code> call_impl(AsyncStore& store, bool writes, StoreWork what);

struct AsyncStore::Impl {
    struct Lane {
        std::deque<std::unique_ptr<Call>> calls;
        std::condition_variable more;
        bool writes = false;
    };
    struct Worker {
        explicit Worker(const StoreOptions& options, Lane& l) : link(options), lane(&l) {}
        Link link;
        std::mutex using_link; // the worker's thread, and open()
        Lane* lane;
        std::thread thread;
    };

    Impl(StoreOptions options, std::size_t readers) {
        options.give_up = hurried;
        writing.writes = true;
        workers.push_back(std::make_unique<Worker>(options, writing));
        for (std::size_t i = 0; i < std::max<std::size_t>(readers, 1); ++i)
            workers.push_back(std::make_unique<Worker>(options, reading));
        stats.backend = options.url.substr(0, 6) == "sqlite" ? "sqlite" : "postgresql";
        for (auto& worker : workers)
            worker->thread = std::thread([this, w = worker.get()] { serve(*w); });
    }

    void submit(Lane& lane, std::unique_ptr<Call> call) {
        error_code refused;
        {
            const std::lock_guard lock(mutex);
            if (stopping)
                refused = errc::stopped;
            else if (lane.calls.size() >= max_waiting)
                refused = errc::overflow;
            else
                lane.calls.push_back(std::move(call));
        }
        if (!refused) {
            lane.more.notify_one();
            return;
        }
        AsyncStats nobody;
        call->run(nullptr, refused, nobody);
        call->answer();
    }

    void serve(Worker& worker) {
        while (true) {
            std::unique_ptr<Call> call;
            {
                std::unique_lock lock(mutex);
                worker.lane->more.wait(lock, [&] { return stopping || !worker.lane->calls.empty(); });
                if (worker.lane->calls.empty())
                    break;
                call = std::move(worker.lane->calls.front());
                worker.lane->calls.pop_front();
            }
            perform(worker, *call);
            call->answer();
        }
        const std::lock_guard lock(worker.using_link);
        worker.link.close();
    }

    void perform(Worker& worker, Call& call) {
        const auto start = mono_now();
        AsyncStats counted;
        error_code ec, unopened;
        bool reopened = false;
        std::string problem;
        {
            const std::lock_guard lock(worker.using_link);
            BarStore* const store = worker.link.get(unopened, reopened);
            if (reopened && !worker.link.problem().empty())
                log::warn("store", "store_replaced", {{"problem", worker.link.problem()}});
            ec = call.run(store, unopened, counted);
            if (store != nullptr)
                worker.link.judge(ec);
            problem = worker.link.problem();
        }
        const std::lock_guard lock(mutex);
        ++(worker.lane->writes ? stats.writes : stats.reads);
        stats.bars_written += counted.bars_written;
        stats.bars_changed += counted.bars_changed;
        stats.bars_read += counted.bars_read;
        stats.reopened += reopened ? 1 : 0;
        stats.busy_seconds += std::chrono::duration<double>(mono_now() - start).count();
        note(ec, problem, start);
    }

    // With the mutex held.
    void note(const error_code& ec, const std::string& problem, MonoTime at) {
        stats.open = !ec || ec == errc::store_full;
        stats.problem = problem;
        if (!ec)
            return;
        ++stats.failures;
        if (std::uint64_t left_out = 0; failures_told.allow(at, left_out))
            log::error("store", "store_failed", {{"error", ec}, {"problem", problem}, {"suppressed", left_out}});
    }

    error_code open(std::string& problem) {
        for (auto& worker : workers) {
            error_code ec;
            bool reopened = false;
            const std::lock_guard lock(worker->using_link);
            if (worker->link.get(ec, reopened) == nullptr) {
                problem = worker->link.problem();
                const std::lock_guard stats_lock(mutex);
                stats.open = false;
                stats.problem = problem;
                return ec;
            }
            if (!worker->link.problem().empty())
                problem = worker->link.problem(); // something was moved aside
        }
        const std::lock_guard lock(mutex);
        stats.open = true;
        return {};
    }

    void stop() {
        std::vector<std::unique_ptr<Call>> refused;
        {
            const std::lock_guard lock(mutex);
            stopping = true;
            for (auto* lane : {&writing, &reading}) {
                std::move(lane->calls.begin(), lane->calls.end(), std::back_inserter(refused));
                lane->calls.clear();
                lane->more.notify_all();
            }
        }
        AsyncStats nobody;
        for (auto& call : refused) {
            call->run(nullptr, errc::stopped, nobody);
            call->answer();
        }
        for (auto& worker : workers)
            if (worker->thread.joinable())
                worker->thread.join();
    }

    static std::shared_ptr<Impl> of(AsyncStore& store) { return store.impl_; }
    friend asio::awaitable<error_code> call_impl(AsyncStore& store, bool writes, StoreWork what) {
        const auto impl = of(store);
        auto& lane = writes ? impl->writing : impl->reading;
        Work<Nothing> work = [what = std::move(what)](BarStore& open, AsyncStats&) { return answer_of(what(open)); };
        const auto answer = co_await start<Nothing>(impl, lane, std::move(work));
        co_return error_of(answer);
    }

    const std::shared_ptr<std::atomic<bool>> hurried = std::make_shared<std::atomic<bool>>(false);
    mutable std::mutex mutex; // the lanes, the stats
    Lane writing, reading;
    std::vector<std::unique_ptr<Worker>> workers; // the first one writes
    AsyncStats stats;
    log::Throttle failures_told{between_log_lines};
    bool stopping = false;
};

namespace {

// Starts a call; await what it answers.
template <class T, class Impl, class Lane>
asio::awaitable<result<T>> start(std::shared_ptr<Impl> impl, Lane& lane, Work<T> work) {
    auto initiate = [impl, &lane](auto handler, Work<T> what) {
        const asio::any_io_executor executor = asio::get_associated_executor(handler);
        impl->submit(lane, std::make_unique<CallOf<T>>(std::move(what), std::move(handler), executor));
    };
    return asio::async_initiate<const asio::use_awaitable_t<>, void(result<T>)>(
        std::move(initiate), asio::use_awaitable, std::move(work));
}

} // namespace

AsyncStore::AsyncStore(StoreOptions options, std::size_t readers)
    : impl_(std::make_shared<Impl>(std::move(options), readers)) {}
AsyncStore::~AsyncStore() { stop(); }

error_code AsyncStore::open(std::string& problem) { return impl_->open(problem); }
void AsyncStore::hurry() noexcept { impl_->hurried->store(true); }
void AsyncStore::stop() { impl_->stop(); }

asio::awaitable<error_code> call_store(AsyncStore& store, bool writes, StoreWork what) {
    return call_impl(store, writes, std::move(what));
}

AsyncStats AsyncStore::usage() const {
    const std::lock_guard lock(impl_->mutex);
    AsyncStats out = impl_->stats;
    out.waiting = impl_->writing.calls.size() + impl_->reading.calls.size();
    return out;
}

asio::awaitable<result<WriteResult>> AsyncStore::write(Batch batch) {
    const auto shared = std::make_shared<const Batch>(std::move(batch));
    Work<WriteResult> work = [shared](BarStore& store, AsyncStats& counted) {
        auto done = store.write(*shared);
        if (done) {
            counted.bars_written = done->inserted + done->changed;
            counted.bars_changed = done->changed;
        }
        return done;
    };
    return start<WriteResult>(impl_, impl_->writing, std::move(work));
}

asio::awaitable<result<std::vector<StoredBar>>> AsyncStore::read(
    SeriesKey series, Span within, std::size_t limit, bool backwards) {
    using Bars = std::vector<StoredBar>;
    const auto most = limit == 0 ? max_read : std::min(limit, max_read);
    Work<Bars> work = [=](BarStore& store, AsyncStats& counted) -> result<Bars> {
        Bars out;
        const auto ec = store.read(series, within, most, backwards, [&out](const StoredBar& bar) {
            out.push_back(bar);
            return true;
        });
        if (ec)
            return ec;
        counted.bars_read = out.size();
        return out;
    };
    return start<Bars>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<result<CoverageMap>> AsyncStore::coverage(SeriesKey series) {
    Work<CoverageMap> work = [=](BarStore& store, AsyncStats&) { return store.coverage(series); };
    return start<CoverageMap>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<result<std::vector<CoverageSpan>>> AsyncStore::coverage(SeriesKey series, Span within) {
    using Spans = std::vector<CoverageSpan>;
    Work<Spans> work = [=](BarStore& store, AsyncStats&) { return store.coverage(series, within); };
    return start<Spans>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<result<std::vector<SeriesInfo>>> AsyncStore::series(std::optional<InstrumentName> instrument) {
    using Infos = std::vector<SeriesInfo>;
    Work<Infos> work = [=](BarStore& store, AsyncStats&) { return store.series(instrument); };
    return start<Infos>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<result<StoreStats>> AsyncStore::stats() {
    Work<StoreStats> work = [](BarStore& store, AsyncStats&) { return store.stats(); };
    return start<StoreStats>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<result<std::uint64_t>> AsyncStore::erase(EraseFilter filter) {
    Work<std::uint64_t> work = [=](BarStore& store, AsyncStats&) { return store.erase(filter); };
    return start<std::uint64_t>(impl_, impl_->writing, std::move(work));
}

asio::awaitable<error_code> AsyncStore::put_job(JobRow job) {
    Work<Nothing> work = [=](BarStore& store, AsyncStats&) { return answer_of(store.put_job(job)); };
    const auto answer = co_await start<Nothing>(impl_, impl_->writing, std::move(work));
    co_return error_of(answer);
}

asio::awaitable<result<std::vector<JobRow>>> AsyncStore::jobs() {
    using Jobs = std::vector<JobRow>;
    Work<Jobs> work = [](BarStore& store, AsyncStats&) { return store.jobs(); };
    return start<Jobs>(impl_, impl_->reading, std::move(work));
}

asio::awaitable<error_code> AsyncStore::remove_job(std::string id) {
    Work<Nothing> work = [=](BarStore& store, AsyncStats&) { return answer_of(store.remove_job(id)); };
    const auto answer = co_await start<Nothing>(impl_, impl_->writing, std::move(work));
    co_return error_of(answer);
}

asio::awaitable<error_code> AsyncStore::put_fact(std::string name, std::string text) {
    Work<Nothing> work = [=](BarStore& store, AsyncStats&) { return answer_of(store.put_fact(name, text)); };
    const auto answer = co_await start<Nothing>(impl_, impl_->writing, std::move(work));
    co_return error_of(answer);
}

asio::awaitable<result<std::optional<std::string>>> AsyncStore::fact(std::string name) {
    using Fact = std::optional<std::string>;
    Work<Fact> work = [=](BarStore& store, AsyncStats&) { return store.fact(name); };
    return start<Fact>(impl_, impl_->reading, std::move(work));
}

} // namespace tickgate::store
