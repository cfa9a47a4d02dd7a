#include "cli/list_command.hpp"

#include "cli/text.hpp"

#include <cerrno>
#include <ostream>
#include <system_error>
#include <utility>

namespace tickgate::cli {

namespace {

void tell_error(const Json& element, std::ostream& err) {
    const auto& error = element["error"];
    err << "tickgate: " << printable(element["class"].words() + ":" + element["symbol"].words()) << ": "
        << printable(error["message"].words());
    if (error["hint"].has_value())
        err << " (" << printable(error["hint"].words()) << ')';
    err << '\n';
}

// Takes out what is no data: errors and summaries, whose faults are told on standard error. True: there were some.
bool take_out_errors(std::vector<Json>& elements, std::ostream& err) {
    bool any = false;
    std::erase_if(elements, [&](const Json& element) {
        const auto& type = element["type"].text;
        const bool failed = type == "error" || (type == "summary" && element["error"].has_value());
        if (failed)
            tell_error(element, err);
        any = any || failed;
        return type == "error" || type == "summary";
    });
    return any;
}

} // namespace

asio::awaitable<Fetched> fetch(DaemonClient& client, DaemonClient::Call call, std::ostream& err) {
    Fetched fetched;
    auto sending = client.send(std::move(call));
    auto answer = co_await std::move(sending);
    fetched.exit = answer.exit;
    if (answer.exit != exit_ok) {
        err << "tickgate: " << printable(answer.problem) << '\n';
        co_return fetched;
    }
    fetched.text = std::move(answer.response.body);
    auto body = parse_json(fetched.text);
    if (!body) {
        err << "tickgate: the daemon's answer was not understood\n";
        fetched.exit = exit_failed;
        co_return fetched;
    }
    fetched.body = std::move(*body);
    co_return fetched;
}

asio::awaitable<Fetched> fetch(DaemonClient& client, std::string target, std::ostream& err) {
    DaemonClient::Call call;
    call.target = std::move(target);
    auto fetching = fetch(client, std::move(call), err);
    co_return co_await std::move(fetching);
}

int finished(Output& output, std::ostream& err, int code) {
    errno = 0;
    if (output.flush())
        return code;
    if (errno != EPIPE && errno != 0) // who reads no more wants no word either
        err << "tickgate: cannot write: " << std::generic_category().message(errno) << '\n';
    return exit_failed;
}

asio::awaitable<int> show_list(
    DaemonClient& client, DaemonClient::Call call, ListView view, Output output, std::ostream& err) {
    auto fetching = fetch(client, std::move(call), err);
    auto fetched = co_await std::move(fetching);
    if (fetched.exit != exit_ok)
        co_return fetched.exit;
    auto elements = fetched.list();
    const bool failed = take_out_errors(elements, err);
    if (elements.empty() && !failed && output.table())
        err << view.none << '\n';
    else if (!elements.empty() || !output.table())
        output.list(elements, view.columns, fetched.text);
    co_return finished(output, err, failed ? exit_failed : exit_ok);
}

asio::awaitable<int> show_object(
    DaemonClient& client, DaemonClient::Call call, Sentence said, Output output, std::ostream& err) {
    auto fetching = fetch(client, std::move(call), err);
    const auto fetched = co_await std::move(fetching);
    if (fetched.exit != exit_ok)
        co_return fetched.exit;
    if (said && output.table())
        output.line(printable(said(fetched.body)));
    else
        output.object(fetched.body, fetched.text);
    co_return finished(output, err);
}

} // namespace tickgate::cli
