// Events, states and heartbeats: payloads that are rare enough for strings.
#include "redis/json_writer.hpp"
#include "redis/message_encoder.hpp"
#include "redis/resp_writer.hpp"

namespace tickgate::redis {

namespace {

class Object {
public:
    explicit Object(std::string_view start) : out_(start) {}

    Object& text(std::string_view key, std::string_view value) { // empty: null
        name(key);
        const auto at = out_.size();
        out_.resize(at + json_room(value.size()) + 4);
        char* end = put_string_or_null(out_.data() + at, value);
        out_.resize(static_cast<std::size_t>(end - out_.data()));
        return *this;
    }
    Object& number(std::string_view key, std::optional<std::uint64_t> value) {
        name(key);
        out_ += value ? text_of(*value) : "null";
        return *this;
    }
    Object& micros(std::string_view key, std::optional<UnixNanos> value) {
        return value ? integer(key, to_micros(*value)) : number(key, std::nullopt);
    }
    Object& integer(std::string_view key, std::int64_t value) {
        name(key);
        char digits[24];
        out_.append(digits, put_int(digits, value));
        return *this;
    }
    Object& raw(std::string_view text) {
        out_ += text;
        return *this;
    }
    std::string take() { return std::move(out_); }

private:
    void name(std::string_view key) {
        if (out_.back() != '{')
            out_ += ',';
        out_ += '"';
        out_ += key;
        out_ += "\":";
    }
    std::string out_;
};

} // namespace

std::string event_payload(const Event& e, const InstrumentName* name, std::string_view source, std::int64_t ts_pub_us,
    std::string_view session_part) {
    std::string kind;
    if (e.kind) {
        if (!source.empty())
            kind.append("src:").append(source).append(":");
        kind += to_string(*e.kind);
        if (*e.kind == Kind::bar && e.timeframe)
            kind.append(":").append(to_string(*e.timeframe));
    }
    return Object("{\"v\":1,\"type\":\"event\"")
        .text("event", e.event)
        .text("class", name ? to_string(name->asset_class) : std::string_view())
        .text("symbol", name ? std::string_view(name->symbol) : std::string_view())
        .text("kind", kind)
        .text("feed", e.feed)
        .text("provider", e.provider)
        .text("to_provider", e.to_provider)
        .text("cause", e.cause)
        .micros("from_us", e.from)
        .micros("to_us", e.to)
        .number("from_seq", e.from_seq)
        .number("to_seq", e.to_seq)
        .number("lost", e.lost)
        .number("filled", e.filled)
        .text("text", e.text)
        .integer("ts_pub_us", ts_pub_us)
        .raw(session_part)
        .take();
}

std::string state_payload(const InstrumentName& name, InstrumentState state, std::string_view reason,
    std::string_view provider, UnixNanos since) {
    return Object("{\"v\":1,\"type\":\"state\"")
        .text("class", to_string(name.asset_class))
        .text("symbol", name.symbol)
        .text("state", to_string(state))
        .text("reason", reason)
        .text("provider", provider)
        .integer("since_us", to_micros(since))
        .raw("}")
        .take();
}

std::string heartbeat_payload(
    const HeartbeatFields& h, const std::vector<std::pair<std::string_view, FeedState>>& feeds) {
    Object out("{\"v\":1,\"type\":\"heartbeat\"");
    out.text("session", h.session)
        .number("epoch", h.epoch)
        .number("seq", h.seq)
        .text("instance", h.instance)
        .text("state", h.state)
        .integer("interval_ms", h.interval_ms)
        .integer("ts_pub_us", h.ts_pub_us)
        .raw(",\"feeds\":{");
    for (const auto& [feed, state] : feeds)
        out.text(feed, to_string(state));
    return out.raw("}}").take();
}

} // namespace tickgate::redis
