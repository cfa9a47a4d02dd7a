#include "massive/venue/cluster_market.hpp"

#include "massive/venue/past.hpp"
#include "massive/venue/session.hpp"
#include "venue_kit/hash.hpp"

#include <algorithm>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;

namespace {

kit::MarketOptions market_options(Cluster cluster, const MassiveOptions& options, UnixNanos now) {
    kit::MarketOptions out;
    out.seed = options.common.seed;
    out.symbols = symbols_of(cluster, options, now);
    out.rate = options.common.flat_out ? 0 : options.common.rate;
    out.trade_permille = options.common.trade_permille;
    out.single_fills = true;
    out.history = std::chrono::ceil<std::chrono::seconds>(options.common.history);
    return out;
}

void add_bar(std::optional<kit::TapeBar>& to, const std::optional<kit::TapeBar>& bar) {
    if (bar && to)
        to->append(*bar);
    else if (bar)
        to = bar;
}

UnixNanos floor_to(UnixNanos t, std::chrono::nanoseconds unit) noexcept { return t - t.time_since_epoch() % unit; }

} // namespace

ClusterMarket::ClusterMarket(
    Cluster cluster, const MassiveOptions& options, const kit::FaultBoard& faults, UnixNanos start)
    : cluster_(cluster),
      options_(options),
      faults_(faults),
      market_(market_options(cluster, options, start), start),
      live_from_(floor_to(market_.live_from(), 1min)),
      quotes_(market_.size()),
      kept_quotes_(std::clamp<std::size_t>(1'000'000 / std::max<std::size_t>(market_.size(), 1), 20, 5'000)),
      days_(market_.size()),
      hours_(market_.size()),
      next_second_(floor_to(start, 1s)),
      next_minute_(floor_to(start, 1min)),
      next_bands_(start) {
    instruments_.reserve(market_.size());
    for (std::size_t i = 0; i < market_.size(); ++i) {
        const auto& symbol = market_.symbol(i);
        instruments_.push_back({cluster, symbol, wire_name(cluster, symbol), rest_name(cluster, symbol),
            kit::hash_text(symbol.canonical())});
        names_.emplace(instruments_.back().wire, i);
        names_.emplace(instruments_.back().rest, i);
        auto& slots = slots_.emplace_back();
        for (std::size_t channel = 0; channel < channel_count; ++channel)
            if (!prefix_of(cluster, static_cast<Channel>(channel)).empty())
                slots[channel] = &hub_.slot(static_cast<Channel>(channel), instruments_.back().wire);
    }
}

std::optional<std::size_t> ClusterMarket::find(std::string_view name) const {
    auto it = names_.find(std::string(name));
    if (it == names_.end())
        it = names_.find(normalised(cluster_, name));
    return it == names_.end() ? std::nullopt : std::optional(it->second);
}

std::chrono::nanoseconds ClusterMarket::skew() const noexcept {
    const auto* skewed = faults_.find(kit::FaultKind::clock_skew);
    return std::chrono::milliseconds(skewed == nullptr ? 0 : skewed->fault.value);
}

void ClusterMarket::advance(UnixNanos now) {
    market_.advance(now, *this);
    // After a pause (a stopped process) old windows are not told.
    next_second_ = std::max(next_second_, floor_to(now, 1s) - 5s);
    next_minute_ = std::max(next_minute_, floor_to(now, 1min) - 5min);
    for (; next_second_ + 1s + options_.second_delay <= now; next_second_ += 1s)
        bars(Channel::second, next_second_, now);
    for (; next_minute_ + 1min + options_.minute_delay <= now; next_minute_ += 1min)
        bars(Channel::minute, next_minute_, now);
    if (cluster_ == Cluster::stocks && now >= next_bands_)
        bands(now);
}

void ClusterMarket::burst(std::size_t count, UnixNanos now) { market_.burst(count, now, *this); }

std::chrono::nanoseconds ClusterMarket::until_due(UnixNanos now) const noexcept {
    auto next = next_second_ + 1s + options_.second_delay;
    if (options_.common.rate > 0 && !options_.common.flat_out && market_.size() > 0)
        next = std::min(next, market_.next_due());
    return std::clamp<std::chrono::nanoseconds>(next - now, 0ns, 1s);
}

template <class F>
void ClusterMarket::emit(Channel channel, std::size_t i, F&& write) {
    auto* slot = slots_[i][static_cast<std::size_t>(channel)];
    const auto& everyone = hub_.wildcard(channel);
    if (slot == nullptr || (slot->sessions.empty() && everyone.empty()))
        return;
    if (slot->gap > 0) {
        --slot->gap;
        return;
    }
    if (faults_.silences(instruments_[i].wire))
        return;
    text_.clear();
    write(text_);
    for (auto* session : everyone)
        session->event(text_);
    for (auto* session : slot->sessions)
        if (!session->has_all(channel))
            session->event(text_);
}

void ClusterMarket::on_quote(std::size_t i, const kit::MarketQuote& quote) {
    auto& kept = quotes_[i];
    kept.push_back(quote);
    if (kept.size() > kept_quotes_)
        kept.pop_front();
    if (hub_.wanted(Channel::quote))
        emit(Channel::quote, i, [&](std::string& out) { quote_event(out, instruments_[i], quote, skew()); });
    if (hub_.wanted(Channel::fmv))
        emit(Channel::fmv, i, [&](std::string& out) { fmv_event(out, instruments_[i], quote, skew()); });
}

void ClusterMarket::on_trade(std::size_t i, std::span<const kit::Fill> fills) {
    if (!hub_.wanted(Channel::trade))
        return;
    for (const auto& fill : fills) {
        emit(Channel::trade, i, [&](std::string& out) { trade_event(out, instruments_[i], fill, skew()); });
        if (is_strayed(fill))
            stray_print(i, stray_of(i, fill));
    }
}

bool ClusterMarket::is_strayed(const kit::Fill& fill) const noexcept {
    return cluster_ == Cluster::stocks && options_.stray_prints > 0 && fill.time >= live_from_ &&
           kit::mix(static_cast<std::uint64_t>(fill.id)) % 1000 < options_.stray_prints;
}

// A print of the average price, far from the market: whoever takes it for the last price is wrong.
kit::Fill ClusterMarket::stray_of(std::size_t i, kit::Fill fill) const {
    fill.aggregate = stray_mark;
    fill.price += fill.price / 10;
    fill.lots = 100;
    for (int n = 0; n < instruments_[i].symbol.size_decimals; ++n)
        fill.lots *= 10;
    return fill;
}

void ClusterMarket::stray_print(std::size_t i, const kit::Fill& stray) {
    emit(Channel::trade, i, [&](std::string& out) {
        const auto& instrument = instruments_[i];
        const auto print = print_of(instrument, stray);
        const auto t = std::chrono::floor<std::chrono::milliseconds>(stray.time + skew()).time_since_epoch().count();
        out.append(R"({"ev":"T","sym":")").append(instrument.wire).append(R"(","x":4,"i":")");
        out.append(trade_id(stray)).append(R"(","z":)").append(std::to_string(instrument.tape()));
        out.append(R"(,"p":)").append(instrument.price(stray.price)).append(R"(,"s":100,"ds":"100","c":[2],"t":)");
        out.append(std::to_string(t)).append(R"(,"q":)").append(std::to_string(print.sequence)).push_back('}');
    });
}

std::vector<kit::Fill> ClusterMarket::prints(std::size_t i, UnixNanos open) {
    auto all = fills(i, open);
    if (options_.stray_prints == 0)
        return all;
    std::vector<kit::Fill> out;
    for (const auto& fill : all) {
        out.push_back(fill);
        if (is_strayed(fill))
            out.push_back(stray_of(i, fill));
    }
    return out;
}

void ClusterMarket::bars(Channel channel, UnixNanos open, UnixNanos now) {
    if (!hub_.wanted(channel))
        return;
    const bool all = !hub_.wildcard(channel).empty();
    for (std::size_t i = 0; i < size(); ++i) {
        const auto* slot = slots_[i][static_cast<std::size_t>(channel)];
        if (slot == nullptr || (!all && slot->sessions.empty()))
            continue;
        const auto bar = channel == Channel::second ? second(i, open) : minute(i, open);
        // Made-up windows are for REST: the stream tells what was traded.
        if (bar && open >= live_from_)
            emit(channel, i,
                [&](std::string& out) { bar_event(out, instruments_[i], channel, *bar, day_sums(i, now), skew()); });
    }
}

void ClusterMarket::bands(UnixNanos now) {
    next_bands_ = now + options_.luld_interval;
    if (!hub_.wanted(Channel::luld) || market_.closed())
        return;
    for (std::size_t i = 0; i < size(); ++i)
        emit(Channel::luld, i, [&](std::string& out) { luld_event(out, instruments_[i], quote(i).bid, now + skew()); });
}

kit::Fill ClusterMarket::last_trade(std::size_t i, UnixNanos now) {
    const auto& made = trades(i);
    if (!made.empty())
        return made.back();
    kit::Fill fill;
    fill.id = 1;
    fill.price = tape(i).price(std::min(now, live_from_));
    fill.lots = std::max<std::int64_t>(instruments_[i].symbol.lot_step, 1);
    fill.time = std::min(now, live_from_);
    return fill;
}

bool ClusterMarket::is_quiet(std::size_t i, UnixNanos minute) const noexcept {
    if (options_.market_hours && !is_traded(cluster_, minute))
        return true;
    // Most minutes of an option have no trade.
    const auto number = static_cast<std::uint64_t>(minute.time_since_epoch() / 1min);
    return cluster_ == Cluster::options && kit::mix(instruments_[i].hash, number) % 4 != 0;
}

std::vector<kit::Fill> ClusterMarket::fills(std::size_t i, UnixNanos open) {
    if (open < live_from_) {
        if (is_quiet(i, open))
            return {};
        auto made = past_fills(tape(i), instruments_[i].hash, open);
        const auto& holes = market_.holes();
        if (!holes.empty())
            std::erase_if(made, [&](const kit::Fill& fill) { return holes.contains(fill.time); });
        return made;
    }
    const auto& kept = trades(i);
    const auto at = [&](UnixNanos t) {
        return std::lower_bound(
            kept.begin(), kept.end(), t, [](const kit::Fill& fill, UnixNanos time) { return fill.time < time; });
    };
    return {at(open), at(open + 1min)};
}

std::vector<kit::MarketQuote> ClusterMarket::minute_quotes(std::size_t i, UnixNanos open) {
    std::vector<kit::MarketQuote> out;
    if (open < live_from_) {
        for (const auto& fill : fills(i, open))
            out.push_back(past_quote(instruments_[i].symbol, fill));
        return out;
    }
    for (const auto& quote : quotes_[i])
        if (quote.time >= open && quote.time < open + 1min)
            out.push_back(quote);
    return out;
}

std::optional<kit::TapeBar> ClusterMarket::minute(std::size_t i, UnixNanos open) {
    const auto bar = open < live_from_ ? fold(open, fills(i, open)) : tape(i).minute(open);
    return bar.count > 0 ? std::optional(bar) : std::nullopt;
}

std::optional<kit::TapeBar> ClusterMarket::second(std::size_t i, UnixNanos open) {
    kit::TapeBar bar;
    if (open < live_from_) {
        auto all = fills(i, floor_to(open, 1min));
        std::erase_if(all, [&](const kit::Fill& fill) { return fill.time < open || fill.time >= open + 1s; });
        bar = fold(open, all);
    } else {
        bar = tape(i).second(open);
    }
    return bar.count > 0 ? std::optional(bar) : std::nullopt;
}

void ClusterMarket::add_hole(kit::Hole hole) {
    market_.add_hole(hole);
    for (auto& day : days_)
        day = {};
}

// Hours of the made-up past are kept, so that days and months cost little.
std::optional<kit::TapeBar> ClusterMarket::past_hour(std::size_t i, UnixNanos open) {
    constexpr std::size_t most = 50'000;
    auto& kept = hours_[i];
    const auto key = open.time_since_epoch() / 1h;
    if (const auto it = kept.find(key); it != kept.end())
        return it->second;
    std::optional<kit::TapeBar> out;
    for (auto t = open; t < open + 1h; t += 1min)
        add_bar(out, minute(i, t));
    if (kept.size() >= most)
        kept.clear();
    kept.emplace(key, out);
    return out;
}

std::optional<kit::TapeBar> ClusterMarket::sum(std::size_t i, UnixNanos from, UnixNanos to, UnixNanos now) {
    std::optional<kit::TapeBar> out;
    for (auto open = from; open < to && open <= now;) {
        const bool hour = open.time_since_epoch() % 1h == 0ns && open + 1h <= to && open + 1h <= live_from_ &&
                          market_.holes().empty();
        add_bar(out, hour ? past_hour(i, open) : minute(i, open));
        open += hour ? std::chrono::nanoseconds(1h) : std::chrono::nanoseconds(1min);
    }
    if (out)
        out->open_time = from;
    return out;
}

const std::optional<kit::TapeBar>& ClusterMarket::today(std::size_t i, UnixNanos now) {
    auto& day = days_[i];
    const auto date = day_of(cluster_, now);
    if (day.day != date) {
        day.day = date;
        day.next = day_begin(cluster_, date);
        day.ended.reset();
    }
    for (; day.next + 1min <= now; day.next += 1min)
        add_bar(day.ended, minute(i, day.next));
    day.whole = day.ended;
    add_bar(day.whole, minute(i, day.next));
    if (day.whole)
        day.whole->open_time = day_begin(cluster_, date);
    return day.whole;
}

DaySums ClusterMarket::day_sums(std::size_t i, UnixNanos now) {
    const auto& bar = today(i, now);
    return bar ? DaySums{bar->open, bar->volume, bar->turnover} : DaySums{};
}

} // namespace tickgate::massive_venue
