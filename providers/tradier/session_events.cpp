// What comes in: from bytes to quotes and trades.
#include "tradier/errors.hpp"
#include "tradier/session.hpp"

#include "core/secret.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::tradier {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t max_object = 16 * 1024;
constexpr std::size_t padding = 64;

bool same(const OptionalDecimal& a, const OptionalDecimal& b) noexcept {
    return a.has_value() == b.has_value() && (!a || a->same_text(*b));
}

// What the venue says, fit for a log: some echo what they were sent.
std::string quoted(std::string_view text, const std::string& session_id) {
    auto words = redact(text.substr(0, 4096));
    for (std::size_t at = 0; !session_id.empty() && (at = words.find(session_id, at)) != std::string::npos; at += 3)
        words.replace(at, session_id.size(), "***");
    words.resize(std::min<std::size_t>(words.size(), 256));
    return words;
}

bool is_space(char c) noexcept { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; }

// Numbers of the tape begin anew each day. All of a trading day, 04:00 to 20:00 New York, lies within one day of
// standard time.
std::int64_t trading_day(UnixNanos t) noexcept {
    constexpr std::int64_t day = 86'400'000'000'000, five_hours = 18'000'000'000'000;
    return (t.time_since_epoch().count() - five_hours) / day; // from 1970 on
}

} // namespace

void TradierSession::received(std::string_view bytes, Moment at, Outbox&, EventSink& sink) {
    if (options_.http)
        return consume_chunk(bytes, at, sink);
    const auto used = consume(bytes, at, sink);
    if (used < bytes.size()) // a message holds whole objects
        sink.on_skipped(Skip::malformed, "an object without an end");
}

// Whole objects of `text`; returns where the first one begins whose end is missing.
std::size_t TradierSession::consume(std::string_view text, Moment at, EventSink& sink) {
    std::size_t pos = 0;
    while (pos < text.size()) {
        if (is_space(text[pos])) {
            ++pos;
            continue;
        }
        if (text[pos] != '{') {
            sink.on_skipped(Skip::malformed, "not JSON");
            const auto line_end = text.find('\n', pos);
            if (line_end == std::string_view::npos) {
                skip_line_ = options_.http;
                return text.size();
            }
            pos = line_end + 1;
            continue;
        }
        const auto used = parser_.parse(text.substr(pos));
        if (used == 0)
            break;
        pos += used;
        deliver(parser_.event(), at, sink);
    }
    return pos;
}

// A piece of the HTTP stream, cut at any byte.
void TradierSession::consume_chunk(std::string_view bytes, Moment at, EventSink& sink) {
    while (!bytes.empty()) {
        if (skip_line_) {
            const auto line_end = bytes.find('\n');
            if (line_end == std::string_view::npos)
                return;
            skip_line_ = false;
            bytes.remove_prefix(line_end + 1);
            continue;
        }
        if (carried_ == 0) {
            bytes.remove_prefix(consume(bytes, at, sink));
            if (bytes.empty())
                return;
        }
        const auto room = std::min(bytes.size(), max_object);
        if (carry_.size() < carried_ + room + padding)
            carry_.resize(carried_ + room + padding);
        std::memcpy(carry_.data() + carried_, bytes.data(), room);
        std::memset(carry_.data() + carried_ + room, 0, padding);
        carried_ += room;
        bytes.remove_prefix(room);
        const auto used = consume({carry_.data(), carried_}, at, sink);
        std::memmove(carry_.data(), carry_.data() + used, carried_ - used);
        carried_ -= used;
        if (carried_ >= max_object) {
            sink.on_skipped(Skip::malformed, "an object too long");
            carried_ = 0;
            skip_line_ = true;
        }
    }
}

void TradierSession::deliver(const Event& event, Moment at, EventSink& sink) {
    switch (event.type) {
    case Event::Type::malformed:
        return sink.on_skipped(Skip::malformed, event.text);
    case Event::Type::overflow:
        return sink.on_skipped(Skip::overflow, event.symbol);
    case Event::Type::error:
        return refused(event.text, sink);
    case Event::Type::other:
    case Event::Type::summary:
        return sink.on_skipped(Skip::unknown_type, event.text);
    default:
        break;
    }
    const auto it = instruments_.find(event.symbol);
    if (it == instruments_.end())
        return sink.on_skipped(Skip::unknown_instrument, event.symbol);
    auto& instrument = it->second;
    if (!instrument.heard || confirm_at_)
        first_event(instrument, sink);
    if (event.type == Event::Type::quote)
        deliver_quote(instrument, event, at, sink);
    else
        deliver_trade(instrument, event, at, sink);
}

// The venue knows the symbol and was asked: that confirms what was asked for it.
void TradierSession::first_event(Instrument& instrument, EventSink& sink) {
    instrument.heard = true;
    if (!counted_) {
        counted_ = true;
        options_.crowded->store(0, std::memory_order_relaxed);
    }
    for (const auto kind : {Kind::quote, Kind::trade})
        if (auto& wish = instrument.wish(kind); wish.state == WishState::asked) {
            wish.state = WishState::live;
            const Subscription done{wish.instrument, kind, Timeframe::m1};
            sink.on_acknowledged({&done, 1});
        }
}

// Told by each quote anew: prices without sizes and exchanges.
void TradierSession::learn_index(Instrument& i, const Event& e) {
    if (i.option || !(e.bid || e.ask))
        return;
    const bool index = !e.listed_size && e.bid_exchange.empty() && e.ask_exchange.empty();
    if (i.index && !index)
        i.last.reset();
    i.index = index;
    if (index && !index_seen_ && !options_.http) {
        index_seen_ = true;
        dirty_ = true; // its values come as `trade`
    }
}

void TradierSession::deliver_quote(Instrument& i, const Event& e, Moment at, EventSink& sink) {
    const auto& wish = i.wish(Kind::quote);
    if (wish.state == WishState::none)
        return;
    learn_index(i, e);
    if (i.index)
        return; // its value comes as `trade`
    if (i.quote_time == e.time && same(i.bid, e.bid) && same(i.ask, e.ask) && same(i.bid_size, e.bid_size) &&
        same(i.ask_size, e.ask_size) && (e.time || e.bid || e.ask))
        return sink.on_skipped(Skip::repeated, {});
    Quote q;
    q.instrument = wish.instrument;
    q.bid = e.bid;
    q.ask = e.ask;
    q.event_time = e.time;
    q.received_time = at.wall;
    q.bid_size = e.bid_size;
    q.ask_size = e.ask_size;
    if (!i.option && options_.lot_size != 1)
        for (auto* size : {&q.bid_size, &q.ask_size})
            if (*size) {
                const auto shares = Decimal::multiply(**size, lot_);
                if (!shares)
                    return sink.on_skipped(Skip::overflow, e.symbol);
                *size = *shares;
            }
    if (e.bid && e.bid_exchange == e.ask_exchange)
        q.exchange = e.bid_exchange;
    i.quote_time = e.time;
    i.bid = e.bid;
    i.ask = e.ask;
    i.bid_size = e.bid_size;
    i.ask_size = e.ask_size;
    if (options_.delayed)
        q.flags.set(Flag::delayed);
    sink.on_quote(q);
}

// The value of an index: a state of its last trade, without a size. What the venue quotes as its bid and ask is no
// market and never told.
void TradierSession::deliver_index_value(Instrument& i, const Event& e, Moment at, EventSink& sink) {
    const auto& wish = i.wish(Kind::quote);
    if (wish.state == WishState::none)
        return;
    if (i.trade_time == e.time && i.last && i.last->same_text(e.price))
        return sink.on_skipped(Skip::repeated, {});
    i.trade_time = e.time;
    i.last = e.price;
    Quote q;
    q.instrument = wish.instrument;
    q.last = i.last;
    q.event_time = e.time;
    q.received_time = at.wall;
    q.flags.set(Flag::indicative);
    if (options_.delayed)
        q.flags.set(Flag::delayed);
    sink.on_quote(q);
}

bool TradierSession::is_repeat(Instrument& i, const Event& e) const noexcept {
    if (!e.seq)
        return i.trade_time && i.trade_time == e.time && i.price == e.price && i.size == e.size;
    if (!i.seq)
        return false;
    const auto day = e.time ? trading_day(*e.time) : i.seq_day;
    if (e.cancel || e.correction)
        return day == i.seq_day && i.revoked == e.seq;
    // An older day is a repeat as well: the last tick of an idle symbol.
    return day < i.seq_day || (day == i.seq_day && *e.seq <= *i.seq);
}

void TradierSession::deliver_trade(Instrument& i, const Event& e, Moment at, EventSink& sink) {
    const bool no_trade = e.size.is_zero() && e.exchange.empty();
    if (!i.option && e.type == Event::Type::trade && (i.index || no_trade))
        return deliver_index_value(i, e, at, sink);
    const auto& wish = i.wish(Kind::trade);
    if (wish.state == WishState::none)
        return;
    const auto taken = options_.trades == TradeEvents::timesale ? Event::Type::timesale
                       : options_.trades == TradeEvents::trade  ? Event::Type::trade
                                                                : Event::Type::tradex;
    if (e.type != taken)
        return sink.on_skipped(Skip::unknown_type, "another account of the trades");
    if (e.size.is_zero())
        return sink.on_skipped(Skip::unknown_type, "a trade of size 0");
    if (is_repeat(i, e))
        return sink.on_skipped(Skip::repeated, {});
    Trade t;
    t.instrument = wish.instrument;
    t.price = e.price;
    t.size = e.size;
    t.exchange = e.exchange;
    t.event_time = e.time;
    t.received_time = at.wall;
    t.src_seq = e.seq;
    std::array<std::string_view, 8> conditions;
    std::size_t count = 0;
    for (std::size_t k = 0; k < e.flag.size() && count < conditions.size(); ++k)
        if (!is_space(e.flag[k]))
            conditions[count++] = e.flag.substr(k, 1);
    t.conditions = {conditions.data(), count};
    if (options_.delayed)
        t.flags.set(Flag::delayed);
    const bool revokes = e.cancel || e.correction;
    const bool known = e.seq && i.seq && *e.seq <= *i.seq && (!e.time || trading_day(*e.time) <= i.seq_day);
    if (revokes) {
        t.updates_last = false; // the price of a trade that is over
        t.action = e.cancel ? TradeAction::cancel : TradeAction::correct;
        i.revoked = e.seq;
        // The number of a trade that was told: it is meant. Else the venue does not say which one.
        if (known)
            t.ref_trade_id = e.seq_text;
    }
    if (!known || !revokes) {
        t.trade_id = e.seq_text;
        if (e.seq)
            i.seq = e.seq;
        if (e.time)
            i.seq_day = trading_day(*e.time);
        i.trade_time = e.time;
        i.price = e.price;
        i.size = e.size;
    }
    sink.on_trade(t);
}

// One session a user: an old one lingers for five minutes. Longer each time, half an hour at most.
std::chrono::milliseconds TradierSession::crowded_pause() noexcept {
    return 6min * (1 + std::min(options_.crowded->fetch_add(1), 4));
}

void TradierSession::refused(std::string_view text, EventSink& sink) {
    if (ended_)
        return;
    SessionEnd end{code_of_words(text), quoted(text, options_.session_id), false, 0ms};
    if (end.reason == errc::too_many_connections)
        end.pause = crowded_pause();
    if (end.reason == errc::bad_request) {
        // The list is refused as a whole: what is new in it is to blame. What streamed before may go on.
        std::vector<Subscription> blamed;
        for (auto& [native, instrument] : instruments_)
            for (const auto kind : {Kind::quote, Kind::trade})
                if (auto& wish = instrument.wish(kind); wish.state == WishState::asked) {
                    blamed.push_back({wish.instrument, kind, Timeframe::m1});
                    wish.state = WishState::none;
                }
        confirm_at_.reset();
        if (!blamed.empty()) {
            dirty_ = true;
            for (const auto& what : blamed)
                sink.on_rejected(what, errc::bad_request, end.detail);
            return;
        }
    }
    ended_ = std::move(end);
}

} // namespace tickgate::tradier
