#include "source/server.hpp"

#include "source/rest.hpp"
#include "support/clock.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include <sys/epoll.h>

namespace tickgate::bench {

namespace {

constexpr std::size_t max_request = 64 * 1024;
constexpr std::int64_t ping_interval_ns = 20'000'000'000;

std::string lower_case(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
    return out;
}

// The value of a header field, or empty; names compare without case.
std::string_view header_value(std::string_view head, std::string_view name) {
    const std::string pattern = "\r\n" + std::string(name) + ":";
    const std::size_t at = lower_case(head).find(pattern);
    if (at == std::string::npos)
        return {};
    std::string_view value = head.substr(at + pattern.size());
    value = value.substr(0, value.find("\r\n"));
    while (!value.empty() && value.front() == ' ')
        value.remove_prefix(1);
    return value;
}

// The raw JSON after `"name":`, blanks skipped; empty when absent. Enough for the control messages of this wire.
std::string_view raw_member(std::string_view json, std::string_view name) {
    const std::string pattern = "\"" + std::string(name) + "\"";
    std::size_t at = json.find(pattern);
    if (at == std::string_view::npos)
        return {};
    at = json.find_first_not_of(": \t\r\n", at + pattern.size());
    return at == std::string_view::npos ? std::string_view() : json.substr(at);
}

std::string_view until(std::string_view text, std::string_view stops) {
    return text.substr(0, text.find_first_of(stops));
}

} // namespace

Server::Server(const Market& market, std::uint16_t port, SSL_CTX* context)
    : market_(market),
      context_(context),
      listener_(listen_on(port)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      owner_(market.frames().size(), nullptr),
      last_ping_ns_(mono_ns()),
      read_buffer_(64 * 1024) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = nullptr;
    if (epoll_.get() < 0 || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, listener_.get(), &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll");
}

Server::~Server() = default;

void Server::poll(int timeout_ms) {
    std::array<epoll_event, 64> events{};
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), timeout_ms);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        if (event.data.ptr == nullptr) {
            accept_all();
            continue;
        }
        Connection& connection = *static_cast<Connection*>(event.data.ptr);
        if ((event.events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
            receive(connection);
        if ((event.events & EPOLLOUT) != 0 && !connection.dead)
            write(connection);
    }
    if (mono_ns() - last_ping_ns_ > ping_interval_ns)
        ping_all();
    bury_dead();
}

bool Server::send(std::size_t index, const Stamp& stamp) {
    Connection* owner = owner_[index];
    if (owner == nullptr || owner->dead)
        return false;
    append_stamped(owner->out, market_.frames()[index], stamp);
    return true;
}

void Server::flush() {
    for (const auto& connection : connections_) {
        if (!connection->out.empty() && !connection->waits_for_room && !connection->dead)
            write(*connection);
    }
}

std::size_t Server::backlog() const noexcept {
    std::size_t largest = 0;
    for (const auto& connection : connections_)
        largest = std::max(largest, connection->out.size() - connection->written);
    return largest;
}

void Server::accept_all() {
    Stream stream;
    while (Stream::accept(listener_, context_, stream)) {
        connections_.push_back(std::make_unique<Connection>());
        connections_.back()->stream = std::move(stream);
        watch(*connections_.back(), EPOLL_CTL_ADD);
    }
}

void Server::receive(Connection& connection) {
    for (;;) {
        const IoResult result = connection.stream.read(read_buffer_.data(), read_buffer_.size());
        connection.in.append(read_buffer_.data(), result.bytes);
        if (result.state == Io::closed)
            connection.dead = true;
        if (result.state != Io::ok || connection.in.size() > max_request)
            break;
    }
    while (!connection.dead && (connection.websocket ? take_frame(connection) : take_request(connection))) {
    }
    if (!connection.dead && !connection.out.empty())
        write(connection);
}

// Handles one HTTP request; false when it is not complete yet.
bool Server::take_request(Connection& connection) {
    const std::size_t end = connection.in.find("\r\n\r\n");
    if (end == std::string::npos) {
        connection.dead = connection.in.size() > max_request;
        return false;
    }
    const std::string head = connection.in.substr(0, end + 2);
    connection.in.erase(0, end + 4);
    std::string_view target = head;
    if (target.substr(0, 4) != "GET ") {
        connection.out += "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\nContent-Length: 0\r\n\r\n";
        return true;
    }
    target = until(target.substr(4), " \r");
    const std::string_view key = header_value(head, "sec-websocket-key");
    if (key.empty()) {
        connection.out += answer_rest(target, market_.symbols());
        return true;
    }
    if (target.substr(0, 7) != "/stream" && target.substr(0, 3) != "/ws") {
        connection.out += "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        return true;
    }
    connection.out += "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Accept: " +
                      websocket_accept(key) + "\r\n\r\n";
    connection.websocket = true;
    return true;
}

// Handles one WebSocket frame; false when it is not complete yet.
bool Server::take_frame(Connection& connection) {
    const FrameHeader header = parse_frame_header(connection.in.data(), connection.in.size());
    if (header.header_size == 0)
        return false;
    if (!header.masked || !header.fin() || header.payload_size > max_request) {
        connection.dead = true;
        return false;
    }
    const std::size_t size = header.header_size + header.payload_size;
    if (connection.in.size() < size)
        return false;
    char* data = connection.in.data() + header.header_size;
    unmask(data, header);
    const std::string payload(data, header.payload_size);
    connection.in.erase(0, size);
    switch (header.opcode()) {
    case opcode::text:
        take_message(connection, payload);
        break;
    case opcode::ping:
        append_frame(connection.out, opcode::pong, payload, false);
        break;
    case opcode::pong:
        break;
    case opcode::close:
        append_frame(connection.out, opcode::close, payload, false);
        write(connection);
        connection.dead = true;
        break;
    default:
        connection.dead = true;
    }
    return true;
}

void Server::take_message(Connection& connection, std::string_view text) {
    const std::string_view method = until(raw_member(text, "method"), ",}");
    const std::string_view id = until(raw_member(text, "id"), ",} \r\n");
    const bool subscribe = method == "\"SUBSCRIBE\"";
    if (!subscribe && method != "\"UNSUBSCRIBE\"") {
        append_frame(connection.out, opcode::text, R"({"code":2,"msg":"Invalid request: unknown variant"})", false);
        return;
    }
    std::string_view names = until(raw_member(text, "params"), "]");
    for (std::size_t from = names.find('"'); from != std::string_view::npos; from = names.find('"')) {
        names.remove_prefix(from + 1);
        const std::string_view name = until(names, "\"");
        names.remove_prefix(std::min(names.size(), name.size() + 1));
        const std::size_t index = market_.find(name);
        if (index == Market::npos)
            continue; // as the venue does: acknowledged and silent
        if (subscribe) {
            subscribed_ += owner_[index] == nullptr ? 1U : 0U;
            owner_[index] = &connection;
        } else if (owner_[index] == &connection) {
            owner_[index] = nullptr;
            --subscribed_;
        }
    }
    const std::string answer = R"({"result":null,"id":)" + (id.empty() ? "null" : std::string(id)) + "}";
    append_frame(connection.out, opcode::text, answer, false);
}

void Server::write(Connection& connection) {
    const IoResult result =
        connection.stream.write(connection.out.data() + connection.written, connection.out.size() - connection.written);
    connection.written += result.bytes;
    connection.dead = connection.dead || result.state == Io::closed;
    if (connection.written == connection.out.size()) {
        connection.out.clear();
        connection.written = 0;
    }
    const bool waits = !connection.out.empty();
    if (waits != connection.waits_for_room && !connection.dead) {
        connection.waits_for_room = waits;
        watch(connection, EPOLL_CTL_MOD);
    }
}

void Server::watch(Connection& connection, int operation) {
    epoll_event event{};
    event.events = connection.waits_for_room ? EPOLLIN | EPOLLOUT : EPOLLIN;
    event.data.ptr = &connection;
    if (::epoll_ctl(epoll_.get(), operation, connection.stream.fd(), &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Server::ping_all() {
    last_ping_ns_ = mono_ns();
    for (const auto& connection : connections_) {
        if (connection->websocket && !connection->dead)
            append_frame(connection->out, opcode::ping, std::to_string(last_ping_ns_), false);
    }
    flush();
}

void Server::bury_dead() {
    const auto dead = [](const auto& connection) { return connection->dead; };
    if (std::none_of(connections_.begin(), connections_.end(), dead))
        return;
    for (Connection*& owner : owner_) {
        if (owner != nullptr && owner->dead) {
            owner = nullptr;
            --subscribed_;
        }
    }
    connections_.erase(std::remove_if(connections_.begin(), connections_.end(), dead), connections_.end());
}

} // namespace tickgate::bench
