// Everything of contract.md §2 that is a key, the heartbeat, and the timers that write them.
#include "core/clock.hpp"
#include "redis/publisher_impl.hpp"
#include "redis/resp_writer.hpp"

namespace tickgate::redis {

namespace {

constexpr std::chrono::milliseconds beat{1000}, role_every{5000}, rewrite_after{1000};
constexpr std::size_t last_values_a_beat = 1000, instruments_a_tick = 1000;

std::string micros_text(UnixNanos t) {
    return text_of(static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(t), 0)));
}

} // namespace

std::string Publisher::Impl::key(std::string_view a, std::string_view b, std::string_view c) const {
    std::string out = options_.prefix;
    for (const auto part : {a, b, c})
        if (!part.empty())
            out.append(":").append(part);
    return out;
}

// Keys go in front of waiting messages: they are few, and a late joiner needs them most when much is waiting.
void Publisher::Impl::append_key(Tag tag, std::initializer_list<std::string_view> arguments) {
    std::string text;
    append_command(text, arguments);
    put(queue_.reserve_front(text.size()), text);
    Command c;
    c.tag = tag;
    queue_.commit(text.size(), c);
}

Publisher::Impl::InstrumentRecord& Publisher::Impl::record(InstrumentId id) {
    if (records_.size() <= index_of(id))
        records_.resize(index_of(id) + 1);
    return records_[index_of(id)];
}

void Publisher::Impl::touch_record(InstrumentId id, InstrumentRecord& r) {
    if (!std::exchange(r.queued, true))
        dirty_records_.push_back(index_of(id));
}

void Publisher::Impl::set_state(
    InstrumentId id, InstrumentState state, std::string_view reason, std::string_view provider) {
    if (ownership_ == Ownership::other)
        return; // as with messages: it would be old when it could be written
    auto& r = record(id);
    if (r.has_state && r.state == state && r.reason == reason && r.provider == provider)
        return;
    if (!r.has_state || r.state != state)
        r.since = wall_now();
    r.has_state = r.state_dirty = true;
    r.state = state;
    r.reason = reason;
    r.provider = provider;
    touch_record(id, r);
    tap_state(id, r);
}

void Publisher::remove_instrument(InstrumentId id) {
    auto& r = impl_->record(id);
    r.has_state = r.listed = r.state_dirty = r.listed_dirty = false;
    if (impl_->ownership_ == Impl::Ownership::other)
        return;
    const InstrumentName& name = impl_->instruments_.name_of(id);
    const auto class_name = to_string(name.asset_class);
    impl_->append_key(Tag::removal, {"DEL", impl_->key("state", class_name, name.symbol)});
    impl_->append_key(Tag::removal, {"SREM", impl_->key("symbols", class_name), name.symbol});
}

void Publisher::Impl::write_info() {
    append_key(
        Tag::key, {"HSET", key("info"), "v", "1", "session", session_, "epoch", text_of(stats_.epoch), "instance",
                      options_.instance, "version", options_.version, "config_digest", options_.config_digest});
}

void Publisher::tune(Tuning tuning) {
    auto& o = impl_->options_;
    o.streams = tuning.streams;
    o.stream_maxlen = tuning.stream_maxlen;
    o.last_value_interval = tuning.last_value_interval;
    if (std::exchange(o.config_digest, std::move(tuning.config_digest)) != o.config_digest && impl_->live_)
        impl_->write_info();
}

void Publisher::remove_feed(std::string_view feed) {
    const auto it = impl_->feeds_.find(feed);
    if (it == impl_->feeds_.end())
        return;
    impl_->feeds_.erase(it);
    if (impl_->ownership_ != Impl::Ownership::other)
        impl_->append_key(Tag::removal, {"DEL", impl_->key("status", feed)});
}

void Publisher::Impl::write_alive() {
    append_key(
        Tag::alive_set, {"SET", key("alive"), session_, "PX", text_of(static_cast<std::uint64_t>(alive_ttl.count()))});
}

void Publisher::Impl::renew(Moment now) {
    renewal_generation_ = ++generation_;
    lease_.renewal_sent(now.mono);
    renewal_sent_ = now.mono;
    renewal_awaited_ = true;
    stream_->gather(1);
    append_key(Tag::renew, {"EVAL", renew_script, "1", key("owner"), options_.instance,
                               text_of(static_cast<std::uint64_t>(owner_ttl.count()))});
    append_key(Tag::alive_renew,
        {"EVAL", renew_script, "1", key("alive"), session_, text_of(static_cast<std::uint64_t>(alive_ttl.count()))});
    write_heartbeat(now);
    for (auto& [feed, r] : feeds_)
        write_feed_status(feed, r);
    if (!stats_.writable)
        write_info(); // to see when it ends
}

void Publisher::Impl::write_heartbeat(Moment now) {
    std::vector<std::pair<std::string_view, FeedState>> feeds;
    std::size_t good = 0, bad = 0;
    for (const auto& [feed, r] : feeds_) {
        feeds.emplace_back(feed, r.status.state);
        ++(r.status.state == FeedState::live || r.status.state == FeedState::closed ? good : bad);
    }
    HeartbeatFields h;
    h.session = session_;
    h.instance = options_.instance;
    h.state = bad == 0 ? "live" : good > 0 ? "degraded" : "down";
    h.epoch = stats_.epoch;
    h.seq = ++heartbeat_seq_;
    h.interval_ms = beat.count();
    h.ts_pub_us = to_micros(now.wall);
    append_key(Tag::heartbeat, {"PUBLISH", key("heartbeat"), heartbeat_payload(h, feeds)});
}

void Publisher::Impl::write_feed_status(const std::string& feed, FeedRecord& r) {
    r.dirty = false;
    const FeedStatus& s = r.status;
    append_key(Tag::key,
        {"HSET", key("status", feed), "state", to_string(s.state), "since_us", micros_text(s.since), "reason", s.reason,
            "wanted", text_of(s.wanted), "acked", text_of(s.acked), "connections", text_of(s.connections),
            "last_recv_us", s.last_received ? micros_text(*s.last_received) : std::string(), "reconnects",
            text_of(s.reconnects)});
}

void Publisher::Impl::write_instruments(std::size_t most) {
    std::size_t done = 0;
    for (; done < dirty_records_.size() && done < most; ++done) {
        const InstrumentId id{dirty_records_[done]};
        auto& r = record(id);
        r.queued = false;
        const InstrumentName& name = instruments_.name_of(id);
        const auto class_name = to_string(name.asset_class);
        if (std::exchange(r.listed_dirty, false))
            append_key(Tag::key, {"SADD", key("symbols", class_name), name.symbol});
        if (std::exchange(r.state_dirty, false))
            append_key(Tag::key, {"SET", key("state", class_name, name.symbol),
                                     state_payload(name, r.state, r.reason, r.provider, r.since)});
    }
    dirty_records_.erase(dirty_records_.begin(), dirty_records_.begin() + static_cast<std::ptrdiff_t>(done));
}

// At most 1,000 a beat, or a tenth of the commands since the last one if that is more; behind a slow Redis the tenth
// alone.
void Publisher::Impl::write_last_values(bool all) {
    const std::uint64_t sent = stats_.commands_acked - commands_at_beat_;
    commands_at_beat_ = stats_.commands_acked;
    std::size_t budget = std::max<std::size_t>(sent / 10, congested() ? 10 : last_values_a_beat);
    if (all)
        budget = dirty_.size();
    std::size_t done = 0;
    for (; done < dirty_.size() && done < budget; ++done) {
        Channel& c = channels_[dirty_[done]];
        c.dirty = false;
        if (!c.open || c.last.empty())
            continue;
        const std::string_view rest = c.name().substr(options_.prefix.size());
        char* begin = queue_.reserve_front(64 + c.name().size() + c.last.size() + 24);
        char* out = put_uint(put(begin, "*3\r\n$3\r\nSET\r\n$"), c.name().size() + 5);
        out = put(put(put(put(out, "\r\n"), options_.prefix), ":last"), rest);
        out = put(put_uint(put(out, "\r\n$"), c.last.size()), "\r\n");
        out = put(put(out, c.last), "\r\n");
        Command meta;
        meta.tag = Tag::last_value;
        queue_.commit(static_cast<std::size_t>(out - begin), meta);
    }
    dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(done));
    stats_.last_value_lag_us = 0;
    if (!dirty_.empty()) {
        const auto lag = to_micros(wall_now()) - to_micros(channels_[dirty_.front()].last_at);
        stats_.last_value_lag_us = static_cast<std::uint64_t>(std::max<std::int64_t>(lag, 0));
    }
}

void Publisher::Impl::mark_last_values_dirty() {
    const UnixNanos now = wall_now();
    for (std::uint32_t i = 0; i < channels_.size(); ++i) {
        Channel& c = channels_[i];
        if (c.dirty || c.last.empty() || !c.open || c.source)
            continue;
        c.dirty = true;
        c.last_at = now;
        dirty_.push_back(i);
    }
}

// Redis may have come back empty, and what the last connection wrote may not have arrived.
void Publisher::Impl::rewrite_everything() {
    write_alive();
    write_info();
    for (auto& [feed, r] : feeds_)
        write_feed_status(feed, r);
    for (std::uint32_t i = 0; i < records_.size(); ++i) {
        auto& r = records_[i];
        r.listed_dirty = r.listed;
        r.state_dirty = r.has_state;
        if (r.listed || r.has_state)
            touch_record(InstrumentId{i}, r);
    }
    mark_last_values_dirty();
}

void Publisher::Impl::tick(Moment now) {
    if (stream_ && now.mono >= handshake_until_)
        return drop_connection("handshake_timed_out", errc::timed_out);
    if (!live_)
        return;
    if (queue_.in_flight_bytes() > 0)
        stream_->gather(1); // whatever waits wakes the reader now
    if (!lease_.valid(now.mono))
        return drop_connection("lease_expired", errc::not_owner);
    // A slow Redis makes progress, a hung one none.
    if (marks_count_ > 0 && now.mono - std::max(marks_[marks_begin_].at, last_answer_) > options_.reply_deadline)
        return drop_connection("no_reply", errc::timed_out);
    if (!farewell_) {
        if (lease_.renewal_due(now.mono))
            renew(now);
        if (now.mono >= next_role_) {
            next_role_ = now.mono + role_every;
            append_key(Tag::role, {"ROLE"});
        }
        if (now.mono >= next_rewrite_) {
            // SETs that the last connection had under way may have been executed after ours.
            next_rewrite_ = MonoTime::max();
            mark_last_values_dirty();
        }
        for (auto& [feed, r] : feeds_)
            if (r.dirty)
                write_feed_status(feed, r);
        write_instruments(congested() ? instruments_a_tick / 100 : instruments_a_tick);
        if (now.mono >= next_beat_) {
            next_beat_ = std::max(next_beat_ + options_.last_value_interval, now.mono);
            write_last_values(stopping_);
        }
        if (!open_gaps_.empty())
            close_gaps(now.mono, false);
    }
    flush();
}

// After stop(): true when nothing is left to do, or time is over.
bool Publisher::Impl::drained(MonoTime now) {
    if (now >= drain_until_)
        return true;
    if (!live_)
        return ownership_ == Ownership::other || (queue_.bytes() == 0 && pending_.empty() && !ever_owner_);
    if (farewell_)
        return queue_.commands() == 0;
    if (queue_.bytes() > 0 || !pending_.empty() || !dirty_.empty() || !drops_.empty() || !open_gaps_.empty())
        return false;
    farewell_ = true;
    append_key(Tag::farewell, {"EVAL", delete_script, "1", key("alive"), session_});
    append_key(Tag::farewell, {"EVAL", delete_script, "1", key("owner"), options_.instance});
    flush();
    return false;
}

} // namespace tickgate::redis
