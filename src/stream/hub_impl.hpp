// The parts of the hub: hub.cpp (clients and what they follow), hub_tap.cpp (what comes in), hub_deliver.cpp (what goes
// out).
#pragma once

#include "core/clock.hpp"
#include "core/log.hpp"
#include "stream/hub.hpp"

#include <array>
#include <deque>
#include <unordered_map>

namespace tickgate::stream {

struct Hub::Channel {
    ops::DataName name;
    std::string text; // `quote:crypto:BTC-USDT`
    Subscription what;
    MessageRef last;         // newest that is not `backfill`
    std::uint64_t seq = 0;   // of the newest message of any sort
    bool live = false;       // its snapshot has come
    std::uint64_t asked = 0; // the snapshot that it was part of last; 0: none yet
    std::vector<Entry*> entries;
};

// One client's part in a channel.
struct Hub::Entry {
    Client* client = nullptr;
    Channel* channel = nullptr;
    Format format = Format::native;
    std::size_t place = 0;     // in the channel's entries
    std::uint64_t waiting = 0; // quotes since the last that was sent
    bool first_waits = false;  // a message of a snapshot is in the queue
    // Number of the newest that was sent; empty: its snapshot has not come.
    std::optional<std::uint64_t> sent;
};

// Something that waits for a client. Without a message it is the newest quote of the entry's channel, whichever that is
// by then; without an entry a state or an event.
struct Hub::Item {
    Entry* entry = nullptr;
    MessageRef message;
    std::size_t bytes = 0;                   // that count against the client; 0: of a snapshot
    std::optional<std::uint32_t> first_of{}; // the state that a snapshot of this instrument began with
};

struct Hub::Instrument {
    struct Follower {
        std::size_t entries = 0;
        bool told = false; // the state
    };
    MessageRef state;
    bool live = false;
    std::uint64_t asked = 0;               // as of a channel
    std::array<std::size_t, 3> channels{}; // by Kind
    std::unordered_map<Client*, Follower> followers;
};

struct Hub::Client : std::enable_shared_from_this<Hub::Client> {
    std::string id, owner, peer;
    Carrier carrier = Carrier::websocket;
    Outlet* outlet = nullptr;                                           // null: gone
    std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries; // by the channel's text
    std::size_t symbols = 0;
    std::vector<Item> queue;
    std::size_t plain = 0, plain_bytes = 0; // of `queue`: what does not conflate
    std::uint64_t skipped = 0;              // not told yet
    std::vector<Lost> lost;                 // likewise
    bool dirty = false;                     // in line to be served
    bool blocked = false;                   // its connection has yet to take what it got
    MonoTime blocked_since{}, served{};
    std::string resume_session; // what it had before; empty: nothing
    std::vector<std::optional<std::uint64_t>> resume_seqs;
};

struct Hub::State {
    std::unordered_map<std::uint64_t, std::unique_ptr<Channel>> channels; // by Subscription::key()
    std::unordered_map<std::uint32_t, Instrument> instruments;
    std::unordered_map<Client*, ClientRef> clients;
    std::unordered_map<std::string, Client*> by_id; // WebSocket clients
    std::deque<ClientRef> dirty;
    std::vector<ClientRef> blocked;
    struct Doomed {
        ClientRef client;
        std::uint16_t code = 0;
        std::string reason;
        std::string_view label;
    };
    std::vector<Doomed> doomed; // to be closed once nothing is walked through
    std::size_t plain = 0;      // items of all clients that do not conflate

    std::shared_ptr<redis::TapSnapshot> asked; // whose marker is to come
    std::uint64_t snapshots = 0;
    std::vector<std::uint64_t> unasked; // channels without a snapshot, by key
    bool level_all = false;             // the tap has left something out: where do all channels stand?
    MonoTime next_level{};              // not before: it costs the hot loop a copy of everything

    std::string session, holder;
    std::uint32_t session_number = 0;
    std::uint64_t overflows = 0;
    double tokens = 0;
    MonoTime refilled{};
    std::string batch;
    log::Throttle overflow_log;
};

} // namespace tickgate::stream
