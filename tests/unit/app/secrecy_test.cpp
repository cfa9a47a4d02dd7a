#include "app/secrecy.hpp"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::app {

// In a child: it cannot be taken back.
TEST(Secrecy, NoCoreDumpAndNoLookIntoTheProcess) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        rlimit core{};
        const bool told = keep_memory_private();
        const bool no_core = ::getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_cur == 0 && core.rlim_max == 0;
#if defined(__SANITIZE_ADDRESS__)
        const bool closed = true; // see there
#else
        const bool closed = ::prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
        ::_exit(told && no_core && closed ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

} // namespace tickgate::app
