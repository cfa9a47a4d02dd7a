#include "integration/echo_venue.hpp"

#include "net/ws_handshake.hpp"

#include <arpa/inet.h>
#include <array>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace tickgate::test {

namespace {

std::string in_json(std::string_view text) {
    std::string out;
    for (const char c : text)
        out += c == '"' || c == '\\' ? '\'' : c < ' ' ? ' ' : c;
    return out;
}

// A text frame of a server.
std::string frame(const std::string& text) {
    std::string out = "\x81";
    if (text.size() < 126) {
        out += static_cast<char>(text.size());
    } else {
        out += '\x7e';
        out += static_cast<char>(text.size() >> 8);
        out += static_cast<char>(text.size() & 0xff);
    }
    return out + text;
}

// The first whole text of a client in `bytes`; empty: not there yet. Up to 64 KiB.
std::string unframed(const std::string& bytes) {
    const auto at = [&](std::size_t i) { return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U; };
    std::size_t size = at(1) & 0x7fU, head = 2;
    if (size == 126) {
        size = (at(2) << 8U) | at(3);
        head = 4;
    }
    if (bytes.size() < head + 4 + size || bytes.size() < 2)
        return {};
    std::string text = bytes.substr(head + 4, size);
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>(static_cast<unsigned char>(text[i]) ^ at(head + i % 4));
    return text;
}

void send_all(int fd, const std::string& text) { (void)::send(fd, text.data(), text.size(), MSG_NOSIGNAL); }

// Appends what comes within a moment; false at the end.
bool receive(int fd, std::string& into, const std::atomic<bool>& stopping) {
    pollfd p{fd, POLLIN, 0};
    for (int i = 0; i < 100 && !stopping; ++i) {
        if (::poll(&p, 1, 50) <= 0)
            continue;
        std::array<char, 16384> piece;
        const auto n = ::recv(fd, piece.data(), piece.size(), 0);
        if (n <= 0)
            return false;
        into.append(piece.data(), static_cast<std::size_t>(n));
        return true;
    }
    return false;
}

} // namespace

EchoVenue::EchoVenue() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* any = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, any, size) != 0 || ::listen(listener_, 64) != 0 || ::getsockname(listener_, any, &size) != 0)
        throw std::runtime_error("no port for the echo venue");
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_clients(); });
}

EchoVenue::~EchoVenue() {
    stopping_ = true;
    acceptor_.join();
    for (auto& client : clients_)
        client.join();
    ::close(listener_);
}

std::string EchoVenue::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

void EchoVenue::remember(const std::string& text) {
    const std::lock_guard lock(mutex_);
    seen_ += text + "\n";
}

void EchoVenue::accept_clients() {
    pollfd p{listener_, POLLIN, 0};
    while (!stopping_) {
        if (::poll(&p, 1, 50) <= 0)
            continue;
        const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (fd >= 0)
            clients_.emplace_back([this, fd] {
                serve(fd);
                ::close(fd);
            });
    }
}

void EchoVenue::serve(int fd) {
    std::string text;
    while (text.find("\r\n\r\n") == std::string::npos)
        if (!receive(fd, text, stopping_))
            return;
    const auto end = text.find("\r\n\r\n") + 4;
    const std::string head = text.substr(0, end);
    remember(head);
    const std::string key_name = "Sec-WebSocket-Key: ";
    const auto key = head.find(key_name);
    if (key == std::string::npos) {
        const auto said = in_json(head);
        const std::string body = R"({"status":"ERROR","error":"you sent )" + said + R"(","errorMessage":"you sent )" +
                                 said + R"(","message":"you sent )" + said + R"(","fault":{"faultstring":"you sent )" +
                                 said + R"("}})";
        return send_all(fd, "HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nConnection: close\r\n"
                            "Content-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    send_all(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: " +
                     net::websocket_accept(head.substr(key + key_name.size(), 24)) + "\r\n\r\n" +
                     frame(R"([{"ev":"status","status":"connected","message":"Connected Successfully"}])"));
    text.erase(0, end);
    while (unframed(text).empty())
        if (!receive(fd, text, stopping_))
            return;
    const auto said = unframed(text);
    remember(said);
    send_all(fd, frame(R"([{"ev":"status","status":"auth_failed","message":"authentication failed: )" + in_json(said) +
                       R"("}])"));
    send_all(fd, std::string("\x88\x02\x03\xf0", 4)); // close, 1008
    receive(fd, text, stopping_);
}

} // namespace tickgate::test
