// A venue that refuses everything and says back what it was sent, as some do.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tickgate::test {

// Plain HTTP on 127.0.0.1. Requests are answered with 401 and their own head in every field that venues put errors
// into; WebSockets are accepted, and the first message is refused with its own text.
class EchoVenue {
public:
    EchoVenue();
    ~EchoVenue();
    EchoVenue(const EchoVenue&) = delete;
    EchoVenue& operator=(const EchoVenue&) = delete;

    std::uint16_t port() const noexcept { return port_; }
    std::string seen() const; // all that clients sent

private:
    void accept_clients();
    void serve(int fd);
    void remember(const std::string& text);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::atomic<bool> stopping_{false};
    mutable std::mutex mutex_;
    std::string seen_;
    std::vector<std::thread> clients_; // of the accepting thread alone, until it has ended
    std::thread acceptor_;
};

} // namespace tickgate::test
