#include "binance/session.hpp"

#include "binance/errors.hpp"
#include "binance/symbols.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::binance {

namespace {

using namespace std::chrono_literals;

// A SUBSCRIBE above 4,096 bytes silences the server; 100 names or 3,900 bytes keep clear of it (binance.md §4).
constexpr std::size_t max_batch = 100;
constexpr std::size_t max_control = 3900;
constexpr auto control_spacing = 250ms; // at most one control message (binance.md §4)
constexpr auto answer_deadline = 10s;
constexpr auto first_frame_deadline = 60s;

std::string control_message(bool subscribe, const std::vector<std::string>& names, std::int64_t id) {
    std::string text = subscribe ? R"({"method":"SUBSCRIBE","params":[)" : R"({"method":"UNSUBSCRIBE","params":[)";
    for (std::size_t i = 0; i < names.size(); ++i) {
        text += i == 0 ? "\"" : ",\"";
        text += names[i];
        text += '"';
    }
    text += "],\"id\":";
    text += std::to_string(id);
    text += '}';
    return text;
}

} // namespace

std::size_t StreamHash::operator()(std::string_view name) const noexcept {
    std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15ull;
    const char* p = name.data();
    std::size_t n = name.size();
    const auto mix = [&hash](std::uint64_t block) {
        hash = (hash ^ block) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
    };
    for (; n >= 8; n -= 8, p += 8) {
        std::uint64_t block;
        std::memcpy(&block, p, 8);
        mix(block);
    }
    std::uint64_t rest = 0;
    std::memcpy(&rest, p, n);
    mix(rest);
    return hash;
}

BinanceSession::BinanceSession(SessionOptions options) : options_(std::move(options)), control_window_(1s) {
    plan_.transport = ConnectionPlan::Transport::websocket;
    // Microseconds where the venue offers them: spot only.
    plan_.url = options_.base + options_.path + "/stream";
    if (options_.market == Market::spot)
        plan_.url += "?timeUnit=MICROSECOND";
    plan_.max_message = 1u << 20;
    // Pings come every 20 s, but every 3 minutes has been seen after the change: a watchdog below that would cut
    // connections of quiet symbols (binance.md §11).
    plan_.silence_limit = 200s;
    plan_.life_span = 24h;
}

void BinanceSession::opened(Moment now, Outbox& out) {
    open_ = true;
    send_due(now, out);
}

void BinanceSession::ponged(Moment now) { control_window_.record(1, now.mono); }

SessionEnd BinanceSession::closed(std::uint16_t code, std::string_view reason) { return end_of(code, reason); }

bool BinanceSession::drop_operation(std::string_view name) {
    return std::erase_if(operations_, [&](const Operation& o) { return o.name == name; }) > 0;
}

// Wanted again before its UNSUBSCRIBE was sent: it goes on as if nothing had been said. True: it is confirmed already.
bool BinanceSession::keep(const std::string& name, Stream& stream, Moment now) {
    const bool unanswered = std::any_of(requests_.begin(), requests_.end(), [&](const Request& r) {
        return r.subscribe && std::find(r.names.begin(), r.names.end(), name) != r.names.end();
    });
    stream.state = unanswered ? StreamState::asked : StreamState::live;
    if (!unanswered && !stream.seen) {
        std::erase_if(unseen_, [&](const auto& u) { return u.first == name; });
        unseen_.emplace_back(name, now.mono + first_frame_deadline);
    }
    return !unanswered;
}

void BinanceSession::want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) {
    std::vector<Subscription> kept;
    for (const auto& wanted : delta.add) {
        auto name = stream_name(wanted.native, wanted.what, options_.aggregate_trades);
        auto [it, added] = streams_.try_emplace(name);
        it->second.what = wanted.what;
        it->second.native = wanted.native;
        if (!added && it->second.state != StreamState::leaving)
            continue;
        if (!added && drop_operation(name)) {
            if (keep(name, it->second, now))
                kept.push_back(wanted.what);
            continue;
        }
        it->second.state = StreamState::queued;
        it->second.any_id = it->second.seen = false; // what passed meanwhile was nobody's
        operations_.push_back({true, 0, std::move(name)});
    }
    for (const auto& gone : delta.remove) {
        const auto it =
            std::find_if(streams_.begin(), streams_.end(), [&](const auto& s) { return s.second.what == gone; });
        if (it == streams_.end() || it->second.state == StreamState::leaving)
            continue;
        if (it->second.state == StreamState::queued) {
            drop_operation(it->first);
            streams_.erase(it);
            sink.on_unsubscribed({&gone, 1});
            continue;
        }
        it->second.state = StreamState::leaving;
        operations_.push_back({false, 0, it->first});
    }
    if (!kept.empty())
        sink.on_acknowledged(kept);
    send_due(now, out);
}

void BinanceSession::tick(Moment now, Outbox& out, EventSink& sink) {
    send_due(now, out);
    if (!ended_ && !requests_.empty() && requests_.front().deadline <= now.mono)
        ended_ = SessionEnd{
            errc::timed_out, "control message " + std::to_string(requests_.front().id) + " was not answered", false};
    while (!unseen_.empty() && unseen_.front().second <= now.mono) {
        if (const auto it = streams_.find(unseen_.front().first); it != streams_.end() && !it->second.seen)
            sink.on_no_first_frame(it->second.what);
        unseen_.erase(unseen_.begin());
    }
}

// One control message at most, when both the spacing and the rolling window (with our pongs in it) allow it. One
// message of the limit is left free for the next pong.
void BinanceSession::send_due(Moment now, Outbox& out) {
    if (!open_ || ended_ || operations_.empty() || now.mono < next_control_)
        return;
    const auto limit = std::max(1, options_.messages_per_second - 1);
    if (control_window_.free_at(1, limit, now.mono) > now.mono)
        return;
    Request request;
    request.id = next_id_++;
    request.subscribe = operations_.front().subscribe;
    request.deadline = now.mono + answer_deadline;
    const auto batch = operations_.front().batch;
    std::size_t bytes = 64;
    while (!operations_.empty() && request.names.size() < max_batch &&
           operations_.front().subscribe == request.subscribe && operations_.front().batch == batch &&
           bytes + operations_.front().name.size() + 3 < max_control) {
        bytes += operations_.front().name.size() + 3;
        request.names.push_back(std::move(operations_.front().name));
        operations_.pop_front();
    }
    if (request.subscribe)
        for (const auto& name : request.names)
            if (const auto it = streams_.find(name); it != streams_.end() && it->second.state == StreamState::queued)
                it->second.state = StreamState::asked;
    out.send(control_message(request.subscribe, request.names, request.id));
    control_window_.record(1, now.mono);
    next_control_ = now.mono + control_spacing;
    requests_.push_back(std::move(request));
}

void BinanceSession::received(std::string_view bytes, Moment at, Outbox&, EventSink& sink) {
    auto& frame = parser_.parse(bytes, at.wall);
    switch (frame.type) {
    case Frame::Type::quote:
    case Frame::Type::trade:
    case Frame::Type::bar:
        deliver(frame, sink);
        break;
    case Frame::Type::answer:
        on_answer(frame, at, sink);
        break;
    case Frame::Type::shutdown:
        if (!ended_)
            ended_ = SessionEnd{errc::planned_shutdown, "serverShutdown", true};
        break;
    case Frame::Type::other:
        sink.on_skipped(Skip::unknown_type, frame.stream);
        break;
    case Frame::Type::malformed:
        sink.on_skipped(Skip::malformed, frame.problem);
        break;
    case Frame::Type::overflow:
        sink.on_skipped(Skip::overflow, frame.stream);
        break;
    }
}

bool BinanceSession::advance_id(Stream& stream, std::uint64_t id, bool contiguous, EventSink& sink) {
    if (stream.any_id && id <= stream.last_id) {
        sink.on_skipped(Skip::repeated, {});
        return false;
    }
    if (contiguous && stream.any_id && id != stream.last_id + 1)
        sink.on_gap(stream.what, id - stream.last_id - 1);
    stream.any_id = true;
    stream.last_id = id;
    return true;
}

// What the parser cannot know is filled in where it stands: no copy.
void BinanceSession::deliver(Frame& frame, EventSink& sink) {
    const auto it = streams_.find(frame.stream);
    if (it == streams_.end()) {
        sink.on_skipped(Skip::unknown_instrument, frame.stream);
        return;
    }
    auto& stream = it->second;
    if (stream.state == StreamState::leaving) {
        stream.any_id = false; // on its way out: what passes now is nobody's
        return;
    }
    stream.seen = true;
    if (frame.field_overflow)
        sink.on_skipped(Skip::field_overflow, frame.stream);
    switch (frame.type) {
    case Frame::Type::quote: {
        if (!advance_id(stream, *frame.quote.src_seq, false, sink))
            return;
        frame.quote.instrument = stream.what.instrument;
        sink.on_quote(frame.quote);
        return;
    }
    case Frame::Type::trade: {
        if (!advance_id(stream, *frame.trade.src_seq, frame.trade.contiguous_ids, sink))
            return;
        frame.trade.instrument = stream.what.instrument;
        sink.on_trade(frame.trade);
        return;
    }
    default: {
        Bar& bar = frame.bar;
        bar.instrument = stream.what.instrument;
        bar.timeframe = stream.what.timeframe;
        bar.close_time = bar_end(bar.open_time, bar.timeframe);
        sink.on_bar(bar);
        return;
    }
    }
}

void BinanceSession::on_answer(const Frame& frame, Moment now, EventSink& sink) {
    // An error may come without id: answers come in order, so it belongs to the oldest request.
    auto it = frame.answer_id ? std::find_if(requests_.begin(), requests_.end(),
                                    [&](const Request& r) { return r.id == *frame.answer_id; })
                              : requests_.begin();
    if (it == requests_.end()) {
        sink.on_skipped(Skip::malformed, "an answer to nothing that was asked");
        return;
    }
    auto request = std::move(*it);
    requests_.erase(it);
    if (frame.answer_error) {
        refuse(request, frame, sink);
        return;
    }
    std::vector<Subscription> done;
    for (const auto& name : request.names) {
        const auto stream = streams_.find(name);
        if (stream == streams_.end())
            continue;
        if (request.subscribe && stream->second.state == StreamState::asked) {
            stream->second.state = StreamState::live;
            done.push_back(stream->second.what);
            if (!stream->second.seen)
                unseen_.emplace_back(name, now.mono + first_frame_deadline);
        } else if (!request.subscribe && stream->second.state == StreamState::leaving) {
            done.push_back(stream->second.what);
            streams_.erase(stream);
        }
    }
    if (done.empty())
        return;
    if (request.subscribe)
        sink.on_acknowledged(done);
    else
        sink.on_unsubscribed(done);
}

// A stream whose SUBSCRIBE was refused and whose UNSUBSCRIBE is still to be sent: there is nothing to end.
bool BinanceSession::drop_unasked(const std::string& name, const Stream& stream, EventSink& sink) {
    if (stream.state != StreamState::leaving || !drop_operation(name))
        return false;
    const auto what = stream.what;
    streams_.erase(streams_.find(name));
    sink.on_unsubscribed({&what, 1});
    return true;
}

// The venue does not say which of several names it dislikes: halves are asked again until the culprit stands alone.
void BinanceSession::refuse(Request& request, const Frame& frame, EventSink& sink) {
    constexpr std::int64_t too_many = 4;
    if (request.subscribe && request.names.size() > 1 && frame.answer_error != too_many) {
        const auto middle = request.names.size() / 2;
        for (std::size_t i = 0; i < request.names.size(); ++i) {
            const auto it = streams_.find(request.names[i]);
            if (it == streams_.end() || drop_unasked(it->first, it->second, sink) ||
                it->second.state != StreamState::asked)
                continue;
            it->second.state = StreamState::queued;
            operations_.push_back({true, next_batch_ + (i < middle ? 0u : 1u), std::move(request.names[i])});
        }
        next_batch_ += 2;
        return;
    }
    const error_code reason = frame.answer_error == too_many ? errc::too_many_subscriptions : errc::bad_request;
    for (const auto& name : request.names) {
        const auto it = streams_.find(name);
        if (it == streams_.end())
            continue;
        const auto what = it->second.what;
        if (request.subscribe ? drop_unasked(name, it->second, sink) || it->second.state == StreamState::queued
                              : it->second.state != StreamState::leaving)
            continue; // not wanted any more, or wanted again meanwhile
        streams_.erase(it);
        if (request.subscribe)
            sink.on_rejected(what, reason, frame.answer_text);
        else
            sink.on_unsubscribed({&what, 1});
    }
}

} // namespace tickgate::binance
