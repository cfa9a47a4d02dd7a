// bench_null_redis: takes the commands of a publisher, answers as a healthy master would, and throws them away.
// It shows what the publisher itself can do when Redis is not the limit.
#include "support/clock.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/socket.hpp"
#include "support/stop.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/epoll.h>

using namespace tickgate::bench;

namespace {

constexpr std::size_t buffer_size = 1024 * 1024;
constexpr std::string_view publish_head = "*3\r\n$7\r\nPUBLISH\r\n$";

struct Tally {
    std::string channel_prefix;
    std::int64_t messages = 0; // PUBLISH to channels with that prefix
    std::int64_t others = 0;   // other commands
    std::int64_t payload_bytes = 0;
    std::int64_t first_ns = 0, last_ns = 0;
};

std::string_view reply_to(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> replies[] = {{"SET", "+OK\r\n"},
        {"PING", "+PONG\r\n"}, {"ROLE", "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"}, {"HSET", ":1\r\n"},
        {"HINCRBY", ":1\r\n"}, {"EVAL", ":1\r\n"}, {"EVALSHA", ":1\r\n"}, {"INCR", ":1\r\n"}, {"PUBLISH", ":1\r\n"},
        {"DEL", ":1\r\n"}, {"UNLINK", ":1\r\n"}, {"PEXPIRE", ":1\r\n"}, {"EXPIRE", ":1\r\n"}, {"EXISTS", ":0\r\n"},
        {"SADD", ":1\r\n"}, {"SREM", ":1\r\n"}, {"GET", "$-1\r\n"}, {"HGET", "$-1\r\n"}, {"HGETALL", "*0\r\n"},
        {"SMEMBERS", "*0\r\n"}, {"PUBSUB", "*0\r\n"}, {"XADD", "$3\r\n0-1\r\n"}, {"INFO", "$13\r\nrole:master\r\n\r\n"},
        {"XPENDING", "*0\r\n"}, {"XCLAIM", "*0\r\n"}, {"TIME", "*2\r\n$10\r\n1763740800\r\n$1\r\n0\r\n"}};
    const auto same = [name](const auto& entry) {
        return std::equal(name.begin(), name.end(), entry.first.begin(), entry.first.end(),
            [](char a, char b) { return (a >= 'a' && a <= 'z' ? a - 'a' + 'A' : a) == b; });
    };
    const auto found = std::find_if(std::begin(replies), std::end(replies), same);
    return found == std::end(replies) ? std::string_view("+OK\r\n") : found->second;
}

// One publisher's connection.
class Client {
public:
    explicit Client(Stream stream) : stream_(std::move(stream)), in_(buffer_size) {}

    [[nodiscard]] int fd() const { return stream_.fd(); }

    // Reads once and answers; false when the connection ended or sent what is not RESP.
    bool serve(Tally& tally) {
        const IoResult result = stream_.read(in_.data() + held_, in_.size() - held_);
        if (result.state == Io::closed)
            return false;
        if (result.bytes > 0 && !take(held_ + result.bytes, tally))
            return false;
        return answer();
    }

    // Sends the replies the socket did not take before, and that of a read whose time is over; false when the
    // connection ended.
    bool answer() {
        if (blocked_until_ns_ > 0 && mono_ns() >= blocked_until_ns_) {
            blocked_until_ns_ = 0;
            replies_ += "*-1\r\n";
        }
        if (replies_.empty())
            return true;
        const IoResult result = stream_.write(replies_.data(), replies_.size());
        replies_.erase(0, result.bytes);
        return result.state != Io::closed;
    }

private:
    bool take(std::size_t size, Tally& tally) {
        const std::int64_t before = tally.messages;
        const char* at = in_.data();
        const char* const end = at + size;
        for (;;) {
            const std::size_t skipped = std::min(skip_, static_cast<std::size_t>(end - at));
            at += skipped;
            skip_ -= skipped;
            if (skip_ > 0)
                break;
            if (publish_open_)
                replies_ += ":1\r\n";
            publish_open_ = false;
            if (at == end)
                break;
            const char* next = take_command(at, end, tally);
            if (next == nullptr)
                return false;
            if (next == at)
                break;
            at = next;
        }
        held_ = static_cast<std::size_t>(end - at);
        if (held_ == in_.size())
            return false;
        std::memmove(in_.data(), at, held_);
        if (tally.messages > before) {
            tally.last_ns = mono_ns();
            tally.first_ns = before == 0 ? tally.last_ns : tally.first_ns;
        }
        return true;
    }

    // Behind the command, or behind the head of a PUBLISH whose payload `skip_` then covers; `at` when more bytes are
    // needed; null when it is not RESP.
    const char* take_command(const char* at, const char* end, Tally& tally) {
        const auto left = static_cast<std::size_t>(end - at);
        if (left < publish_head.size() || std::memcmp(at, publish_head.data(), publish_head.size()) != 0)
            return take_general(at, end, tally);
        const char* p = at + publish_head.size();
        std::size_t channel = 0, payload = 0;
        if (!read_length(p, end, channel))
            return at;
        const char* name = p;
        if (static_cast<std::size_t>(end - p) < channel + 3)
            return at;
        p += channel + 3; // line end and '$'
        if (!read_length(p, end, payload))
            return at;
        const bool counted =
            std::string_view(name, channel).substr(0, tally.channel_prefix.size()) == tally.channel_prefix;
        tally.messages += counted ? 1 : 0;
        tally.others += counted ? 0 : 1;
        tally.payload_bytes += counted ? static_cast<std::int64_t>(payload) : 0;
        skip_ = payload + 2;
        publish_open_ = true;
        return p;
    }

    const char* take_general(const char* at, const char* end, Tally& tally) {
        if (*at != '*')
            return nullptr;
        const char* p = at + 1;
        std::size_t words = 0;
        if (!read_length(p, end, words))
            return at;
        std::string_view name, word;
        std::int64_t block_ms = 0;
        for (std::size_t i = 0; i < words; ++i) {
            if (p == end)
                return at;
            if (*p != '$')
                return nullptr;
            std::size_t length = 0;
            ++p;
            if (!read_length(p, end, length) || static_cast<std::size_t>(end - p) < length + 2)
                return at;
            const std::string_view before = std::exchange(word, std::string_view(p, length));
            name = i == 0 ? word : name;
            if (before == "BLOCK")
                std::from_chars(word.data(), word.data() + word.size(), block_ms);
            p += length + 2;
        }
        ++tally.others;
        if (name == "XREADGROUP") // nothing ever comes
            blocked_until_ns_ = mono_ns() + std::max<std::int64_t>(block_ms, 1) * 1'000'000;
        else
            replies_ += reply_to(name);
        return p;
    }

    // Digits and the line end; false when cut short.
    static bool read_length(const char*& p, const char* end, std::size_t& out) {
        const char* q = p;
        std::size_t value = 0;
        for (; q < end && *q >= '0' && *q <= '9'; ++q)
            value = value * 10 + static_cast<std::size_t>(*q - '0');
        if (end - q < 2)
            return false;
        p = q + 2;
        out = value;
        return true;
    }

    Stream stream_;
    std::vector<char> in_;
    std::size_t held_ = 0;              // bytes of an unfinished command at the start of `in_`
    std::size_t skip_ = 0;              // bytes of a payload still to come
    bool publish_open_ = false;         // a PUBLISH waits for the end of its payload
    std::int64_t blocked_until_ns_ = 0; // 0: no XREADGROUP waits
    std::string replies_;
};

void watch(const Fd& epoll, int fd, void* tag) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = tag;
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
        throw std::runtime_error("epoll_ctl failed");
}

void report(const Tally& tally) {
    const double elapsed = static_cast<double>(tally.last_ns - tally.first_ns) / 1e9;
    const double messages = static_cast<double>(std::max<std::int64_t>(tally.messages, 1));
    Report("sunk")
        .add("messages", tally.messages)
        .add("other_commands", tally.others)
        .add("elapsed_s", elapsed)
        .add("rate", elapsed > 0 ? static_cast<double>(tally.messages) / elapsed : 0.0)
        .add("mean_payload", static_cast<double>(tally.payload_bytes) / messages)
        .add("cpu_us", static_cast<double>(cpu_ns()) / 1e3)
        .print();
}

int run(int argc, char** argv) {
    const Options options(argc, argv, "a Redis that answers and forgets",
        {{"port", "P", "0", "port; 0 lets the system choose"}, {"prefix", "TEXT", "md:quote:", "channels to count"},
            {"expect", "N", "0", "report after N messages; 0: at SIGTERM or when idle"},
            {"idle-ms", "T", "2000", "report when nothing counted came for so long after the first"}});
    catch_stop_signals();
    Tally tally;
    tally.channel_prefix = options.text("prefix");
    const std::int64_t expect = options.number("expect");
    const std::int64_t idle_ns = options.number("idle-ms") * 1'000'000;
    const Fd listener = listen_on(options.port("port"));
    const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
    watch(epoll, listener.get(), nullptr);
    Report("listening").add("port", std::int64_t{local_port(listener)}).print();
    std::vector<std::unique_ptr<Client>> clients;
    bool reported = false;
    std::int64_t swept_ns = 0;
    while (!stop_requested()) {
        std::array<epoll_event, 16> events{};
        const int count = ::epoll_wait(epoll.get(), events.data(), static_cast<int>(events.size()), 100);
        for (int i = 0; i < count; ++i) {
            auto* client = static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
            Stream stream;
            if (client == nullptr) {
                while (Stream::accept(listener, nullptr, stream)) {
                    clients.push_back(std::make_unique<Client>(std::move(stream)));
                    watch(epoll, clients.back()->fd(), clients.back().get());
                }
            } else if (!client->serve(tally)) {
                std::erase_if(clients, [client](const auto& held) { return held.get() == client; });
            }
        }
        if (const std::int64_t now = mono_ns(); count == 0 || now - swept_ns > 100'000'000) {
            swept_ns = now;
            std::erase_if(clients, [](const auto& client) { return !client->answer(); });
        }
        const bool idle = tally.messages > 0 && mono_ns() - tally.last_ns > idle_ns;
        if (!reported && (idle || (expect > 0 && tally.messages >= expect))) {
            report(tally);
            reported = true; // and go on answering, so that the publisher does not see an outage
        }
    }
    if (!reported)
        report(tally);
    return 0;
}

} // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
