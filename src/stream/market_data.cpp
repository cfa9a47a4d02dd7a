#include "stream/market_data.hpp"

#include "stream/payload_fields.hpp"

namespace tickgate::stream {

namespace {

// Digits of microseconds to those of milliseconds.
std::string_view millis(std::string_view micros) noexcept {
    return micros.size() > 3 ? micros.substr(0, micros.size() - 3) : std::string_view("0");
}

class Envelope {
public:
    Envelope(char event_type, std::string_view asset_class, std::string_view symbol) {
        out_.reserve(384);
        out_ += R"({"type":"market_data","data":{"event_type":")";
        out_ += event_type;
        out_ += R"(","symbol":")";
        out_.append(asset_class).append(":").append(symbol).append("\"");
    }
    Envelope& add(std::string_view key, std::string_view value) {
        out_.append(",\"").append(key).append("\":").append(value.empty() ? "null" : value);
        return *this;
    }
    Envelope& add_unless(std::string_view nothing, std::string_view key, std::string_view value) {
        return value.empty() || value == nothing || value == "null" ? *this : add(key, value);
    }
    std::string finish(std::string_view published_us) {
        out_.append("},\"timestamp\":").append(millis(published_us)).append("}");
        return std::move(out_);
    }

private:
    std::string out_;
};

struct Times {
    std::string_view event, published, flags; // `event`: receive time where the venue gives none
};
Times times_of(PayloadFields& fields) {
    Times t;
    t.event = fields.text("ts_event_us");
    const auto received = fields.text("ts_recv_us");
    if (t.event.empty())
        t.event = received;
    t.published = fields.text("ts_pub_us");
    t.flags = fields.raw("flags");
    return t;
}

std::string quote(Envelope out, PayloadFields& fields) {
    const auto bid = fields.raw("bid"), bid_size = fields.raw("bid_size"), ask = fields.raw("ask"),
               ask_size = fields.raw("ask_size"), last = fields.raw("last");
    const Times t = times_of(fields);
    if (t.published.empty())
        return {};
    out.add("timestamp", millis(t.event)).add("bid_price", bid).add("bid_size", bid_size);
    out.add("ask_price", ask).add("ask_size", ask_size).add_unless("null", "last_price", last);
    return out.add_unless("[]", "flags", t.flags).finish(t.published);
}

std::string trade(Envelope out, PayloadFields& fields) {
    const auto id = fields.raw("trade_id"), price = fields.raw("price"), size = fields.raw("size"),
               side = fields.raw("side"), exchange = fields.raw("exchange"), conditions = fields.raw("conditions"),
               action = fields.raw("action"), reference = fields.raw("ref_trade_id");
    const Times t = times_of(fields);
    if (t.published.empty())
        return {};
    out.add("timestamp", millis(t.event)).add("price", price).add("size", size).add("conditions", conditions);
    out.add("exchange", exchange).add("trade_id", id).add_unless("\"unknown\"", "side", side);
    out.add_unless("\"new\"", "action", action).add_unless("null", "ref_trade_id", reference);
    return out.add_unless("[]", "flags", t.flags).finish(t.published);
}

std::string bar(Envelope out, PayloadFields& fields) {
    out.add("timeframe", fields.raw("timeframe"));
    const auto open_us = fields.text("ts_open_us"), close_us = fields.text("ts_close_us");
    out.add("timestamp", millis(open_us)).add("end_timestamp", millis(close_us));
    for (const std::string_view key : {"open", "high", "low", "close", "volume", "vwap", "trades", "final", "rev"})
        out.add(key, fields.raw(key));
    const Times t = times_of(fields);
    if (t.published.empty())
        return {};
    return out.add_unless("[]", "flags", t.flags).finish(t.published);
}

} // namespace

std::string market_data_envelope(Kind kind, std::string_view payload) {
    PayloadFields fields(payload);
    const auto asset_class = fields.text("class"), symbol = fields.text("symbol");
    if (symbol.empty())
        return {};
    switch (kind) {
    case Kind::quote:
        return quote(Envelope('Q', asset_class, symbol), fields);
    case Kind::trade:
        return trade(Envelope('T', asset_class, symbol), fields);
    case Kind::bar:
        break;
    }
    return bar(Envelope('A', asset_class, symbol), fields);
}

} // namespace tickgate::stream
