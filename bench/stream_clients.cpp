// bench_stream_clients: many WebSocket clients of the gateway, each following a few instruments, and requests over HTTP
// at a set rate beside them. One thread.
#include "support/clock.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/socket.hpp"
#include "support/stop.hpp"
#include "support/websocket.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace tickgate::bench;

namespace {

constexpr std::string_view conflated_head = R"({"type":"conflated","skipped":)";
constexpr std::string_view subscribed_head = R"({"type":"subscribed")";
constexpr std::size_t read_at_once = 64 * 1024;

std::int64_t number_at(std::string_view text) {
    std::int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// The bytes of one connection that are not handled yet.
struct Input {
    std::string held;

    std::string_view add(const char* data, std::size_t size) {
        held.append(data, size);
        return held;
    }
};

struct Client {
    Stream stream;
    Input input;
    std::int64_t messages = 0;
};

struct Requester {
    Stream stream;
    Input input;
    std::int64_t sent_ns = 0; // 0: none under way
};

struct Totals {
    std::int64_t messages = 0, bytes = 0, notices = 0, skipped = 0, acknowledged = 0, closed = 0;
    std::int64_t answers = 0, failures = 0, late = 0;
};

class Load {
public:
    Load(const Options& options)
        : port_(options.port("http-port")),
          symbols_(options.number("symbols")),
          each_(options.number("each")),
          channels_(options.text("channels")),
          request_interval_ns_(options.number("requests") == 0 ? 0 : 1'000'000'000 / options.number("requests")),
          epoll_(::epoll_create1(EPOLL_CLOEXEC)),
          room_(read_at_once) {}

    void connect(std::int64_t count) {
        for (std::int64_t i = 0; i < count; ++i) {
            Client client;
            client.stream = Stream::connect(port_, nullptr);
            client.stream.write_all("GET /ws/load-" + std::to_string(i) +
                                    " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
            std::string head;
            while (head.find("\r\n\r\n") == std::string::npos) {
                if (!client.stream.wait_readable(10000))
                    throw std::runtime_error("no answer to the upgrade");
                const IoResult result = client.stream.read(room_.data(), room_.size());
                head.append(room_.data(), result.bytes);
                if (result.state == Io::closed)
                    break;
            }
            if (!head.starts_with("HTTP/1.1 101"))
                throw std::runtime_error("the upgrade was refused: " + head.substr(0, head.find('\r')));
            client.stream.write_all(subscription(i));
            watch(client.stream.fd(), static_cast<std::uint64_t>(i));
            clients_.push_back(std::move(client));
        }
        for (std::size_t i = 0; i < requesters_.size() && request_interval_ns_ > 0; ++i) {
            requesters_[i].stream = Stream::connect(port_, nullptr);
            watch(requesters_[i].stream.fd(), requester_mark | i);
        }
    }

    // Until every client has its acknowledgement.
    void settle() {
        const std::int64_t end = mono_ns() + 30'000'000'000;
        while (totals_.acknowledged < static_cast<std::int64_t>(clients_.size())) {
            if (stop_requested() || mono_ns() > end)
                throw std::runtime_error("not all clients were acknowledged");
            turn(50);
        }
        totals_ = {};
        for (auto& c : clients_)
            c.messages = 0;
    }

    void run(std::int64_t seconds) {
        const std::int64_t begin = mono_ns(), end = begin + seconds * 1'000'000'000;
        std::int64_t next_request = begin;
        for (std::int64_t now = begin; !stop_requested() && (seconds == 0 || now < end); now = mono_ns()) {
            if (request_interval_ns_ > 0 && now >= next_request) {
                send_request();
                next_request += request_interval_ns_;
            }
            const std::int64_t wait =
                request_interval_ns_ > 0 ? std::max<std::int64_t>(next_request - now, 0) / 1'000'000 : 50;
            turn(static_cast<int>(std::min<std::int64_t>(wait + 1, 50)));
        }
        elapsed_ns_ = mono_ns() - begin;
    }

    void report() {
        std::sort(latencies_.begin(), latencies_.end());
        const double seconds = static_cast<double>(elapsed_ns_) / 1e9;
        const auto fewest = std::min_element(
            clients_.begin(), clients_.end(), [](const auto& a, const auto& b) { return a.messages < b.messages; });
        Report("measured")
            .add("clients", clients_.size())
            .add("elapsed_s", seconds)
            .add("messages", totals_.messages)
            .add("messages_per_s", static_cast<double>(totals_.messages) / seconds)
            .add("fewest_of_a_client", fewest == clients_.end() ? std::int64_t{0} : fewest->messages)
            .add("bytes_per_s", static_cast<double>(totals_.bytes) / seconds)
            .add("notices", totals_.notices)
            .add("skipped", totals_.skipped)
            .add("closed", totals_.closed)
            .add("answers", totals_.answers)
            .add("answers_per_s", static_cast<double>(totals_.answers) / seconds)
            .add("failures", totals_.failures)
            .add("not_sent", totals_.late)
            .add("answer_p50_ms", percentile(0.50))
            .add("answer_p99_ms", percentile(0.99))
            .add("cpu_us", static_cast<double>(cpu_ns()) / 1e3)
            .print();
    }

private:
    static constexpr std::uint64_t requester_mark = 1u << 31;

    std::string subscription(std::int64_t client) const {
        std::string text = R"({"action":"subscribe","channels":[)" + channels_ + R"(],"symbols":[)";
        for (std::int64_t i = 0; i < each_; ++i) {
            const auto symbol = (client + i * (symbols_ / std::max<std::int64_t>(each_, 1))) % symbols_;
            text += std::string(i == 0 ? "" : ",") + "\"crypto:SYM" + std::to_string(symbol) + "-USDT\"";
        }
        std::string frame;
        append_frame(frame, opcode::text, text + "]}", true);
        return frame;
    }

    void watch(int fd, std::uint64_t mark) const {
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.u64 = mark;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0)
            throw std::runtime_error("epoll_ctl");
    }

    void turn(int timeout_ms) {
        std::array<epoll_event, 256> events;
        const int ready = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
        for (int i = 0; i < ready; ++i) {
            const std::uint64_t mark = events[static_cast<std::size_t>(i)].data.u64;
            if ((mark & requester_mark) != 0)
                read_answer(requesters_[mark & ~requester_mark]);
            else
                read_client(clients_[mark]);
        }
    }

    void read_client(Client& client) {
        const IoResult result = client.stream.read(room_.data(), room_.size());
        totals_.bytes += static_cast<std::int64_t>(result.bytes);
        std::string_view rest = client.input.add(room_.data(), result.bytes);
        while (true) {
            const FrameHeader header = parse_frame_header(rest.data(), rest.size());
            const std::size_t size = header.header_size + header.payload_size;
            if (header.header_size == 0 || rest.size() < size)
                break;
            take(client, header.opcode(), rest.substr(header.header_size, header.payload_size));
            rest.remove_prefix(size);
        }
        client.input.held.erase(0, client.input.held.size() - rest.size());
        if (result.state == Io::closed) {
            ++totals_.closed;
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, client.stream.fd(), nullptr);
        }
    }

    void take(Client& client, std::uint8_t op, std::string_view payload) {
        if (op == opcode::ping) {
            std::string pong;
            append_frame(pong, opcode::pong, payload, true);
            client.stream.write_all(pong);
        }
        if (op != opcode::text)
            return;
        ++totals_.messages;
        ++client.messages;
        if (payload.starts_with(conflated_head)) {
            ++totals_.notices;
            totals_.skipped += number_at(payload.substr(conflated_head.size()));
        } else if (payload.starts_with(subscribed_head)) {
            ++totals_.acknowledged;
        }
    }

    void send_request() {
        // In turn, so that none is closed for being idle.
        Requester* free = nullptr;
        for (std::size_t i = 0; i < requesters_.size() && free == nullptr; ++i) {
            auto& next = requesters_[next_requester_++ % requesters_.size()];
            free = next.sent_ns == 0 ? &next : nullptr;
        }
        if (free == nullptr) {
            ++totals_.late; // all are still waiting for an answer
            return;
        }
        const std::string symbol = "crypto:SYM" + std::to_string(requests_ % symbols_) + "-USDT";
        const std::array<std::string, 4> targets{
            "/api/v1/latest/" + symbol, "/api/v1/status", "/api/v1/quotes?symbols=" + symbol, "/readyz"};
        const auto& target = targets[static_cast<std::size_t>(requests_++) % targets.size()];
        free->sent_ns = mono_ns();
        free->stream.write_all("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    }

    void read_answer(Requester& requester) {
        const IoResult result = requester.stream.read(room_.data(), room_.size());
        if (result.state == Io::closed)
            throw std::runtime_error("the gateway closed a connection of HTTP");
        const std::string_view text = requester.input.add(room_.data(), result.bytes);
        const auto head = text.find("\r\n\r\n");
        const auto length = text.find("Content-Length: ");
        if (head == std::string_view::npos || length == std::string_view::npos || length > head)
            return;
        const auto size = head + 4 + static_cast<std::size_t>(number_at(text.substr(length + 16)));
        if (text.size() < size)
            return;
        ++totals_.answers;
        totals_.failures += text.starts_with("HTTP/1.1 200") ? 0 : 1;
        latencies_.push_back(mono_ns() - requester.sent_ns);
        requester.sent_ns = 0;
        requester.input.held.erase(0, size);
    }

    [[nodiscard]] double percentile(double q) const {
        if (latencies_.empty())
            return 0;
        const auto rank = static_cast<std::size_t>(q * static_cast<double>(latencies_.size() - 1));
        return static_cast<double>(latencies_[rank]) / 1e6;
    }

    std::uint16_t port_;
    std::int64_t symbols_, each_;
    std::string channels_;
    std::int64_t request_interval_ns_;
    Fd epoll_;
    std::vector<char> room_;
    std::vector<Client> clients_;
    std::array<Requester, 16> requesters_;
    std::size_t next_requester_ = 0;
    std::int64_t requests_ = 0, elapsed_ns_ = 0;
    std::vector<std::int64_t> latencies_;
    Totals totals_;
};

void allow_descriptors(std::int64_t count) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = std::max<rlim_t>(limit.rlim_cur, static_cast<rlim_t>(count) + 100);
    if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
        throw std::runtime_error("this process may not open so many sockets");
}

int run(int argc, char** argv) {
    const Options options(argc, argv, "follows the gateway with many WebSocket clients, and asks it over HTTP",
        {{"http-port", "P", "8787", "port of the gateway"}, {"clients", "N", "1000", "WebSocket clients"},
            {"symbols", "N", "50", "instruments SYM0-USDT and so on"}, {"each", "N", "2", "of them for each client"},
            {"channels", "LIST", "\"Q\"", "as JSON strings: \"Q\",\"T\""},
            {"requests", "N", "200", "requests a second over HTTP; 0: none"},
            {"seconds", "T", "0", "end after so long; 0: at SIGTERM"}});
    catch_stop_signals();
    allow_descriptors(options.number("clients"));
    Load load(options);
    load.connect(options.number("clients"));
    load.settle();
    Report("ready").print();
    load.run(options.number("seconds"));
    load.report();
    return 0;
}

} // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
