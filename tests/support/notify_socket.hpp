// The socket on which a program tells the service manager how it fares (sd_notify).
#pragma once

#include <chrono>
#include <poll.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tickgate::test {

class NotifySocket {
public:
    explicit NotifySocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        bound_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~NotifySocket() { ::close(fd_); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    bool bound() const noexcept { return bound_; }

    // The next message that holds `part`; others are passed over. False: none came in time.
    bool told(std::string_view part, std::chrono::milliseconds limit = std::chrono::seconds(20)) {
        using Clock = std::chrono::steady_clock;
        const auto deadline = Clock::now() + limit;
        for (auto left = limit; left.count() >= 0;
             left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now())) {
            pollfd ready{fd_, POLLIN, 0};
            if (::poll(&ready, 1, static_cast<int>(left.count())) <= 0)
                return false;
            if (take().find(part) != std::string::npos)
                return true;
        }
        return false;
    }
    void drain() {
        for (pollfd ready{fd_, POLLIN, 0}; ::poll(&ready, 1, 0) > 0;)
            take();
    }

private:
    std::string take() {
        char text[512];
        const auto n = ::recv(fd_, text, sizeof text, 0);
        return n > 0 ? std::string(text, static_cast<std::size_t>(n)) : std::string();
    }
    int fd_;
    bool bound_ = false;
};

} // namespace tickgate::test
