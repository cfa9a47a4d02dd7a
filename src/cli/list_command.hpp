// Commands that show one answer of the API.
#pragma once

#include "cli/daemon_client.hpp"
#include "cli/output.hpp"

#include <functional>
#include <iosfwd>
#include <string>
#include <vector>

namespace tickgate::cli {

// What the API answered; `exit` is not 0 if there is none, which was told on standard error then.
struct Fetched {
    int exit = exit_ok;
    std::string text; // as it came
    Json body;
    const std::vector<Json>& list() const noexcept { return body["data"].items; }
};
asio::awaitable<Fetched> fetch(DaemonClient& client, DaemonClient::Call call, std::ostream& err);
asio::awaitable<Fetched> fetch(DaemonClient& client, std::string target, std::ostream& err);

// The exit code of a command whose output has been written: a full disk is a fault, a reader that has gone is none.
int finished(Output& output, std::ostream& err, int code = exit_ok);

// How a list is shown.
struct ListView {
    std::vector<Column> columns;
    std::string none; // said on standard error if the list is empty
};

// Elements that say why one of several symbols has no answer go to standard error, and make the exit code 1.
asio::awaitable<int> show_list(
    DaemonClient& client, DaemonClient::Call call, ListView view, Output output, std::ostream& err);
// An answer that is one object; `said`, if set, is written in its place for people.
using Sentence = std::function<std::string(const Json& answer)>;
asio::awaitable<int> show_object(
    DaemonClient& client, DaemonClient::Call call, Sentence said, Output output, std::ostream& err);

} // namespace tickgate::cli
