#include "session.hpp"

namespace tickgate::acme {

using namespace std::chrono_literals;

AcmeSession::AcmeSession(const std::string& endpoint, const std::string& token) {
    plan_.url = endpoint + "/v1/stream";
    plan_.headers.emplace_back("Authorization", "Bearer " + token);
    plan_.silence_limit = 30s; // Acme sends a heartbeat every 10 s
    plan_.ping_interval = 20s;
}

void AcmeSession::opened(Moment, Outbox& out) {
    open_ = true;
    ask(out);
}

// What is wanted is remembered; it is asked for as soon as, and as fast as, the venue allows.
void AcmeSession::want(const SubscriptionDelta& delta, Moment, Outbox& out, EventSink& sink) {
    for (const auto& gone : delta.remove)
        for (auto it = streams_.begin(); it != streams_.end(); ++it)
            if (it->second.what == gone) {
                if (it->second.asked)
                    out.send(R"({"op":"unsubscribe","s":")" + it->first + "\"}");
                streams_.erase(it);
                sink.on_unsubscribed({&gone, 1});
                break;
            }
    for (const auto& wanted : delta.add)
        streams_[wanted.native].what = wanted.what;
    if (open_)
        ask(out);
}

void AcmeSession::ask(Outbox& out) {
    for (auto& [native, stream] : streams_)
        if (!stream.asked) {
            stream.asked = true;
            out.send(R"({"op":"subscribe","s":")" + native + "\"}");
        }
}

void AcmeSession::received(std::string_view bytes, Moment at, Outbox&, EventSink& sink) {
    const auto& frame = parser_.parse(bytes, at.wall);
    if (frame.type == Frame::Type::malformed)
        return sink.on_skipped(Skip::malformed, frame.text);
    if (frame.type == Frame::Type::other)
        return sink.on_skipped(Skip::unknown_type, bytes);
    const auto it = streams_.find(frame.symbol);
    if (it == streams_.end())
        return sink.on_skipped(Skip::unknown_instrument, frame.symbol);
    const auto& what = it->second.what;
    switch (frame.type) {
    case Frame::Type::subscribed:
        return sink.on_acknowledged({&what, 1});
    case Frame::Type::refused:
        return sink.on_rejected(what, errc::unknown_symbol, frame.text);
    case Frame::Type::overflow:
        return sink.on_skipped(Skip::overflow, frame.symbol);
    default:
        break;
    }
    Quote quote = frame.quote;
    quote.instrument = what.instrument;
    sink.on_quote(quote);
}

void AcmeSession::tick(Moment, Outbox&, EventSink&) {} // paced venues send here what was held back

// 4001 is Acme's word for a bad token: no retry can help. Everything else is tried again.
SessionEnd AcmeSession::closed(std::uint16_t code, std::string_view reason) {
    SessionEnd end;
    end.reason = code == 4001 ? errc::unauthorized : errc::closed_by_venue;
    end.detail = reason;
    return end;
}

} // namespace tickgate::acme
