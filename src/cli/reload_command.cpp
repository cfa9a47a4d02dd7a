#include "cli/reload_command.hpp"

#include "cli/text.hpp"

#include <fmt/format.h>

#include <ostream>

namespace tickgate::cli {

namespace {

// `file:line:column: key: text (hint)`, as check-config writes it.
std::string problem_line(const Json& p) {
    std::string out = p["file"].words();
    if (p["line"].integer() > 0)
        out += fmt::format(":{}:{}", p["line"].integer(), p["column"].integer());
    for (const auto* part : {"key", "text"})
        if (!p[part].words().empty())
            out += ": " + p[part].words();
    if (!p["hint"].words().empty())
        out += " (" + p["hint"].words() + ")";
    return printable(out);
}

std::string or_nothing(const Json& value) { return value.words().empty() ? "(none)" : printable(value.words()); }

void tell(const Json& report, Output& output) {
    const auto& changed = report["changed"].items;
    output.line(changed.empty() ? "nothing has changed" : fmt::format("{} settings have changed", changed.size()));
    for (const auto& c : changed)
        output.line(
            fmt::format("  {}: {} -> {}", printable(c["key"].words()), or_nothing(c["old"]), or_nothing(c["new"])));
    for (const auto& key : report["restart"].items)
        output.line("  waits for a restart: " + printable(key.words()), Tone::warning);
    output.line("digest " + report["digest"].words());
}

} // namespace

asio::awaitable<int> reload(DaemonClient& client, Output output, std::ostream& err) {
    DaemonClient::Call call;
    call.method = "POST";
    call.target = "/api/v1/reload";
    call.body = "{}";
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    const auto body = parse_json(answer.response.body).value_or(Json());
    const auto& problems = body["problems"].items;
    if (answer.exit == exit_ok) {
        if (output.table())
            tell(body, output);
        else
            output.object(body, answer.response.body);
        co_return finished(output, err);
    }
    if (problems.empty()) {
        err << "tickgate: " << printable(answer.problem) << '\n';
        co_return answer.exit;
    }
    for (const auto& p : problems)
        err << problem_line(p) << '\n';
    err << problems.size() << (problems.size() == 1 ? " problem" : " problems")
        << " in the configuration: nothing was changed\n";
    if (!output.table()) {
        output.object(body, answer.response.body);
        finished(output, err);
    }
    co_return exit_configuration;
}

} // namespace tickgate::cli
