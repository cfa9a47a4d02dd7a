// `tickgate reload`: the daemon reads its configuration again.
#pragma once

#include "cli/list_command.hpp"

namespace tickgate::cli {

// 78: the file was refused, every problem is on `err`.
asio::awaitable<int> reload(DaemonClient& client, Output output, std::ostream& err);

} // namespace tickgate::cli
