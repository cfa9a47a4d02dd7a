// The live part of a probe: a real feed for some seconds.
#include "core/clock.hpp"
#include "core/instrument_table.hpp"
#include "diagnose/live_sample.hpp"
#include "diagnose/probe.hpp"
#include "feed/feed.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <random>

namespace tickgate::diagnose {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr auto look_interval = std::chrono::milliseconds(50);

// What is streamed of an instrument; a bar only where there is nothing quicker.
std::vector<Subscription> channels_of(InstrumentId id, const FeedSpec& spec) {
    std::vector<Subscription> out;
    for (const auto kind : {Kind::quote, Kind::trade})
        if (std::find(spec.kinds.begin(), spec.kinds.end(), kind) != spec.kinds.end()) {
            Subscription s;
            s.instrument = id;
            s.kind = kind;
            out.push_back(s);
        }
    if (out.empty() && !spec.timeframes.empty()) {
        Subscription s;
        s.instrument = id;
        s.kind = Kind::bar;
        s.timeframe = spec.timeframes.front();
        out.push_back(s);
    }
    return out;
}

} // namespace

asio::awaitable<void> Probe::try_live() {
    if (!options_.no_live.empty() || options_.duration.count() <= 0) {
        report_.note("live", options_.no_live.empty() ? "not tried, as it was asked (--duration 0)" : options_.no_live);
        co_return;
    }
    for (const auto& spec : provider_.capabilities().feeds) {
        std::vector<InstrumentInfo> instruments;
        for (const auto& i : found_)
            if (i.feed == spec.part)
                instruments.push_back(i);
        if (instruments.empty())
            continue;
        auto trying = try_feed(spec, std::move(instruments));
        co_await std::move(trying);
    }
}

asio::awaitable<void> Probe::try_feed(const FeedSpec& spec, std::vector<InstrumentInfo> instruments) {
    InstrumentTable table;
    LiveSample sample(mono_now());
    feed::FeedOptions o;
    o.provider = report_.subject();
    o.spec = spec;
    o.tls = tls_;
    o.seed = std::random_device()();
    feed::Feed feed(executor_, executor_, provider_, rest_, table, sample, std::move(o));
    std::vector<Wanted> wanted;
    for (const auto& i : instruments)
        for (const auto& s : channels_of(table.intern(i.name), spec))
            wanted.push_back({s, i.native});
    feed.subscribe(wanted);
    asio::steady_timer timer(executor_);
    bool running = true;
    std::string fault;
    asio::co_spawn(executor_, feed.run(), [&](const std::exception_ptr& e) {
        running = false;
        timer.cancel();
        try {
            if (e)
                std::rethrow_exception(e);
        } catch (const std::exception& problem) {
            fault = problem.what();
        }
    });
    const auto until = mono_now() + options_.duration;
    while (running && mono_now() < until && sample.status().state != FeedState::refused) {
        timer.expires_after(std::min<MonoTime::duration>(look_interval, until - mono_now()));
        co_await timer.async_wait(use_result);
    }
    const auto measured = sample; // what the end of the feed says is not about the venue
    feed.stop();
    while (running) {
        timer.expires_after(look_interval);
        co_await timer.async_wait(use_result);
    }
    auto looking = look_at_stream();
    co_await std::move(looking);
    if (!fault.empty())
        report_.fail("live", "unexpected: " + fault, "please report this", 1);
    else
        tell_live(spec, measured, table, instruments);
}

// Where the stream is was only known once it was opened.
asio::awaitable<void> Probe::look_at_stream() {
    auto url = net::Url::parse(provider_.stream_address());
    if (!url)
        co_return;
    auto origin = origin_of(*url);
    if (rest_.knows(origin))
        co_return;
    rest_.remember(std::move(origin));
    ReachOptions how = rest_.how();
    how.what = "stream ";
    auto looking = reach(std::move(*url), std::move(how), report_);
    co_await std::move(looking);
}

void Probe::tell_live(const FeedSpec& spec, const LiveSample& sample, const InstrumentTable& table,
    const std::vector<InstrumentInfo>& instruments) {
    const auto check = provider_.capabilities().feeds.size() > 1 ? "live " + spec.part : std::string("live");
    for (const auto& [index, state] : sample.states()) {
        const auto name = table.name_of(static_cast<InstrumentId>(index)).to_string();
        if (state.first == InstrumentState::refused)
            report_.warn(check, name + " is refused: " + state.second, "does the plan or account include it?");
        else if (state.first == InstrumentState::unknown_symbol)
            report_.warn(check, name + " is not known: " + state.second, "tickgate symbols TEXT searches for names");
    }
    const auto& status = sample.status();
    if (sample.messages() > 0) {
        const auto seconds = std::chrono::duration<double>(options_.duration - *sample.first_after()).count();
        auto text = fmt::format("first message after {}, then {} in {:.0f} s ({:.1f}/s)",
            duration_text(*sample.first_after()), sample.counts(), std::max(seconds, 0.0),
            static_cast<double>(sample.messages()) / std::max(seconds, 0.1));
        if (const auto latency = sample.latency())
            text += fmt::format(", latency {:.1f} ms (p99 {:.1f} ms)", latency->first, latency->second);
        if (spec.delay.count() > 0)
            text += ", the plan delivers " + duration_text(spec.delay) + " late";
        report_.ok(check, std::move(text));
        return;
    }
    if (status.state == FeedState::refused)
        return report_.fail(check, "the stream refuses us: " + status.reason,
            "check the credentials of " + settings() +
                " and what the plan includes; a gateway that runs with the same "
                "account may hold the only connection",
            refused);
    if (status.state == FeedState::live || status.state == FeedState::closed) {
        const bool open =
            std::any_of(instruments.begin(), instruments.end(), [&](const auto& i) { return open_now(i.name); });
        const auto text = fmt::format(
            "subscribed {} of {}, but no message in {}", status.acked, status.wanted, duration_text(options_.duration));
        if (open)
            return report_.fail(
                check, text, "try a busier --symbol or a longer --duration; else ask about the plan", unreachable);
        return report_.note(check, text + ": the market is closed now");
    }
    report_.fail(check,
        "no connection: " + (status.reason.empty() ? std::string(to_string(status.state)) : status.reason),
        "see the stream's address above; " + settings() + ".endpoints", unreachable);
}

} // namespace tickgate::diagnose
