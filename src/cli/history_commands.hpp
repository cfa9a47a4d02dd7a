// `tickgate bars`, `backfill`, `coverage` and `symbols`: history as people ask for it on a command line.
#pragma once

#include "cli/list_command.hpp"

#include <tickgate/time.hpp>

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace tickgate::cli {

struct BarsArguments {
    std::string symbol, timeframe = "1m", start, end; // as the API takes them
    std::string provider;
    bool no_cache = false, validate = false;
    std::string limit;
    std::chrono::seconds deadline{600};
};

struct CoverageArguments {
    std::string symbol, timeframe, start, end, provider;
};

struct SymbolsArguments {
    std::string text, asset_class, provider, limit = "50";
};

struct BackfillArguments {
    std::vector<std::string> symbols;
    std::string timeframes, start, end, provider, method;
    bool no_cache = false;
    bool detach = false;        // start it and leave
    std::string follow, cancel; // ids
    bool list = false;
    bool bar = false; // a bar that moves, for terminals; else plain lines
    std::size_t columns = 80;
    std::chrono::milliseconds interval{500};   // between two looks
    std::chrono::milliseconds patience{30000}; // with a daemon that is away
};

// Each answers an exit code. Data goes to `output`, everything else to `err`.
asio::awaitable<int> show_bars(DaemonClient& client, BarsArguments arguments, Output output, std::ostream& err);
asio::awaitable<int> show_coverage(DaemonClient& client, CoverageArguments arguments, Output output, std::ostream& err);
asio::awaitable<int> show_symbols(DaemonClient& client, SymbolsArguments arguments, Output output, std::ostream& err);

// Starts, follows, cancels or lists jobs.
class Backfill {
public:
    Backfill(BackfillArguments arguments, Output output, std::ostream& err);
    ~Backfill();

    asio::awaitable<int> run(DaemonClient& client);
    // Leaves the job to the daemon; run() says how to come back to it.
    void leave();

private:
    struct View;
    asio::awaitable<int> start(DaemonClient& client, std::string& id);
    asio::awaitable<int> follow(DaemonClient& client, std::string id);
    asio::awaitable<std::string> quota(DaemonClient& client);
    void draw(const View& view, const std::string& quota_left);
    int finished(const View& view);

    BackfillArguments arguments_;
    Output output_;
    std::ostream& out_; // of `output_`
    std::ostream& err_;
    bool left_ = false;
    asio::steady_timer* pause_ = nullptr; // while run() waits
    std::string last_line_;
    std::uint64_t first_bars_ = 0;
    MonoTime first_look_{};
};

} // namespace tickgate::cli
