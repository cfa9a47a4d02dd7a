// What the publisher keeps per channel, and the loss of messages as spans of their numbers.
#pragma once

#include "core/bar_revision.hpp"

#include <tickgate/subscription.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tickgate::redis {

// Messages of one channel that will not come. Lives from the first of them until gap_closed has been written.
struct Hole {
    std::uint64_t first = 0, last = 0, count = 0;
    UnixNanos from{}, to{}; // when they were published
    std::string_view cause; // of the first: redis_outage, redis_slow, queue_full
    bool opened = false;    // gap_opened is written
    MonoTime opened_at{};

    void add(std::uint64_t seq, UnixNanos at, std::string_view why) noexcept {
        if (count++ == 0) {
            first = last = seq;
            from = to = at;
            cause = why;
            return;
        }
        first = std::min(first, seq);
        last = std::max(last, seq);
        from = std::min(from, at);
        to = std::max(to, at);
    }
};

// Numbers the messages of each bar: revision_at(), and more than the message before of the last few bars told, whatever
// the wall clock does.
class BarRevisions {
public:
    std::uint64_t next(UnixNanos open, UnixNanos now) noexcept {
        const std::uint64_t rev = revision_at(open, now);
        Entry* stalest = &entries_[0];
        for (auto& e : entries_) {
            if (e.rev > 0 && e.open == open) {
                e.told = ++told_;
                return e.rev = std::max(e.rev + 1, rev);
            }
            if (e.told < stalest->told)
                stalest = &e;
        }
        *stalest = {open, rev, ++told_};
        return rev;
    }

private:
    struct Entry {
        UnixNanos open{};
        std::uint64_t rev = 0;
        std::uint64_t told = 0; // when, counted in messages
    };
    std::array<Entry, 4> entries_{};
    std::uint64_t told_ = 0;
};

struct Channel {
    Subscription what;
    std::string provider;
    std::string text;               // `*3 $7 PUBLISH $n name $`, then the constant start of the payload
    std::uint32_t command_size = 0; // of the first of the two
    std::uint32_t name_size = 0;
    bool open = true;
    bool source = false; // of one provider: no last value, no stream
    bool dirty = false;  // `last` is newer than md:last
    std::string last;    // latest payload that is not `backfill`; of a source only what is held back
    UnixNanos last_at{}; // when md:last fell behind
    std::uint64_t seq = 0;
    std::uint64_t pending_seq = 0; // `last` is not yet published, this is its number; 0: none
    // What was held back and replaced lies before the next message to be queued, what was dropped from a full queue
    // lies before those that wait in it: two places, and gap_opened and gap_closed of each stay there.
    std::unique_ptr<Hole> hole, hole_in_front;
    std::unique_ptr<BarRevisions> revisions; // bars only
    // First numbers of the two latest proof generations (see Publisher::Impl::generation_).
    std::uint64_t first = 0, first_before = 0;
    std::uint32_t generation = 0, generation_before = 0;

    std::string_view command() const noexcept { return std::string_view(text).substr(0, command_size); }
    std::string_view head() const noexcept { return std::string_view(text).substr(command_size); }
    // `md:quote:crypto:BTC-USDT`
    std::string_view name() const noexcept {
        return std::string_view(text).substr(command_size - 3 - name_size, name_size);
    }
    void note(std::uint64_t number, std::uint32_t now) noexcept {
        if (generation == now)
            return;
        generation_before = generation;
        first_before = first;
        generation = now;
        first = number;
    }
    // First number published in a generation after `proven`; 0: none.
    std::uint64_t first_unproven(std::uint32_t proven) const noexcept {
        if (generation_before > proven && first_before > 0)
            return first_before;
        return generation > proven ? first : 0;
    }
};

} // namespace tickgate::redis
