#include "app/secrecy.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>

namespace tickgate::app {

bool keep_memory_private() noexcept {
    const rlimit none{0, 0};
    const bool no_core = ::setrlimit(RLIMIT_CORE, &none) == 0;
#if defined(__SANITIZE_ADDRESS__) // its leak check looks into the process from a second one
    return no_core;
#else
    return ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && no_core;
#endif
}

} // namespace tickgate::app
