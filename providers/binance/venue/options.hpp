// What a simulated Binance venue is told at its start.
#pragma once

#include "venue_kit/faults.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tickgate::binance_venue {

namespace kit = venue_kit;

enum class Kind : std::uint8_t { spot, usdm };

// The shape of errors to control messages; the real venue was seen with both.
enum class ErrorShape : std::uint8_t { documented, wrapped };

struct VenueLimits {
    std::size_t streams = 1024;             // a connection
    std::size_t messages_per_second = 5;    // incoming, a connection, rolling
    std::size_t connections_per_5min = 300; // attempts of one address
    std::int64_t weight = 6000;             // REST, one address, rolling minute; USD-M has the same here unless set
    std::int64_t usdm_weight = 2400;
    std::size_t subscribe_frame = 4096; // bytes with the frame's header; longer ones are never answered
};

struct VenueOptions {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;         // plain WebSocket, REST and control; 0: the system chooses
    std::uint16_t control_port = 0; // control alone, reachable while connections are refused
    bool tls = false;               // a second port with the same over TLS
    std::uint16_t tls_port = 0;
    std::string cert_file, key_file; // PEM

    bool spot = true;
    bool usdm = true; // alone, the bare /ws and /stream are USD-M's

    std::size_t symbol_count = 50;
    std::vector<std::string> symbols; // `BTCUSDT`; instead of symbol_count
    std::uint64_t seed = 1;
    std::uint64_t rate = 1000; // quotes and taker orders a second of each kind; 0: none
    bool flat_out = false;     // as many as the connections take
    unsigned trade_permille = 200;
    bool single_fills = false;
    std::chrono::milliseconds history{0}; // that the market traded before its start, all of it kept

    std::string replay_file, replay_times; // instead of the synthetic market; of the kind its streams look like
    double replay_speed = 1.0;             // 0: flat out
    bool replay_loop = false;
    std::size_t replay_hold = 1; // subscribed streams needed before it begins
    bool replay_all = false;     // every frame to every connection, subscribed or not

    VenueLimits limits;
    ErrorShape error_shape = ErrorShape::documented;
    std::chrono::milliseconds ping_interval{20'000};
    std::chrono::milliseconds pong_timeout{60'000};
    std::chrono::milliseconds life{std::chrono::hours(24)};
    std::chrono::milliseconds kline_interval{2'000}; // between updates of a running bar; `1s` bars: half
    std::size_t max_queue = 64u << 20;               // bytes a slow client may owe before it is cut off
    std::vector<kit::Fault> faults;
};

} // namespace tickgate::binance_venue
