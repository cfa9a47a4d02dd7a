// Encoded Redis commands between the hot path and the socket, kept until Redis has answered them.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// What a command is, which decides what happens to it besides being sent.
enum class Tag : std::uint8_t {
    publish,      // a data message: may be dropped when the queue is full
    stream,       // its XADD: goes with it
    event,        // kept
    event_stream, // its XADD, directly behind it
    heartbeat,    // kept
    removal,      // DEL, SREM: kept
    // The rest is about one connection: not sent again on the next one, which writes these anew.
    last_value,
    key, // other SET, HSET, SADD
    alive_set,
    renew,
    alive_renew,
    role,
    farewell,
};
constexpr bool is_droppable(Tag t) noexcept { return t <= Tag::stream; }
constexpr bool is_transient(Tag t) noexcept { return t >= Tag::last_value; }

struct Command {
    std::uint64_t seq = 0;     // of a message
    std::uint32_t end = 0;     // offset behind it in its chunk
    std::uint32_t channel = 0; // of a message
    Tag tag = Tag::publish;
    bool unnumbered = false; // an event whose seq is written when its turn comes
};

// A chain of 64 KiB chunks, so that nothing is moved or reallocated as it grows, and memory goes back after an outage.
// A command never spans chunks. Three positions run through it: answered ≤ sent ≤ end; what is not answered stays, with
// the same bytes, and can be sent again. A chunk is *touched* once the sender has reached it: what comes to the front
// later (events that name a loss, lease renewals) goes before the first untouched chunk, and only untouched ones lose
// messages. No I/O.
class CommandQueue {
public:
    static constexpr std::size_t chunk_size = 64 * 1024;
    // Called for each unnumbered command when its chunk is touched; writes the number into the text.
    using Number = std::function<void(char* command, std::size_t size, Command& c)>;

    explicit CommandQueue(Number number);
    ~CommandQueue();

    // Room for `n` contiguous bytes, at the end or in front of what the sender has not reached; write, then commit().
    char* reserve(std::size_t n);
    char* reserve_front(std::size_t n);
    void commit(std::size_t used, const Command& command);

    // The next bytes to send, contiguous; empty if there is nothing. Reaching a chunk touches it.
    std::string_view unsent();
    bool front_is_next() const noexcept; // what is put in front now goes before all that can be dropped
    void sent(std::size_t n) noexcept;

    // The oldest unanswered command; null if none was sent in full (an answer then is a protocol error).
    const Command* unanswered() const noexcept;
    void answered(); // drops it

    // After a lost connection: everything unanswered is unsent again, transient commands are gone.
    void rewind();
    void clear();

    // Drops at least `bytes` of droppable commands (of all but transient and removal if `events_too`), oldest untouched
    // first; returns the bytes freed.
    std::size_t drop_oldest(std::size_t bytes, bool events_too, const std::function<void(const Command&)>& dropped);
    void for_each_unanswered(const std::function<void(const Command&)>& visit) const;

    std::size_t bytes() const noexcept { return appended_ - answered_; } // held
    std::size_t unsent_bytes() const noexcept { return appended_ - sent_; }
    std::size_t in_flight_bytes() const noexcept { return sent_ - answered_; } // sent, not answered
    std::size_t commands() const noexcept { return count_; }
    std::size_t unanswered_commands() const noexcept; // sent in full
    std::uint64_t sent_position() const noexcept { return sent_total_; }
    std::uint64_t answered_position() const noexcept { return answered_total_; } // both on one scale, per connection
    std::size_t chunks() const noexcept { return chain_.size(); }

private:
    struct Chunk;
    std::unique_ptr<Chunk> take_chunk(std::size_t capacity);
    void release(std::size_t index);
    void touch(Chunk& chunk);
    std::size_t compact(Chunk& chunk, const std::function<bool(const Command&)>& keep);
    void merge_into_previous(std::size_t index, std::size_t first);

    Number number_;
    std::vector<std::unique_ptr<Chunk>> chain_, free_;
    Chunk* target_ = nullptr;     // of the last reserve
    std::size_t send_chunk_ = 0;  // index
    std::size_t send_offset_ = 0; // bytes of it sent
    std::size_t touched_ = 0;     // chunks
    std::size_t front_ = 0;       // chunks behind the touched ones that were put in front
    std::size_t count_ = 0;
    std::size_t appended_ = 0, sent_ = 0, answered_ = 0; // running totals, adjusted together
    std::uint64_t sent_total_ = 0, answered_total_ = 0;
};

} // namespace tickgate::redis
