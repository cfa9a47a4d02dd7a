// bench_relay: the yardstick. Reads the frames of bench_source, parses nothing but the stream's name and the send time,
// and publishes a payload of fixed length on the channel of that stream by pipelined PUBLISH: one read, one write.
//
// What a gateway may at best reach on the same machine with the same sockets; it checks nothing and keeps nothing.
#include "support/clock.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/socket.hpp"
#include "support/stop.hpp"
#include "support/websocket.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/epoll.h>

using namespace tickgate::bench;

namespace {

constexpr std::size_t read_size = 256 * 1024;
constexpr std::size_t stamp_size = 19;
constexpr std::string_view stream_prefix = R"({"stream":"sym)";
constexpr std::size_t names_per_message = 100;
constexpr std::int64_t max_unread_replies = 4096;

enum Kind : std::size_t { quote, trade, bar, kinds };

// A finished PUBLISH command; the stamp goes to `stamp_at` (0: it carries none).
struct Command {
    std::string bytes;
    std::size_t stamp_at = 0;
};

Command make_command(const std::string& prefix, Kind kind, std::size_t symbol, std::size_t payload_size) {
    static constexpr const char* names[] = {"quote", "trade", "bar:1m"};
    const std::string channel = prefix + ":" + names[kind] + ":crypto:SYM" + std::to_string(symbol) + "-USDT";
    const std::string head = R"({"v":1,"type":"quote","pad":")";
    const std::string tail =
        R"(","src_seq":)" + (kind == bar ? "null" : std::string(stamp_size, '0')) + R"(,"flags":[]})";
    if (payload_size < head.size() + tail.size())
        throw UsageError("--payload-length must be at least " + std::to_string(head.size() + tail.size()));
    const std::string payload = head + std::string(payload_size - head.size() - tail.size(), 'x') + tail;
    Command command;
    command.bytes = "*3\r\n$7\r\nPUBLISH\r\n$" + std::to_string(channel.size()) + "\r\n" + channel + "\r\n$" +
                    std::to_string(payload.size()) + "\r\n" + payload + "\r\n";
    if (kind != bar)
        command.stamp_at = command.bytes.size() - 2 - std::string_view(R"(,"flags":[]})").size() - stamp_size;
    return command;
}

struct Settings {
    std::size_t symbols = 0;
    bool trades = false, bars = false, quotes = true;
    bool spin = false, lazy = false;
    std::size_t payload_size = 0;
    std::string prefix;
};

class Relay {
public:
    Relay(Stream venue, Stream redis, const Settings& settings)
        : settings_(settings), venue_(std::move(venue)), redis_(std::move(redis)), in_(read_size) {
        for (std::size_t i = 0; i < settings.symbols; ++i) {
            for (const Kind kind : {quote, trade, bar})
                commands_.push_back(make_command(settings.prefix, kind, i, settings.payload_size));
        }
        out_.reserve(4 * read_size);
    }

    void subscribe() {
        std::string request = "GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        venue_.write_all(request);
        read_upgrade();
        std::vector<std::string> names;
        for (std::size_t i = 0; i < settings_.symbols; ++i) {
            const std::string symbol = "\"sym" + std::to_string(i) + "usdt@";
            if (settings_.quotes)
                names.push_back(symbol + "bookTicker\"");
            if (settings_.trades)
                names.push_back(symbol + "trade\"");
            if (settings_.bars)
                names.push_back(symbol + "kline_1m\"");
        }
        for (std::size_t at = 0; at < names.size(); at += names_per_message) {
            std::string text = R"({"method":"SUBSCRIBE","params":[)";
            for (std::size_t i = at; i < std::min(names.size(), at + names_per_message); ++i)
                text += (i == at ? "" : ",") + names[i];
            text += "],\"id\":" + std::to_string(at) + "}";
            std::string frame;
            append_frame(frame, opcode::text, text, true);
            venue_.write_all(frame);
        }
    }

    void run() {
        const Fd epoll(::epoll_create1(EPOLL_CLOEXEC));
        watch(epoll, venue_.fd(), EPOLLIN);
        watch(epoll, redis_.fd(), settings_.lazy ? EPOLLRDHUP : EPOLLIN);
        while (!stop_requested() && !ended_) {
            bool venue_ready = true, redis_ready = settings_.spin;
            if (!settings_.spin && !more_waits_) {
                epoll_event events[2];
                const int count = ::epoll_wait(epoll.get(), events, 2, 100);
                const auto is_ready = [&](int fd) {
                    return std::any_of(events, events + std::max(count, 0), [fd](auto& e) { return e.data.fd == fd; });
                };
                venue_ready = is_ready(venue_.fd());
                redis_ready = is_ready(redis_.fd());
            }
            if (venue_ready)
                read_venue();
            if (!out_.empty())
                write_out();
            if (redis_ready || (settings_.lazy && published_ - replies_ > max_unread_replies))
                read_replies();
        }
        drain();
    }

    void report() const {
        const double messages = static_cast<double>(std::max<std::int64_t>(published_, 1));
        Report("relayed")
            .add("published", published_)
            .add("replies", replies_)
            .add("reads", reads_)
            .add("cpu_us", static_cast<double>(cpu_ns() - cpu_at_first_) / 1e3)
            .add("cpu_us_per_message", static_cast<double>(cpu_ns() - cpu_at_first_) / 1e3 / messages)
            .print();
    }

private:
    static void watch(const Fd& epoll, int fd, std::uint32_t events) {
        epoll_event event{};
        event.events = events;
        event.data.fd = fd;
        if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::runtime_error("epoll_ctl failed");
    }

    void read_upgrade() {
        std::string head;
        while (head.find("\r\n\r\n") == std::string::npos) {
            if (!venue_.wait_readable(5000))
                throw std::runtime_error("no answer to the WebSocket upgrade");
            const IoResult result = venue_.read(in_.data(), in_.size());
            head.append(in_.data(), result.bytes);
            if (result.state == Io::closed)
                throw std::runtime_error("the venue closed during the upgrade");
        }
        if (head.compare(0, 12, "HTTP/1.1 101") != 0)
            throw std::runtime_error("the venue refused the upgrade: " + head.substr(0, head.find('\r')));
    }

    void read_venue() {
        const IoResult result = venue_.read(in_.data() + held_, in_.size() - held_);
        more_waits_ = result.state == Io::ok && held_ + result.bytes == in_.size();
        ended_ = result.state == Io::closed;
        if (result.bytes == 0)
            return;
        ++reads_;
        const std::size_t size = held_ + result.bytes;
        std::size_t at = 0;
        for (;;) {
            const FrameHeader header = parse_frame_header(in_.data() + at, size - at);
            const std::size_t frame_size = header.header_size + header.payload_size;
            if (header.header_size == 0 || size - at < frame_size)
                break;
            take_frame(header.opcode(), {in_.data() + at + header.header_size, header.payload_size});
            at += frame_size;
        }
        held_ = size - at;
        if (held_ == in_.size())
            throw std::runtime_error("a frame larger than the read buffer");
        if (at > 0 && held_ > 0)
            std::memmove(in_.data(), in_.data() + at, held_);
    }

    void take_frame(std::uint8_t op, std::string_view payload) {
        if (op == opcode::text) {
            relay(payload);
        } else if (op == opcode::ping) {
            std::string pong;
            append_frame(pong, opcode::pong, payload, true);
            venue_.write_all(pong);
        } else if (op == opcode::close) {
            ended_ = true;
        }
    }

    // `{"stream":"sym12usdt@bookTicker","data":{"u":1780000000000000000,…`
    void relay(std::string_view payload) {
        if (payload.size() < 80 || std::memcmp(payload.data(), stream_prefix.data(), stream_prefix.size()) != 0)
            return; // an acknowledgement
        const char* p = payload.data() + stream_prefix.size();
        std::size_t symbol = 0;
        for (; *p >= '0' && *p <= '9'; ++p)
            symbol = symbol * 10 + static_cast<std::size_t>(*p - '0');
        if (symbol >= settings_.symbols)
            return;
        p += 5; // "usdt@"
        const Kind kind = *p == 'b' ? quote : *p == 't' ? trade : bar;
        const char* stamp = nullptr;
        if (kind == quote) {
            stamp = p + std::string_view(R"(bookTicker","data":{"u":)").size();
        } else if (kind == trade) {
            const std::size_t t = payload.find(R"("t":)");
            if (t == std::string_view::npos)
                return;
            stamp = payload.data() + t + 4;
        }
        const Command& command = commands_[symbol * kinds + kind];
        const std::size_t at = out_.size();
        out_.append(command.bytes);
        if (stamp != nullptr)
            std::memcpy(out_.data() + at + command.stamp_at, stamp, stamp_size);
        if (published_ == 0)
            cpu_at_first_ = cpu_ns();
        ++published_;
    }

    // Writes everything; while Redis takes no more, its replies are read so that neither side waits for the other.
    void write_out() {
        std::size_t written = 0;
        while (written < out_.size()) {
            const IoResult result = redis_.write(out_.data() + written, out_.size() - written);
            written += result.bytes;
            if (result.state == Io::closed)
                throw std::runtime_error("Redis closed the connection");
            if (result.state == Io::would_block) {
                redis_.wait_any(settings_.spin ? 0 : 1000);
                read_replies();
            }
        }
        out_.clear();
    }

    void read_replies() {
        char text[16 * 1024];
        for (;;) {
            const IoResult result = redis_.read(text, sizeof text);
            if (result.state == Io::closed)
                throw std::runtime_error("Redis closed the connection");
            replies_ += std::count(text, text + result.bytes, '\n');
            if (result.bytes > 0 && text[0] == '-')
                throw std::runtime_error("Redis answered: " + std::string(text, result.bytes));
            if (result.bytes < sizeof text)
                return;
        }
    }

    void drain() {
        for (int i = 0; i < 20 && replies_ < published_; ++i) {
            if (redis_.wait_readable(100))
                read_replies();
        }
    }

    Settings settings_;
    Stream venue_, redis_;
    std::vector<Command> commands_;
    std::vector<char> in_;
    std::size_t held_ = 0; // bytes of an unfinished frame at the start of `in_`
    std::string out_;
    bool more_waits_ = false, ended_ = false;
    std::int64_t published_ = 0, replies_ = 0, reads_ = 0, cpu_at_first_ = 0;
};

int run(int argc, char** argv) {
    const Options options(argc, argv, "yardstick: relays bench_source to Redis, parsing nothing",
        {{"venue-port", "P", "0", "port of bench_source"}, {"redis-port", "P", "6379", "port of Redis"},
            {"symbols", "N", "50", "symbols to subscribe"}, {"mix", "KIND", "quote", "quote, trade or all"},
            {"prefix", "TEXT", "md", "prefix of the channels"},
            {"payload-length", "BYTES", "330", "length of a message"}, {"spin", "", "", "poll without sleeping"},
            {"lazy-replies", "", "", "do not wake for Redis' replies, read them in bulk"},
            {"tls-ca", "FILE", "", "speak TLS to the venue, verified against this CA"}});
    catch_stop_signals();
    Settings settings;
    settings.symbols = static_cast<std::size_t>(options.number("symbols"));
    settings.quotes = options.text("mix") != "trade";
    settings.trades = options.text("mix") != "quote";
    settings.bars = options.text("mix") == "all";
    settings.spin = options.flag("spin");
    settings.lazy = options.flag("lazy-replies");
    settings.payload_size = static_cast<std::size_t>(options.number("payload-length"));
    settings.prefix = options.text("prefix");
    TlsContext context;
    if (!options.text("tls-ca").empty())
        context = make_tls_client(options.text("tls-ca"));
    Relay relay(Stream::connect(options.port("venue-port"), context.get()),
        Stream::connect(options.port("redis-port"), nullptr), settings);
    relay.subscribe();
    Report("ready").print();
    relay.run();
    relay.report();
    return 0;
}

} // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
