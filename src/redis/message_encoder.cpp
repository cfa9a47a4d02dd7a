#include "redis/message_encoder.hpp"

#include "core/decimal_order.hpp"
#include "redis/json_writer.hpp"

namespace tickgate::redis {

namespace {

constexpr std::size_t number_room = 24, fixed_room = 640; // keys, flags and braces of the longest payload

char* put_flags(char* out, Flags flags) noexcept {
    out = put(out, ",\"flags\":[");
    if (flags.empty()) [[likely]]
        return put(out, "]}");
    bool first = true;
    for (int i = 0; i < flag_count; ++i) {
        const auto flag = static_cast<Flag>(1u << i);
        if (!flags.has(flag))
            continue;
        if (!first)
            *out++ = ',';
        first = false;
        *out++ = '"';
        out = put(out, to_string(flag));
        *out++ = '"';
    }
    return put(out, "]}");
}

// From `ts_event_us` to the end: the same for all three kinds.
char* put_tail(char* out, const std::optional<UnixNanos>& event_time, UnixNanos received, const Stamp& stamp,
    const std::optional<std::uint64_t>& src_seq, Flags flags) noexcept {
    out = put(out, ",\"ts_event_us\":");
    out = put_micros(out, event_time);
    out = put(out, ",\"ts_recv_us\":");
    out = stamp.texts ? stamp.texts->received.put(out, to_micros(received)) : put_int(out, to_micros(received));
    out = put(out, ",\"ts_pub_us\":");
    out = stamp.texts ? stamp.texts->published.put(out, stamp.ts_pub_us) : put_int(out, stamp.ts_pub_us);
    out = put(out, stamp.session);
    out = put_uint(out, stamp.seq);
    out = put(out, ",\"src_seq\":");
    out = put_uint_or_null(out, src_seq);
    return put_flags(out, flags);
}

std::string_view name_of(Side s) noexcept {
    switch (s) {
    case Side::buy:
        return "buy";
    case Side::sell:
        return "sell";
    case Side::unknown:
        break;
    }
    return "unknown";
}
std::string_view name_of(TradeAction a) noexcept {
    switch (a) {
    case TradeAction::create:
        return "new";
    case TradeAction::cancel:
        return "cancel";
    case TradeAction::correct:
        break;
    }
    return "correct";
}
std::string_view name_of(PriceType p) noexcept {
    switch (p) {
    case PriceType::trade:
        return "trade";
    case PriceType::mid:
        return "mid";
    case PriceType::bid:
        return "bid";
    case PriceType::ask:
        break;
    }
    return "ask";
}
std::string_view name_of(Alignment a) noexcept {
    switch (a) {
    case Alignment::utc:
        return "utc";
    case Alignment::ny17:
        return "ny17";
    case Alignment::exchange:
        break;
    }
    return "exchange";
}
std::string_view name_of(BarSource s) noexcept {
    switch (s) {
    case BarSource::provider:
        return "provider";
    case BarSource::ticks:
        return "ticks";
    case BarSource::derived:
        break;
    }
    return "derived";
}
char* put_unit(char* out, VolumeUnit u) noexcept {
    switch (u) {
    case VolumeUnit::base:
        return put(out, "\"base\"");
    case VolumeUnit::ticks:
        return put(out, "\"ticks\"");
    case VolumeUnit::none:
        break;
    }
    return put_null(out);
}
char* put_bool(char* out, bool b) noexcept { return b ? put(out, "true") : put(out, "false"); }

} // namespace

void MicrosText::print(std::int64_t us) noexcept {
    us_ = us;
    size_ = static_cast<std::uint32_t>(put_int(text_, us) - text_);
}

std::string session_part(std::string_view session) {
    std::string out = ",\"session\":\"";
    out += session;
    return out += "\",\"seq\":";
}

std::string payload_head(
    Kind kind, Timeframe timeframe, const InstrumentName& name, std::string_view provider, std::string_view native) {
    std::string out;
    append_payload_head(out, kind, timeframe, name, provider, native);
    return out;
}

void append_payload_head(std::string& out, Kind kind, Timeframe timeframe, const InstrumentName& name,
    std::string_view provider, std::string_view native) {
    const std::size_t at = out.size();
    out.resize(at + 128 + json_room(name.symbol.size() + provider.size() + native.size()));
    char* p = put(out.data() + at, "{\"v\":1,\"type\":");
    p = put_string(p, to_string(kind));
    p = put(p, ",\"class\":");
    p = put_string(p, to_string(name.asset_class));
    p = put(p, ",\"symbol\":");
    p = put_string(p, name.symbol);
    p = put(p, ",\"provider\":");
    p = put_string(p, provider);
    p = put(p, ",\"native\":");
    p = put_string(p, native);
    *p++ = ',';
    if (kind == Kind::bar) {
        p = put(p, "\"timeframe\":");
        p = put_string(p, to_string(timeframe));
        *p++ = ',';
    }
    out.resize(static_cast<std::size_t>(p - out.data()));
}

std::size_t payload_bound(std::string_view head, const Quote& q) noexcept {
    return head.size() + 5 * Decimal::max_text + 6 * number_room + fixed_room + json_room(q.exchange.size());
}
std::size_t payload_bound(std::string_view head, const Trade& t) noexcept {
    std::size_t n = head.size() + 2 * Decimal::max_text + 6 * number_room + fixed_room;
    n += json_room(t.trade_id.size()) + json_room(t.exchange.size()) + json_room(t.ref_trade_id.size());
    for (const auto c : t.conditions)
        n += json_room(c.size()) + 1;
    return n;
}
std::size_t payload_bound(std::string_view head, const Bar&) noexcept {
    return head.size() + 6 * Decimal::max_text + 9 * number_room + fixed_room;
}

char* put_payload(char* out, std::string_view head, const Quote& q, const Stamp& stamp) noexcept {
    out = put(out, head);
    out = put(out, "\"bid\":");
    out = put_decimal(out, q.bid);
    out = put(out, ",\"bid_size\":");
    out = put_decimal(out, q.bid_size);
    out = put(out, ",\"ask\":");
    out = put_decimal(out, q.ask);
    out = put(out, ",\"ask_size\":");
    out = put_decimal(out, q.ask_size);
    out = put(out, ",\"last\":");
    out = put_decimal(out, q.last);
    out = put(out, ",\"exchange\":");
    out = put_string_or_null(out, q.exchange);
    Flags flags = q.flags;
    if (q.bid && q.ask) {
        const auto order = quick_order(*q.bid, *q.ask);
        if (order >= 0) [[unlikely]]
            flags.set(order > 0 ? Flag::crossed : Flag::locked);
    }
    return put_tail(out, q.event_time, q.received_time, stamp, q.src_seq, flags);
}

char* put_payload(char* out, std::string_view head, const Trade& t, const Stamp& stamp) noexcept {
    out = put(out, head);
    out = put(out, "\"trade_id\":");
    out = put_string_or_null(out, t.trade_id);
    out = put(out, ",\"price\":");
    out = t.price.print(out);
    out = put(out, ",\"size\":");
    out = t.size.print(out);
    out = put(out, ",\"side\":\"");
    out = put(out, name_of(t.side));
    out = put(out, "\",\"exchange\":");
    out = put_string_or_null(out, t.exchange);
    out = put(out, ",\"conditions\":[");
    for (std::size_t i = 0; i < t.conditions.size(); ++i) {
        if (i > 0)
            *out++ = ',';
        out = put_string(out, t.conditions[i]);
    }
    out = put(out, "],\"action\":\"");
    out = put(out, name_of(t.action));
    out = put(out, "\",\"ref_trade_id\":");
    out = put_string_or_null(out, t.ref_trade_id);
    return put_tail(out, t.event_time, t.received_time, stamp, t.src_seq, t.flags);
}

char* put_payload(char* out, std::string_view head, const Bar& b, std::uint64_t rev, const Stamp& stamp) noexcept {
    out = put(out, head);
    out = put(out, "\"ts_open_us\":");
    out = stamp.texts ? stamp.texts->open.put(out, to_micros(b.open_time)) : put_int(out, to_micros(b.open_time));
    out = put(out, ",\"ts_close_us\":");
    out = stamp.texts ? stamp.texts->close.put(out, to_micros(b.close_time)) : put_int(out, to_micros(b.close_time));
    out = put(out, ",\"open\":");
    out = b.open.print(out);
    out = put(out, ",\"high\":");
    out = b.high.print(out);
    out = put(out, ",\"low\":");
    out = b.low.print(out);
    out = put(out, ",\"close\":");
    out = b.close.print(out);
    out = put(out, ",\"volume\":");
    out = put_decimal(out, b.volume);
    out = put(out, ",\"volume_unit\":");
    out = put_unit(out, b.volume_unit);
    out = put(out, ",\"vwap\":");
    out = put_decimal(out, b.vwap);
    out = put(out, ",\"trades\":");
    out = b.trades ? put_int(out, *b.trades) : put_null(out);
    if (b.price_type == PriceType::trade && b.align == Alignment::utc && !b.adjusted && b.source == BarSource::provider)
        [[likely]] {
        out = put(out, R"(,"price_type":"trade","align":"utc","adjusted":false,"source":"provider","final":)");
    } else {
        out = put(out, ",\"price_type\":\"");
        out = put(out, name_of(b.price_type));
        out = put(out, "\",\"align\":\"");
        out = put(out, name_of(b.align));
        out = put(out, "\",\"adjusted\":");
        out = put_bool(out, b.adjusted);
        out = put(out, ",\"source\":\"");
        out = put(out, name_of(b.source));
        out = put(out, "\",\"final\":");
    }
    out = put_bool(out, b.final);
    out = put(out, ",\"rev\":");
    out = put_uint(out, rev);
    return put_tail(out, b.event_time, b.received_time, stamp, std::nullopt, b.flags);
}

} // namespace tickgate::redis
