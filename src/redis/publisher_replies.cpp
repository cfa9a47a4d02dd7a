// What Redis answers, in the order of the commands.
#include "core/clock.hpp"
#include "core/secret.hpp"
#include "redis/publisher_impl.hpp"

namespace tickgate::redis {

bool Publisher::Impl::take_replies(MonoTime now) {
    while (true) {
        const auto step = scanner_.next();
        if (step == ReplyScanner::Step::need_more)
            break;
        const Command* command = queue_.unanswered();
        if (step == ReplyScanner::Step::failed || !command) {
            drop_connection("protocol_error", errc::protocol_error);
            return false;
        }
        bool good = true;
        if (step == ReplyScanner::Step::integer) {
            if (command->tag > Tag::heartbeat) [[unlikely]]
                good = on_integer(*command, scanner_.integer());
        } else if (step == ReplyScanner::Step::error) {
            good = on_error(*command, scanner_.text());
        } else if (command->tag == Tag::role) {
            if (step != ReplyScanner::Step::object || !is_master(scanner_.object())) {
                announce_unproven();
                drop_connection("not_master", errc::unavailable);
                good = false;
            }
        } else {
            set_writable(true, {}); // of SET and XADD
        }
        if (!good)
            return false; // a command that was refused stays: the next connection sends it
        queue_.answered();
        ++stats_.commands_acked;
    }
    answered_up_to(now);
    return true;
}

bool Publisher::Impl::on_integer(const Command& c, std::int64_t value) {
    switch (c.tag) {
    case Tag::renew:
        renewal_awaited_ = false;
        if (latency_)
            latency_->redis_round_trip(static_cast<std::uint64_t>(
                std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - renewal_sent_).count()));
        if (!lease_.renewal_answered(value == 1)) {
            drop_connection("owner_lost", errc::not_owner);
            return false;
        }
        proven_ = renewal_generation_ - 1;
        return true;
    case Tag::alive_renew:
        if (value != 1)
            write_alive();
        return true;
    case Tag::key:
        set_writable(true, {});
        return true;
    default:
        return true;
    }
}

bool Publisher::Impl::on_error(const Command& c, std::string_view text) {
    ++stats_.command_errors;
    const ErrorClass error_class = classify_error(text);
    if (error_class == ErrorClass::not_writable && c.tag == Tag::renew)
        lease_.renewal_refused(mono_now()); // asked again in a second; the lease runs out meanwhile
    if (error_class == ErrorClass::not_writable && !stats_.writable)
        return true; // known
    const std::string shown = redact(text.substr(0, 200));
    switch (error_class) {
    case ErrorClass::not_master:
        announce_unproven();
        [[fallthrough]];
    case ErrorClass::loading:
        stats_.error = shown;
        drop_connection(shown, errc::unavailable);
        return false;
    case ErrorClass::not_writable:
        set_writable(false, shown);
        return true;
    case ErrorClass::access:
    case ErrorClass::max_clients:
    case ErrorClass::other:
        break;
    }
    std::uint64_t suppressed = 0;
    if (error_log_.allow(mono_now(), suppressed))
        log::error("redis", "command_refused", {{"error", shown}, {"suppressed", suppressed}});
    stats_.error = shown;
    if (c.tag == Tag::publish) { // answered, but nobody got it
        ++stats_.lost_messages;
        lose(channels_[c.channel], c.seq, wall_now(), "redis_refused");
    }
    if (c.tag == Tag::renew) { // not allowed, or not known: nobody may publish without the key
        drop_connection("owner_not_renewed", errc::not_owner);
        return false;
    }
    return true;
}

void Publisher::Impl::set_writable(bool writable, std::string_view why) {
    if (!writable) {
        std::uint64_t suppressed = 0;
        if (error_log_.allow(mono_now(), suppressed))
            log::error("redis", "not_writable", {{"error", why}, {"suppressed", suppressed}});
    }
    if (!writable)
        stats_.error = why;
    if (stats_.writable == writable)
        return;
    stats_.writable = writable;
    if (writable)
        stats_.error.clear();
    if (writable) {
        log::info("redis", "writable");
        rewrite_everything(); // what was refused meanwhile
    }
    changed();
}

void Publisher::Impl::answered_up_to(MonoTime now) {
    bool any = false;
    MonoTime sent{};
    while (marks_count_ > 0 && marks_[marks_begin_].position <= queue_.answered_position()) {
        sent = marks_[marks_begin_].at;
        any = true;
        marks_begin_ = (marks_begin_ + 1) % marks_.size();
        --marks_count_;
    }
    if (any) {
        const auto round_trip = now - sent;
        if (window_was_full_ && round_trip < std::chrono::milliseconds(20))
            write_window_ = std::min(write_window_ * 2, most_window);
        else if (round_trip > std::chrono::milliseconds(200))
            write_window_ = least_window;
        window_was_full_ = false;
        last_answer_ = now;
    }
    if (marks_count_ == 0 && queue_.in_flight_bytes() > 0) {
        marks_[marks_begin_] = {queue_.sent_position(), now};
        marks_count_ = 1;
    }
}

} // namespace tickgate::redis
