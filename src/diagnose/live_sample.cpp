#include "diagnose/live_sample.hpp"

#include "core/clock.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::diagnose {

namespace {
constexpr std::size_t most_latencies = 100000;
} // namespace

void LiveSample::take(const std::optional<UnixNanos>& event, UnixNanos received) {
    if (!first_)
        first_ = mono_now();
    if (event && latencies_.size() < most_latencies)
        latencies_.push_back(std::chrono::duration<double, std::milli>(received - *event).count());
}

void LiveSample::publish(feed::Channel, const Quote& quote) {
    if (quote.flags.has(Flag::snapshot)) // asked, not streamed
        return;
    ++quotes_;
    take(quote.event_time, quote.received_time);
}

void LiveSample::publish(feed::Channel, const Trade& trade) {
    ++trades_;
    take(trade.event_time, trade.received_time);
}

void LiveSample::publish(feed::Channel, const Bar& bar) {
    ++bars_;
    take(bar.event_time, bar.received_time);
}

void LiveSample::state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view) {
    states_[index_of(instrument)] = {state, std::string(reason)};
}

std::string LiveSample::counts() const {
    std::string out;
    for (const auto& [count, what] :
        {std::pair(quotes_, "quotes"), std::pair(trades_, "trades"), std::pair(bars_, "bars")})
        if (count > 0)
            out += fmt::format("{}{} {}", out.empty() ? "" : ", ", count, what);
    return out.empty() ? "nothing" : out;
}

std::optional<std::chrono::milliseconds> LiveSample::first_after() const noexcept {
    if (!first_)
        return std::nullopt;
    return std::chrono::duration_cast<std::chrono::milliseconds>(*first_ - begun_);
}

std::optional<std::pair<double, double>> LiveSample::latency() const {
    if (latencies_.empty())
        return std::nullopt;
    auto sorted = latencies_;
    std::sort(sorted.begin(), sorted.end());
    return std::pair(sorted[sorted.size() / 2], sorted[(sorted.size() * 99) / 100]);
}

} // namespace tickgate::diagnose
