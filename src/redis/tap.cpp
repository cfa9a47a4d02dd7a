#include "redis/tap.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <system_error>

#include <sys/eventfd.h>
#include <unistd.h>

namespace tickgate::redis {

namespace {

constexpr std::uint8_t filler = 0xff;         // a record that only fills the end of the ring
constexpr std::size_t room_for_a_marker = 64; // that messages leave free

constexpr std::size_t aligned(std::size_t n) noexcept { return (n + 7) & ~std::size_t{7}; }

} // namespace

// Records begin at multiples of 8, so at least the first 8 bytes of it always fit before the end of the ring.
struct Tap::Head {
    struct Start {
        std::uint32_t size = 0; // of the whole record without padding
        std::uint8_t type = 0, kind = 0, timeframe = 0, backfill = 0;
    };
    Start start;
    std::uint32_t instrument = 0, session = 0;
    std::uint64_t seq = 0;
};

Tap::Tap(std::size_t size)
    : size_(std::bit_ceil(std::max<std::size_t>(size, 4096))),
      ring_(std::make_unique_for_overwrite<char[]>(size_)),
      wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (wake_ < 0)
        throw std::system_error(errno, std::system_category(), "eventfd");
}

Tap::~Tap() {
    ::close(wake_);
    for (auto& chunk : chunks_)
        delete chunk.load(std::memory_order_relaxed);
}

void Tap::want(InstrumentId instrument, std::uint8_t kinds) {
    const std::uint32_t at = index_of(instrument) / chunk_size;
    if (at >= chunks_.size())
        return;
    Chunk* chunk = chunks_[at].load(std::memory_order_relaxed);
    if (chunk == nullptr) {
        if (kinds == 0)
            return;
        chunk = new Chunk;
        chunks_[at].store(chunk, std::memory_order_release);
    }
    chunk->kinds[index_of(instrument) % chunk_size].store(kinds, std::memory_order_relaxed);
}

bool Tap::next(TapRecord& out) noexcept {
    read_.store(position_, std::memory_order_release); // what was handed out before is free now
    while (true) {
        if (position_ == taken_) {
            taken_ = published_.load(std::memory_order_acquire);
            if (position_ == taken_)
                return false;
        }
        const char* at = ring_.get() + (position_ & (size_ - 1));
        Head::Start start;
        std::memcpy(&start, at, sizeof start);
        position_ += aligned(start.size);
        if (start.type == filler)
            continue;
        Head head;
        std::memcpy(&head, at, sizeof head);
        out.type = static_cast<TapRecord::Type>(start.type);
        out.kind = static_cast<Kind>(start.kind);
        out.timeframe = static_cast<Timeframe>(start.timeframe);
        out.backfill = start.backfill != 0;
        out.instrument = InstrumentId{head.instrument};
        out.session = head.session;
        out.seq = head.seq;
        out.payload = {at + sizeof head, start.size - sizeof head};
        return true;
    }
}

// Either the writer sees `asleep_` or we see what it wrote: both sides are sequentially consistent.
bool Tap::sleep() noexcept {
    asleep_.store(true, std::memory_order_seq_cst);
    if (published_.load(std::memory_order_seq_cst) == position_)
        return true;
    asleep_.store(false, std::memory_order_relaxed);
    return false;
}

void Tap::awake() noexcept {
    eventfd_t count = 0;
    (void)::eventfd_read(wake_, &count);
}

bool Tap::has_room(std::size_t bytes) noexcept {
    if (written_ + bytes - read_known_ <= size_) [[likely]]
        return true;
    read_known_ = read_.load(std::memory_order_acquire);
    return written_ + bytes - read_known_ <= size_;
}

bool Tap::put(const TapRecord& record) noexcept {
    Head head;
    head.start.size = static_cast<std::uint32_t>(sizeof head + record.payload.size());
    const std::size_t need = aligned(head.start.size);
    const std::size_t to_end = size_ - (written_ & (size_ - 1));
    const std::size_t spare = record.type == TapRecord::Type::marker ? 0 : room_for_a_marker;
    if (record.payload.size() > size_ || !has_room((need <= to_end ? need : to_end + need) + spare)) [[unlikely]] {
        overflows_.store(overflows_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
        return false;
    }
    if (need > to_end) [[unlikely]] {
        Head::Start end;
        end.size = static_cast<std::uint32_t>(to_end);
        end.type = filler;
        std::memcpy(ring_.get() + (written_ & (size_ - 1)), &end, sizeof end);
        written_ += to_end;
    }
    head.start.type = static_cast<std::uint8_t>(record.type);
    head.start.kind = static_cast<std::uint8_t>(record.kind);
    head.start.timeframe = static_cast<std::uint8_t>(record.timeframe);
    head.start.backfill = record.backfill ? 1 : 0;
    head.instrument = index_of(record.instrument);
    head.session = record.session;
    head.seq = record.seq;
    char* at = ring_.get() + (written_ & (size_ - 1));
    std::memcpy(at, &head, sizeof head);
    std::memcpy(at + sizeof head, record.payload.data(), record.payload.size());
    written_ += need;
    return true;
}

void Tap::flush() noexcept {
    if (written_ == published_.load(std::memory_order_relaxed))
        return;
    published_.store(written_, std::memory_order_seq_cst);
    if (asleep_.load(std::memory_order_seq_cst)) [[unlikely]] {
        asleep_.store(false, std::memory_order_relaxed);
        (void)::eventfd_write(wake_, 1);
    }
}

} // namespace tickgate::redis
