// What is published, handed to the control loop as well, for streams over HTTP: a ring of bytes with one writer (the
// hot loop) and one reader (the control loop).
#pragma once

#include <tickgate/subscription.hpp>

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// What the publisher holds of some channels at one moment. Filled on the hot loop by Publisher::tell(), and to be read
// when its marker has come out of the tap: then what came before it is in it, and what comes after it is not.
struct TapSnapshot {
    struct Channel {
        Subscription what;     // set by who asks
        std::string payload;   // newest that is not `backfill`; empty: none
        std::uint64_t seq = 0; // of the newest message of any sort; 0: none in this session
    };
    struct State {
        InstrumentId instrument{}; // set by who asks
        std::string payload;       // empty: nothing was told
    };
    std::uint64_t id = 0; // the marker's `seq`
    std::vector<Channel> channels;
    std::vector<State> states;
    std::string session;
    std::uint32_t session_number = 0;
};

struct TapRecord {
    enum class Type : std::uint8_t { message, state, event, marker };
    Type type = Type::message;
    Kind kind = Kind::quote;             // of messages
    Timeframe timeframe = Timeframe::m1; // of bars
    bool backfill = false;               // the message has this flag
    InstrumentId instrument{};
    std::uint32_t session = 0; // counts the publisher's sessions: another number is another session
    std::uint64_t seq = 0;     // of messages and markers
    std::string_view payload;  // one JSON object as on Redis; of an event `seq` is null
};

// Nothing is taken for instruments that nobody asked for. What does not fit is left out and counted: a reader that is
// woken sees it by `seq` and overflows().
class Tap {
public:
    static constexpr std::size_t default_size = 8u << 20;
    static constexpr std::uint32_t max_instruments = 4u << 20; // those above are never taken

    // `size` is rounded up to a power of two. Throws std::system_error without a descriptor to wake by.
    explicit Tap(std::size_t size = default_size);
    ~Tap();
    Tap(const Tap&) = delete;
    Tap& operator=(const Tap&) = delete;

    // The reader's side, one thread.

    // Takes messages of these kinds of the instrument (bit 1 << Kind), and with any bit its states and events.
    void want(InstrumentId instrument, std::uint8_t kinds);
    // The oldest record, in order of writing; its payload is valid until the next call. False: nothing waits.
    bool next(TapRecord& out) noexcept;
    // True: nothing waits, and wake_handle() becomes readable with the next record. False: look again.
    bool sleep() noexcept;
    void awake() noexcept; // makes wake_handle() unreadable
    int wake_handle() const noexcept { return wake_; }
    std::uint64_t overflows() const noexcept { return overflows_.load(std::memory_order_relaxed); }
    std::size_t waiting() const noexcept { // bytes
        return static_cast<std::size_t>(published_.load(std::memory_order_relaxed) - position_);
    }

    // The writer's side, one thread. Neither allocates nor locks.

    bool wants(InstrumentId instrument, Kind kind) const noexcept {
        return (kinds_of(instrument) & (1u << static_cast<unsigned>(kind))) != 0;
    }
    bool wants(InstrumentId instrument) const noexcept { return kinds_of(instrument) != 0; }
    // Copies it; to be seen after flush(). False: it does not fit.
    bool put(const TapRecord& record) noexcept;
    void flush() noexcept; // wakes the reader only if it sleeps

private:
    struct Head;
    static constexpr std::uint32_t chunk_size = 4096;
    struct Chunk {
        std::array<std::atomic<std::uint8_t>, chunk_size> kinds{};
    };
    std::uint8_t kinds_of(InstrumentId instrument) const noexcept {
        const std::uint32_t at = index_of(instrument) / chunk_size;
        if (at >= chunks_.size()) [[unlikely]]
            return 0;
        const Chunk* chunk = chunks_[at].load(std::memory_order_acquire);
        return chunk == nullptr ? std::uint8_t{0}
                                : chunk->kinds[index_of(instrument) % chunk_size].load(std::memory_order_relaxed);
    }
    bool has_room(std::size_t bytes) noexcept;

    std::size_t size_ = 0;
    std::unique_ptr<char[]> ring_; // not initialised: pages that nothing reaches cost nothing
    std::array<std::atomic<Chunk*>, max_instruments / chunk_size> chunks_{};
    int wake_ = -1;

    alignas(64) std::atomic<std::uint64_t> published_{0}; // written up to
    std::atomic<std::uint64_t> overflows_{0};
    std::uint64_t written_ = 0;                      // the writer's, ahead of published_ until flush()
    std::uint64_t read_known_ = 0;                   // the writer's
    alignas(64) std::atomic<std::uint64_t> read_{0}; // free up to
    std::atomic<bool> asleep_{false};
    std::uint64_t position_ = 0; // the reader's
    std::uint64_t taken_ = 0;    // the reader's: published_ as it knows it
};

} // namespace tickgate::redis
