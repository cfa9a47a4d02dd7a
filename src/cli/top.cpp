#include "cli/top.hpp"

#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <csignal>
#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t plain_symbols = 500; // asked one by one

} // namespace

// Handlers of a terminal that has been left are told so by their error and touch nothing.
struct Top::Terminal {
    Terminal(const asio::any_io_executor& executor, Top& t)
        : top(t), keyboard(), keys(executor), signals(executor, SIGHUP, SIGQUIT, SIGWINCH) {
        if (keyboard.descriptor() >= 0) {
            error_code ignored;
            keys.assign(keyboard.release(), ignored);
            read();
        }
        listen();
    }
    void read() {
        keys.async_read_some(asio::buffer(input), [this](const error_code& ec, std::size_t n) {
            if (ec == asio::error::operation_aborted)
                return;
            if (ec)
                return top.leave(); // the terminal hung up
            for (std::size_t i = 0; i < n; ++i)
                top.key(input[i]);
            read();
        });
    }
    void listen() {
        signals.async_wait([this](const error_code& ec, int signal) {
            if (ec)
                return;
            if (signal != SIGWINCH)
                return top.leave();
            top.redraw_ = true;
            top.wake();
            listen();
        });
    }

    Top& top;
    Keyboard keyboard;
    asio::posix::stream_descriptor keys;
    asio::signal_set signals;
    std::array<char, 64> input{};
};

Top::Top(TopArguments arguments, std::ostream& out, std::ostream& err)
    : arguments_(std::move(arguments)), out_(out), err_(err), model_("tickgate top") {}

void Top::wake() {
    if (pause_ != nullptr)
        pause_->cancel();
}

void Top::leave() {
    left_ = true;
    if (client_ != nullptr)
        client_->stop();
    wake();
}

void Top::key(char c) {
    const long page = std::max(arguments_.terminal().rows / 2, 1);
    if (!escape_.empty() || c == '\x1b') {
        escape_ += c;
        if (escape_.size() < 3 || (escape_.size() == 3 && c >= '0' && c <= '9'))
            return; // ESC [ A, ESC [ 5 ~
        const auto key = escape_.substr(1);
        escape_.clear();
        if (key == "[A" || key == "OA")
            model_.scroll(-1);
        else if (key == "[B" || key == "OB")
            model_.scroll(1);
        else if (key == "[5~")
            model_.scroll(-page);
        else if (key == "[6~")
            model_.scroll(page);
        else if (key == "[H" || key == "[1~")
            model_.scroll_to(false);
        else if (key == "[F" || key == "[4~")
            model_.scroll_to(true);
    } else if (c == 'q' || c == 'Q' || c == '\x04') {
        return leave();
    } else if (c == 'j' || c == 'k') {
        model_.scroll(c == 'j' ? 1 : -1);
    } else if (c == ' ') {
        model_.scroll(page);
    }
    redraw_ = true;
    wake();
}

// An exit code that is not 0: the daemon did not answer, `problem` says why.
asio::awaitable<int> Top::look(DaemonClient& client, std::string& problem) {
    for (const auto* path : {"/api/v1/status", "/api/v1/feeds", "/api/v1/subscriptions?limit=10000"}) {
        auto asking = client.get(path, std::chrono::seconds(5));
        auto answer = co_await std::move(asking);
        if (left_)
            co_return exit_ok;
        if (answer.exit != exit_ok) {
            problem = answer.problem;
            co_return answer.exit;
        }
        auto body = parse_json(answer.response.body).value_or(Json());
        auto list = body["data"].items;
        const std::string_view what = path;
        if (what.ends_with("status"))
            model_.set_gateway(list.empty() ? Json() : list.front());
        else if (what.ends_with("feeds"))
            model_.set_feeds(std::move(list), mono_now());
        else {
            if (!arguments_.symbols.empty())
                std::erase_if(list, [&](const Json& s) {
                    const auto& wanted = arguments_.symbols;
                    return std::find(wanted.begin(), wanted.end(), s["symbol"].text) == wanted.end();
                });
            model_.set_subscriptions(std::move(list), mono_now());
        }
    }
    auto looking = look_at_instruments(client);
    co_await std::move(looking);
    co_return exit_ok;
}

asio::awaitable<void> Top::look_at_instruments(DaemonClient& client) {
    const TerminalSize all{static_cast<int>(plain_symbols), 80};
    const auto symbols = model_.visible(arguments_.screen ? arguments_.terminal() : all);
    for (const auto& symbol : symbols) {
        auto asking = client.get("/api/v1/latest/" + query_encoded(symbol), std::chrono::seconds(5));
        const auto answer = co_await std::move(asking);
        if (left_ || answer.exit == exit_unavailable)
            co_return;
        if (answer.exit != exit_ok)
            continue;
        const auto latest = parse_json(answer.response.body).value_or(Json());
        model_.set_latest(symbol, latest, mono_now());
        if (std::exchange(redraw_, false))
            show(); // keys and a new size do not wait for a long list
    }
}

bool Top::show() {
    if (screen_)
        return screen_->draw(model_.render(arguments_.terminal(), now()));
    for (const auto& line : model_.plain(now()))
        out_ << line << '\n';
    out_ << std::flush;
    return out_.good();
}

asio::awaitable<int> Top::run(DaemonClient& client) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer pause(executor);
    pause_ = &pause;
    client_ = &client;
    std::optional<Terminal> terminal;
    int code = exit_ok;
    for (std::uint64_t looks = 0; !left_; ++looks) {
        const auto next = mono_now() + arguments_.interval;
        std::string problem;
        auto looking = look(client, problem);
        code = co_await std::move(looking);
        if (left_)
            break;
        if (code != exit_ok && (looks == 0 || code != exit_unavailable)) {
            screen_.reset();
            err_ << "tickgate: " << problem << '\n';
            break;
        }
        model_.set_problem(problem);
        if (arguments_.screen && !screen_) {
            screen_.emplace(out_);
            terminal.emplace(executor, *this);
        }
        if (!show() || (arguments_.count > 0 && looks + 1 >= arguments_.count))
            break;
        while (!left_ && mono_now() < next) {
            pause.expires_at(next);
            co_await pause.async_wait(use_result);
            if (std::exchange(redraw_, false) && !left_ && !show())
                left_ = true;
        }
    }
    pause_ = nullptr;
    client_ = nullptr;
    terminal.reset();
    screen_.reset(); // the terminal is itself again
    co_return left_ ? exit_ok : code == exit_unavailable&& arguments_.count > 0 ? exit_unavailable : code;
}

} // namespace tickgate::cli
