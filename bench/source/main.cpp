// bench_source: a load generator that speaks the combined stream of Binance spot from the server side.
//
// Waits until enough streams are subscribed, then sends at a set rate or as fast as they are taken. The send time in
// nanoseconds travels in `u` (quotes) and `t` (trades), which a gateway passes on as `src_seq`.
#include "source/frames.hpp"
#include "source/server.hpp"
#include "support/clock.hpp"
#include "support/options.hpp"
#include "support/report.hpp"
#include "support/stop.hpp"

#include <algorithm>
#include <cerrno>

#include <sys/prctl.h>

using namespace tickgate::bench;

namespace {

constexpr std::int64_t poll_interval_ns = 1'000'000;
constexpr std::size_t flat_batch = 64 * 1024; // bytes rendered before each write

struct Sent {
    std::int64_t messages = 0;
    std::int64_t unsubscribed = 0; // not sent, because nobody was subscribed any more
    std::int64_t late = 0;         // more than 100 µs after their time
    std::int64_t max_late_ns = 0;
    std::int64_t elapsed_ns = 0;
};

class Generator {
public:
    Generator(Server& server, std::size_t streams) : server_(server), streams_(streams) {}

    Sent flat_out(std::int64_t count) {
        const std::int64_t start = mono_ns();
        while (sent_.messages + sent_.unsubscribed < count && !stop_requested()) {
            stamp_.set(wall_ns());
            while (server_.backlog() < flat_batch && sent_.messages + sent_.unsubscribed < count) {
                for (int n = 0; n < 16 && sent_.messages + sent_.unsubscribed < count; ++n)
                    send_next();
            }
            server_.flush();
            server_.poll(server_.backlog() < flat_batch ? 0 : 100);
        }
        return finish(start);
    }

    // Every message at its own time; those that are due together, because the generator was late, share a write.
    Sent paced(std::int64_t rate, std::int64_t count) {
        const std::int64_t start = mono_ns();
        std::int64_t polled = start;
        for (std::int64_t next = 0; next < count && !stop_requested();) {
            const std::int64_t due = start + next * 1'000'000'000 / rate;
            std::int64_t now = mono_ns();
            if (now - polled > poll_interval_ns) {
                server_.poll(0);
                polled = now = mono_ns();
            }
            if (now < due) {
                sleep_until(due);
                continue;
            }
            note_lateness(now - due);
            const std::int64_t until = std::min(count, (now - start) * rate / 1'000'000'000 + 1);
            stamp_.set(wall_ns());
            for (; next < until; ++next)
                send_next();
            server_.flush();
        }
        return finish(start);
    }

private:
    void send_next() {
        const bool taken = server_.send(cursor_, stamp_);
        ++(taken ? sent_.messages : sent_.unsubscribed);
        stamp_.advance();
        cursor_ = cursor_ + 1 == streams_ ? 0 : cursor_ + 1;
    }

    void note_lateness(std::int64_t late_ns) {
        sent_.late += late_ns > 100'000 ? 1 : 0;
        sent_.max_late_ns = std::max(sent_.max_late_ns, late_ns);
    }

    static void sleep_until(std::int64_t mono) {
        const timespec until{static_cast<time_t>(mono / 1'000'000'000), static_cast<long>(mono % 1'000'000'000)};
        ::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
    }

    Sent finish(std::int64_t start) {
        while (server_.backlog() > 0 && !stop_requested())
            server_.poll(100);
        sent_.elapsed_ns = mono_ns() - start;
        return sent_;
    }

    Server& server_;
    std::size_t streams_;
    std::size_t cursor_ = 0;
    Stamp stamp_;
    Sent sent_;
};

Mix parse_mix(const std::string& text) {
    if (text == "quote")
        return Mix::quote;
    if (text == "trade")
        return Mix::trade;
    if (text == "all")
        return Mix::all;
    throw UsageError("--mix: quote, trade or all, not " + text);
}

Options parse_options(int argc, char** argv) {
    return Options(argc, argv, "load generator with the venue's wire, REST and WebSocket on one port of 127.0.0.1",
        {{"port", "P", "0", "port; 0 lets the system choose"},
            {"symbols", "N", "50", "synthetic symbols SYM0USDT, SYM1USDT, ..."},
            {"mix", "KIND", "quote", "quote, trade, or all (quote, trade and 1m kline)"},
            {"time-unit", "UNIT", "us", "event times in us or ms"},
            {"expect-streams", "M", "0", "begin when M streams are subscribed; 0: all of the mix"},
            {"start-delay-ms", "T", "500", "pause before the first message"},
            {"rate", "R", "1000", "messages a second"}, {"seconds", "S", "10", "duration at that rate"},
            {"flat-out", "", "", "as fast as the subscriber takes them"},
            {"count", "N", "1000000", "messages when flat out"},
            {"tls-cert", "FILE", "", "certificate chain (PEM): speak TLS"},
            {"tls-key", "FILE", "", "its private key"}});
}

int run(int argc, char** argv) {
    const Options options = parse_options(argc, argv);
    if (options.number("rate") == 0 || options.number("symbols") == 0)
        throw UsageError("--rate and --symbols must be above 0");
    catch_stop_signals();
    ::prctl(PR_SET_TIMERSLACK, 1UL);

    MarketShape shape;
    shape.symbols = static_cast<std::size_t>(options.number("symbols"));
    shape.mix = parse_mix(options.text("mix"));
    shape.milliseconds = options.text("time-unit") == "ms";
    const Market market(shape);
    TlsContext context;
    if (!options.text("tls-cert").empty())
        context = make_tls_server(options.text("tls-cert"), options.text("tls-key"));
    Server server(market, options.port("port"), context.get());
    Report("listening").add("port", std::int64_t{server.port()}).print();

    const std::size_t streams = market.frames().size();
    const auto asked = static_cast<std::size_t>(options.number("expect-streams"));
    const std::size_t expected = asked == 0 ? streams : std::min(asked, streams);
    while (server.subscribed() < expected && !stop_requested())
        server.poll(100);
    const std::int64_t start = mono_ns() + options.number("start-delay-ms") * 1'000'000;
    Report("subscribed").add("streams", server.subscribed()).print();
    while (mono_ns() < start && !stop_requested())
        server.poll(1);

    Report("started").print();
    Generator generator(server, streams);
    const Sent sent = options.flag("flat-out")
                          ? generator.flat_out(options.number("count"))
                          : generator.paced(options.number("rate"), options.number("rate") * options.number("seconds"));
    Report("sent")
        .add("messages", sent.messages)
        .add("unsubscribed", sent.unsubscribed)
        .add("late_over_100us", sent.late)
        .add("max_late_us", static_cast<double>(sent.max_late_ns) / 1e3)
        .add("elapsed_s", static_cast<double>(sent.elapsed_ns) / 1e9)
        .print();
    while (!stop_requested())
        server.poll(100);
    return 0;
}

} // namespace

int main(int argc, char** argv) { return run_program(argc, argv, run); }
