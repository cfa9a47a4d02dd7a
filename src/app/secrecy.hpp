// Memory that holds credentials stays in this process.
#pragma once

namespace tickgate::app {

// No core dumps, also none through a pipe of the system's, and no look into this process (memory, environment, open
// files) for other programs of the same user; root may still. Call before any secret is read. False: the system
// refused a part of it.
bool keep_memory_private() noexcept;

} // namespace tickgate::app
