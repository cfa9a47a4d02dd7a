#include "cli/daemon_client.hpp"

#include "cli/json.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

// What the daemon refused and why, of a problem document; else of the status alone.
void read_problem(DaemonAnswer& answer, const std::string& token_problem) {
    const auto& response = answer.response;
    if (const auto problem = parse_json(response.body)) {
        answer.code = (*problem)["code"].text;
        answer.problem = (*problem)["detail"].text;
        if (const auto& hint = (*problem)["hint"]; hint.has_value())
            answer.problem += " (" + hint.words() + ")";
    }
    if (answer.problem.empty())
        answer.problem = "the daemon answered with status " + std::to_string(response.status);
    if (const auto wait = response.header("retry-after"); !wait.empty())
        answer.problem += "; again in " + std::string(wait) + " s";
    if (response.status == 401) {
        answer.exit = exit_credentials;
        if (!token_problem.empty())
            answer.problem += "; the configuration's token cannot be read here: " + token_problem;
        answer.problem += "; name the file that holds the token with --token-file";
    } else if (response.status == 403 && answer.code != "not_entitled") {
        answer.exit = exit_credentials;
        answer.problem += "; this token may not do that: name one of scope admin with --token-file";
    } else if (response.status == 404 && answer.code == "not_found") {
        answer.exit = exit_failed;
    } else if (response.status == 400) {
        answer.exit = exit_usage;
    } else {
        answer.exit = response.status == 429 || response.status >= 502 ? exit_unavailable : exit_failed;
    }
}

} // namespace

DaemonClient::DaemonClient(asio::any_io_executor executor, DaemonOptions options)
    : options_(std::move(options)), client_(std::move(executor), options_.tls) {}

asio::awaitable<DaemonAnswer> DaemonClient::send(Call call) {
    RestRequest request;
    request.method = std::move(call.method);
    request.base = options_.url;
    request.target = std::move(call.target);
    request.body = std::move(call.body);
    request.deadline = call.deadline;
    request.max_body = 256u << 20;
    if (request.method == "POST" || request.method == "PUT")
        request.headers.emplace_back("Content-Type", "application/json");
    request.headers.emplace_back("User-Agent", "tickgate");
    if (!options_.token.empty())
        request.headers.emplace_back("Authorization", "Bearer " + std::string(options_.token.reveal()));
    DaemonAnswer answer;
    std::string detail;
    auto sending = client_.send(std::move(request), std::move(call.sink), detail);
    auto response = co_await std::move(sending);
    if (!response) {
        answer.exit = exit_unavailable;
        answer.problem = "no answer from the daemon at " + redact(options_.url) + ": " +
                         (detail.empty() ? response.error().message() : redact(detail)) +
                         "; is it running? (systemctl status tickgate; another address: --url)";
        co_return answer;
    }
    answer.response = std::move(*response);
    if (answer.response.status / 100 != 2)
        read_problem(answer, options_.token_problem);
    co_return answer;
}

asio::awaitable<DaemonAnswer> DaemonClient::get(std::string target, std::chrono::milliseconds deadline) {
    Call call;
    call.target = std::move(target);
    call.deadline = deadline;
    auto sending = send(std::move(call));
    co_return co_await std::move(sending);
}

void DaemonClient::stop() { client_.stop(); }

std::string query_encoded(std::string_view text) {
    constexpr std::string_view plain = "-._~:,";
    constexpr char hex[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        const bool safe = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          plain.find(c) != std::string_view::npos;
        if (safe) {
            out += c;
        } else {
            out += '%';
            out += hex[u >> 4];
            out += hex[u & 15];
        }
    }
    return out;
}

std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const auto& word : words)
        out.append(out.empty() ? "" : ",").append(word);
    return out;
}

void add_query(std::string& target, std::string_view name, std::string_view value) {
    if (value.empty())
        return;
    target += target.find('?') == std::string::npos ? '?' : '&';
    target.append(name).append("=").append(query_encoded(value));
}

int run_command(DaemonOptions options, Command command, std::ostream& err, std::function<void()> interrupt) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context loop(1);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    DaemonClient client(loop.get_executor(), std::move(options));
    int code = exit_failed;
    bool interrupted = false;
    std::function<void(const error_code&, int)> on_signal = [&](const error_code& ec, int signal) {
        if (ec)
            return;
        if (!interrupt || interrupted) {
            code = 128 + signal;
            client.stop();
            loop.stop();
            return;
        }
        interrupted = true;
        interrupt();
        signals.async_wait(on_signal);
    };
    signals.async_wait(on_signal);
    asio::co_spawn(loop, command(client), [&](const std::exception_ptr& fault, int result) {
        signals.cancel();
        if (!fault) {
            code = result;
            return;
        }
        try {
            std::rethrow_exception(fault);
        } catch (const std::exception& e) {
            err << "tickgate: unexpected: " << e.what() << '\n' << std::flush;
        }
    });
    loop.run();
    return code;
}

} // namespace tickgate::cli
