// One Acme stream connection's brain: no I/O, no clock.
#pragma once

#include "parse.hpp"

#include <tickgate/feed_session.hpp>

#include <map>
#include <string>

namespace tickgate::acme {

class AcmeSession final : public FeedSession {
public:
    AcmeSession(const std::string& endpoint, const std::string& token);

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override;
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override;
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override;

private:
    struct Stream {
        Subscription what;
        bool asked = false;
    };
    void ask(Outbox& out);

    ConnectionPlan plan_;
    FrameParser parser_;
    std::map<std::string, Stream, std::less<>> streams_; // by Acme's name
    bool open_ = false;
    std::optional<SessionEnd> ended_;
};

} // namespace tickgate::acme
