#include "tradier/session.hpp"

#include "tradier/errors.hpp"
#include "tradier/new_york.hpp"
#include "tradier/symbols.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::tradier {

namespace {

using namespace std::chrono_literals;

constexpr auto list_spacing = 10s;         // at most one list (tradier.md, Lean.Brokerages.Tradier#19)
constexpr auto id_life = 4min + 45s;       // the venue says five minutes
constexpr auto confirm_after = 2s;         // a refusal comes at once
constexpr auto first_event_deadline = 60s; // idle symbols are repeated each 20 s
constexpr auto longest_renewal_wait = 300s;

// 04:00 New York, when nobody trades; the streams go silent after about a day. A connection younger than half an hour
// stays until the next day.
UnixNanos next_daily_end(UnixNanos now) {
    const auto day = std::chrono::floor<std::chrono::days>(to_new_york(now));
    auto at = from_new_york(day + 4h);
    if (at < now + 30min)
        at = from_new_york(day + 28h);
    return at;
}

} // namespace

std::size_t NativeHash::operator()(std::string_view name) const noexcept {
    std::uint64_t hash = name.size() * 0x9E3779B97F4A7C15ull;
    for (std::size_t i = 0; i < name.size(); i += 8) {
        std::uint64_t block = 0;
        std::memcpy(&block, name.data() + i, std::min<std::size_t>(8, name.size() - i));
        hash = (hash ^ block) * 0xff51afd7ed558ccdull;
        hash ^= hash >> 32;
    }
    return hash;
}

TradierSession::TradierSession(SessionOptions options)
    : options_(std::move(options)), lot_(Decimal::from_integer(options_.lot_size)) {
    plan_.url = options_.base + "/v1/markets/events";
    if (options_.http) {
        plan_.transport = ConnectionPlan::Transport::http_stream;
        plan_.headers.emplace_back("Accept", "application/json");
        // The venue closes after 15 minutes without data, as at night; nothing else breaks the silence.
        plan_.silence_limit = 16min;
        plan_form();
    } else {
        // Pongs are bytes too: a dead connection is found within a minute whether the market is open or not.
        plan_.ping_interval = 25s;
        plan_.silence_limit = 60s;
    }
    if (options_.turned_away)
        ended_ = SessionEnd{errc::too_many_connections, "no session id: too many sessions", false, crowded_pause()};
}

SubscriptionList TradierSession::whole_list() const {
    SubscriptionList list;
    list.trade_events = options_.trades;
    list.index_values = index_seen_;
    for (const auto& [native, instrument] : instruments_) {
        if (instrument.wanted())
            list.symbols.push_back(native);
        list.quotes |= instrument.wishes[0].state != WishState::none;
        list.trades |= instrument.wishes[1].state != WishState::none;
    }
    std::sort(list.symbols.begin(), list.symbols.end());
    return list;
}

void TradierSession::plan_form() {
    auto list = whole_list();
    // Indices are not told apart before the first quote, and the list of a stream is fixed: ask for their values too.
    list.index_values |= list.quotes;
    plan_.form = list.form(options_.session_id);
    planned_kinds_ = {list.quotes, list.trades};
    for (auto& [native, instrument] : instruments_)
        instrument.listed = instrument.wanted();
}

void TradierSession::opened(Moment now, Outbox& out) {
    open_ = true;
    renew_at_ = next_daily_end(now.wall);
    next_send_ = now.mono;
    if (options_.http)
        mark_sent(now); // with the request
    else
        send_due(now, out);
}

SessionEnd TradierSession::closed(std::uint16_t code, std::string_view reason) {
    auto end = end_of(code, reason);
    if (end.reason == errc::too_many_connections)
        end.pause = crowded_pause();
    return end;
}

void TradierSession::want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) {
    for (const auto& wanted : delta.add)
        add(wanted, sink);
    for (const auto& gone : delta.remove)
        remove(gone, sink);
    // Once: the stream is asked for with what is wanted now; what comes later needs another one.
    if (options_.http && !planned_) {
        planned_ = true;
        plan_form();
    }
    if (open_)
        send_due(now, out);
}

void TradierSession::add(const Wanted& wanted, EventSink& sink) {
    if (wanted.what.kind == Kind::bar)
        return sink.on_rejected(wanted.what, errc::not_supported, "bars are not streamed");
    if (!is_sendable(wanted.native))
        return sink.on_rejected(wanted.what, errc::bad_request, "not a symbol of this venue");
    const auto [it, added] = instruments_.try_emplace(wanted.native);
    auto& instrument = it->second;
    if (added)
        instrument.option = is_option(wanted.native);
    auto& wish = instrument.wish(wanted.what.kind);
    if (wish.state != WishState::none)
        return;
    wish = {wanted.what.instrument, WishState::queued};
    // What passed meanwhile was nobody's.
    if (wanted.what.kind == Kind::quote)
        instrument.quote_time.reset(), instrument.bid.reset(), instrument.ask.reset(), instrument.last.reset();
    if (options_.http && open_ && instrument.listed && planned_kinds_[wanted.what.kind == Kind::quote ? 0 : 1]) {
        wish.state = WishState::live; // streamed all the time
        return sink.on_acknowledged({&wanted.what, 1});
    }
    dirty_ = true;
}

// Delivery stops at once; the venue learns of it with the next list.
void TradierSession::remove(const Subscription& gone, EventSink& sink) {
    if (gone.kind == Kind::bar)
        return;
    for (auto it = instruments_.begin(); it != instruments_.end(); ++it) {
        auto& instrument = it->second;
        auto& wish = instrument.wish(gone.kind);
        if (wish.state == WishState::none || wish.instrument != gone.instrument)
            continue;
        wish.state = WishState::none;
        dirty_ = true;
        if (!instrument.wanted() && !instrument.listed)
            instruments_.erase(it);
        return sink.on_unsubscribed({&gone, 1});
    }
}

void TradierSession::tick(Moment now, Outbox& out, EventSink& sink) {
    if (ended_ || !open_)
        return;
    if (renew_at_ && now.wall >= *renew_at_) {
        ended_ = SessionEnd{errc::planned_shutdown, "the daily renewal", false, 0ms};
        return;
    }
    if (confirm_at_ && now.mono >= *confirm_at_)
        confirm_all(sink);
    send_due(now, out);
    for (; !unheard_.empty() && unheard_.front().second <= now.mono; unheard_.pop_front()) {
        const auto it = instruments_.find(unheard_.front().first);
        if (it == instruments_.end() || it->second.heard)
            continue;
        for (const auto kind : {Kind::quote, Kind::trade})
            if (const auto& wish = it->second.wish(kind);
                wish.state == WishState::asked || wish.state == WishState::live)
                sink.on_no_first_frame({wish.instrument, kind, Timeframe::m1});
    }
}

// A list replaces the one before: it always names everything. An empty one would be refused, so the old one stays.
void TradierSession::send_due(Moment now, Outbox& out) {
    if (!open_ || ended_ || !dirty_ || now.mono < next_send_)
        return;
    const auto any = [this](auto&& is) { return std::any_of(instruments_.begin(), instruments_.end(), is); };
    if (options_.http) {
        // A second stream beside this one is not allowed. Symbols that nobody wants any more do no harm.
        dirty_ = any([](const auto& i) {
            const auto& w = i.second.wishes;
            return w[0].state == WishState::queued || w[1].state == WishState::queued;
        });
        if (dirty_)
            ended_ = SessionEnd{errc::planned_shutdown, "new symbols for the HTTP stream", false, 0ms};
        return;
    }
    if (!any([](const auto& i) { return i.second.wanted(); }))
        return;
    if (now.mono - options_.created > id_life) {
        wants_renewal_ = wants_renewal_ || now.mono >= next_renewal_;
        return;
    }
    out.send(whole_list().message(options_.session_id));
    mark_sent(now);
}

void TradierSession::mark_sent(Moment now) {
    dirty_ = false;
    next_send_ = now.mono + list_spacing;
    confirm_at_ = now.mono + confirm_after;
    for (auto it = instruments_.begin(); it != instruments_.end();) {
        auto& instrument = it->second;
        if (!instrument.wanted()) {
            instruments_.erase(it++);
            continue;
        }
        bool asked = false;
        for (std::size_t k = 0; k < 2; ++k) {
            auto& wish = instrument.wishes[k];
            if (wish.state != WishState::queued)
                continue;
            if (options_.http && !(instrument.listed && planned_kinds_[k])) {
                dirty_ = true; // came after the request
                continue;
            }
            wish.state = WishState::asked;
            asked = true;
        }
        if (asked && (options_.http || !instrument.listed)) {
            instrument.heard = false;
            unheard_.emplace_back(it->first, now.mono + first_event_deadline);
        }
        instrument.listed = instrument.listed || !options_.http;
        ++it;
    }
}

void TradierSession::confirm_all(EventSink& sink) {
    confirm_at_.reset();
    std::vector<Subscription> done;
    for (auto& [native, instrument] : instruments_)
        for (const auto kind : {Kind::quote, Kind::trade})
            if (auto& wish = instrument.wish(kind); wish.state == WishState::asked) {
                wish.state = WishState::live;
                done.push_back({wish.instrument, kind, Timeframe::m1});
            }
    if (!done.empty())
        sink.on_acknowledged(done);
}

void TradierSession::renewed(result<std::string> token, Moment now, Outbox& out, EventSink&) {
    if (!wants_renewal_)
        return;
    wants_renewal_ = false;
    if (token && is_sendable(*token)) {
        options_.session_id = std::move(*token);
        options_.created = now.mono;
        renewal_wait_ = 10s;
        send_due(now, out);
        return;
    }
    const error_code reason = token ? make_error_code(errc::malformed_payload) : token.error();
    if (recovery_of(reason) == Recovery::give_up) {
        ended_ = SessionEnd{reason, "a new session id was refused", false, 0ms};
        return;
    }
    // What was subscribed before streams on meanwhile.
    next_renewal_ = now.mono + (reason == errc::too_many_connections ? crowded_pause() : renewal_wait_);
    renewal_wait_ = std::min<std::chrono::seconds>(renewal_wait_ * 2, longest_renewal_wait);
}

} // namespace tickgate::tradier
