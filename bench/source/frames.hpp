// The synthetic market of the load generator: ready-made WebSocket frames in which only the send time changes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::bench {

inline constexpr std::size_t stamp_digits = 19; // nanoseconds since the epoch, until the year 2286

// A send time in decimal, strictly increasing. Travels as `u` of a quote and `t` of a trade.
class Stamp {
public:
    // The next value: `now_ns`, or one more than the last if time did not advance.
    void set(std::int64_t now_ns);
    // The next value without asking a clock.
    void advance();

    [[nodiscard]] const char* digits() const noexcept { return digits_.data(); }

private:
    std::int64_t value_ = 1'000'000'000'000'000'000;
    std::array<char, stamp_digits> digits_{};
};

// Where the first `digits` digits of the stamp go: 19 are nanoseconds, 16 microseconds, 13 milliseconds.
struct Patch {
    std::size_t offset = 0;
    std::size_t digits = 0;
};

struct Frame {
    std::string stream; // "sym0usdt@bookTicker"
    std::string bytes;  // header and payload of one unmasked text frame
    std::array<Patch, 3> patches{};
    std::size_t patch_count = 0;
};

enum class Mix { quote, trade, all };

struct MarketShape {
    std::size_t symbols = 50;
    Mix mix = Mix::quote;
    bool milliseconds = false; // unit of the event times
};

class Market {
public:
    explicit Market(const MarketShape& shape);

    [[nodiscard]] std::size_t symbols() const noexcept { return symbols_; }
    [[nodiscard]] const std::vector<Frame>& frames() const noexcept { return frames_; }
    // Index into frames(), or npos.
    [[nodiscard]] std::size_t find(std::string_view stream) const;

    static constexpr std::size_t npos = static_cast<std::size_t>(-1);

private:
    void add(std::string stream, std::string_view payload, std::size_t time_digits);

    std::size_t symbols_;
    std::vector<Frame> frames_;
    std::unordered_map<std::string, std::size_t> index_;
};

// Appends `frame` to `out` with the stamp filled in.
inline void append_stamped(std::string& out, const Frame& frame, const Stamp& stamp) {
    const std::size_t start = out.size();
    out.append(frame.bytes);
    for (std::size_t i = 0; i < frame.patch_count; ++i) {
        const Patch& patch = frame.patches[i];
        std::memcpy(out.data() + start + patch.offset, stamp.digits(), patch.digits);
    }
}

} // namespace tickgate::bench
