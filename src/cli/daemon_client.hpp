// The running gateway as commands see it: its HTTP API.
#pragma once

#include "core/secret.hpp"
#include "net/http_client.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::cli {

namespace asio = boost::asio;

// Exit codes of commands (docs/cli.md).
inline constexpr int exit_ok = 0, exit_failed = 1, exit_usage = 2, exit_unavailable = 69, exit_credentials = 77,
                     exit_configuration = 78;

struct DaemonOptions {
    std::string url = "http://127.0.0.1:8787"; // scheme, host, port
    Secret token;                              // empty: none is sent
    std::string token_problem;            // why there is none although the configuration names one; holds no secret
    std::shared_ptr<net::TlsContext> tls; // for https
};

struct DaemonAnswer {
    int exit = exit_ok; // not 0: the fault is in `problem`
    std::string problem;
    std::string code; // of the daemon's problem, as `rate_limited`; empty: it was not the daemon who refused
    RestResponse response;
};

// One loop, one owner.
class DaemonClient {
public:
    DaemonClient(asio::any_io_executor executor, DaemonOptions options);

    struct Call {
        std::string method = "GET", target, body; // body: JSON
        std::chrono::milliseconds deadline{60000};
        BodySink sink; // takes a 2xx body piece by piece, if set
    };
    asio::awaitable<DaemonAnswer> send(Call call);
    asio::awaitable<DaemonAnswer> get(std::string target, std::chrono::milliseconds deadline = std::chrono::minutes(1));
    void stop(); // calls in flight end

    const DaemonOptions& options() const noexcept { return options_; }

private:
    DaemonOptions options_;
    net::HttpClient client_;
};

std::string query_encoded(std::string_view text);
std::string joined(const std::vector<std::string>& words); // with commas

// Appends `&name=value` (`?` first), if there is a value.
void add_query(std::string& target, std::string_view name, std::string_view value);

// Runs `command` on a loop of its own. SIGINT and SIGTERM call `interrupt` the first time, and end it the second.
using Command = std::function<asio::awaitable<int>(DaemonClient&)>;
int run_command(DaemonOptions options, Command command, std::ostream& err, std::function<void()> interrupt = {});

} // namespace tickgate::cli
