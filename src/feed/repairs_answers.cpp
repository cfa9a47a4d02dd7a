// What a provider told of a hole: what of it is new is published.
#include "feed/repairs.hpp"

#include "core/log.hpp"
#include "feed/repairs_impl.hpp"

#include <algorithm>

namespace tickgate::feed {

using namespace std::chrono_literals;

namespace {
constexpr auto same_numbers = 1min;
} // namespace

// Live trades of the same second as the last before or the first after the hole were published already.
bool Repairs::is_repeat(Gap& gap, const Trade& trade, std::string_view provider) {
    const auto id = trade.src_seq.value_or(0);
    const auto at = trade.event_time.value_or(trade.received_time);
    // Numbers with holes may begin anew each day: they tell something of what is near only.
    const auto counts = [&](const std::optional<UnixNanos>& edge) {
        return gap.contiguous || !edge || (at < *edge + same_numbers && *edge < at + same_numbers);
    };
    bool after_begin = false, before_end = !gap.after_at;
    if (id != 0 && gap.before_id != 0 && provider == gap.before_provider && counts(gap.before_at)) {
        if (id <= gap.before_id)
            return true;
        after_begin = true;
    }
    if (id != 0 && gap.after_id != 0 && provider == gap.after_provider && counts(gap.after_at)) {
        if (id >= gap.after_id)
            return true;
        before_end = true;
    }
    if (after_begin && before_end)
        return false;
    const auto millis = [](UnixNanos t) { return std::chrono::floor<std::chrono::milliseconds>(t); };
    const bool fine = at.time_since_epoch() % 1s != 0ns;
    const auto published = [&](std::vector<std::uint64_t>& prints) {
        const auto it = std::find(prints.begin(), prints.end(), print_of(trade));
        if (it == prints.end())
            return false;
        prints.erase(it);
        return true;
    };
    if (!after_begin && gap.before_at) {
        const auto begin = *gap.before_at;
        if (second_of(at) < second_of(begin) || (fine && millis(at) < millis(begin)))
            return true;
        if (second_of(at) == second_of(begin) && (!fine || millis(at) == millis(begin))) {
            if (published(gap.before_prints))
                return true;
            // Older than those that are remembered, or of an earlier session.
            if (gap.before_unknown || (gap.prints_full && !gap.before_prints.empty()))
                return gap.doubtful = true;
        }
    }
    if (!before_end) {
        const auto end = *gap.after_at;
        if (second_of(at) > second_of(end) || (fine && millis(at) > millis(end)))
            return true;
        if (second_of(at) == second_of(end) && (!fine || millis(at) == millis(end)) && published(gap.after_prints))
            return true;
    }
    return false;
}

// Publishes under the name of who told it, then the channel bears the name of its source again.
template <class Body>
void Repairs::under_name(Track& track, std::string_view provider, Body body) {
    const auto known =
        std::find_if(track.natives.begin(), track.natives.end(), [&](const auto& n) { return n.first == provider; });
    const bool other = provider != track.provider && known != track.natives.end();
    if (other)
        out_.open_channel(track.what, known->first, known->second);
    body();
    if (other)
        out_.open_channel(track.what, track.provider, track.native);
}

bool Repairs::repaired(std::uint64_t number, std::string_view provider, std::span<const Trade> trades) {
    const auto it = orders_.find(number);
    if (it == orders_.end() || it->second.gap == nullptr)
        return false;
    auto& gap = *it->second.gap;
    auto& track = *tracks_[gap.channel];
    const auto received = clock_().wall;
    under_name(track, provider, [&] {
        for (const auto& told : trades) {
            if (is_repeat(gap, told, provider)) {
                ++stats_.repeats;
                continue;
            }
            Trade trade = told;
            trade.instrument = track.what.instrument;
            trade.received_time = received;
            trade.flags.set(Flag::backfill);
            out_.publish(static_cast<Channel>(gap.channel), trade);
            ++gap.filled;
            ++stats_.trades_filled;
            if (!gap.after_at) { // the next hole begins behind it
                mark(*track.trade, trade);
                track.trade->received = track.trade->at; // says nothing about the feed's delay
                if (provider != track.provider)
                    forget_number(*track.trade);
            }
        }
    });
    out_.flush(clock_());
    return true;
}

bool Repairs::repaired(std::uint64_t number, std::string_view provider, std::span<const Bar> bars) {
    const auto it = orders_.find(number);
    if (it == orders_.end())
        return false;
    auto* gap = it->second.gap;
    const auto channel = it->second.channel;
    auto& track = *tracks_[channel];
    under_name(track, provider, [&] {
        for (const auto& bar : bars) {
            if (!bar.final)
                continue;
            const bool published = settle_bar(channel, track, bar, provider, gap != nullptr);
            if (gap != nullptr && published) {
                ++gap->filled;
                ++stats_.bars_filled;
            }
        }
    });
    out_.flush(clock_());
    return true;
}

void Repairs::done(std::uint64_t number, const RepairResult& result) {
    const auto it = orders_.find(number);
    if (it == orders_.end())
        return;
    const auto order = it->second;
    orders_.erase(it);
    if (order.gap == nullptr)
        return end_question(order, result);
    auto& gap = *order.gap;
    auto& track = *tracks_[gap.channel];
    gap.order = 0;
    if (track.trade && gap.lost)
        gap.lost = *gap.lost - std::min(*gap.lost, gap.filled);
    else if (track.trade && result.complete)
        gap.lost = gap.doubtful ? std::nullopt : std::optional<std::uint64_t>(0);
    const bool all = result.complete && (!track.trade || gap.lost.value_or(0) == 0);
    ++(all ? stats_.repaired : stats_.gave_up);
    const auto name = instruments_.name_of(track.what.instrument).to_string();
    const auto kind = to_string(track.what.kind);
    if (all)
        log::info("feed", "repair_done",
            {{"instrument", name}, {"kind", kind}, {"provider", result.provider}, {"cause", gap.opened.cause},
                {"filled", gap.filled}});
    else
        log::warn("feed", "repair_failed",
            {{"instrument", name}, {"kind", kind}, {"provider", result.provider}, {"cause", gap.opened.cause},
                {"filled", gap.filled}, {"error", result.error}, {"detail", result.detail}});
    if (track.bar) { // once more when all has settled, the one that forms now too
        const auto now = clock_().wall;
        ask_again(gap.channel, track, gap.before_at.value_or(now), gap.after_at.value_or(now) + 1ns);
    }
    if (all)
        close(gap, "", result.provider.empty() ? std::string() : "told by " + result.provider);
    else if (result.complete)
        close(gap, "provider_hole", "the provider tells no more");
    else
        close(gap, result.error ? std::string(result.error.message()) : std::string("incomplete"), result.detail);
    out_.flush(clock_());
}

} // namespace tickgate::feed
