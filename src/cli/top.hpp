// `tickgate top`: asks the daemon again and again and draws what it tells.
#pragma once

#include "cli/daemon_client.hpp"
#include "cli/terminal.hpp"
#include "cli/top_model.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::cli {

struct TopArguments {
    std::vector<std::string> symbols; // only these; empty: everything subscribed
    std::chrono::milliseconds interval{1000};
    std::uint64_t count = 0; // end after so many looks; 0: never
    bool screen = false;     // draw on the terminal; else lines
    std::function<TerminalSize()> terminal = terminal_size;
};

class Top {
public:
    Top(TopArguments arguments, std::ostream& out, std::ostream& err);

    // Until leave(), a key (q, Q, Ctrl-D), SIGHUP or SIGQUIT, `count` looks, or a reader that has gone; then the
    // terminal is as it was. A daemon that cannot be reached at the start ends it, one that goes later is asked again.
    asio::awaitable<int> run(DaemonClient& client);
    void leave();

private:
    struct Terminal; // keys and signals while run() draws on a screen
    asio::awaitable<int> look(DaemonClient& client, std::string& problem);
    asio::awaitable<void> look_at_instruments(DaemonClient& client);
    void key(char c);
    bool show();
    void wake();

    TopArguments arguments_;
    std::ostream& out_;
    std::ostream& err_;
    TopModel model_;
    std::optional<Screen> screen_;
    DaemonClient* client_ = nullptr;      // while run() runs
    asio::steady_timer* pause_ = nullptr; // likewise
    std::string escape_;                  // of a key that sends several bytes
    bool left_ = false, redraw_ = false;
};

} // namespace tickgate::cli
