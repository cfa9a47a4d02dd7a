// Connects, takes the owner key, reads and writes, and starts again when that ends.
#include "core/clock.hpp"
#include "core/secret.hpp"
#include "redis/publisher_impl.hpp"
#include "redis/resp_writer.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickgate::redis {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds handshake_deadline{2000}, owner_retry{1000}, access_retry{5000};
constexpr std::chrono::milliseconds longest_tick{50}, first_back_off{5};
constexpr std::size_t write_at_once = 64 * 1024;

} // namespace

asio::awaitable<void> Publisher::Impl::run() {
    using namespace asio::experimental::awaitable_operators;
    running_ = true;
    co_await (connections() || ticks());
    if (stream_)
        stream_->close();
    disconnected();
    stream_.reset();
    ownership_ = Ownership::unknown;
    running_ = false;
    if (failure_)
        std::rethrow_exception(failure_);
}

asio::awaitable<void> Publisher::Impl::ticks() {
    const MonoTime start = mono_now();
    const auto interval = std::clamp(options_.last_value_interval, std::chrono::milliseconds(5), longest_tick);
    MonoTime next = start;
    while (!failure_) {
        next = std::max(next + interval, mono_now());
        tick_timer_.expires_at(next);
        co_await tick_timer_.async_wait(use_result);
        const Moment at = now();
        if (stopping_ && drained(at.mono))
            co_return;
        tick(at);
    }
}

asio::awaitable<void> Publisher::Impl::pause(std::chrono::milliseconds time) {
    pause_.expires_after(time);
    co_await pause_.async_wait(use_result);
}

std::chrono::milliseconds Publisher::Impl::back_off() {
    if (long_pause_.count() > 0)
        return std::exchange(long_pause_, std::chrono::milliseconds(0));
    const auto most = std::min(options_.back_off_cap, first_back_off * (1 << std::min(attempts_, 12)));
    ++attempts_;
    return std::chrono::milliseconds(
        std::uniform_int_distribution<std::int64_t>(1, std::max<std::int64_t>(most.count(), 1))(random_));
}

asio::awaitable<void> Publisher::Impl::connections() {
    try {
        while (true) {
            co_await one_connection();
            disconnected();
            const auto wait = back_off();
            co_await pause(wait);
        }
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted)
            failure_ = std::current_exception();
    } catch (...) {
        failure_ = std::current_exception();
    }
}

asio::awaitable<void> Publisher::Impl::one_connection() {
    using namespace asio::experimental::awaitable_operators;
    net::ConnectOptions how;
    how.tls = options_.tls;
    how.deadline = handshake_deadline;
    std::string detail;
    net::Url url = url_;
    auto connected = co_await net::connect(std::move(url), std::move(how), detail);
    if (!connected) {
        std::uint64_t suppressed = 0;
        if (connect_log_.allow(mono_now(), suppressed))
            log::warn("redis", "connect_failed",
                {{"url", options_.url}, {"detail", detail}, {"error", connected.error()}, {"suppressed", suppressed}});
        stats_.error = describe(connected.error());
        co_return;
    }
    stream_ = std::move(*connected);
    scanner_.reset();
    stats_.connected = true;
    changed();
    const bool owner = co_await handshake();
    handshake_until_ = MonoTime::max();
    if (owner)
        co_await (read_loop() || write_loop());
}

// One command, one reply: only before anything is pipelined.
asio::awaitable<result<Reply>> Publisher::Impl::ask(std::vector<std::string> command) {
    std::string text;
    append_command(text, command);
    const error_code written = co_await stream_->write(text);
    if (written)
        co_return written;
    while (true) {
        const auto step = scanner_.next();
        if (step == ReplyScanner::Step::failed)
            co_return errc::protocol_error;
        if (step != ReplyScanner::Step::need_more)
            co_return scanner_.as_reply(step);
        const auto n = co_await stream_->read_some(scanner_.prepare());
        if (!n)
            co_return n.error();
        scanner_.commit(*n);
    }
}

// True: the prefix is ours. False: this connection is of no use.
asio::awaitable<bool> Publisher::Impl::handshake() {
    HandshakeOptions o;
    o.username = options_.username;
    o.password = options_.password.reveal();
    o.database = database_;
    o.client_name = "tickgate-publisher";
    o.owner_key = key("owner");
    o.info_key = key("info");
    o.instance = options_.instance;
    o.has_epoch = stats_.epoch > 0;
    HandshakeFsm fsm(std::move(o));
    handshake_until_ = mono_now() + handshake_deadline;
    while (true) {
        switch (fsm.status()) {
        case HandshakeFsm::Status::send: {
            if (fsm.starts_lease())
                lease_sent_ = mono_now();
            auto command = fsm.command();
            const auto reply = co_await ask(std::move(command));
            if (!reply) {
                drop_connection("handshake_failed", reply.error());
                co_return false;
            }
            fsm.on_reply(*reply);
            break;
        }
        case HandshakeFsm::Status::owner:
            became_owner(fsm);
            co_return true;
        case HandshakeFsm::Status::held:
        case HandshakeFsm::Status::unwritable:
            if (fsm.status() == HandshakeFsm::Status::held)
                became_other(fsm.holder());
            else
                set_writable(false, redact(fsm.error_text()));
            handshake_until_ = MonoTime::max();
            co_await pause(owner_retry);
            handshake_until_ = mono_now() + handshake_deadline;
            fsm.again();
            break;
        case HandshakeFsm::Status::failed:
            explain_refusal(fsm);
            co_return false;
        }
    }
}

void Publisher::Impl::explain_refusal(const HandshakeFsm& fsm) {
    const std::string text = redact(fsm.error_text());
    stats_.error = text;
    std::uint64_t suppressed = 0;
    if (fsm.error_class() == ErrorClass::access) {
        long_pause_ = access_retry;
        if (error_log_.allow(mono_now(), suppressed))
            log::error("redis", "access_refused",
                {{"setting", options_.username.empty() ? "redis.password" : "redis.username, redis.password"},
                    {"error", text}, {"retry_in_ms", access_retry.count()}, {"suppressed", suppressed}});
    } else if (connect_log_.allow(mono_now(), suppressed)) {
        log::warn("redis", "server_not_usable", {{"url", options_.url}, {"error", text}, {"suppressed", suppressed}});
    }
    stream_->close();
}

void Publisher::Impl::became_owner(const HandshakeFsm& fsm) {
    const std::string& found = fsm.found_session();
    const bool taken_meanwhile = !found.empty() && found != session_ && (ever_owner_ || found > session_);
    if (taken_meanwhile || std::exchange(was_other_, false))
        new_session(std::max(found, session_));
    if (fsm.epoch() > 0)
        stats_.epoch = fsm.epoch();
    ownership_ = Ownership::ours;
    ever_owner_ = live_ = true;
    lease_.taken(lease_sent_);
    attempts_ = 0;
    stats_.owner = true;
    stats_.writable = true;
    stats_.holder.clear();
    stats_.error.clear();
    const MonoTime now = mono_now();
    next_role_ = now + std::chrono::seconds(5);
    next_rewrite_ = now + std::chrono::seconds(1);
    next_beat_ = now;
    commands_at_beat_ = stats_.commands_acked;
    log::info("redis", "publishing",
        {{"url", options_.url}, {"session", session_}, {"epoch", stats_.epoch}, {"queued_bytes", queue_.bytes()}});
    stream_->gather(answers_at_once);
    rewrite_everything();
    tick({now, wall_now()});
    changed();
}

void Publisher::Impl::became_other(const std::string& holder) {
    if (ownership_ != Ownership::other)
        log::warn("redis", "prefix_is_held", {{"prefix", options_.prefix}, {"holder", holder}});
    const bool news = ownership_ != Ownership::other || stats_.holder != holder;
    if (ownership_ != Ownership::other && ever_owner_)
        for (auto& r : records_) // what we told is old now, and not to be written again
            r.has_state = r.state_dirty = false;
    ownership_ = Ownership::other;
    was_other_ = true;
    stats_.holder = holder;
    discard_queue();
    if (news)
        changed();
}

void Publisher::Impl::drop_connection(std::string_view reason, const error_code& ec) {
    if (!stream_ || dropped_)
        return;
    dropped_ = true;
    live_ = false;
    stats_.error = describe(ec);
    std::uint64_t suppressed = 0;
    if (ec != asio::error::operation_aborted && connect_log_.allow(mono_now(), suppressed))
        log::warn("redis", "connection_lost",
            {{"url", options_.url}, {"reason", reason}, {"error", ec}, {"queued_bytes", queue_.bytes()},
                {"suppressed", suppressed}});
    stream_->close();
}

void Publisher::Impl::disconnected() {
    write_window_ = least_window;
    renewal_awaited_ = farewell_ = false; // the farewell did not arrive: said again
    if (!stream_)
        return;
    stream_.reset();
    ++stats_.reconnects;
    live_ = dropped_ = want_write_ = writing_ = false;
    handshake_until_ = MonoTime::max();
    lease_.lost();
    if (ownership_ == Ownership::ours)
        ownership_ = Ownership::unknown; // until the next handshake tells
    queue_.rewind();
    marks_begin_ = marks_count_ = 0;
    batch_messages_ = 0;
    batch_oldest_ = UnixNanos::max();
    stats_.connected = stats_.owner = stats_.writable = false;
    changed();
}

asio::awaitable<void> Publisher::Impl::read_loop() {
    while (!dropped_) {
        const auto n = co_await stream_->read_some(scanner_.prepare());
        if (!n) {
            drop_connection("connection_closed", n.error());
            co_return;
        }
        scanner_.commit(*n);
        const MonoTime at = mono_now();
        if (!take_replies(at))
            co_return;
        if (!renewal_awaited_)
            stream_->gather(answers_at_once);
        if (live_ && !writing_ && !want_write_ && (queue_.unsent_bytes() > 0 || pending_head_ < pending_.size()))
            pump(at);
    }
}

// Goes on where try_write() stops: a full socket, and always with TLS. Its bytes are a copy, so that answers that
// overtake the end of the write cannot take them away.
asio::awaitable<void> Publisher::Impl::write_loop() {
    while (!dropped_) {
        if (!want_write_) {
            wake_.expires_at(MonoTime::max());
            co_await wake_.async_wait(use_result);
            continue;
        }
        write_buffer_.clear();
        MonoTime at = mono_now();
        while (write_buffer_.size() < write_at_once) {
            const std::string_view piece = next_piece(at);
            if (piece.empty())
                break;
            write_buffer_.append(piece);
            piece_sent(piece.size(), at);
        }
        want_write_ = false;
        if (write_buffer_.empty())
            continue;
        writing_ = true;
        const error_code ec = co_await stream_->write(write_buffer_);
        writing_ = false;
        if (ec) {
            drop_connection("write_failed", ec);
            co_return;
        }
        ++stats_.flushes;
        if (queue_.unsent_bytes() > 0 || pending_head_ < pending_.size())
            want_write_ = queue_.in_flight_bytes() < write_window_;
        else if (batch_messages_ > 0)
            batch_written();
    }
}

void Publisher::Impl::changed() {
    if (on_change_)
        on_change_();
}

} // namespace tickgate::redis
