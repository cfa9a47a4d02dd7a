#include "parse.hpp"

#include <simdjson.h>

namespace tickgate::acme {

namespace od = simdjson::ondemand;

struct FrameParser::Impl {
    od::parser parser;
    Frame frame;
};

FrameParser::FrameParser() : impl_(std::make_unique<Impl>()) {}
FrameParser::~FrameParser() = default;

namespace {

// Digits go from the wire's own text to Decimal: never through a double.
bool take(od::value value, OptionalDecimal& out, bool& overflow) {
    const auto digits =
        Decimal::parse(value.raw_json_token().substr(0, value.raw_json_token().find_last_not_of(' ') + 1));
    overflow = overflow || (!digits && digits.error() == errc::number_overflow);
    if (digits)
        out = *digits;
    return digits.has_value();
}

} // namespace

// {"t":"q","s":"EURUSD","b":1.0850,"a":1.0852,"ts":1700000000000}
// {"t":"ok","s":"EURUSD"}   {"t":"no","s":"EURUSD","why":"…"}
const Frame& FrameParser::parse(std::string_view bytes, UnixNanos received) {
    auto& frame = impl_->frame;
    frame = Frame();
    const simdjson::padded_string_view padded(bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING);
    od::document document;
    od::object object;
    std::string_view type;
    const auto bad = [&](std::string_view why) -> const Frame& {
        frame.type = Frame::Type::malformed;
        frame.text = why;
        return frame;
    };
    if (impl_->parser.iterate(padded).get(document) || document.get_object().get(object) ||
        object["t"].get_string().get(type) || object["s"].get_string().get(frame.symbol))
        return bad("no type or symbol");
    if (type == "ok" || type == "no") {
        frame.type = type == "ok" ? Frame::Type::subscribed : Frame::Type::refused;
        if (type == "no" && object["why"].get_string().get(frame.text))
            frame.text = "no reason given";
        return frame;
    }
    if (type != "q") {
        frame.type = Frame::Type::other;
        return frame;
    }
    od::value bid, ask;
    std::int64_t time = 0;
    bool overflow = false;
    if (object["b"].get(bid) || !take(bid, frame.quote.bid, overflow) || object["a"].get(ask) ||
        !take(ask, frame.quote.ask, overflow) || object["ts"].get_int64().get(time)) {
        if (!overflow)
            return bad("a quote without bid, ask or time");
        frame.type = Frame::Type::overflow;
        return frame;
    }
    frame.quote.event_time = from_millis(time);
    frame.quote.received_time = received;
    frame.type = Frame::Type::quote;
    return frame;
}

} // namespace tickgate::acme
