// Bars that are asked again of the provider's REST, and what becomes of the answers.
#include "feed/repairs.hpp"

#include "core/log.hpp"
#include "feed/repairs_impl.hpp"

#include <algorithm>

namespace tickgate::feed {

using namespace std::chrono_literals;

namespace {

constexpr auto too_old = 30min;          // a question that failed so often is not repeated
constexpr std::int64_t most_bars = 1440; // of one question
constexpr auto jitter_steps = 32u;       // questions of many channels do not come at once
constexpr auto looks_ahead = 5min;       // at most: a longer bar is asked for without the next one

std::chrono::nanoseconds length_or_month(Timeframe tf) noexcept {
    return length_of(tf).value_or(std::chrono::hours(24 * 31));
}

// How many final bars are remembered: those that may still be asked again.
std::size_t remembered(Timeframe tf, bool questioned) noexcept {
    if (!questioned)
        return 2;
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(length_or_month(tf)).count();
    return static_cast<std::size_t>(std::clamp<std::int64_t>(360 / seconds + 2, 4, 80));
}

bool differs(const OptionalDecimal& ours, const OptionalDecimal& theirs) noexcept {
    return theirs && (!ours || *ours != *theirs);
}

void add_difference(std::string& text, std::string_view name, std::string ours, std::string theirs) {
    if (!text.empty())
        text += ", ";
    text.append(name).append(" ").append(ours).append(" became ").append(theirs);
}

void add_difference(
    std::string& text, std::string_view name, const OptionalDecimal& ours, const OptionalDecimal& theirs) {
    if (differs(ours, theirs))
        add_difference(text, name, ours ? ours->to_string() : "null", theirs->to_string());
}

} // namespace

// Hot: every bar of a route.
void Repairs::note(Channel channel, Track& track, const Bar& bar) {
    auto& b = *track.bar;
    if (!b.variant || b.another || b.variant->price_type != bar.price_type || b.variant->align != bar.align ||
        b.variant->adjusted != bar.adjusted || b.from_ticks != (bar.source == BarSource::ticks)) [[unlikely]]
        learn_variant(static_cast<std::uint32_t>(channel), track, bar);
    if (track.waiting != nullptr) [[unlikely]] {
        track.waiting->after_at = bar.open_time;
        track.waiting->after_provider = track.provider;
        first_message(track);
    } else if (b.any && !b.from_ticks && bar.open_time > b.open_time) {
        // Bars follow one another: what lies between was not told, or its end was missed.
        ask_again(static_cast<std::uint32_t>(channel), track, b.final ? b.close_time : b.open_time, bar.open_time);
    }
    b.any = true;
    b.open_time = bar.open_time;
    b.close_time = bar.close_time;
    b.final = bar.final;
    b.newest = std::max(b.newest, bar.open_time);
    if (!bar.final) {
        b.forming = true;
        return;
    }
    remember_told(track, bar, false);
    const auto length = length_or_month(track.what.timeframe);
    const bool told_once = !b.forming && length >= 1min;
    if (b.told_by_rest && (b.from_ticks || told_once || bar.flags.has(Flag::mixed))) {
        // One that is lost while the connection stays up leaves no trace before a later one is told. So the question
        // for this bar waits for the next one, too, and asks for it, told or not: a quiet instrument costs no more.
        const bool next_too = told_once && !b.from_ticks && length <= looks_ahead;
        const bool first = b.from >= b.to;
        ask_again(static_cast<std::uint32_t>(channel), track, std::min(bar.open_time, b.asked_to),
            (next_too ? bar.close_time : bar.open_time) + 1ns);
        if (next_too && first && b.from < b.to)
            b.not_before += length;
    } else if (b.from_ticks && !b.told_by_rest) {
        ++stats_.recorded;
        sink_->record(track.provider, track.native, bar);
    }
}

void Repairs::learn_variant(std::uint32_t channel, Track& track, const Bar& bar) {
    auto& b = *track.bar;
    b.variant = BarVariant{bar.price_type, bar.align, bar.adjusted};
    b.another = false;
    b.from_ticks = bar.source == BarSource::ticks;
    b.told_by_rest = sink_->tells_bars(track.provider, track.what.instrument, track.what.timeframe, b.variant);
    b.told.reserve(remembered(track.what.timeframe, b.told_by_rest && b.from_ticks));
    if (const auto joint = std::exchange(b.joint, std::nullopt))
        ask_again(channel, track, joint->first - length_or_month(track.what.timeframe),
            std::max(joint->second, bar.open_time) + 1ns);
}

Repairs::Told* Repairs::find_told(BarTrack& b, UnixNanos open_time) noexcept {
    for (auto& told : b.told)
        if (told.open_time == open_time)
            return &told;
    return nullptr;
}

void Repairs::remember_told(Track& track, const Bar& bar, bool confirmed) {
    auto& b = *track.bar;
    auto* told = find_told(b, bar.open_time);
    if (told == nullptr) {
        const bool questioned =
            b.told_by_rest && (b.from_ticks || !b.forming) && length_or_month(track.what.timeframe) >= 5s;
        const auto most = remembered(track.what.timeframe, questioned);
        if (b.told.capacity() < most)
            b.told.reserve(most);
        if (b.told.size() < most) {
            told = &b.told.emplace_back();
        } else {
            const auto older = [](const Told& x, const Told& y) { return x.open_time < y.open_time; };
            told = &*std::min_element(b.told.begin(), b.told.end(), older);
            b.forgotten = std::max(b.forgotten,
                std::max(told->open_time, bar.open_time < told->open_time ? bar.open_time : UnixNanos::min()));
            if (bar.open_time < told->open_time)
                return;
        }
    }
    *told = {bar.open_time, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.vwap, bar.trades, confirmed};
}

// Bars that open in [from, to).
void Repairs::ask_again(std::uint32_t channel, Track& track, UnixNanos from, UnixNanos to) {
    auto& b = *track.bar;
    if (!options_.reconcile || !b.told_by_rest || from >= to)
        return;
    if (b.from >= b.to) // nothing so far
        b.not_before =
            std::max(b.not_before, clock_().mono + options_.settle +
                                       std::chrono::duration_cast<std::chrono::milliseconds>(options_.period) *
                                           (channel % jitter_steps) / jitter_steps / 2);
    b.from = std::min(b.from, from);
    b.to = std::max(b.to, to);
    if (!std::exchange(b.listed, true))
        due_.push_back(channel);
}

// Ticks were missed in this span: the bars made of them are not what they should be.
void Repairs::ask_around(const Subscription& ticks, UnixNanos from, UnixNanos to, bool over) {
    const auto i = index_of(ticks.instrument);
    if (i >= by_instrument_.size())
        return;
    for (const auto channel : by_instrument_[i]) {
        auto& track = *tracks_[channel];
        if (!track.open || !track.bar || !track.bar->from_ticks)
            continue;
        if (track.bar->told_by_rest)
            ask_again(channel, track, from - length_or_month(track.what.timeframe), to + 1ns);
        else if (over)
            sink_->record_outage(track.provider, track.what, from, to);
    }
}

void Repairs::ask_due(Moment now) {
    std::size_t asked = 0;
    for (std::size_t looked = due_.size(); looked > 0 && asked < options_.most_a_scan; --looked) {
        if (next_due_ >= due_.size())
            next_due_ = 0;
        const auto channel = due_[next_due_];
        auto& track = *tracks_[channel];
        auto& b = *track.bar;
        if (!track.open || b.from >= b.to) {
            b.listed = false;
            due_[next_due_] = due_.back();
            due_.pop_back();
            continue;
        }
        ++next_due_;
        if (b.orders == 0 && b.not_before <= now.mono)
            asked += ask_settled(channel, track, now);
    }
}

bool Repairs::ask_settled(std::uint32_t channel, Track& track, Moment now) {
    auto& b = *track.bar;
    const auto length = length_or_month(track.what.timeframe);
    const auto to = std::min(b.to, now.wall - options_.settle - length + 1ns);
    if (b.from >= to)
        return false;
    const auto from = std::max(b.from, to - length * most_bars);
    b.not_before = now.mono + options_.period;
    if (!ask(channel, track, from, to))
        return true;  // and once more later
    if (b.from_ticks) // a minute without a tick may have a bar at the provider
        b.asked_to = to;
    if (to < b.to) {
        b.from = to;
    } else {
        b.from = UnixNanos::max();
        b.to = UnixNanos::min();
    }
    return true;
}

bool Repairs::ask(std::uint32_t channel, Track& track, UnixNanos from, UnixNanos to) {
    RepairOrder o;
    o.number = next_number_++;
    o.why = RepairOrder::Why::reconcile;
    o.what = track.what;
    o.providers.push_back(track.provider);
    o.from = from;
    o.to = to;
    o.variant = track.bar->variant;
    const auto number = o.number;
    if (orders_.size() >= options_.most || !sink_->order(std::move(o))) {
        ++stats_.skipped;
        return false;
    }
    ++stats_.reconciliations;
    ++track.bar->orders;
    orders_[number] = {channel, nullptr, from, to, track.bar->service};
    return true;
}

// Another provider serves from now on: what the one before made is asked of that one, at once.
void Repairs::ask_before_switch(std::uint32_t channel, Track& track) {
    auto& b = *track.bar;
    if (b.from >= b.to)
        return;
    const auto length = length_or_month(track.what.timeframe);
    const auto to = b.from_ticks ? b.to : std::min(b.to, b.close_time); // not the bar that forms
    if (b.from < to)
        ask(channel, track, std::max(b.from, to - length * most_bars), to);
    b.from = b.asked_to = UnixNanos::max();
    b.to = UnixNanos::min();
}

void Repairs::end_question(const Order& order, const RepairResult& result) {
    auto& track = *tracks_[order.channel];
    auto& b = *track.bar;
    const bool serves = order.service == b.service;
    b.orders -= serves && b.orders > 0;
    if (result.complete) {
        for (auto& told : b.told)
            if (told.open_time >= order.from && told.open_time < order.to && !std::exchange(told.confirmed, true))
                ++stats_.provider_missing;
        return;
    }
    const Moment at = clock_();
    if (!serves) {
        ++stats_.skipped; // nobody else can tell what that provider has
    } else if (result.error == errc::not_supported) {
        b.told_by_rest = false;
    } else if (at.wall - order.to < too_old && track.open) {
        ask_again(order.channel, track, order.from, order.to);
        b.not_before = at.mono + options_.period;
    } else {
        ++stats_.skipped;
    }
}

// One final bar as the provider's REST tells it. True: published.
bool Repairs::settle_bar(
    std::uint32_t channel, Track& track, const Bar& told_now, std::string_view provider, bool in_gap) {
    auto& b = *track.bar;
    std::optional<Told> before;
    if (auto* told = find_told(b, told_now.open_time)) {
        const bool equal = told->open == told_now.open && told->high == told_now.high && told->low == told_now.low &&
                           told->close == told_now.close && !differs(told->volume, told_now.volume) &&
                           !differs(told->vwap, told_now.vwap) && !(told_now.trades && told->trades != told_now.trades);
        if (equal) {
            told->confirmed = true;
            ++(in_gap ? stats_.repeats : stats_.equal);
            return false;
        }
        before = *told;
    }
    Bar bar = told_now;
    bar.instrument = track.what.instrument;
    bar.timeframe = track.what.timeframe;
    bar.received_time = clock_().wall;
    if (in_gap || bar.open_time < b.newest)
        bar.flags.set(Flag::backfill);
    out_.publish(static_cast<Channel>(channel), bar);
    b.newest = std::max(b.newest, bar.open_time);
    if (bar.open_time >= b.open_time) { // the next hole begins behind it
        b.open_time = bar.open_time;
        b.close_time = bar.close_time;
        b.final = b.any = true;
    }
    if (before) {
        ++stats_.revised;
        announce_revision(track, *before, bar, provider);
    } else if (!in_gap && bar.open_time > b.forgotten) {
        ++stats_.ours_missing;
    }
    remember_told(track, bar, true);
    return true;
}

void Repairs::announce_revision(const Track& track, const Told& before, const Bar& bar, std::string_view provider) {
    std::string text;
    add_difference(text, "open", before.open, bar.open);
    add_difference(text, "high", before.high, bar.high);
    add_difference(text, "low", before.low, bar.low);
    add_difference(text, "close", before.close, bar.close);
    add_difference(text, "volume", before.volume, bar.volume);
    add_difference(text, "vwap", before.vwap, bar.vwap);
    if (bar.trades && before.trades != bar.trades)
        add_difference(
            text, "trades", before.trades ? std::to_string(*before.trades) : "null", std::to_string(*bar.trades));
    Event e;
    e.event = "bar_revised";
    e.instrument = track.what.instrument;
    e.kind = Kind::bar;
    e.timeframe = track.what.timeframe;
    e.provider = provider;
    e.cause = "reconciliation";
    e.from = bar.open_time;
    e.to = bar.close_time;
    e.text = std::move(text);
    out_.event(e);
}

} // namespace tickgate::feed
