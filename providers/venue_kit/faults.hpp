// The fault switchboard of a simulated venue. No I/O: the venue asks it and does the damage.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

enum class FaultKind : std::uint8_t {
    // lasting: from the start for `for_ms`, or until cleared
    stall,         // connections stay, no data is sent; `value` 1: no heartbeats either
    refuse,        // new connections are closed at once
    slow,          // `value` bytes a second on each connection
    split,         // output in pieces of `value` bytes, 0: of random length
    duplicate,     // every data frame twice
    reorder,       // data frames swapped in pairs
    http_status,   // requests and upgrades answer status `value` with Retry-After `retry_after_s`; `count` of them,
                   // only those whose path begins with `path`
    clock_skew,    // `value` ms are added to event times
    silent_symbol, // `symbol` sends nothing
    no_ack,        // control messages are not answered; `value` 1: but done
    half_open,     // connections open at that moment: nothing read, answered or sent, no FIN
    no_heartbeat,  // heartbeats of the venue's protocol are left out, data go on
    latency,       // answers of REST requests and heads of streams come `value` ms later
    bad_body,      // bodies of REST answers are spoiled; `text`: html, truncated, empty, types; `count` of them
    market_closed, // no trading: no data, and the venue says so where it has words for it
    auth_expired,  // credentials are refused from now on; connections end as the venue ends them then
    // once
    drop,            // all connections are closed without a close frame
    reset,           // the same with RST
    gap,             // the next `value` (default 1) data frames of each stream, or of `symbol`, are left out
    garbage,         // each connection gets a bad frame; `text`: json, types, binary, huge, opcode, truncated
    cut_24h,         // all connections are closed as at the end of their life
    server_shutdown, // the venue announces its end, and closes `value` ms later (default 10,000)
    error_text,      // each connection gets the error message `text`, one of the venue's own names for them
    hole,            // history has no rows of `text`, FROM/TO; while it lasts nothing happens (downtime)
};
inline constexpr std::size_t fault_kinds = 24;

std::string_view to_string(FaultKind kind) noexcept;
std::optional<FaultKind> fault_from(std::string_view name) noexcept;
bool is_lasting(FaultKind kind) noexcept;
std::string fault_names(); // all, with commas

struct Fault {
    FaultKind kind = FaultKind::stall;
    std::int64_t value = 0;
    std::int64_t count = 0;             // http_status, bad_body: requests left to hit; 0: no limit
    std::int64_t retry_after_s = 0;     // 0: no such header
    std::chrono::milliseconds after{0}; // before it begins
    std::chrono::milliseconds lasts{0}; // 0: until cleared
    std::string text;
    std::string symbol; // as the venue writes it in upper case; empty: all
    std::string path;   // http_status, latency, bad_body: only paths that begin so
};

// `stall`, `slow=1000,for_ms=500`, `garbage=huge,after_ms=2000`, `silent_symbol,symbol=BTCUSDT`.
// Errors: configuration; `problem` says what is wrong.
result<Fault> parse_fault(std::string_view text, std::string& problem);
// {"fault":"slow","value":1000,"for_ms":500,"after_ms":0,"symbol":"BTCUSDT","count":1,"retry_after":5}; `value` may be
// a string for garbage, bad_body, error_text and hole. Errors: configuration.
result<Fault> parse_fault_json(std::string_view json, std::string& problem);

struct ActiveFault {
    Fault fault;
    MonoTime begin{};
    std::optional<MonoTime> end;
};

class FaultBoard {
public:
    void add(Fault fault, MonoTime now);
    // Ends lasting faults of this kind, or all, begun or not.
    void clear(std::optional<FaultKind> kind);
    // Begins and ends what is due. Returns what to carry out now: one-time faults, and auth_expired and market_closed
    // when they begin.
    std::vector<Fault> advance(MonoTime now);

    // After advance(): the lasting fault in force, or null. Valid until the next call that changes the board.
    const ActiveFault* find(FaultKind kind) const noexcept;
    bool has(FaultKind kind) const noexcept { return (mask_ >> static_cast<unsigned>(kind) & 1) != 0; }
    bool any() const noexcept { return mask_ != 0; }
    bool silences(std::string_view symbol) const noexcept;
    // The lasting fault in force if it concerns this path, or null.
    const ActiveFault* find(FaultKind kind, std::string_view path) const noexcept;
    // One request was hit by a fault with a count.
    void use(FaultKind kind) noexcept;
    void use_http_status() noexcept { use(FaultKind::http_status); }

    // Times a fault of this kind began.
    std::uint64_t begun(FaultKind kind) const noexcept { return begun_[static_cast<std::size_t>(kind)]; }
    std::string state_json(MonoTime now) const; // {"active":[…],"begun":{…}}

private:
    void refresh() noexcept;

    std::vector<ActiveFault> waiting_, active_;
    std::uint32_t mask_ = 0;
    std::array<std::uint64_t, fault_kinds> begun_{};
};

} // namespace tickgate::venue_kit
