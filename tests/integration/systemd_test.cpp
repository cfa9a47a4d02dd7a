// Type=notify without systemd: what it would be told on its socket.
#include "integration/gateway_system.hpp"

#include <csignal>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace tickgate::test {

namespace {

class NotifySocket {
public:
    explicit NotifySocket(const std::string& path) : fd_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        EXPECT_EQ(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    }
    ~NotifySocket() { ::close(fd_); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    // The next message that holds `part`; others are passed over.
    bool told(std::string_view part) {
        char text[512];
        pollfd ready{fd_, POLLIN, 0};
        while (::poll(&ready, 1, 20000) > 0) {
            const auto n = ::recv(fd_, text, sizeof text, 0);
            if (n > 0 && std::string_view(text, static_cast<std::size_t>(n)).find(part) != std::string_view::npos)
                return true;
        }
        return false;
    }

private:
    int fd_;
};

} // namespace

TEST(Systemd, IsToldOfReadinessProgressAndTheEnd) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/notify";
    NotifySocket notify(path);
    SystemOptions options;
    options.variables = {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "400000"}};
    System system(std::move(options));
    EXPECT_TRUE(notify.told("READY=1"));
    EXPECT_TRUE(notify.told("WATCHDOG=1"));
    EXPECT_TRUE(notify.told("WATCHDOG=1")) << "again and again, as long as the hot loop goes round";
    system.gateway->signal(SIGTERM);
    EXPECT_TRUE(notify.told("STOPPING=1"));
    EXPECT_EQ(system.gateway->exit_code(), 0);
}

} // namespace tickgate::test
