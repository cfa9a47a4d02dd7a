// Takes a channel over from one connection to its successor without losing or repeating a message.
#pragma once

#include <tickgate/subscription.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <array>
#include <cstdint>
#include <optional>

namespace tickgate::feed {

// Both connections deliver the same messages with the same growing ids, each complete from some moment on, neither
// always first. A channel is read from the old connection until the two are seen level; from then on from the new one:
//  - the new one delivers an id that was published already: all that follows on it is complete;
//  - the new one delivers the very next id of a contiguous sequence: likewise;
//  - the old one delivers the id that the new one delivered last.
// An id that the new connection delivers ahead of the old one is not published: the old one will bring it. Should one
// of the two end first, standing() tells what its channels have missed. Id 0 means that the venue gives no number: such
// a channel stays with the old connection to its end. Pure; one handover a shard at a time.
class Handover {
public:
    enum class From : std::uint8_t { old_link, new_link };

    // `last_published` of every channel, before the first message of the new connection.
    void begin(const Subscription& channel, std::uint64_t last_published);
    // A channel that the old connection does not carry (subscribed meanwhile): read from the new one at once.
    void begin_on_new(const Subscription& channel);
    void forget(const Subscription& channel);

    // Whether this message is to be published. Unknown channels are published.
    bool accept(const Subscription& channel, From from, std::uint64_t id, bool contiguous);

    // The connection whose messages of this channel are published.
    From source(const Subscription& channel) const;

    // Channels that still hang on the old connection; quiet ones stay until the hold time is over.
    std::size_t open() const noexcept { return open_; }

    // How a channel stands when only `survivor` goes on.
    struct Standing {
        std::uint64_t told = 0;             // ids up to here were published or are lost; 0: none
        bool lost = false;                  // the survivor brought messages in vain that the other one was to bring
        std::optional<std::uint64_t> count; // how many, where ids are contiguous
        bool unseen = false;                // the survivor brought nothing so far: its first id must follow `told`
    };
    Standing standing(const Subscription& channel, From survivor) const;

    // Whether the new connection had messages of this channel which the old one never brought.
    bool lost_touch(const Subscription& channel) const { return standing(channel, From::new_link).lost; }

private:
    struct Entry {
        std::uint64_t published = 0;
        std::array<std::uint64_t, 2> seen{}; // last id that each connection delivered
        bool contiguous = false;
        bool taken_over = false;
    };
    boost::unordered_flat_map<std::uint64_t, Entry> entries_;
    std::size_t open_ = 0;
};

} // namespace tickgate::feed
