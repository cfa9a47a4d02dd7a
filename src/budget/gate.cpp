#include "budget/gate.hpp"

#include "budget/occupancy.hpp"
#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <map>
#include <utility>

namespace tickgate::budget {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

namespace {
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr milliseconds longest_shared_wait = std::chrono::hours(24) * 32; // a month's quota
} // namespace

struct Gate::Impl : std::enable_shared_from_this<Impl> {
    Impl(asio::any_io_executor e, GateOptions o)
        : executor(e), options(std::move(o)), budget(options.spec), queue(budget), timer(e) {
        shared_name = options.provider + ":" + options.spec.name;
    }

    struct Waiter;
    std::size_t sending() const noexcept { return in_flight - (turn != 0 ? 1 : 0); } // whose turn it is only asks
    Moment clock() const { return options.clock ? options.clock() : now(); }
    void pump();
    void arm(Moment at);
    void account(Moment at);
    void told_to_wait(milliseconds time);
    void look_again(); // for who cannot go in time any more
    void hand_over(WaitQueue::Pass pass);
    void wake(const WaitQueue::Refusal& refusal);
    void finished(const Taken& taken, bool counted);
    asio::awaitable<void> ask_others(std::shared_ptr<Impl> self, Waiter& waiter);
    static asio::awaitable<Admission> enter(std::shared_ptr<Impl> self, Ask ask);

    asio::any_io_executor executor;
    GateOptions options;
    std::string shared_name;
    RequestBudget budget;
    WaitQueue queue;
    asio::steady_timer timer;
    std::map<WaitQueue::Id, Waiter*> waiters;
    WaitQueue::Id turn = 0; // asks the others at this moment; nobody else goes
    Occupancy occupancy;
    std::size_t in_flight = 0;
    std::uint64_t passed = 0, shared_failures = 0;
    std::vector<std::int64_t> shared_used;
    MonoTime refused_until{}; // somebody was told to come later
    bool stopped = false;
};

// One request in the queue; lives in the frame of enter(), and leaves the queue with it.
struct Gate::Impl::Waiter {
    enum class State : std::uint8_t { waiting, turn, refused };

    Waiter(std::shared_ptr<Impl> g, WaitQueue::Id i) : gate(std::move(g)), id(i), timer(gate->executor) {
        timer.expires_at(MonoTime::max());
        gate->waiters.emplace(id, this);
    }
    ~Waiter() {
        gate->waiters.erase(id);
        if (state == State::waiting)
            gate->queue.leave(id);
        end_turn();
        gate->pump();
    }
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    void end_turn() {
        if (gate->turn == id)
            gate->turn = 0;
    }

    std::shared_ptr<Impl> gate;
    WaitQueue::Id id;
    asio::steady_timer timer;
    State state = State::waiting;
    Admission admission;   // pass: with State::turn
    WaitQueue::Pass place; // what put_back() needs
};

Gate::Pass& Gate::Pass::operator=(Pass&& other) noexcept {
    if (this == &other)
        return *this;
    done();
    gate_ = std::move(other.gate_);
    taken_ = other.taken_;
    counted_ = other.counted_;
    return *this;
}

void Gate::Pass::counted() {
    if (!gate_ || std::exchange(counted_, true))
        return;
    gate_->budget.settle(taken_, gate_->clock());
    gate_->pump();
}

void Gate::Pass::done() {
    if (const auto gate = std::exchange(gate_, nullptr))
        gate->finished(taken_, counted_);
}

void Gate::Impl::finished(const Taken& taken, bool counted) {
    const auto at = clock();
    if (!counted)
        budget.settle(taken, at);
    --in_flight;
    pump();
}

void Gate::Impl::account(Moment at) {
    const auto paused = at.mono + budget.pause_left(at);
    occupancy.set(sending() > 0, queue.waiting() > 0, std::max(paused, refused_until), at.mono);
}

void Gate::Impl::hand_over(WaitQueue::Pass pass) {
    auto& w = *waiters.at(pass.id);
    w.state = Waiter::State::turn;
    w.admission.pass.gate_ = shared_from_this();
    w.admission.pass.taken_ = pass.taken;
    w.place = std::move(pass);
    ++in_flight;
    if (options.shared != nullptr)
        turn = w.id;
    w.timer.cancel();
}

void Gate::Impl::wake(const WaitQueue::Refusal& refusal) {
    auto& w = *waiters.at(refusal.id);
    w.state = Waiter::State::refused;
    w.admission.error = refusal.error;
    w.admission.retry_after = refusal.retry_after;
    told_to_wait(refusal.retry_after);
    w.timer.cancel();
}

void Gate::Impl::told_to_wait(milliseconds time) {
    const auto at = clock();
    refused_until = std::max(refused_until, at.mono + time);
    account(at);
}

void Gate::Impl::look_again() {
    for (const auto& refusal : queue.hopeless(clock()))
        wake(refusal);
}

// Lets everybody go who may. Never resumes a coroutine: what it wakes runs from the loop.
void Gate::Impl::pump() {
    if (stopped)
        return;
    const auto at = clock();
    while (turn == 0) {
        auto pass = queue.next(at);
        if (!pass)
            break;
        hand_over(std::move(*pass));
    }
    account(at);
    arm(at);
}

void Gate::Impl::arm(Moment at) {
    const auto when = turn == 0 ? queue.wake_at(at) : std::nullopt;
    if (!when) {
        timer.cancel();
        return;
    }
    timer.expires_after(std::max<std::chrono::nanoseconds>(*when - at.mono, 0ns));
    timer.async_wait([weak = weak_from_this()](error_code ec) {
        const auto self = weak.lock();
        if (ec || !self || self->stopped)
            return;
        self->look_again();
        self->pump();
    });
}

asio::awaitable<void> Gate::Impl::ask_others(std::shared_ptr<Impl> self, Waiter& waiter) {
    auto asked = self->options.shared->take(self->shared_name, waiter.place.ask.cost, self->budget.usable());
    auto answer = co_await std::move(asked);
    if (self->stopped)
        co_return;
    if (!answer) {
        ++self->shared_failures;
        co_return;
    }
    self->shared_used = std::move(answer->used);
    if (answer->wait <= 0ms)
        co_return;
    const auto at = self->clock();
    waiter.admission.pass.gate_.reset(); // put_back() gives the cost back
    --self->in_flight;
    waiter.state = Waiter::State::waiting;
    self->queue.put_back(std::move(waiter.place), at.mono + std::min(answer->wait, longest_shared_wait), at);
    waiter.end_turn();
    self->look_again();
    self->pump();
}

asio::awaitable<Gate::Admission> Gate::Impl::enter(std::shared_ptr<Impl> self, Ask ask) {
    Admission out;
    if (self->stopped) {
        out.error = errc::stopped;
        co_return out;
    }
    const auto entered = self->queue.enter(std::move(ask), self->clock());
    if (entered.id == 0) {
        out.error = entered.refusal.error;
        out.retry_after = entered.refusal.retry_after;
        self->told_to_wait(out.retry_after);
        co_return out;
    }
    Waiter waiter(self, entered.id);
    self->pump();
    for (;;) {
        while (waiter.state == Waiter::State::waiting && !self->stopped) {
            (void)co_await waiter.timer.async_wait(use_result);
            if (waiter.state == Waiter::State::waiting && !self->stopped) {
                out.error = errc::cancelled; // nobody else ends the wait without a word
                co_return out;
            }
        }
        if (waiter.state == Waiter::State::turn && !self->stopped && self->options.shared != nullptr) {
            auto asking = self->ask_others(self, waiter);
            co_await std::move(asking);
            if (waiter.state == Waiter::State::waiting && !self->stopped)
                continue;
        }
        break;
    }
    if (self->stopped)
        waiter.admission.error = errc::stopped;
    else if (waiter.state == Waiter::State::turn)
        ++self->passed;
    co_return std::move(waiter.admission);
}

Gate::Gate(asio::any_io_executor executor, GateOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}
Gate::Gate(Gate&&) noexcept = default;

Gate::~Gate() {
    if (impl_)
        stop();
}

asio::awaitable<Gate::Admission> Gate::enter(Ask ask) { return Impl::enter(impl_, std::move(ask)); }

void Gate::learn(const BudgetReading& reading, Told told) {
    const auto at = impl_->clock();
    impl_->budget.learn(reading, told, at);
    if (impl_->options.shared != nullptr) {
        // As long as our own pause, which may be longer than the venue asked for.
        if (reading.pause)
            impl_->options.shared->pause(
                impl_->shared_name, std::chrono::ceil<milliseconds>(impl_->budget.pause_left(at)));
        if (reading.spent_bytes)
            impl_->options.shared->spend(impl_->shared_name, *reading.spent_bytes, impl_->budget.usable());
    }
    if (impl_->stopped)
        return;
    if (reading.pause)
        impl_->look_again();
    impl_->pump();
}

void Gate::stop() {
    if (std::exchange(impl_->stopped, true))
        return;
    impl_->timer.cancel();
    for (auto& [id, waiter] : impl_->waiters)
        waiter->timer.cancel();
}

BudgetView Gate::view() {
    auto& g = *impl_;
    const auto at = g.clock();
    g.occupancy.advance(at.mono);
    BudgetView v;
    v.provider = g.options.provider;
    v.budget = g.budget.name();
    v.windows = g.budget.view(at);
    v.shared = g.options.shared != nullptr && g.options.shared->connected();
    for (std::size_t i = 0; v.shared && i < std::min(v.windows.size(), g.shared_used.size()); ++i) {
        auto& w = v.windows[i];
        const auto others = std::max<std::int64_t>(g.shared_used[i] - w.used, 0);
        w.used += others;
        w.remaining = std::max<std::int64_t>(w.remaining - others, 0);
    }
    v.waiting = g.queue.waiting_by_priority();
    v.in_flight = g.sending();
    v.passed = g.passed;
    v.waits = g.queue.waits();
    v.refused = g.queue.refused();
    v.pauses = g.budget.pauses();
    v.paused_for = std::chrono::ceil<milliseconds>(g.budget.pause_left(at));
    v.banned = g.budget.banned(at);
    v.shared_failures = g.shared_failures;
    v.busy_seconds = g.occupancy.busy().count();
    v.closed_seconds = g.occupancy.closed().count();
    v.busy_or_closed_seconds = g.occupancy.either().count();
    return v;
}

std::string Gate::snapshot() { return impl_->budget.snapshot(impl_->clock()); }
bool Gate::restore(std::string_view text) { return impl_->budget.restore(text, impl_->clock()); }

} // namespace tickgate::budget
