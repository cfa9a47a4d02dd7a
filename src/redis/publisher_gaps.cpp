// What is lost, and how subscribers are told. gap_opened goes out before the first message behind a loss; until
// gap_closed, at most a second later, more may be lost on that channel. Every number that will not come lies in the
// span of one of them.
#include "core/clock.hpp"
#include "redis/publisher_impl.hpp"
#include "redis/resp_writer.hpp"
#include "redis/session_id.hpp"

namespace tickgate::redis {

namespace {

constexpr std::chrono::milliseconds longest_gap{1000}; // between gap_opened and gap_closed

} // namespace

void Publisher::Impl::lose(Channel& c, std::uint64_t seq, UnixNanos at, std::string_view cause) {
    if (!c.hole)
        c.hole = std::make_unique<Hole>();
    c.hole->add(seq, at, cause);
}

// A message is about to follow directly: a hole before it is announced, a quote held back goes first.
void Publisher::Impl::settle(std::uint32_t index) {
    Channel& c = channels_[index];
    if (c.hole && !c.hole->opened)
        open_gap(index, false);
    if (c.pending_seq > 0)
        append_published(index, c.last, std::exchange(c.pending_seq, 0));
}

// Conflated quotes follow as room frees, in the order in which their channels were first held back.
void Publisher::Impl::emit_pending() {
    while (pending_head_ < pending_.size() && queue_.unsent_bytes() < options_.conflate_above / 2) {
        const std::uint32_t index = pending_[pending_head_++];
        if (channels_[index].pending_seq > 0)
            settle(index);
    }
    if (pending_head_ == pending_.size()) {
        pending_.clear();
        pending_head_ = 0;
    } else if (pending_head_ > 4096) {
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(pending_head_));
        pending_head_ = 0;
    }
}

// Over the bound: the oldest messages go. Events go only when they alone fill it.
void Publisher::Impl::make_room() {
    const UnixNanos now = wall_now();
    const std::function<void(const Command&)> dropped = [&](const Command& command) {
        if (command.tag == Tag::event) {
            ++stats_.lost_messages;
            if (command.unnumbered)
                --event_channels_[command.channel].unnumbered;
        }
        if (command.tag != Tag::publish)
            return;
        ++stats_.lost_messages;
        auto& hole = channels_[command.channel].hole_in_front;
        if (!hole) {
            hole = std::make_unique<Hole>();
            drops_.push_back(command.channel);
        }
        hole->add(command.seq, now, "queue_full");
    };
    const std::size_t surplus = queue_.bytes() - options_.queue_limit;
    if (queue_.drop_oldest(surplus, false, dropped) == 0 && surplus > options_.queue_limit / 8)
        queue_.drop_oldest(surplus, true, dropped);
    std::uint64_t suppressed = 0;
    if (drop_log_.allow(mono_now(), suppressed))
        log::warn("redis", "queue_full",
            {{"queued_bytes", queue_.bytes()}, {"lost_messages", stats_.lost_messages}, {"suppressed", suppressed}});
}

void Publisher::Impl::announce_drops() {
    // Announcing takes room, which may drop more: those are for the next time.
    for (const std::uint32_t index : std::exchange(drops_, {}))
        open_gap(index, true);
}

void Publisher::Impl::emit_gap(std::string_view event, const Channel& c, const Hole& hole, bool in_front) {
    Event e;
    e.event = event;
    e.cause = hole.cause;
    e.from = hole.from;
    e.to = hole.to;
    e.from_seq = hole.first;
    e.to_seq = hole.last;
    e.lost = hole.count;
    if (event == "gap_closed")
        e.filled = 0;
    emit_gap_event(e, c, in_front);
}

// Adds what the event is about.
void Publisher::Impl::emit_gap_event(Event& e, const Channel& c, bool in_front) {
    e.instrument = c.what.instrument;
    e.kind = c.what.kind;
    e.timeframe = c.what.timeframe;
    e.provider = c.provider;
    emit_event(e, in_front, c.source ? std::string_view(c.provider) : std::string_view());
}

void Publisher::Impl::open_gap(std::uint32_t index, bool in_front) {
    Channel& c = channels_[index];
    Hole& hole = in_front ? *c.hole_in_front : *c.hole;
    hole.opened = true;
    hole.opened_at = mono_now();
    open_gaps_.push_back({index, in_front});
    ++stats_.gaps_announced;
    emit_gap("gap_opened", c, hole, in_front);
}

void Publisher::Impl::close_gaps(MonoTime now, bool all) {
    const bool over = all || !congested();
    std::size_t kept = 0;
    for (const OpenGap gap : open_gaps_) {
        Channel& c = channels_[gap.channel];
        auto& hole = gap.in_front ? c.hole_in_front : c.hole;
        if (!over && now - hole->opened_at < longest_gap) {
            open_gaps_[kept++] = gap;
            continue;
        }
        // The event may need room for itself: what it pushes out begins the next hole.
        const auto closed = std::move(hole);
        emit_gap("gap_closed", c, *closed, gap.in_front);
    }
    open_gaps_.resize(kept);
}

// The server turned out to be a replica: what was answered since the last proof of a master reached nobody there.
void Publisher::Impl::announce_unproven() {
    std::vector<std::uint64_t> first_queued(channels_.size(), UINT64_MAX);
    queue_.for_each_unanswered([&](const Command& c) {
        if (c.tag == Tag::publish)
            first_queued[c.channel] = std::min(first_queued[c.channel], c.seq);
    });
    for (std::uint32_t index = 0; index < channels_.size(); ++index) {
        Channel& c = channels_[index];
        const std::uint64_t first = c.first_unproven(proven_);
        std::uint64_t last = std::min(c.seq, first_queued[index] - 1);
        if (c.pending_seq > 0)
            last = std::min(last, c.pending_seq - 1);
        if (first == 0 || first > last)
            continue;
        Event e;
        e.cause = "redis_readonly";
        e.from_seq = first;
        e.to_seq = last;
        e.text = "published to a server that was no longer the master";
        e.event = "gap_opened";
        emit_gap_event(e, c, true);
        e.event = "gap_closed";
        e.filled = 0;
        emit_gap_event(e, c, true);
        ++stats_.gaps_announced;
    }
    proven_ = generation_++;
}

std::uint32_t Publisher::Impl::event_channel(const Event& e) {
    const auto make = [&](const std::string& name) {
        EventChannel channel;
        channel.command = "*3\r\n$7\r\nPUBLISH\r\n";
        append_bulk(channel.command, name);
        channel.command += '$';
        event_channels_.push_back(std::move(channel));
        return static_cast<std::uint32_t>(event_channels_.size() - 1);
    };
    if (e.instrument) {
        auto& r = record(*e.instrument);
        if (!r.event_channel) {
            const InstrumentName& name = instruments_.name_of(*e.instrument);
            r.event_channel = make(key("event", to_string(name.asset_class), name.symbol));
        }
        return *r.event_channel;
    }
    const auto it = feed_event_channels_.find(e.feed);
    if (it != feed_event_channels_.end())
        return it->second;
    const auto index = make(e.feed.empty() ? key("event", "gateway") : key("event", "feed", e.feed));
    feed_event_channels_.emplace(e.feed, index);
    return index;
}

// Events get their number when nothing can overtake them any more, so that those put in front stay in order.
void Publisher::Impl::emit_event(const Event& e, bool in_front, std::string_view source) {
    const std::uint32_t index = event_channel(e);
    EventChannel& channel = event_channels_[index];
    const InstrumentName* name = e.instrument ? &instruments_.name_of(*e.instrument) : nullptr;
    std::string payload = event_payload(e, name, source, to_micros(wall_now()), session_part_);
    ++channel.unnumbered;
    payload.append(20, ' '); // room for any number: others may be put in front meanwhile
    payload += '}';
    const auto append = [&](std::string_view text, Tag tag) {
        put(in_front ? queue_.reserve_front(text.size()) : queue_.reserve(text.size()), text);
        Command c;
        c.tag = tag;
        c.channel = index;
        c.unnumbered = true;
        queue_.commit(text.size(), c);
    };
    std::string text = channel.command;
    text += text_of(payload.size());
    text.append("\r\n").append(payload).append("\r\n");
    append(text, Tag::event);
    if (options_.streams) { // it follows directly, so that it can take the number of its event
        const auto maxlen = text_of(options_.stream_maxlen);
        const std::string stream = key("stream", "event");
        text.clear();
        append_command(text, {"XADD", stream, "MAXLEN", "~", maxlen, "*", "json", payload});
        append(text, Tag::event_stream);
    }
    if (queue_.bytes() > options_.queue_limit + options_.queue_limit / 8) [[unlikely]]
        make_room();
}

// Writes the next number of the event's channel in the blanks before the closing brace.
void Publisher::Impl::number_event(char* command, std::size_t size, Command& c) {
    EventChannel& channel = event_channels_[c.channel];
    if (c.tag == Tag::event) {
        --channel.unnumbered;
        ++channel.seq;
    }
    c.seq = channel.seq;
    char* at = command + size - 3; // `}\r\n`
    while (at[-1] == ' ')
        --at;
    char digits[24];
    std::memcpy(at, digits, static_cast<std::size_t>(put_uint(digits, c.seq) - digits));
    if (c.tag != Tag::event || !on_event_)
        return;
    const std::string_view text(command, size - 2);
    on_event_(text.substr(std::min(text.find('{'), text.size())));
}

void Publisher::Impl::discard_queue() {
    queue_.clear();
    pending_.clear();
    pending_head_ = 0;
    drops_.clear();
    open_gaps_.clear();
    for (auto& e : event_channels_)
        e.unnumbered = 0;
    for (Channel& c : channels_) {
        c.hole.reset();
        c.hole_in_front.reset();
        c.pending_seq = 0;
    }
    batch_messages_ = 0;
    batch_oldest_ = UnixNanos::max();
}

void Publisher::Impl::begin_session(std::string_view previous) {
    session_ = make_session(wall_now(), random_(), previous);
    session_part_ = session_part(session_);
    ++session_number_;
}

// Another publisher had the prefix: its session lies between ours and what we publish from now on.
void Publisher::Impl::new_session(std::string_view previous) {
    begin_session(previous);
    heartbeat_seq_ = 0;
    discard_queue();
    for (auto& e : event_channels_)
        e.seq = 0;
    for (Channel& c : channels_) {
        c.seq = c.first = c.first_before = 0;
        c.generation = c.generation_before = 0;
        c.last.clear(); // of the old session
    }
}

} // namespace tickgate::redis
