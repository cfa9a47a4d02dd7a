// One price stream: a fixed set of instruments, lines in, quotes and market states out.
#pragma once

#include "oanda/lines.hpp"
#include "oanda/parse.hpp"

#include <tickgate/feed_session.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <functional>
#include <memory>
#include <string>
#include <unordered_set>

namespace tickgate::oanda {

using InstrumentNames = std::unordered_set<std::string>; // native

struct SessionOptions {
    std::string base; // https://host:port
    std::string account;
    std::string token;
    // What the account has; others are rejected instead of asked for, as one would refuse the whole stream. Empty: not
    // known, all are asked for.
    std::shared_ptr<const InstrumentNames> known = nullptr;
};

// The instruments stand in the address. A change after that ends the session with make_before_break, once the changes
// have settled; until its successor took over, it goes on with what it carries and delivers nothing that is not wanted.
// Whether a market is open is told with its first line, as the session cannot know what was told before it, and again
// when that changes.
class OandaSession final : public FeedSession {
public:
    explicit OandaSession(SessionOptions options);

    const ConnectionPlan& plan() const noexcept override { return plan_; }
    void opened(Moment now, Outbox& out) override;
    void received(std::string_view bytes, Moment at, Outbox& out, EventSink& sink) override;
    void want(const SubscriptionDelta& delta, Moment now, Outbox& out, EventSink& sink) override;
    void tick(Moment now, Outbox& out, EventSink& sink) override;
    const std::optional<SessionEnd>& ended() const noexcept override { return ended_; }
    SessionEnd closed(std::uint16_t code, std::string_view reason) override;

    // A burst of changes makes one new stream: so long after the last one, at most so long after the first.
    static constexpr std::chrono::milliseconds settle{250}, settle_at_most{1000};
    // What is only too much on the stream may stay a while.
    static constexpr std::chrono::milliseconds settle_removal{30000};
    // Heartbeats come every 5 s, also while the market is closed; the venue calls 10 s without one a dead stream.
    static constexpr std::chrono::milliseconds silence_limit{11000};
    static constexpr std::chrono::milliseconds first_line_deadline{15000};
    // Before it is asked again whether the account has any of what is wanted.
    static constexpr std::chrono::milliseconds unknown_pause{5000};

private:
    struct Instrument {
        Subscription what;
        bool wanted = false;
        bool carried = false;          // in the address
        bool seen = false;             // a line came
        std::optional<bool> tradeable; // as told last; empty: nothing was told
        std::optional<UnixNanos> last; // event time of the newest line
    };
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const noexcept { return std::hash<std::string_view>{}(name); }
    };

    void make_plan();
    void acknowledge(EventSink& sink);
    void changed(bool added, Moment now);
    void on_line(StreamLine& line, EventSink& sink);
    void on_price(StreamLine& line, EventSink& sink);

    ConnectionPlan plan_;
    SessionOptions options_;
    LineCutter lines_;
    LineParser parser_;
    boost::unordered_flat_map<std::string, Instrument, NameHash, std::equal_to<>> instruments_;
    bool planned_ = false, open_ = false, acknowledged_ = false, first_lines_checked_ = false;
    MonoTime opened_at_{}, last_line_{};
    std::optional<MonoTime> first_addition_, replace_at_;
    std::optional<SessionEnd> ended_;
};

} // namespace tickgate::oanda
