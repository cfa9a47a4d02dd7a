// Takes a channel over from one connection to its successor without losing or repeating a message.
#pragma once

#include <tickgate/subscription.hpp>

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace tickgate::feed {

// Both connections deliver the same messages with the same growing ids, each complete from some moment on, neither
// always first. A channel is read from the old connection until the two are seen level; from then on from the new one:
//  - the new one delivers an id that was published already: all that follows on it is complete;
//  - the new one delivers the very next id of a contiguous sequence: likewise;
//  - the old one delivers the id that the new one delivered last.
// An id that the new connection delivers ahead of the old one is not published: the old one will bring it. Should the
// old one end first, finish() tells which channels lost touch. Pure; one handover a shard at a time.
class Handover {
public:
    enum class From : std::uint8_t { old_link, new_link };

    // `last_published` of every channel, before the first message of the new connection.
    void begin(const Subscription& channel, std::uint64_t last_published);

    // Whether this message is to be published. Unknown channels are published.
    bool accept(const Subscription& channel, From from, std::uint64_t id, bool contiguous);

    // Channels that still hang on the old connection; quiet ones stay until the hold time is over.
    std::size_t open() const noexcept { return open_; }

    // Whether the new connection had messages of this channel which the old one never brought: lost when the old one
    // ended before.
    bool lost_touch(const Subscription& channel) const;

private:
    struct Entry {
        std::uint64_t published = 0;
        std::uint64_t ahead = 0; // last id held back from the new connection
        bool any_ahead = false;
        bool taken_over = false;
    };
    boost::unordered_flat_map<std::uint64_t, Entry> entries_;
    std::size_t open_ = 0;
};

} // namespace tickgate::feed
