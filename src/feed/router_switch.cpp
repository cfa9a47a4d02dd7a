// Who serves an instrument, and what is told of it.
#include "feed/router_impl.hpp"

#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::feed {

void Router::Impl::decide(Route& route, Moment at) {
    prices_.clear();
    for (const auto& s : route.sources)
        prices_.push_back(price_of(*s));
    const bool was_guarded = route.fsm.guarded();
    const auto d = route.fsm.decide(at, prices_);
    plan_standbys(route);
    if (d.what == RouteFsm::Decision::What::switched)
        announce_switch(route, d, at);
    else if (d.what == RouteFsm::Decision::What::guarded)
        announce_guard(route, d);
    if (d.what != RouteFsm::Decision::What::stay || was_guarded != route.fsm.guarded())
        tell_state(route);
    if (d.what != RouteFsm::Decision::What::stay)
        out_.flush(at);
}

void Router::Impl::announce_switch(Route& route, const RouteFsm::Decision& d, Moment at) {
    ++stats_.switches;
    const auto& from = *route.sources[d.from];
    const auto& to = *route.sources[d.to];
    log::info("router", "route",
        {{"instrument", instruments_.name_of(route.id).to_string()}, {"from", from.provider}, {"to", to.provider},
            {"cause", d.cause}, {"reason", from.reason}});
    for (auto& out : route.outs)
        end_ticks(out, at.wall);
    Event e;
    e.event = "route";
    e.instrument = route.id;
    e.provider = from.provider;
    e.to_provider = to.provider;
    e.cause = d.cause;
    e.text = from.reason;
    if (from.heard != UnixNanos()) // nothing of it is newer
        e.from = from.heard;
    e.to = at.wall;
    repairs_.event(e);
    route.switched_at = at.wall;
    wire(route, at.wall);
    end_gaps(route, from, at.wall);
    publish_kept(route);
}

// Holes that were told of a source that no longer serves end where another one serves their channel, or nobody could.
void Router::Impl::end_gaps(const Route& route, const Source& left, UnixNanos at) {
    const bool gone = find(route, left.provider) != &left;
    for (const auto channel : left.channels) {
        auto& in = ins_[channel];
        if (!in.gap_told)
            continue;
        const auto out =
            std::find_if(route.outs.begin(), route.outs.end(), [&](const Out& o) { return o.what == in.what; });
        if (!gone && out != route.outs.end() && !out->feeding && find(route.active(), in.what) == nullptr)
            continue;
        in.gap_told = false;
        Event e;
        e.event = "gap_closed";
        e.instrument = route.id;
        e.kind = in.what.kind;
        if (in.what.kind == Kind::bar)
            e.timeframe = in.what.timeframe;
        e.provider = left.provider;
        e.cause = in.gap_cause;
        e.to = at;
        e.filled = 0;
        repairs_.event(e);
    }
}

void Router::Impl::announce_guard(Route& route, const RouteFsm::Decision& d) {
    ++stats_.guarded;
    const auto& from = *route.sources[d.from];
    const auto& to = *route.sources[d.to];
    const auto text = [](const RouteFsm::Price& p) { return p.value ? p.value->to_string() : std::string("none"); };
    const auto prices = from.provider + " " + text(price_of(from)) + ", " + to.provider + " " + text(price_of(to));
    log::warn("router", "price_jump",
        {{"instrument", instruments_.name_of(route.id).to_string()}, {"from", from.provider}, {"to", to.provider},
            {"prices", prices}});
    const bool serving = route.fsm.state_of(d.from) == InstrumentState::live;
    Event e;
    e.event = serving ? "refused" : "stale";
    e.instrument = route.id;
    e.provider = serving ? to.provider : from.provider;
    if (!serving)
        e.to_provider = to.provider;
    e.cause = d.cause;
    e.text = prices;
    out_.event(e);
}

std::string Router::Impl::reason_of(const Route& route, InstrumentState state) const {
    const auto& active = route.active();
    if (route.sources.size() == 1)
        return active.reason;
    if (state == InstrumentState::live && active.place == 0)
        return active.provider + ": " + active.reason;
    if (route.fsm.guarded() && state == InstrumentState::stale)
        return active.provider + ": " + active.reason + "; the price of the other source is too far away";
    std::string all;
    for (const auto& s : route.sources) {
        if (!route.fsm.wanted(s->place))
            continue;
        if (!all.empty())
            all += "; ";
        all += s->provider + ": " + s->reason;
    }
    return all;
}

void Router::Impl::tell_state(Route& route) {
    const auto state = route.fsm.overall();
    auto reason = reason_of(route, state);
    const auto& provider = route.active().provider;
    // A standby's fate is no news of a live instrument.
    if (route.state == state && route.provider == provider &&
        (state == InstrumentState::live || route.reason == reason))
        return;
    route.state = state;
    route.reason = std::move(reason);
    route.provider = provider;
    out_.state(route.id, state, route.reason, route.provider);
}

void Router::Impl::plan_standbys(Route& route) {
    for (auto& s : route.sources) {
        const bool wanted = route.fsm.wanted(s->place);
        if (wanted == s->told_wanted)
            continue;
        s->told_wanted = wanted;
        s->reason = wanted ? "subscribing" : "not subscribed";
        if (!wanted)
            s->any_quote = false;
        wants_.push_back({route.id, s->provider, wanted});
    }
}

void Router::Impl::call_standbys() {
    while (!wants_.empty()) {
        const Want want = std::move(wants_.front());
        wants_.pop_front();
        if (options_.want_standby)
            options_.want_standby(want.instrument, want.provider, want.wanted);
    }
}

// An instrument's events are those of the source that serves it; a hole that was told is told as closed too.
bool Router::Impl::passes(const Event& e) {
    auto* route = e.instrument ? find(*e.instrument) : nullptr;
    if (route == nullptr)
        return true;
    auto* source = find(*route, e.provider);
    if (source == nullptr)
        return false;
    if (route->sources.size() == 1)
        return true;
    const bool active = source == &route->active();
    const bool opened = e.event == "gap_opened", closed = e.event == "gap_closed";
    if (e.kind && (opened || closed)) {
        Subscription what;
        what.instrument = route->id;
        what.kind = *e.kind;
        what.timeframe = e.timeframe.value_or(Timeframe::m1);
        if (auto* in = find(*source, what)) {
            const bool told = std::exchange(in->gap_told, opened && active);
            if (opened && active)
                in->gap_cause = e.cause;
            return active || (closed && told);
        }
    }
    if (e.event == "stale" && route->fsm.guarded())
        return false; // told with its cause
    return active;
}

// What a provider's own channel misses is told for that channel, whoever serves.
void Router::Impl::tell_source(const Event& e) {
    auto* route =
        e.instrument && e.kind && (e.event == "gap_opened" || e.event == "gap_closed") ? find(*e.instrument) : nullptr;
    const auto* source = route == nullptr ? nullptr : find(*route, e.provider);
    if (source == nullptr)
        return;
    Subscription what;
    what.instrument = route->id;
    what.kind = *e.kind;
    what.timeframe = e.timeframe.value_or(Timeframe::m1);
    const auto* in = find(*source, what);
    if (in == nullptr || in->own == no_channel)
        return;
    Event own = e;
    own.source = true;
    out_.event(own);
}

void Router::state(InstrumentId instrument, InstrumentState state, std::string_view reason, std::string_view provider) {
    auto& r = *impl_;
    auto* route = r.find(instrument);
    if (route == nullptr) {
        r.out_.state(instrument, state, reason, provider);
        return;
    }
    auto* source = Impl::find(*route, provider);
    if (source == nullptr)
        return;
    source->reason = reason;
    const bool connected =
        state == InstrumentState::live || state == InstrumentState::stale || state == InstrumentState::closed;
    if (!connected) { // what it told before is no price of now, but still guards against a jump
        source->trade = Impl::price_of(*source);
        source->any_quote = false;
    }
    const Moment at = r.now();
    route->fsm.set_state(source->place, state, at);
    if (route->sources.size() > 1)
        r.decide(*route, at);
    r.tell_state(*route);
}

} // namespace tickgate::feed
