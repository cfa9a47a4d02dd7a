#include "massive/session.hpp"

#include "massive/errors.hpp"
#include "massive/symbols.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::massive {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_batch = 200; // pairs a request
constexpr std::size_t max_open = 8;    // requests
constexpr auto answer_deadline = 5s;   // a pair without an answer by then is refused

} // namespace

std::size_t SymbolHash::operator()(std::string_view name) const noexcept {
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
    if (n > 0) // `p` may be null
        std::memcpy(&rest, p, n);
    mix(rest);
    return hash;
}

MassiveSession::MassiveSession(SessionOptions options) : options_(std::move(options)), parser_(options_.cluster) {
    plan_.transport = ConnectionPlan::Transport::websocket;
    plan_.url = options_.url;
    plan_.max_message = 4u << 20;
    plan_.ping_interval = 20s;
    plan_.silence_limit = 30s;
    if (options_.cluster == Cluster::stocks && options_.lot_size > 1)
        lot_ = Decimal::from_integer(options_.lot_size);
}

void MassiveSession::opened(Moment now, Outbox&) { auth_deadline_ = now.mono + auth_patience; }

SessionEnd MassiveSession::closed(std::uint16_t code, std::string_view reason) {
    // After a refusal the venue often drops the connection without a close frame: the refusal is the reason.
    return ended_ ? *ended_ : end_of_close(code, reason);
}

bool MassiveSession::is_limited(Channel c) const noexcept {
    return options_.cluster == Cluster::options && (c == Channel::quote || c == Channel::fmv);
}

// --------------------------------------------------------------------------------------------------- what is wanted

void MassiveSession::want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) {
    // Places first: on options a request that would cross the limit is refused whole.
    for (const auto& gone : delta.remove) {
        const auto it = by_instrument_.find(index_of(gone.instrument));
        if (it == by_instrument_.end())
            continue;
        for (std::size_t c = 0; c < channel_count; ++c)
            if (const PairName name{it->second, static_cast<Channel>(c)}; pair_of(name).what == gone)
                remove(name, sink);
    }
    for (const auto& wanted : delta.add) {
        auto [it, added] = by_native_.try_emplace(wanted.native, static_cast<std::uint32_t>(symbols_.size()));
        if (added) {
            symbols_.emplace_back();
            symbols_.back().native = wanted.native;
        }
        by_instrument_[index_of(wanted.what.instrument)] = it->second;
        const auto channel = wanted.what.kind == Kind::quote          ? Channel::quote
                             : wanted.what.kind == Kind::trade        ? Channel::trade
                             : wanted.what.timeframe == Timeframe::s1 ? Channel::second
                                                                      : Channel::minute;
        const bool no_such_bar = wanted.what.kind == Kind::bar && wanted.what.timeframe != Timeframe::s1 &&
                                 wanted.what.timeframe != Timeframe::m1;
        if (no_such_bar || prefix_of(options_.cluster, channel).empty()) {
            sink.on_rejected(wanted.what, errc::not_supported, "not a stream of this cluster");
            continue;
        }
        add({it->second, channel}, wanted.what, sink);
        if (channel != Channel::quote)
            continue;
        if (options_.luld && !prefix_of(options_.cluster, Channel::luld).empty())
            add({it->second, Channel::luld}, wanted.what, sink);
        if (options_.fmv && !prefix_of(options_.cluster, Channel::fmv).empty())
            add({it->second, Channel::fmv}, wanted.what, sink);
    }
    send_due(now, out);
}

// A pair that the venue still holds is not sent again: that might never be answered.
void MassiveSession::add(PairName name, const Subscription& what, EventSink& sink) {
    auto& pair = pair_of(name);
    pair.what = what;
    pair.wanted = true;
    switch (pair.state) {
    case State::dropped:
        pair.state = pair.before;
        if (pair.state != State::live)
            return;
        [[fallthrough]];
    case State::live:
        if (!goes_along(name.channel))
            sink.on_acknowledged({&what, 1});
        return;
    case State::idle:
    case State::leaving:
        pair.state = State::queued;
        pair.seen = false;
        operations_.push_back({name, true});
        return;
    case State::queued:
    case State::asked:
        return;
    }
}

void MassiveSession::remove(PairName name, EventSink& sink) {
    auto& pair = pair_of(name);
    pair.wanted = false;
    switch (pair.state) {
    case State::queued: // never sent
        pair.state = State::idle;
        if (!goes_along(name.channel))
            sink.on_unsubscribed({&pair.what, 1});
        return;
    case State::asked:
    case State::live:
        pair.before = pair.state;
        pair.state = State::dropped;
        operations_.push_back({name, false});
        return;
    default:
        return;
    }
}

// Requests hold up to 200 pairs of one sort; on options those under the contract limit go by themselves, so that a
// refusal of the whole request takes nothing else along.
void MassiveSession::send_due(Moment now, Outbox& out) {
    if (!authenticated_ || ended_)
        return;
    while (!operations_.empty() && requests_.size() < max_open) {
        Request request;
        request.subscribe = operations_.front().subscribe;
        const bool limited = is_limited(operations_.front().name.channel);
        std::string params;
        while (!operations_.empty() && request.pairs.size() < max_batch &&
               operations_.front().subscribe == request.subscribe &&
               is_limited(operations_.front().name.channel) == limited) {
            const auto name = operations_.front().name;
            operations_.pop_front();
            auto& pair = pair_of(name);
            if (pair.state != (request.subscribe ? State::queued : State::dropped))
                continue; // changed its mind meanwhile
            pair.state = request.subscribe ? State::asked : State::leaving;
            pair.request = next_request_;
            request.pairs.push_back(name);
            params += params.empty() ? "" : ",";
            params += prefix_of(options_.cluster, name.channel);
            params += '.';
            params += symbols_[name.symbol].native;
        }
        if (request.pairs.empty())
            continue;
        request.number = next_request_++;
        request.open = request.pairs.size();
        request.deadline = now.mono + answer_deadline;
        out.send((request.subscribe ? R"({"action":"subscribe","params":")" : R"({"action":"unsubscribe","params":")") +
                 params + "\"}");
        requests_.push_back(std::move(request));
    }
}

void MassiveSession::tick(Moment now, Outbox& out, EventSink& sink) {
    if (ended_)
        return;
    if (auth_deadline_ && *auth_deadline_ <= now.mono) {
        ended_ = SessionEnd{errc::timed_out, authenticating_ ? "auth was not answered" : "no greeting"};
        return;
    }
    while (!ended_ && !requests_.empty() && requests_.front().deadline <= now.mono) {
        auto request = std::move(requests_.front());
        requests_.pop_front();
        settle(request, sink);
        forget_refusal();
    }
    while (!unseen_.empty() && unseen_.front().second <= now.mono) {
        if (const auto& pair = pair_of(unseen_.front().first); pair.state == State::live && !pair.seen)
            sink.on_no_first_frame(pair.what);
        unseen_.pop_front();
    }
    send_due(now, out);
}

void MassiveSession::received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) {
    parser_.start(bytes, at.wall);
    while (auto* const event = parser_.next()) {
        switch (event->type) {
        case Event::Type::quote:
        case Event::Type::trade:
        case Event::Type::bar:
        case Event::Type::luld:
        case Event::Type::fmv:
            deliver(*event, at, sink);
            break;
        case Event::Type::empty:
            break;
        case Event::Type::status:
            on_status(*event, at, out, sink);
            if (ended_)
                return;
            break;
        case Event::Type::other:
            sink.on_skipped(Skip::unknown_type, event->ev);
            break;
        case Event::Type::malformed:
            sink.on_skipped(Skip::malformed, event->problem);
            break;
        case Event::Type::overflow:
            sink.on_skipped(Skip::overflow, event->symbol);
            break;
        }
    }
}

// -------------------------------------------------------------------------------------------------------- market data

const std::uint32_t* MassiveSession::find(std::string_view native) const {
    if (const auto it = by_native_.find(native); it != by_native_.end()) [[likely]]
        return &it->second;
    char buffer[64];
    const auto it = by_native_.find(normalise(options_.cluster, native, buffer));
    return it == by_native_.end() ? nullptr : &it->second;
}

// What the parser cannot know is filled in where it stands: no copy.
void MassiveSession::deliver(Event& event, Moment now, EventSink& sink) {
    const auto* const found = find(event.symbol);
    if (found == nullptr) {
        sink.on_skipped(Skip::unknown_instrument, event.symbol);
        return;
    }
    const PairName name{*found, event.channel};
    auto& pair = pair_of(name);
    if (pair.state != State::live) [[unlikely]] {
        if (pair.state == State::asked) { // data are as good as a word
            pair.seen = true;
            confirm(name, now, sink);
        } else {
            if (pair.state == State::idle || pair.state == State::queued)
                sink.on_skipped(Skip::unknown_instrument, event.symbol);
            return; // on its way out: not wanted any more
        }
    }
    pair.seen = true;
    if (event.field_overflow)
        sink.on_skipped(Skip::field_overflow, event.symbol);
    const auto mark = [&](Flags& flags) {
        if (options_.delayed)
            flags.set(Flag::delayed);
    };
    const auto instrument = pair.what.instrument;
    switch (event.type) {
    case Event::Type::quote: {
        auto& quote = event.quote;
        if (options_.cluster == Cluster::crypto && quote.exchange != options_.crypto_exchange)
            return; // one exchange stands for the pair
        if (lot_)
            for (auto* const size : {&quote.bid_size, &quote.ask_size}) {
                if (!*size)
                    continue;
                if (const auto shares = Decimal::multiply(**size, *lot_)) [[likely]] {
                    *size = *shares;
                } else {
                    size->reset();
                    sink.on_skipped(Skip::field_overflow, event.symbol);
                }
            }
        quote.instrument = instrument;
        mark(quote.flags);
        sink.on_quote(quote);
        return;
    }
    case Event::Type::trade:
        event.trade.instrument = instrument;
        mark(event.trade.flags);
        sink.on_trade(event.trade);
        return;
    case Event::Type::bar:
        event.bar.instrument = instrument;
        mark(event.bar.flags);
        sink.on_bar(event.bar);
        return;
    case Event::Type::fmv:
        event.quote.instrument = instrument;
        mark(event.quote.flags);
        sink.on_source_quote(event.quote);
        return;
    default: {
        MarketNotice notice;
        notice.instrument = instrument;
        notice.what = MarketNotice::What::luld;
        notice.lower = event.lower;
        notice.upper = event.upper;
        notice.event_time = event.time;
        sink.on_notice(notice);
        return;
    }
    }
}

} // namespace tickgate::massive
