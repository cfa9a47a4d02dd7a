#include "backfill/collectors.hpp"

#include "backfill/collectors_text.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <deque>
#include <list>
#include <map>

namespace tickgate::backfill {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t collectors_at_most = 200, series_at_most = 1000;
constexpr std::string_view prefix = "collector-";
constexpr std::size_t at_once = 8; // series of a collector
constexpr auto look_at_clock = 250ms;
constexpr std::chrono::seconds after_the_bar{2};

bool is_name(const std::string& name) {
    return !name.empty() && name.size() <= 200 && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
               c == ':' || c == '-';
    });
}

std::string name_of(const CollectorSpec& spec) {
    std::string name = spec.instruments.front().to_string();
    if (spec.instruments.size() > 1)
        name += "-and-" + std::to_string(spec.instruments.size() - 1);
    for (const auto timeframe : spec.timeframes)
        name += '-' + std::string(to_string(timeframe));
    return name;
}

} // namespace

struct Collectors::Impl : std::enable_shared_from_this<Impl> {
    struct One {
        CollectorStatus status;
        bool configured = false, ended = false;
        std::deque<std::size_t> due;                  // series to be collected
        std::vector<bool> in_turn;                    // those, and the ones at work: each once at a time
        std::size_t workers = 0;                      // each with a series
        std::list<asio::cancellation_signal> signals; // of the workers
    };
    using Self = std::shared_ptr<Impl>;
    using OnePtr = std::shared_ptr<One>;

    Impl(asio::any_io_executor loop, History& h, const calendar::MarketHours& m)
        : control(std::move(loop)), history(h), hours(m) {}

    bool trades(const InstrumentName& name, UnixNanos at) const { return hours.is_open(calendar::market_of(name), at); }
    UnixNanos next_of(const One& one, UnixNanos now) const;
    void put(CollectorSpec spec, bool configured);
    void drop(const std::string& name);
    void collect(const OnePtr& one);
    static asio::awaitable<void> load(Self self);
    struct Turn;
    static void end_work(One& one);
    static asio::awaitable<void> work(Self self, OnePtr one);
    void start_worker(const OnePtr& one);
    static asio::awaitable<void> collect_series(Self self, OnePtr one, std::size_t i);

    asio::any_io_executor control;
    History& history;
    const calendar::MarketHours& hours;
    std::map<std::string, OnePtr> all;
    std::size_t busy = 0; // workers
    bool stopping = false, running = false;
};

UnixNanos Collectors::Impl::next_of(const One& one, UnixNanos now) const {
    const auto& spec = one.status.spec;
    const bool open = std::any_of(
        spec.instruments.begin(), spec.instruments.end(), [&](const auto& name) { return trades(name, now); });
    const std::chrono::nanoseconds period = open ? spec.in_session : spec.outside;
    const auto lead = std::min<std::chrono::nanoseconds>(after_the_bar, period / 2);
    const auto since_epoch = (now - lead).time_since_epoch();
    return UnixNanos((since_epoch / period + 1) * period) + lead;
}

void Collectors::Impl::put(CollectorSpec spec, bool configured) {
    auto& one = all[spec.name];
    if (one) { // the collection under way ends with what it was made for
        one->ended = true;
        end_work(*one);
    }
    one = std::make_shared<One>();
    one->configured = configured;
    one->status.running = running;
    for (const auto timeframe : spec.timeframes) {
        for (const auto& name : spec.instruments) {
            CollectorSeries series;
            series.instrument = name;
            series.timeframe = timeframe;
            series.in_trading_hours = trades(name, history.now());
            one->status.series.push_back(std::move(series));
        }
    }
    one->in_turn.resize(one->status.series.size());
    one->status.spec = std::move(spec);
    one->status.next = history.now();
}

void Collectors::Impl::drop(const std::string& name) {
    const auto it = all.find(name);
    it->second->ended = true;
    end_work(*it->second);
    all.erase(it);
}

asio::awaitable<void> Collectors::Impl::load(Self self) {
    const auto rows = co_await self->history.store().jobs();
    if (!rows) {
        log::warn("backfill", "collectors_not_read", {{"error", rows.error()}});
        co_return;
    }
    for (const auto& row : *rows) {
        if (row.id.rfind(prefix, 0) != 0)
            continue;
        auto spec = collector_from(row.text);
        if (!spec)
            log::warn("backfill", "collector_not_understood", {{"collector", row.id}});
        else if (!self->all.contains(spec->name) && self->all.size() < collectors_at_most)
            self->put(std::move(*spec), false);
    }
}

asio::awaitable<void> Collectors::Impl::collect_series(Self self, OnePtr one, std::size_t i) {
    const auto& spec = one->status.spec;
    auto& series = one->status.series[i];
    BarsRequest request;
    request.instrument = series.instrument;
    request.timeframe = series.timeframe;
    request.provider = spec.provider;
    request.client = "collector:" + spec.name;
    request.symbols = spec.instruments.size();
    const auto now = self->history.now();
    // What came late or changed is asked for once more; coverage says what is known already.
    const auto back = series.last_collection && series.error.empty()
                          ? std::chrono::nanoseconds(now - *series.last_collection) + 1h
                          : std::chrono::nanoseconds(spec.look_back);
    request.span = {std::max(UnixNanos(), now - std::max<std::chrono::nanoseconds>(back, 1h)), now};
    const auto answer = co_await self->history.ensure(std::move(request));
    if (one->ended || self->stopping || answer.error == errc::cancelled || answer.error == errc::stopped)
        co_return;
    auto last_bar = series.last_bar;
    for (auto part = answer.parts.rbegin(); part != answer.parts.rend(); ++part) {
        const auto newest = co_await self->history.store().read(part->series, part->span, 1, true);
        if (newest && !newest->empty()) {
            last_bar = newest->front().bar.open_time;
            break;
        }
    }
    series.bars += answer.fetched;
    series.in_trading_hours = self->trades(series.instrument, now);
    series.error.clear();
    if (answer.error) {
        ++series.failures;
        series.error = answer.detail.empty() ? answer.error.message() : answer.detail;
    }
    if (!answer.parts.empty())
        series.source = answer.parts.back().series.provider;
    if (!answer.error || !answer.parts.empty())
        series.last_collection = now;
    series.last_bar = last_bar;
}

void Collectors::Impl::end_work(One& one) {
    for (auto& signal : one.signals)
        signal.emit(asio::cancellation_type::terminal);
}

// Over when it goes, whatever came of it.
struct Collectors::Impl::Turn {
    Turn(One& o, std::size_t s) : one(o), series(s) {}
    ~Turn() { one.in_turn[series] = false; }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    One& one;
    std::size_t series;
};

asio::awaitable<void> Collectors::Impl::work(Self self, OnePtr one) {
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!one->due.empty() && !one->ended && !self->stopping) {
        const auto i = one->due.front();
        one->due.pop_front();
        const Turn turn(*one, i);
        co_await collect_series(self, one, i);
    }
}

void Collectors::Impl::start_worker(const OnePtr& one) {
    ++one->workers;
    ++busy;
    const auto signal = one->signals.emplace(one->signals.end());
    auto done = [self = shared_from_this(), one, signal](const std::exception_ptr& broken) {
        --one->workers;
        --self->busy;
        one->signals.erase(signal);
        try {
            if (broken)
                std::rethrow_exception(broken);
        } catch (const std::exception& what) {
            log::error("backfill", "collection_broken", {{"collector", one->status.spec.name}, {"error", what.what()}});
        }
    };
    asio::co_spawn(
        control, work(shared_from_this(), one), asio::bind_cancellation_slot(signal->slot(), std::move(done)));
}

// A series that is slow is left to it, and the others have their collections meanwhile.
void Collectors::Impl::collect(const OnePtr& one) {
    one->status.next = next_of(*one, history.now());
    for (std::size_t i = 0; i < one->in_turn.size(); ++i) {
        if (one->in_turn[i])
            continue;
        one->in_turn[i] = true;
        one->due.push_back(i);
    }
    for (auto waiting = one->due.size(); waiting > 0 && one->workers < at_once; --waiting)
        start_worker(one);
}

Collectors::Collectors(asio::any_io_executor control, History& history, const calendar::MarketHours& hours)
    : impl_(std::make_shared<Impl>(std::move(control), history, hours)) {}

Collectors::~Collectors() { impl_->stopping = true; }

asio::awaitable<void> Collectors::run(std::vector<CollectorSpec> configured) {
    const auto self = impl_;
    co_await asio::this_coro::throw_if_cancelled(false);
    self->running = true;
    for (auto& spec : configured) {
        if (spec.instruments.empty() || spec.timeframes.empty())
            continue;
        if (spec.name.empty())
            spec.name = name_of(spec);
        self->put(std::move(spec), true);
    }
    co_await Impl::load(self);
    for (const auto& [name, one] : self->all)
        one->status.running = true;
    while (!self->stopping || self->busy > 0) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none && !self->stopping)
            stop();
        const auto now = self->history.now();
        if (!self->stopping)
            for (const auto& [name, one] : self->all)
                if (one->status.next && *one->status.next <= now)
                    self->collect(one);
        // In steps, so that a clock that was set is noticed.
        asio::steady_timer timer(self->control, look_at_clock);
        (void)co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    self->running = false;
}

void Collectors::set_configured(std::vector<CollectorSpec> specs) {
    if (impl_->stopping)
        return;
    std::map<std::string, CollectorSpec> wanted;
    for (auto& spec : specs) {
        if (spec.instruments.empty() || spec.timeframes.empty())
            continue;
        if (spec.name.empty())
            spec.name = name_of(spec);
        wanted.insert_or_assign(spec.name, std::move(spec));
    }
    std::vector<std::string> gone;
    for (const auto& [name, one] : impl_->all)
        if (one->configured && !wanted.contains(name))
            gone.push_back(name);
    for (const auto& name : gone)
        impl_->drop(name);
    for (auto& [name, spec] : wanted) {
        const auto it = impl_->all.find(name);
        if (it == impl_->all.end() || !it->second->configured || !(it->second->status.spec == spec))
            impl_->put(std::move(spec), true);
    }
}

void Collectors::stop() {
    impl_->stopping = true;
    for (const auto& [name, one] : impl_->all)
        Impl::end_work(*one);
}

asio::awaitable<result<CollectorStatus>> Collectors::start(CollectorSpec spec) {
    const auto self = impl_;
    if (spec.instruments.empty() || spec.timeframes.empty() || spec.in_session < 1s || spec.outside < 1s ||
        spec.look_back < 1s)
        co_return errc::bad_request;
    if (spec.name.empty())
        spec.name = name_of(spec);
    if (!is_name(spec.name))
        co_return errc::bad_request;
    if (spec.instruments.size() * spec.timeframes.size() > series_at_most ||
        (!self->all.contains(spec.name) && self->all.size() >= collectors_at_most))
        co_return errc::overflow;
    if (self->stopping)
        co_return errc::stopped;
    store::JobRow row;
    row.id = std::string(prefix) + spec.name;
    row.text = to_text(spec);
    row.updated_at = self->history.now();
    const auto fault = co_await self->history.store().put_job(std::move(row));
    if (fault)
        co_return fault;
    const auto name = spec.name;
    self->put(std::move(spec), false);
    co_return self->all[name]->status;
}

asio::awaitable<bool> Collectors::end(std::string name) {
    const auto self = impl_;
    const auto it = self->all.find(name);
    if (it == self->all.end())
        co_return false;
    const auto one = it->second;
    self->all.erase(it);
    one->ended = true;
    Impl::end_work(*one);
    (void)co_await self->history.store().remove_job(std::string(prefix) + name);
    co_return true;
}

std::vector<CollectorStatus> Collectors::status() const {
    std::vector<CollectorStatus> out;
    const auto now = impl_->history.now();
    for (const auto& [name, one] : impl_->all) {
        out.push_back(one->status);
        for (auto& series : out.back().series)
            series.in_trading_hours = impl_->trades(series.instrument, now);
    }
    return out;
}

} // namespace tickgate::backfill
