#include "redis/publisher.hpp"

#include "core/clock.hpp"
#include "redis/json_writer.hpp"
#include "redis/publisher_impl.hpp"
#include "redis/redis_url.hpp"
#include "redis/resp_writer.hpp"
#include "redis/session_id.hpp"

#include <cassert>
#include <stdexcept>

namespace tickgate::redis {

namespace {

constexpr std::size_t largest_message = 256 * 1024;
constexpr std::size_t head_spare = 16; // for the names of the next provider

template <class Message>
constexpr Kind kind_of = Kind::quote;
template <>
constexpr Kind kind_of<Trade> = Kind::trade;
template <>
constexpr Kind kind_of<Bar> = Kind::bar;

std::string publish_command(std::string_view name) {
    std::string out = "*3\r\n$7\r\nPUBLISH\r\n";
    append_bulk(out, name);
    return out += '$';
}

} // namespace

Publisher::Impl::Impl(
    asio::any_io_executor executor, PublisherOptions options, const InstrumentTable& instruments, LatencySink* latency)
    : executor_(std::move(executor)),
      options_(std::move(options)),
      instruments_(instruments),
      latency_(latency),
      queue_([this](char* command, std::size_t size, Command& c) { number_event(command, size, c); }),
      tick_timer_(executor_),
      wake_(executor_),
      pause_(executor_) {
    auto url = net::Url::parse(options_.url);
    if (!url || (database_ = database_of(*url)) < 0)
        throw std::invalid_argument("redis.url is not a Redis address");
    url_ = std::move(*url);
    begin_session({});
    pending_.reserve(64);
}

std::string Publisher::Impl::channel_name(Subscription what, std::string_view source) const {
    const InstrumentName& name = instruments_.name_of(what.instrument);
    std::string full = source.empty() ? key(to_string(what.kind)) : key("src", source, to_string(what.kind));
    if (what.kind == Kind::bar)
        full.append(":").append(to_string(what.timeframe));
    return full.append(":").append(to_string(name.asset_class)).append(":").append(name.symbol);
}

std::uint32_t Publisher::Impl::add_channel(Subscription what, std::string name) {
    Channel& c = channels_.emplace_back();
    c.what = what;
    c.name_size = static_cast<std::uint32_t>(name.size());
    c.text = publish_command(name);
    c.command_size = static_cast<std::uint32_t>(c.text.size());
    if (what.kind == Kind::bar)
        c.revisions = std::make_unique<BarRevisions>();
    dirty_.reserve(channels_.size());
    dirty_next_.reserve(channels_.size());
    return static_cast<std::uint32_t>(channels_.size() - 1);
}

void Publisher::Impl::set_head(Channel& c, std::string_view provider, std::string_view native) {
    c.open = true;
    c.provider = provider;
    head_.clear();
    append_payload_head(
        head_, c.what.kind, c.what.timeframe, instruments_.name_of(c.what.instrument), provider, native);
    c.text.resize(c.command_size);
    c.text.reserve(c.text.size() + head_.size() + head_spare);
    c.text += head_;
}

ChannelId Publisher::Impl::open_channel(Subscription what, std::string_view provider, std::string_view native) {
    auto it = channel_ids_.find(what);
    if (it == channel_ids_.end())
        it = channel_ids_.emplace(what, add_channel(what, channel_name(what, {}))).first;
    set_head(channels_[it->second], provider, native);
    auto& r = record(what.instrument);
    if (!r.listed) {
        r.listed = r.listed_dirty = true;
        touch_record(what.instrument, r);
    }
    return ChannelId{it->second};
}

ChannelId Publisher::Impl::open_source_channel(Subscription what, std::string_view provider, std::string_view native) {
    std::string name = channel_name(what, provider);
    auto it = source_ids_.find(name);
    if (it == source_ids_.end()) {
        const auto index = add_channel(what, name);
        it = source_ids_.emplace(std::move(name), index).first;
    }
    Channel& c = channels_[it->second];
    c.source = true;
    set_head(c, provider, native);
    return ChannelId{it->second};
}

void Publisher::Impl::close_channel(Channel& c) {
    c.open = false;
    c.last.clear();
    c.last.shrink_to_fit();
    if (c.pending_seq > 0)
        lose(c, std::exchange(c.pending_seq, 0), wall_now(), "channel_closed");
    if (ownership_ != Ownership::other && !c.source)
        append_key(Tag::removal, {"DEL", key("last", c.name().substr(options_.prefix.size() + 1))});
}

template <class Message>
char* Publisher::Impl::put_message(char* out, Channel& c, const Message& m, const Stamp& stamp) {
    if constexpr (std::is_same_v<Message, Bar>)
        return put_payload(out, c.head(), m, c.revisions->next(m.open_time, from_micros(stamp.ts_pub_us)), stamp);
    else
        return put_payload(out, c.head(), m, stamp);
}

template <class Message>
void Publisher::Impl::publish(ChannelId id, const Message& m) {
    const auto index = static_cast<std::uint32_t>(id);
    Channel& c = channels_[index];
    if (ownership_ == Ownership::other || !c.open || stopping_) [[unlikely]]
        return;
    assert(c.what.kind == kind_of<Message>);
    const UnixNanos wall = wall_for_message();
    const Stamp stamp{to_micros(wall), session_part_, ++c.seq, &texts_};
    c.note(stamp.seq, generation_);
    ++stats_.published[static_cast<int>(kind_of<Message>)];
    const std::size_t bound = payload_bound(c.head(), m);
    const bool backfill = m.flags.has(Flag::backfill);
    if (bound > largest_message) [[unlikely]] {
        ++stats_.encode_overflows;
        ++stats_.lost_messages;
        return lose(c, stamp.seq, wall, "too_large");
    }
    if constexpr (std::is_same_v<Message, Quote>) {
        if (congested() && !backfill) [[unlikely]] {
            if (scratch_.size() < bound)
                scratch_.resize(bound);
            char* end = put_message(scratch_.data(), c, m, stamp);
            if (c.pending_seq > 0) {
                ++stats_.conflated_quotes;
                lose(c, c.pending_seq, wall, live_ ? "redis_slow" : "redis_outage");
            } else {
                pending_.push_back(index);
            }
            c.pending_seq = stamp.seq;
            const std::string_view payload(scratch_.data(), static_cast<std::size_t>(end - scratch_.data()));
            tap_message(c, stamp, false, payload);
            return keep_last(index, payload, stamp.ts_pub_us);
        }
    }
    if (c.hole || c.pending_seq > 0) [[unlikely]]
        settle(index);
    const std::string_view command = c.command();
    char* begin = queue_.reserve(command.size() + bulk_gap + bound + 8);
    char* length_at = put(begin, command);
    const Bulk bulk = close_bulk(length_at, put_message(length_at + bulk_gap, c, m, stamp));
    Command meta;
    meta.seq = stamp.seq;
    meta.channel = index;
    queue_.commit(static_cast<std::size_t>(bulk.end - begin), meta);
    tap_message(c, stamp, backfill, bulk.payload);
    if (!backfill && !c.source)
        keep_last(index, bulk.payload, stamp.ts_pub_us);
    if (options_.streams && !c.source) [[unlikely]]
        append_stream(index, bulk.payload, stamp.seq);
    ++batch_messages_;
    batch_oldest_ = std::min(batch_oldest_, m.received_time);
    if (queue_.bytes() > options_.queue_limit) [[unlikely]]
        make_room();
}

void Publisher::Impl::keep_last(std::uint32_t index, std::string_view payload, std::int64_t at_us) {
    Channel& c = channels_[index];
    if (c.last.capacity() < payload.size())
        c.last.reserve(payload.size() + 48);
    c.last.assign(payload);
    if (!c.dirty && !c.source) {
        c.dirty = true;
        c.last_at = from_micros(at_us);
        dirty_.push_back(index);
    }
}

void Publisher::Impl::append_published(std::uint32_t index, std::string_view payload, std::uint64_t seq) {
    const std::string_view command = channels_[index].command();
    char* begin = queue_.reserve(command.size() + 24 + payload.size());
    char* out = put_uint(put(begin, command), payload.size());
    out = put(put(put(out, "\r\n"), payload), "\r\n");
    Command meta;
    meta.seq = seq;
    meta.channel = index;
    queue_.commit(static_cast<std::size_t>(out - begin), meta);
    if (options_.streams && !channels_[index].source)
        append_stream(index, payload, seq);
}

// XADD {prefix}:stream:{kind}:{class}:{symbol} MAXLEN ~ n * d <payload>
void Publisher::Impl::append_stream(std::uint32_t index, std::string_view payload, std::uint64_t seq) {
    const Channel& c = channels_[index];
    const std::string_view rest = c.name().substr(options_.prefix.size());
    char length[20], digits[20];
    const std::string_view maxlen(length, static_cast<std::size_t>(put_uint(length, options_.stream_maxlen) - length));
    char* begin = queue_.reserve(160 + options_.prefix.size() + rest.size() + payload.size());
    char* out = put(begin, "*8\r\n$4\r\nXADD\r\n$");
    out = put(put_uint(out, options_.prefix.size() + 7 + rest.size()), "\r\n");
    out = put(put(put(put(out, options_.prefix), ":stream"), rest), "\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$");
    out = put(put(put_uint(out, maxlen.size()), "\r\n"), maxlen);
    out = put(out, "\r\n$1\r\n*\r\n$4\r\njson\r\n$");
    out = put(out, std::string_view(digits, static_cast<std::size_t>(put_uint(digits, payload.size()) - digits)));
    out = put(put(put(out, "\r\n"), payload), "\r\n");
    Command meta;
    meta.seq = seq;
    meta.channel = index;
    meta.tag = Tag::stream;
    queue_.commit(static_cast<std::size_t>(out - begin), meta);
}

void Publisher::Impl::flush() {
    wall_uses_ = 0;
    if (live_ && !writing_ && !want_write_)
        pump(mono_now());
    if (tap_ != nullptr) // behind the write: waking somebody is not for Redis to wait for
        tap_->flush();
}

// The next bytes to hand to the socket; empty: nothing to send, or it must wait for answers.
std::string_view Publisher::Impl::next_piece(MonoTime now) {
    if (!live_)
        return {};
    if (queue_.in_flight_bytes() >= write_window_) {
        window_was_full_ = true;
        return {};
    }
    if (!lease_.valid(now)) {
        drop_connection("lease_expired", errc::not_owner);
        return {};
    }
    if (!drops_.empty() && queue_.front_is_next())
        announce_drops();
    if (pending_head_ < pending_.size())
        emit_pending();
    return queue_.unsent();
}

void Publisher::Impl::piece_sent(std::size_t n, MonoTime now) {
    queue_.sent(n);
    stats_.bytes_sent += n;
    if (marks_count_ < marks_.size())
        marks_[(marks_begin_ + marks_count_++) % marks_.size()] = {queue_.sent_position(), now};
}

void Publisher::Impl::pump(MonoTime now) {
    std::size_t total = 0;
    while (true) {
        const std::string_view piece = next_piece(now);
        if (piece.empty())
            break;
        error_code ec;
        const std::size_t n = stream_->try_write(piece, ec);
        if (ec)
            return drop_connection("write_failed", ec);
        if (n > 0)
            piece_sent(n, now);
        total += n;
        if (n < piece.size()) { // the socket is full, or it is TLS: the writer goes on
            want_write_ = true;
            wake_.cancel();
            break;
        }
    }
    if (total > 0)
        ++stats_.flushes;
    if (live_ && batch_messages_ > 0 && queue_.unsent_bytes() == 0)
        batch_written();
}

void Publisher::Impl::batch_written() {
    if (latency_ && batch_oldest_ != UnixNanos::max()) {
        const auto age = std::chrono::duration_cast<std::chrono::microseconds>(wall_now() - batch_oldest_).count();
        latency_->received_to_written(static_cast<std::uint64_t>(std::max<std::int64_t>(age, 0)), batch_messages_);
    }
    batch_messages_ = 0;
    batch_oldest_ = UnixNanos::max();
}

Publisher::Publisher(
    asio::any_io_executor executor, PublisherOptions options, const InstrumentTable& instruments, LatencySink* latency)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), instruments, latency)) {}
Publisher::~Publisher() { assert(!impl_->running_); }

asio::awaitable<void> Publisher::run() { return impl_->run(); }
void Publisher::stop() {
    if (impl_->stopping_)
        return;
    impl_->stopping_ = true;
    impl_->drain_until_ = mono_now() + impl_->options_.drain;
    impl_->next_beat_ = {};
    impl_->tick_timer_.cancel();
}
ChannelId Publisher::open_channel(Subscription what, std::string_view provider, std::string_view native) {
    return impl_->open_channel(what, provider, native);
}
ChannelId Publisher::open_source_channel(Subscription what, std::string_view provider, std::string_view native) {
    return impl_->open_source_channel(what, provider, native);
}
void Publisher::close_channel(ChannelId id) { impl_->close_channel(impl_->channels_[static_cast<std::uint32_t>(id)]); }
void Publisher::publish(ChannelId id, const Quote& quote) { impl_->publish(id, quote); }
void Publisher::publish(ChannelId id, const Trade& trade) { impl_->publish(id, trade); }
void Publisher::publish(ChannelId id, const Bar& bar) { impl_->publish(id, bar); }
void Publisher::flush(Moment) { impl_->flush(); }
void Publisher::set_state(
    InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider) {
    impl_->set_state(instrument, state, reason, provider);
}
void Publisher::set_feed_status(std::string_view feed, const FeedStatus& status) {
    auto& r = impl_->feeds_[std::string(feed)];
    r.status = status;
    r.dirty = true;
}
void Publisher::publish_event(const Event& event) {
    if (impl_->ownership_ == Impl::Ownership::other || impl_->stopping_)
        return;
    impl_->tap_event(event);
    impl_->emit_event(event, false, event.source ? std::string_view(event.provider) : std::string_view());
}
void Publisher::attach(Tap& tap) { impl_->tap_ = &tap; }
void Publisher::tell(TapSnapshot& snapshot) { impl_->tell(snapshot); }
bool Publisher::behind() const noexcept {
    return impl_->live_ && impl_->queue_.unsent_bytes() > impl_->options_.behind_above;
}
std::uint64_t Publisher::last_seq(ChannelId id) const noexcept {
    return impl_->channels_[static_cast<std::uint32_t>(id)].seq;
}
std::optional<StateView> Publisher::state_of(InstrumentId instrument) const {
    const auto i = index_of(instrument);
    if (i >= impl_->records_.size() || !impl_->records_[i].has_state)
        return std::nullopt;
    const auto& r = impl_->records_[i];
    return StateView{r.state, r.reason, r.provider, r.since};
}
std::optional<InstrumentState> Publisher::state_alone(InstrumentId instrument) const noexcept {
    const auto i = index_of(instrument);
    if (i >= impl_->records_.size() || !impl_->records_[i].has_state)
        return std::nullopt;
    return impl_->records_[i].state;
}
std::string_view Publisher::last_payload(const Subscription& what) const noexcept {
    const auto it = impl_->channel_ids_.find(what);
    if (it == impl_->channel_ids_.end() || !impl_->channels_[it->second].open)
        return {};
    return impl_->channels_[it->second].last;
}
const std::string& Publisher::session() const noexcept { return impl_->session_; }
const PublisherStats& Publisher::stats() const noexcept {
    auto& s = impl_->stats_;
    s.queued_bytes = impl_->queue_.bytes();
    s.queued_commands = impl_->queue_.commands();
    s.unanswered = impl_->queue_.unanswered_commands();
    s.commands_sent = s.commands_acked + s.unanswered;
    return s;
}
void Publisher::on_event(std::function<void(std::string_view payload)> callback) {
    impl_->on_event_ = std::move(callback);
}
void Publisher::on_change(std::function<void()> callback) { impl_->on_change_ = std::move(callback); }

} // namespace tickgate::redis
