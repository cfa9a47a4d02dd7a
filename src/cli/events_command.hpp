// `tickgate events`: what happened, and with `follow` what happens.
#pragma once

#include "cli/list_command.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>

namespace tickgate::cli {

struct EventsArguments {
    std::string event, symbol; // only these; empty: all
    std::string limit = "50";
    bool follow = false;
    std::chrono::milliseconds interval{1000};  // between two looks
    std::chrono::milliseconds patience{30000}; // with a daemon that is away
};

class Events {
public:
    Events(EventsArguments arguments, Output output, std::ostream& err)
        : arguments_(std::move(arguments)), output_(std::move(output)), err_(err) {}

    asio::awaitable<int> run(DaemonClient& client);
    void leave(); // ends run()

private:
    std::string target() const;
    int show(const Fetched& fetched);

    EventsArguments arguments_;
    Output output_;
    std::ostream& err_;
    std::string cursor_; // of the newest event that was shown
    bool head_ = true, left_ = false;
    DaemonClient* client_ = nullptr;      // while run() runs
    asio::steady_timer* pause_ = nullptr; // likewise
};

} // namespace tickgate::cli
