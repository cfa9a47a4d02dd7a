// The payloads of contract.md §3 as JSON text, written at a pointer from constant parts and changing digits.
#pragma once

#include "redis/publisher.hpp"

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::redis {

// The digits of the last time that was written: those of one read share their receive time, and often more.
class MicrosText {
public:
    char* put(char* out, std::int64_t us) noexcept {
        if (us != us_) [[unlikely]]
            print(us);
        std::memcpy(out, text_, sizeof text_); // a fixed size is one move; what is too much is overwritten
        return out + size_;
    }

private:
    void print(std::int64_t us) noexcept;

    std::int64_t us_ = -1;
    std::uint32_t size_ = 0;
    char text_[24]{};
};

// Each place in a payload that says a time keeps its own; bars of one timeframe share their span.
struct StampTexts {
    MicrosText received, published, open, close;
};

// What the publisher adds to a message.
struct Stamp {
    std::int64_t ts_pub_us = 0;
    std::string_view session; // `,"session":"01JD…","seq":`, see session_part()
    std::uint64_t seq = 0;
    StampTexts* texts = nullptr; // may be null
};
std::string session_part(std::string_view session);

// The constant start of a channel's payloads: `{"v":1,"type":…,"native":"…",` (bars: up to and with the timeframe).
std::string payload_head(
    Kind kind, Timeframe timeframe, const InstrumentName& name, std::string_view provider, std::string_view native);
// The same appended to `out`; allocates only if it does not fit.
void append_payload_head(std::string& out, Kind kind, Timeframe timeframe, const InstrumentName& name,
    std::string_view provider, std::string_view native);

// Each writes one whole object and returns its end; the bound is how much room that takes at most. Nothing allocates.
std::size_t payload_bound(std::string_view head, const Quote& q) noexcept;
std::size_t payload_bound(std::string_view head, const Trade& t) noexcept;
std::size_t payload_bound(std::string_view head, const Bar& b) noexcept;
// Sets `crossed` and `locked`, since both sides are known here.
char* put_payload(char* out, std::string_view head, const Quote& q, const Stamp& stamp) noexcept;
char* put_payload(char* out, std::string_view head, const Trade& t, const Stamp& stamp) noexcept;
char* put_payload(char* out, std::string_view head, const Bar& b, std::uint64_t rev, const Stamp& stamp) noexcept;

// Cold payloads. An event ends with `,"seq":`: the number and the brace are added when its turn to be sent is known.
// With a `source` its kind is that of the provider's own channel, `src:{source}:{kind}`.
std::string event_payload(const Event& e, const InstrumentName* name, std::string_view source, std::int64_t ts_pub_us,
    std::string_view session_part);
std::string state_payload(const InstrumentName& name, InstrumentState state, std::string_view reason,
    std::string_view provider, UnixNanos since);
struct HeartbeatFields {
    std::string_view session, instance, state;
    std::uint64_t epoch = 0, seq = 0;
    std::int64_t interval_ms = 0, ts_pub_us = 0;
};
std::string heartbeat_payload(
    const HeartbeatFields& h, const std::vector<std::pair<std::string_view, FeedState>>& feeds);

} // namespace tickgate::redis
