// What comes out of the tap, and where it goes.
#include "stream/hub_impl.hpp"
#include "stream/payload_fields.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace tickgate::stream {

namespace {

constexpr std::size_t most_losses_named = 100;
constexpr std::chrono::seconds level_interval{1};

std::uint64_t seq_of(std::string_view payload) {
    const auto digits = PayloadFields(payload).raw("seq");
    std::uint64_t seq = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), seq);
    return seq;
}

} // namespace

void Hub::take(const redis::TapRecord& record) {
    using Type = redis::TapRecord::Type;
    if (record.type == Type::message)
        return take_message(record);
    if (record.type == Type::marker) {
        if (!s_->asked || s_->asked->id != record.seq)
            return;
        const auto snapshot = std::move(s_->asked);
        s_->asked.reset();
        take_snapshot(*snapshot);
        return request_snapshot(); // for what was wanted meanwhile
    }
    const auto it = s_->instruments.find(index_of(record.instrument));
    if (it == s_->instruments.end() || !it->second.live)
        return;
    const MessageRef message(new Message(std::nullopt, 0, record.payload));
    if (record.type == Type::state)
        it->second.state = message;
    for (auto& [client, follower] : it->second.followers)
        if (record.type == Type::event || follower.told)
            enqueue_plain(*client, message);
}

void Hub::take_message(const redis::TapRecord& record) {
    Subscription what;
    what.instrument = record.instrument;
    what.kind = record.kind;
    what.timeframe = record.timeframe;
    const auto it = s_->channels.find(what.key());
    if (it == s_->channels.end() || !it->second->live)
        return; // before its snapshot, which has it, or nobody's any more
    Channel& channel = *it->second;
    if (record.session != s_->session_number)
        begin_session(record.session, PayloadFields(record.payload).text("session"));
    if (record.seq <= channel.seq)
        return;
    ++stats_.received;
    if (record.seq > channel.seq + 1)
        level(channel, record.seq - 1);
    channel.seq = record.seq;
    const MessageRef message(new Message(record.kind, record.seq, record.payload));
    const bool conflates = record.kind == Kind::quote && !record.backfill;
    if (!record.backfill)
        channel.last = message;
    for (auto* entry : channel.entries)
        enqueue(*entry, message, conflates);
}

// Numbers up to this one have been given, and will not come.
void Hub::level(Channel& channel, std::uint64_t upto) {
    if (upto <= channel.seq)
        return;
    for (auto* entry : channel.entries)
        lose(*entry, channel.seq + 1, upto);
    channel.seq = upto;
}

void Hub::begin_session(std::uint32_t number, std::string_view text) {
    if (number == s_->session_number)
        return;
    s_->session_number = number;
    s_->session = text;
    for (auto& [key, channel] : s_->channels) {
        channel->seq = 0;
        channel->last.reset(); // of the session before
        for (auto* entry : channel->entries)
            if (entry->sent)
                *entry->sent = 0;
    }
}

void Hub::request_snapshot() {
    const bool level = s_->level_all && s_->refilled >= s_->next_level;
    if (s_->asked || (s_->unasked.empty() && !level))
        return;
    auto snapshot = std::make_shared<redis::TapSnapshot>();
    snapshot->id = ++s_->snapshots;
    const auto add = [&](Channel& channel) {
        channel.asked = snapshot->id;
        snapshot->channels.emplace_back().what = channel.what;
        auto& instrument = s_->instruments[index_of(channel.what.instrument)];
        if (std::exchange(instrument.asked, snapshot->id) != snapshot->id)
            snapshot->states.emplace_back().instrument = channel.what.instrument;
    };
    if (level) {
        s_->level_all = false;
        s_->next_level = s_->refilled + level_interval;
        for (const auto& [key, channel] : s_->channels)
            add(*channel);
    } else {
        for (const auto key : s_->unasked)
            if (const auto it = s_->channels.find(key); it != s_->channels.end() && !it->second->live)
                add(*it->second);
    }
    s_->unasked.clear();
    if (snapshot->channels.empty())
        return;
    s_->asked = snapshot;
    host_.ask(std::move(snapshot));
}

void Hub::take_snapshot(const redis::TapSnapshot& snapshot) {
    begin_session(snapshot.session_number, snapshot.session);
    for (const auto& state : snapshot.states) {
        const auto it = s_->instruments.find(index_of(state.instrument));
        if (it == s_->instruments.end() || it->second.asked != snapshot.id)
            continue; // nobody's any more, or somebody's anew: then the next one is its own
        auto& instrument = it->second;
        instrument.live = true;
        if (state.payload.empty() || (instrument.state && instrument.state->payload() == state.payload))
            continue;
        instrument.state = MessageRef(new Message(std::nullopt, 0, state.payload));
        for (auto& [client, follower] : instrument.followers)
            if (follower.told)
                enqueue_plain(*client, instrument.state);
    }
    for (const auto& held : snapshot.channels) {
        const auto it = s_->channels.find(held.what.key());
        if (it == s_->channels.end() || it->second->asked != snapshot.id)
            continue; // likewise
        Channel& channel = *it->second;
        MessageRef message;
        if (!held.payload.empty())
            message = MessageRef(new Message(held.what.kind, seq_of(held.payload), held.payload));
        if (!channel.live) {
            channel.live = true;
            channel.seq = held.seq;
            channel.last = message;
            for (auto* entry : channel.entries)
                prime(*entry);
        } else if (held.seq > channel.seq) { // the tap has left something out
            const bool newest = message && message->seq() == held.seq;
            level(channel, newest ? held.seq - 1 : held.seq);
            channel.seq = held.seq;
            if (message)
                channel.last = message;
            for (auto* entry : channel.entries)
                if (newest)
                    enqueue_snapshot(*entry, message);
        }
    }
}

// What a client gets first of a channel: the state of the instrument, then the newest message.
void Hub::prime(Entry& entry) {
    Client& client = *entry.client;
    Channel& channel = *entry.channel;
    auto& instrument = s_->instruments[index_of(channel.what.instrument)];
    auto& follower = instrument.followers[&client];
    if (!follower.told) {
        follower.told = true;
        if (instrument.state) {
            client.queue.push_back({nullptr, instrument.state, 0, index_of(channel.what.instrument)});
            hold(client, 0);
        }
    }
    const bool newest = channel.last && channel.last->seq() == channel.seq;
    resume_entry(entry, newest ? channel.seq : channel.seq + 1);
    entry.sent = channel.seq;
    if (channel.last)
        enqueue_snapshot(entry, channel.last);
}

// A client that was here before is told what it has missed: what is between its last message and the first one now.
void Hub::resume_entry(Entry& entry, std::uint64_t first_sent) {
    Client& client = *entry.client;
    if (client.resume_session.empty())
        return;
    if (client.resume_session != s_->session || client.resume_seqs.size() != client.entries.size()) {
        const auto text = session_text(s_->session, client.resume_session);
        client.resume_session.clear();
        return send(client.shared_from_this(), text);
    }
    const auto place =
        static_cast<std::size_t>(std::distance(client.entries.begin(), client.entries.find(entry.channel->text)));
    const auto had = client.resume_seqs[place];
    if (had && first_sent > *had + 1)
        lose(entry, *had + 1, first_sent - 1);
}

void Hub::enqueue(Entry& entry, const MessageRef& message, bool conflates) {
    Client& client = *entry.client;
    if (conflates) {
        if (entry.waiting++ > 0) {
            ++client.skipped;
            ++stats_.conflated;
        } else {
            client.queue.push_back({&entry, MessageRef(), 0, {}});
        }
        return mark(client);
    }
    const std::size_t bytes = message->payload().size();
    client.queue.push_back({&entry, message, bytes, {}});
    hold(client, bytes);
}

void Hub::enqueue_plain(Client& client, const MessageRef& message) {
    const std::size_t bytes = message->payload().size();
    client.queue.push_back({nullptr, message, bytes, {}});
    hold(client, bytes);
}

// However slowly it is read, one message of a channel at a time: nobody is too slow for what he is sent at first.
void Hub::enqueue_snapshot(Entry& entry, const MessageRef& message) {
    if (entry.channel->what.kind == Kind::quote || std::exchange(entry.first_waits, true))
        return enqueue(entry, message, entry.channel->what.kind == Kind::quote);
    entry.client->queue.push_back({&entry, message, 0, {}});
    hold(*entry.client, 0);
}

// What does not conflate waits within a bound; who needs more is too slow to be served.
void Hub::hold(Client& client, std::size_t bytes) {
    ++client.plain;
    ++s_->plain;
    const std::size_t before = client.plain_bytes;
    client.plain_bytes += bytes;
    if (before <= options_.client_bytes && client.plain_bytes > options_.client_bytes)
        s_->doomed.push_back({client.shared_from_this(), 1013,
            "too slow: " + std::to_string(client.plain) + " messages wait (" + std::to_string(client.plain_bytes) +
                " bytes)",
            "slow"});
    mark(client);
}

void Hub::lose(Entry& entry, std::uint64_t from, std::uint64_t to) {
    Client& client = *entry.client;
    client.skipped += to - from + 1;
    stats_.conflated += to - from + 1;
    if (!client.lost.empty() && client.lost.back().channel == entry.channel->text &&
        client.lost.back().to_seq + 1 == from)
        client.lost.back().to_seq = to;
    else if (client.lost.size() < most_losses_named)
        client.lost.push_back({entry.channel->text, from, to});
    mark(client);
}

void Hub::overflows(std::uint64_t total) {
    if (total == s_->overflows)
        return;
    stats_.overflowed += total - s_->overflows;
    s_->overflows = total;
    std::uint64_t suppressed = 0;
    if (s_->overflow_log.allow(mono_now(), suppressed))
        log::warn("stream", "tap_overflow", {{"left_out", total}, {"suppressed", suppressed}});
    s_->level_all = true;
    request_snapshot();
}

} // namespace tickgate::stream
