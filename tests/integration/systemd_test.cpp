// Type=notify without systemd: what it would be told on its socket.
#include "integration/gateway_system.hpp"
#include "support/notify_socket.hpp"

#include <csignal>

namespace tickgate::test {

TEST(Systemd, IsToldOfReadinessProgressAndTheEnd) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/notify";
    NotifySocket notify(path);
    ASSERT_TRUE(notify.bound());
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

TEST(Systemd, IsToldWhenAReloadBeginsAndEnds) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/notify";
    NotifySocket notify(path);
    SystemOptions options;
    options.variables = {{"NOTIFY_SOCKET", path}};
    System system(std::move(options));
    ASSERT_TRUE(notify.told("READY=1"));
    system.gateway->signal(SIGHUP);
    EXPECT_TRUE(notify.told("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_TRUE(notify.told("READY=1"));
}

} // namespace tickgate::test
