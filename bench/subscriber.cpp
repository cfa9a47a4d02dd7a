// bench_subscriber: one pattern subscriber that measures each message: latency since the send time in `src_seq`, order
// and holes by `seq`, throughput from the first to the last.
#include "support/clock.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/socket.hpp"
#include "support/stop.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

using namespace tickgate::bench;

namespace {

constexpr std::size_t buffer_size = 1024 * 1024;
constexpr std::string_view src_seq_key = R"("src_seq":)";
constexpr std::string_view seq_key = R"("seq":)";

// The integer behind `key`, or -1 (absent or null). `hint` is where the key was last time, counted from the end.
std::int64_t find_integer(std::string_view json, std::string_view key, std::size_t& hint) {
    std::size_t at = json.size() - std::min(hint, json.size());
    if (json.compare(at, key.size(), key) != 0) {
        at = json.find(key);
        if (at == std::string_view::npos)
            return -1;
        hint = json.size() - at;
    }
    std::int64_t value = 0;
    std::size_t i = at + key.size();
    const std::size_t first = i;
    for (; i < json.size() && json[i] >= '0' && json[i] <= '9'; ++i)
        value = value * 10 + (json[i] - '0');
    return i == first ? -1 : value;
}

struct Channel {
    std::int64_t last_seq = 0; // 0: none yet
};

struct Measured {
    std::int64_t messages = 0;   // with a send time
    std::int64_t unstamped = 0;  // without one: snapshots, bars
    std::int64_t holes = 0;      // messages missing by `seq`
    std::int64_t disordered = 0; // `seq` not above the one before
    std::int64_t payload_bytes = 0;
    std::int64_t first_ns = 0, last_ns = 0;
};

class Subscriber {
public:
    Subscriber(Stream redis, std::string pattern, std::int64_t warmup_ns)
        : redis_(std::move(redis)), pattern_(std::move(pattern)), warmup_ns_(warmup_ns), in_(buffer_size) {
        head_ = "*4\r\n$8\r\npmessage\r\n$" + std::to_string(pattern_.size()) + "\r\n" + pattern_ + "\r\n$";
        // Touched now, so that no page fault falls into the measurement.
        latencies_.assign(8'000'000, 0);
        latencies_.clear();
    }

    void subscribe() {
        redis_.write_all("*2\r\n$10\r\nPSUBSCRIBE\r\n$" + std::to_string(pattern_.size()) + "\r\n" + pattern_ + "\r\n");
        const std::string reply =
            "*3\r\n$10\r\npsubscribe\r\n$" + std::to_string(pattern_.size()) + "\r\n" + pattern_ + "\r\n:1\r\n";
        std::size_t got = 0;
        while (got < reply.size() && redis_.wait_readable(5000)) {
            const IoResult result = redis_.read(in_.data() + got, reply.size() - got);
            if (result.state == Io::closed)
                break;
            got += result.bytes;
        }
        if (reply != std::string_view(in_.data(), got))
            throw std::runtime_error("unexpected answer to PSUBSCRIBE");
    }

    void run(std::int64_t expect, std::int64_t idle_ns) {
        std::int64_t last_mono = mono_ns();
        while (!stop_requested() && (expect == 0 || measured_.messages < expect)) {
            if (!redis_.wait_readable(100)) {
                if (measured_.messages > 0 && mono_ns() - last_mono > idle_ns)
                    return;
                continue;
            }
            const IoResult result = redis_.read(in_.data() + held_, in_.size() - held_);
            if (result.state == Io::closed)
                throw std::runtime_error("Redis closed the connection");
            if (result.bytes == 0)
                continue;
            const std::int64_t before = measured_.messages;
            take(held_ + result.bytes, wall_ns());
            if (measured_.messages > before)
                last_mono = mono_ns();
        }
    }

    void report() {
        const std::int64_t cpu = cpu_ns(); // without the sorting
        std::sort(latencies_.begin(), latencies_.end());
        const double elapsed = static_cast<double>(measured_.last_ns - measured_.first_ns) / 1e9;
        const std::int64_t all = std::max<std::int64_t>(measured_.messages + measured_.unstamped, 1);
        Report("measured")
            .add("messages", measured_.messages)
            .add("unstamped", measured_.unstamped)
            .add("channels", channels_.size())
            .add("holes", measured_.holes)
            .add("disordered", measured_.disordered)
            .add("elapsed_s", elapsed)
            .add("rate", elapsed > 0 ? static_cast<double>(measured_.messages) / elapsed : 0.0)
            .add("mean_payload", static_cast<double>(measured_.payload_bytes) / static_cast<double>(all))
            .add("samples", latencies_.size())
            .add("p50_us", percentile(0.50))
            .add("p90_us", percentile(0.90))
            .add("p99_us", percentile(0.99))
            .add("p999_us", percentile(0.999))
            .add("max_us", percentile(1.0))
            .add("cpu_us", static_cast<double>(cpu) / 1e3)
            .print();
    }

private:
    // Handles the complete messages in the first `size` bytes of the buffer and keeps the rest.
    void take(std::size_t size, std::int64_t now) {
        const char* at = in_.data();
        const char* const end = at + size;
        for (;;) {
            std::string_view channel, payload;
            const char* next = split(at, end, channel, payload);
            if (next == nullptr)
                break;
            measure(channel, payload, now);
            at = next;
        }
        held_ = static_cast<std::size_t>(end - at);
        if (held_ == in_.size())
            throw std::runtime_error("a message larger than the buffer");
        std::memmove(in_.data(), at, held_);
    }

    // Behind the message at `at`, or null when it is not complete.
    const char* split(const char* at, const char* end, std::string_view& channel, std::string_view& payload) const {
        if (static_cast<std::size_t>(end - at) < head_.size())
            return nullptr;
        if (std::memcmp(at, head_.data(), head_.size()) != 0)
            throw std::runtime_error("not a message of this pattern");
        const char* p = at + head_.size();
        if (!read_bulk(p, end, channel) || p == end)
            return nullptr;
        ++p; // '$'
        return read_bulk(p, end, payload) ? p : nullptr;
    }

    static bool read_bulk(const char*& p, const char* end, std::string_view& out) {
        std::size_t length = 0;
        const char* q = p;
        for (; q < end && *q != '\r'; ++q)
            length = length * 10 + static_cast<std::size_t>(*q - '0');
        if (static_cast<std::size_t>(end - q) < length + 4)
            return false;
        out = {q + 2, length};
        p = q + length + 4;
        return true;
    }

    void measure(std::string_view channel, std::string_view payload, std::int64_t now) {
        measured_.payload_bytes += static_cast<std::int64_t>(payload.size());
        check_order(channel, payload);
        const std::int64_t sent = find_integer(payload, src_seq_key, src_seq_hint_);
        if (sent < 0) {
            ++measured_.unstamped;
            return;
        }
        if (measured_.messages++ == 0)
            measured_.first_ns = now;
        measured_.last_ns = now;
        if (now - measured_.first_ns >= warmup_ns_)
            latencies_.push_back(now - sent);
    }

    void check_order(std::string_view channel, std::string_view payload) {
        const std::int64_t seq = find_integer(payload, seq_key, seq_hint_);
        auto found = channels_.find(channel);
        if (found == channels_.end())
            found = channels_.emplace(std::string(channel), Channel{}).first;
        if (seq < 0)
            return;
        std::int64_t& last = found->second.last_seq;
        if (last > 0 && seq <= last)
            ++measured_.disordered;
        else if (last > 0)
            measured_.holes += seq - last - 1;
        last = std::max(last, seq);
    }

    [[nodiscard]] double percentile(double q) const {
        if (latencies_.empty())
            return 0;
        const auto rank = static_cast<std::size_t>(std::ceil(q * static_cast<double>(latencies_.size())));
        return static_cast<double>(latencies_[std::max<std::size_t>(rank, 1) - 1]) / 1e3;
    }

    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };

    Stream redis_;
    std::string pattern_, head_;
    std::int64_t warmup_ns_;
    std::vector<char> in_;
    std::size_t held_ = 0; // bytes of an unfinished message at the start of `in_`
    std::size_t src_seq_hint_ = 0, seq_hint_ = 0;
    std::unordered_map<std::string, Channel, Hash, std::equal_to<>> channels_;
    Measured measured_;
    std::vector<std::int64_t> latencies_;
};

int run(int argc, char** argv) {
    const Options options(argc, argv, "measures what arrives on Redis",
        {{"redis-port", "P", "6379", "port of Redis"}, {"pattern", "TEXT", "md:quote:*", "what to subscribe to"},
            {"expect", "N", "0", "end after N messages with a send time; 0: at SIGTERM or when idle"},
            {"idle-ms", "T", "2000", "end when nothing came for so long after the first message"},
            {"warmup-ms", "T", "0", "leave the latencies of the first messages out"}});
    catch_stop_signals();
    Subscriber subscriber(Stream::connect(options.port("redis-port"), nullptr), options.text("pattern"),
        options.number("warmup-ms") * 1'000'000);
    subscriber.subscribe();
    Report("ready").print();
    subscriber.run(options.number("expect"), options.number("idle-ms") * 1'000'000);
    subscriber.report();
    return 0;
}

} // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
