// Who follows which instruments, and what each client gets of what is published.
#pragma once

#include "ops/data_name.hpp"
#include "ops/error.hpp"
#include "redis/tap.hpp"
#include "stream/protocol.hpp"

#include <tickgate/subscription.hpp>
#include <tickgate/time.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::stream {

namespace asio = boost::asio;

struct HubOptions {
    std::size_t clients = 1024; // of both carriers; more are turned away
    std::size_t symbols_per_client = 1000;
    // Trades, bars, states and events that wait for one client. Its snapshots are bounded by what it follows, and do
    // not count.
    std::size_t client_bytes = 1u << 20;
    std::size_t batch_bytes = 256u << 10; // handed to a connection at once
    std::chrono::seconds stalled{30};     // a client that took not even one batch in this time is closed
    double messages_per_s = 20000;        // to all clients together; above it quotes conflate
    std::chrono::milliseconds pace{50};   // above it: between batches of what does not conflate
};

// What the hub needs of the application; called on its loop.
class Host {
public:
    virtual ~Host() = default;
    virtual std::optional<InstrumentId> find(const InstrumentName& name) const = 0;
    virtual InstrumentId intern(const InstrumentName& name) = 0;
    // Why nobody can serve the instrument; empty: it is tried.
    virtual std::string unservable(const InstrumentName& name) const = 0;
    // What the configuration publishes of it.
    virtual std::vector<ops::DataName> usual(const InstrumentName& name) const = 0;
    virtual std::vector<Timeframe> timeframes() const = 0; // of bars, likewise
    // Asks for a channel upstream, or no longer. What it says is why it does not; empty: it does.
    virtual std::string_view want(const ops::DataName& name) = 0;
    virtual void release(const ops::DataName& name) = 0;
    virtual void apply() = 0; // after some of these
    // Which kinds of the instrument the tap is to take; 0: nothing of it.
    virtual void tap(InstrumentId instrument, std::uint8_t kinds) = 0;
    // Has the publisher fill it in; its marker comes with the tap.
    virtual void ask(std::shared_ptr<redis::TapSnapshot> snapshot) = 0;
    // The instruments of all classes with exactly one of these symbols. An error only if none was found.
    virtual asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> resolve(std::vector<std::string> symbols) = 0;
};

// Where a client's bytes go. Never blocks.
class Outlet {
public:
    virtual ~Outlet() = default;
    virtual void send(std::string_view bytes) = 0;                       // whole pieces of its carrier
    virtual std::size_t queued() const = 0;                              // not yet taken by the socket
    virtual void close(std::uint16_t code, std::string_view reason) = 0; // soon; after what was sent
};

struct HubStats {
    std::size_t clients[2] = {}; // by Carrier, now
    std::size_t channels = 0, subscriptions = 0;
    std::uint64_t accepted = 0, refused = 0;
    std::uint64_t messages[2] = {}, bytes[2] = {};          // by Carrier
    std::uint64_t received = 0;                             // from the tap, for somebody
    std::uint64_t conflated = 0;                            // not sent to one client, and told
    std::uint64_t overflowed = 0;                           // did not fit the tap
    std::map<std::string, std::uint64_t, std::less<>> ends; // by reason
};

// On one loop; no clock and no I/O of its own. The order of a client's bytes is that of the calls.
//
// A channel that somebody follows begins with a snapshot of the publisher (see TapSnapshot) and goes on with what the
// tap brings behind its marker: nothing is between and nothing comes twice. Whoever comes later starts with what is
// the newest here. Quotes are kept as one place a client and channel, so that a client that is slow, or a gateway that
// has enough to do, sends the newest of them; everything else waits in order, within bounds.
class Hub {
public:
    struct Client;
    using ClientRef = std::shared_ptr<Client>;

    // `wake` is called when something waits to be delivered: deliver() soon, not from within the call.
    Hub(HubOptions options, Host& host, std::function<void()> wake);
    ~Hub();

    // Why no more clients are taken now (counted); empty: one is.
    std::string full();
    // Whether a WebSocket client of this name is there whose token (empty: none) is another one.
    bool taken(const std::string& id, std::string_view owner) const;
    // `outlet` must live until disconnect(), or until its close() was called. A WebSocket client with the name of one
    // that is there takes its place: not if it is taken().
    ClientRef connect(
        std::string id, std::string owner, Carrier carrier, std::string peer, Outlet& outlet, MonoTime now);
    // Its connection has ended; `reason` for the log and the metrics. Nothing if the hub closed it before.
    void disconnect(const ClientRef& client, std::string_view reason);
    void close(const ClientRef& client, std::uint16_t code, std::string_view reason, std::string_view label);
    void close_all(std::uint16_t code, std::string_view reason, std::string_view label);

    // `faults` are added to. The snapshot is sent by deliver(), after what the caller sends now.
    Acknowledgement subscribe(const ClientRef& client, const std::vector<InstrumentName>& names,
        const std::vector<WantedKind>& kinds, Format format);
    Acknowledgement unsubscribe(
        const ClientRef& client, const std::vector<InstrumentName>& names, const std::vector<WantedKind>& kinds);
    // What the client had when its last connection ended, as resume_id() told it. Before subscribe().
    void resume(const ClientRef& client, std::string id);
    // Names a place in everything the client follows: session and number of each channel, in order of their names. Of
    // bounded length: where that does not suffice for the numbers it has the session alone.
    std::string resume_id(const Client& client) const;
    void send(const ClientRef& client, std::string_view text); // one message of the protocol, at once
    // True if it is closed, or is now: it asks on and reads no answers.
    bool end_if_slow(const ClientRef& client);

    void take(const redis::TapRecord& record);
    void overflows(std::uint64_t total); // what the tap has left out since the start
    void publishing(bool own, std::string holder);

    void deliver(MonoTime now);
    void sweep(MonoTime now);      // about each second: clients that take nothing
    bool waiting() const noexcept; // deliver() is to be called again within milliseconds
    const HubStats& stats() const noexcept { return stats_; }
    bool own() const noexcept { return publishing_; }

private:
    struct Channel;
    struct Entry;
    struct Item;
    struct Instrument;

    Fault refusal(Client& client, const InstrumentName& name, const std::vector<ops::DataName>& channels) const;
    bool follow(Client& client, const ops::DataName& name, Format format, Fault& fault, std::vector<Entry*>& fresh);
    Channel* open_channel(const ops::DataName& name, Fault& fault);
    void close_channel(Channel& channel);
    void leave(Client& client, Entry& entry);
    void leave_all(Client& client);
    void set_tap(InstrumentId id);
    void request_snapshot();
    void take_snapshot(const redis::TapSnapshot& snapshot);
    void take_message(const redis::TapRecord& record);
    void level(Channel& channel, std::uint64_t upto);
    void begin_session(std::uint32_t number, std::string_view text);
    void prime(Entry& entry);
    void resume_entry(Entry& entry, std::uint64_t first_sent);
    void enqueue(Entry& entry, const MessageRef& message, bool conflates);
    void enqueue_plain(Client& client, const MessageRef& message);
    void enqueue_snapshot(Entry& entry, const MessageRef& message);
    void hold(Client& client, std::size_t bytes);
    void lose(Entry& entry, std::uint64_t from, std::uint64_t to);
    void mark(Client& client);
    void flush(Client& client, bool quotes, MonoTime now);
    void put_batch(Client& client, bool quotes);
    void forget(Client& client, std::string_view label);
    void close_doomed();

    HubOptions options_;
    Host& host_;
    std::function<void()> wake_;
    HubStats stats_;
    struct State;
    std::unique_ptr<State> s_;
    bool publishing_ = false;
};

} // namespace tickgate::stream
