// States and events that subscribers see (contract.md §2, §3), shared by whoever causes and whoever publishes them.
#pragma once

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate {

enum class InstrumentState : std::uint8_t { live, stale, closed, down, pending, refused, unknown_symbol };
enum class FeedState : std::uint8_t { connecting, live, closed, down, refused };
std::string_view to_string(InstrumentState s) noexcept;
std::string_view to_string(FeedState s) noexcept;

// An event of contract.md §3; empty optionals and strings are null on the wire.
struct Event {
    std::string_view event;                 // link_up, link_down, stale, fresh, route, gap_opened, …
    std::optional<InstrumentId> instrument; // set: md:event:{class}:{symbol}; else md:event:feed:{feed}
    std::string feed;                       // `binance.spot`; empty without an instrument: md:event:gateway
    std::optional<Kind> kind;
    std::optional<Timeframe> timeframe; // with kind bar: `bar:1m`
    std::string provider, to_provider, cause, text;
    std::optional<UnixNanos> from, to;
    std::optional<std::uint64_t> from_seq, to_seq, lost, filled;
    bool source = false; // of the provider's own channel (`md:src`): the kind is `src:{provider}:{kind}`
};

struct FeedStatus {
    FeedState state = FeedState::connecting;
    std::string reason;
    UnixNanos since{};
    std::uint64_t wanted = 0, acked = 0, connections = 0, reconnects = 0;
    std::optional<UnixNanos> last_received;
};

} // namespace tickgate
