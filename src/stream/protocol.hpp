// What clients of a stream say and what is answered (docs/stream.md). No I/O, no clock.
#pragma once

#include "stream/message.hpp"

#include <tickgate/market_data.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::stream {

// Why something asked for is not done: a stable word for programs and a sentence for people.
struct Fault {
    std::string code, detail;
};

// A kind of data as a client names it: `Q`, `quote`, `T`, `trade`, `A`, `bar`, `bar:1m`.
struct WantedKind {
    Kind kind = Kind::quote;
    std::optional<Timeframe> timeframe; // of bars; empty: those of the configuration
    friend bool operator==(const WantedKind&, const WantedKind&) = default;
};
std::optional<WantedKind> wanted_kind_from(std::string_view text);
// Comma-separated; a fault names the first one that is none.
std::optional<Fault> wanted_kinds_from(std::string_view list, std::vector<WantedKind>& out);

struct Action {
    enum class What : std::uint8_t { subscribe, unsubscribe, ping };
    What what = What::ping;
    std::string id;                   // JSON text that the answer repeats; empty: none was given
    std::vector<std::string> symbols; // as written, none twice; unsubscribe: empty means all
    std::vector<WantedKind> channels; // empty: all
    std::optional<Format> format;     // of subscribe
};

inline constexpr std::size_t most_symbols_an_action = 1000;

// One message of a client. On a fault `out.id` is still set if it could be read. Codes: malformed_json, bad_request.
std::optional<Fault> parse_action(std::string_view text, Action& out);

struct SymbolFault {
    std::string symbol; // as written
    Fault fault;
};
struct Acknowledgement {
    std::vector<std::string> symbols, channels; // taken; long forms
    std::vector<SymbolFault> faults;
    Format format = Format::native;
    bool publishing = true; // this gateway has the prefix
};

std::string subscribed_text(const Action& action, const Acknowledgement& answer);
std::string unsubscribed_text(const Action& action, const Acknowledgement& answer);
std::string pong_text(const Action& action, std::int64_t now_us);
std::string error_text(const Action& action, const Fault& fault);

// A span of one channel that this client does not get.
struct Lost {
    std::string channel; // `trade:crypto:BTC-USDT`
    std::uint64_t from_seq = 0, to_seq = 0;
};
// `skipped` counts what was not sent since the last such notice, what is in `lost` included.
std::string conflated_text(std::uint64_t skipped, const std::vector<Lost>& lost);
// Whether this gateway publishes; `holder` names the one that does, if it is known.
std::string gateway_text(bool publishing, std::string_view holder);
// What was missed while the client was away cannot be counted: another session began, or, where the two are the same,
// its place does not tell.
std::string session_text(std::string_view session, std::string_view previous);

// [A-Za-z0-9._-]{1,64}
bool is_client_id(std::string_view text) noexcept;

} // namespace tickgate::stream
