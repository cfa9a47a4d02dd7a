#include "feed/shard.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"
#include "feed/feed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace tickgate::feed {

namespace {
constexpr std::chrono::seconds idle_limit{10}; // with nothing wanted, before the connection is closed
} // namespace

void Shard::Sink::on_quote(const Quote& q) { shard->feed_.on_quote(*shard, place, q); }
void Shard::Sink::on_trade(const Trade& t) { shard->feed_.on_trade(*shard, place, t); }
void Shard::Sink::on_bar(const Bar& b) { shard->feed_.on_bar(*shard, place, b); }

// Of two connections one tells: neither of these has a number to tell repeats by.
void Shard::Sink::on_source_quote(const Quote& q) {
    if (place == shard->fsm_.active())
        shard->feed_.on_source_quote(q);
}

// The replacement may be the only one that knows a new instrument; what both tell is told once by the feed.
void Shard::Sink::on_notice(const MarketNotice& n) {
    if (place == shard->fsm_.active() || shard->handover_)
        shard->feed_.on_notice(n);
}

void Shard::Sink::on_no_first_frame(Subscription what) { shard->feed_.on_no_first_frame(what); }
void Shard::Sink::on_skipped(Skip why, std::string_view what) { shard->feed_.on_skipped(why, what); }

void Shard::Sink::on_acknowledged(std::span<const Subscription> done) {
    for (const auto& s : done)
        shard->place(place).missing.erase(s);
    shard->feed_.on_acknowledged(*shard, done);
    shard->check_ready(place);
}

void Shard::Sink::on_unsubscribed(std::span<const Subscription> done) {
    for (const auto& s : done)
        if (const auto* c = shard->feed_.find(s);
            c == nullptr || c->shard != shard->number_) // else wanted again meanwhile
            shard->place(place).missing.erase(s);
    shard->check_ready(place);
}

void Shard::Sink::on_rejected(Subscription what, error_code reason, std::string_view text) {
    shard->place(place).missing.erase(what);
    shard->feed_.on_rejected(what, reason, text);
    shard->check_ready(place);
}

void Shard::Sink::on_gap(Subscription what, std::optional<std::uint64_t> lost) {
    // Of two connections the one counts whose messages are published.
    const auto& handover = shard->handover_;
    if (handover ? handover->source(what) == shard->side(place) : place == shard->fsm_.active())
        shard->feed_.on_gap(what, lost, "sequence");
}

Shard::Shard(Feed& feed, int number, int group, std::uint64_t seed)
    : feed_(feed),
      number_(number),
      group_(group),
      seed_(seed),
      fsm_(feed.options_.timings, seed),
      any_wanted_(feed.hot_, MonoTime::max()) {
    for (int i = 0; i < 2; ++i) {
        place(i).sink.shard = this;
        place(i).sink.place = i;
    }
}

void Shard::add(const Wanted& wanted, std::size_t weight) {
    ++wanted_;
    load_ += weight;
    any_wanted_.cancel();
    if (handover_)
        handover_->begin_on_new(wanted.what);
    SubscriptionDelta delta;
    delta.add.push_back(wanted);
    for (auto& p : places_)
        if (p.link) {
            p.missing.insert(wanted.what);
            p.ready = false;
            p.link->want(delta, now());
        }
}

void Shard::remove(const Subscription& gone, std::size_t weight) {
    --wanted_;
    load_ -= weight;
    if (handover_)
        handover_->forget(gone);
    SubscriptionDelta delta;
    delta.remove.push_back(gone);
    for (auto& p : places_)
        if (p.link) {
            p.missing.erase(gone);
            p.link->want(delta, now());
        }
}

void Shard::start(Moment now) {
    fsm_.start(now.mono);
    perform(now);
}

void Shard::stop() {
    stopping_ = true;
    fsm_.stop();
    for (auto& p : places_) {
        if (p.link)
            p.link->close(1000, "");
        if (p.running && p.cancellable)
            p.cancel.emit(asio::cancellation_type::terminal);
    }
}

void Shard::fail(error_code reason, std::string detail) {
    if (auto& p = places_[active()]; p.link)
        p.link->fail(reason, std::move(detail));
}

void Shard::tick(Moment now) {
    for (int i = 0; i < 2; ++i)
        if (place(i).link) {
            place(i).link->tick(now);
            check_ready(i); // of a connection that nothing is asked of
        }
    if (handover_ && handover_->open() == 0)
        fsm_.handed_over(now.mono);
    renew_outdated(now);
    rest_when_idle(now);
    perform(now);
}

// A connection that carries nothing counts against the venue's limits all the same.
void Shard::rest_when_idle(Moment now) {
    if (wanted_ != 0 || !connected()) {
        idle_since_.reset();
        return;
    }
    if (!idle_since_)
        idle_since_ = now.mono;
    else if (now.mono - *idle_since_ >= idle_limit)
        close_idle();
}

void Shard::close_idle() {
    for (auto& p : places_)
        if (p.link)
            p.link->close(1000, "nothing wanted");
}

void Shard::perform(Moment now) {
    for (;;) {
        const auto step = fsm_.next(now.mono);
        switch (step.act) {
        case ShardFsm::Act::none:
            return;
        case ShardFsm::Act::start:
            start_link(step.place);
            break;
        case ShardFsm::Act::promoted:
            place(step.place).ready = place(step.place).missing.empty();
            feed_.on_rotated(*this);
            break;
        case ShardFsm::Act::close:
            end_handover(1 - step.place, "rotation");
            if (auto& p = place(step.place); p.link)
                p.link->close(1000, "replaced");
            break;
        case ShardFsm::Act::give_up:
            feed_.on_gave_up(*this, last_end_);
            break;
        }
    }
}

void Shard::start_link(int i) {
    auto& p = place(i);
    p.running = true;
    ++feed_.children_;
    auto done = [this, i](std::exception_ptr bug, LinkEnd end) {
        --feed_.children_;
        try {
            if (bug)
                std::rethrow_exception(bug);
        } catch (const std::exception& e) { // a cancelled wait, or a fault of ours
            end.reason = stopping_ ? errc::stopped : errc::venue_error;
            end.detail = redact(e.what());
        }
        link_done(i, std::move(end));
    };
    asio::co_spawn(feed_.hot_, connect_and_read(i), asio::bind_cancellation_slot(p.cancel.slot(), std::move(done)));
}

// The connection's coroutine has ended. What follows is started by the next pulse: the slot that cancels the coroutine
// may not be given away before its frame is gone.
void Shard::link_done(int i, LinkEnd end) {
    auto& p = place(i);
    const Moment at = now();
    Feed::EndedLink ended;
    ended.last_heard = at.wall;
    const bool was_up = fsm_.is_up(i);
    if (p.link) {
        const auto stats = p.link->stats();
        closed_bytes_ += stats.bytes_in;
        closed_frames_ += stats.messages_in;
        closed_reads_ += stats.reads;
        if (stats.last_received != MonoTime())
            ended.last_heard -= at.mono - stats.last_received;
    }
    p.link.reset();
    p.upstream.reset();
    p.missing.clear();
    p.running = p.ready = p.cancellable = false;
    last_end_ = end;
    const bool was_active = i == fsm_.active();
    fsm_.link_ended(i, stopping_ ? make_error_code(errc::stopped) : end.reason, at.mono, end.pause);
    if (handover_)
        end_handover(1 - i, "link_down");
    if (stopping_ || end.reason == errc::stopped)
        ended.fate = Feed::Fate::closed;
    else if (!was_active)
        ended.fate = Feed::Fate::replacement_failed;
    else if (fsm_.active() != i && fsm_.is_up(fsm_.active()))
        ended.fate = Feed::Fate::taken_over;
    else
        ended.fate = was_up ? Feed::Fate::lost : Feed::Fate::connect_failed;
    ended.end = std::move(end);
    ended.retry_in = fsm_.retry_in(at.mono);
    feed_.on_link_ended(*this, ended);
    if (fsm_.gave_up())
        perform(at); // starts nothing
    feed_.pulse_.cancel();
}

// Until something is wanted, and the spacing between attempts allows it.
asio::awaitable<error_code> Shard::wait_to_connect(int i) {
    auto& p = place(i);
    const auto token = asio::as_tuple(asio::use_awaitable);
    p.cancellable = true;
    while (wanted_ == 0 && !stopping_) {
        co_await any_wanted_.async_wait(token);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return errc::stopped;
    }
    const auto until = feed_.reserve_connect(mono_now());
    ++feed_.stats_.connect_attempts;
    asio::steady_timer spacing(co_await asio::this_coro::executor, until);
    const auto [ec] = co_await spacing.async_wait(token);
    p.cancellable = false;
    co_return ec || stopping_ ? make_error_code(errc::stopped) : error_code();
}

asio::awaitable<LinkEnd> Shard::connect_and_read(int i) {
    auto& p = place(i);
    LinkEnd end;
    if (end.reason = co_await wait_to_connect(i); end.reason)
        co_return end;
    // On `control`; not cancelled from here (another thread): its own deadlines end it.
    p.upstream = feed_.upstream_;
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto opening = p.upstream->provider->open_session(p.upstream->spec.part, group_, seed_, *p.upstream->rest);
    auto session = co_await asio::co_spawn(feed_.control_, std::move(opening), token);
    if (!session || stopping_) {
        end.reason = stopping_ ? make_error_code(errc::stopped) : session.error();
        end.detail = "opening the session";
        co_return end;
    }
    ++p.number;
    p.link = std::make_unique<Link>(std::move(*session), p.sink, hooks_of(i));
    SubscriptionDelta wanted;
    for (const auto& c : feed_.channels_)
        if (c.in_use && c.shard == number_) {
            wanted.add.push_back(c.wanted);
            p.missing.insert(c.wanted.what);
        }
    net::ConnectOptions connect;
    connect.tls = p.upstream->tls;
    p.cancellable = true;
    end = co_await p.link->run(std::move(connect), std::move(wanted));
    co_return end;
}

Link::Hooks Shard::hooks_of(int i) {
    Link::Hooks hooks;
    hooks.up = [this, i](const std::string& peer) {
        place(i).cancellable = false;
        fsm_.link_up(i, place(i).link->plan().life_span, mono_now());
        if (std::exchange(served_, place(i).upstream->number) < feed_.ids_since_)
            feed_.forget_ids(*this);
        if (i == fsm_.active())
            feed_.on_link_up(*this, peer);
        else
            begin_handover();
    };
    hooks.replace = [this, i](std::chrono::milliseconds pause) { replace(i, pause); };
    hooks.renew = [this, i] { feed_.start_child(renew(i, place(i).number)); };
    hooks.flush = [this](Moment at) { feed_.sink_.flush(at); };
    hooks.behind = [this] { return feed_.sink_.behind(); };
    return hooks;
}

void Shard::check_ready(int i) {
    auto& p = place(i);
    if (p.ready || !p.missing.empty() || !fsm_.is_up(i))
        return;
    p.ready = true;
    fsm_.link_ready(i, mono_now());
    if (i == fsm_.active())
        feed_.on_link_ready(*this);
}

void Shard::begin_handover() {
    handover_.emplace();
    old_place_ = fsm_.active();
    for (const auto& c : feed_.channels_) {
        if (!c.in_use || c.shard != number_)
            continue;
        if (c.acked || c.any_id)
            handover_->begin(c.wanted.what, c.any_id ? c.last_id : 0);
        else
            handover_->begin_on_new(c.wanted.what);
    }
}

void Shard::end_handover(int survivor, std::string_view cause) {
    if (!handover_)
        return;
    const auto finished = std::move(*handover_);
    handover_.reset();
    if (stopping_)
        return;
    for (auto& c : feed_.channels_)
        if (c.in_use && c.shard == number_)
            feed_.take_up(c, finished.standing(c.wanted.what, side(survivor)), cause);
}

bool Shard::accept_in_handover(int i, const Subscription& channel, std::uint64_t id, bool contiguous) {
    return handover_->accept(channel, side(i), id, contiguous);
}

std::optional<MonoTime> Shard::last_received() const noexcept {
    std::optional<MonoTime> last;
    for (const auto& p : places_)
        if (p.link)
            if (const auto at = p.link->stats().last_received; at != MonoTime() && (!last || *last < at))
                last = at;
    return last;
}

std::uint64_t Shard::open_links() const noexcept {
    return static_cast<std::uint64_t>(fsm_.is_up(0)) + static_cast<std::uint64_t>(fsm_.is_up(1));
}

std::int64_t Shard::sent_lately(MonoTime now) const {
    std::int64_t most = 0;
    for (const auto& p : places_)
        if (p.link)
            most = std::max(most, p.link->sent_lately(now));
    return most;
}

void Shard::add_stats(std::uint64_t& bytes, std::uint64_t& frames, std::uint64_t& reads) const noexcept {
    bytes += closed_bytes_;
    frames += closed_frames_;
    reads += closed_reads_;
    for (const auto& p : places_)
        if (p.link) {
            const auto s = p.link->stats();
            bytes += s.bytes_in;
            frames += s.messages_in;
            reads += s.reads;
        }
}

} // namespace tickgate::feed
