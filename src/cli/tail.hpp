// `tickgate tail`: what the gateway publishes, read from Redis. A live table on a terminal, the payloads in a pipe.
#pragma once

#include "cli/table_model.hpp"
#include "redis/subscriber.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace tickgate::cli {

namespace asio = boost::asio;

struct TailOptions {
    enum class View : std::uint8_t {
        automatic, // run_tail(): table if standard output is a terminal, else lines; Tail: lines
        table,
        lines, // each payload as it was published, one a line
    };

    redis::ClientOptions redis;
    std::string prefix = "md";
    std::string pattern; // forms: parse_tail_pattern(); empty: all data
    View view = View::automatic;
    std::uint64_t count = 0; // end after so many messages; 0: never
    std::chrono::milliseconds refresh{250};
    std::chrono::milliseconds alive_interval{1000};
    std::chrono::milliseconds reconnect_pause{250};
    std::function<TerminalSize()> terminal; // empty: that of standard output
    std::function<bool()> reader_gone;      // asked now and then, as a quiet market writes nothing; empty: not asked
    bool warn_on_screen = false; // table: warnings stand below it and go to `err` at the end, as both are one terminal
};

// The coroutine side, for loops that others own. One loop, one owner; run() must have returned before destruction.
//
// A Redis that cannot be reached at the start ends it; one that is lost later is asked again until it is back. Holes in
// the numbers of a channel, a change of the publisher and a missing md:alive are told on `err`, once per change.
class Tail {
public:
    Tail(asio::any_io_executor executor, TailOptions options, std::ostream& out, std::ostream& err);
    ~Tail();

    // Until stop(), `count` messages, or a reader of `out` that has gone. Answers the exit code: 0; 1 (`out` cannot be
    // written to); 2 (pattern not understood); 69 (Redis unreachable, or it refuses us).
    asio::awaitable<int> run();
    void stop();

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// Runs until SIGINT, SIGTERM or one of the ends above, on a loop of its own; SIGPIPE is ignored from then on.
int run_tail(TailOptions options, std::ostream& out, std::ostream& err);

} // namespace tickgate::cli
