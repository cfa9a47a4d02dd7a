// Which channel of a feed leads to which published channel.
#include "feed/router_impl.hpp"

#include "calendar/bar_spans.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::feed {

Router::Impl::Source* Router::Impl::find(const Route& route, std::string_view provider) noexcept {
    for (const auto& s : route.sources)
        if (s->provider == provider)
            return s.get();
    return nullptr;
}

Router::Impl::In* Router::Impl::find(const Source& source, const Subscription& what) {
    for (const auto channel : source.channels)
        if (ins_[channel].what == what)
            return &ins_[channel];
    return nullptr;
}

void Router::Impl::set_route(InstrumentId id, std::vector<std::string> providers, std::vector<Subscription> published) {
    if (providers.empty()) {
        remove_route(id);
        return;
    }
    const Moment at = now();
    if (routes_.size() <= index_of(id))
        routes_.resize(index_of(id) + 1);
    auto& slot = routes_[index_of(id)];
    if (!slot) {
        slot = std::make_unique<Route>(id, RouteFsm(options_.rules, providers.size(), at));
        slot->asset_class = instruments_.name_of(id).asset_class;
    }
    auto& route = *slot;
    set_sources(route, std::move(providers), at);
    set_outs(route, std::move(published));
    wire(route, at.wall);
    timed_changed_ = true;
    if (route.sources.size() > 1)
        decide(route, at);
    if (route.state)
        tell_state(route);
}

// Sources that stay keep what is known of them, and the active one stays active.
void Router::Impl::set_sources(Route& route, std::vector<std::string> providers, Moment at) {
    const bool same = std::equal(providers.begin(), providers.end(), route.sources.begin(), route.sources.end(),
        [](const std::string& name, const auto& source) { return source->provider == name; });
    if (same)
        return;
    const RouteFsm before = route.fsm;
    auto old = std::move(route.sources);
    const Source* served = old.empty() ? nullptr : old[before.active()].get();
    route.sources.clear();
    route.fsm = RouteFsm(options_.rules, providers.size(), at);
    std::optional<std::size_t> active;
    for (auto& name : providers) {
        const auto place = route.sources.size();
        const auto known =
            std::find_if(old.begin(), old.end(), [&](const auto& s) { return s && s->provider == name; });
        if (known == old.end()) {
            auto& s = route.sources.emplace_back(std::make_unique<Source>());
            s->provider = std::move(name);
            s->reason = "not subscribed so far";
            s->told_wanted = route.fsm.wanted(place);
        } else {
            route.fsm.adopt(place, before, (*known)->place);
            if (known->get() == served)
                active = place;
            route.sources.push_back(std::move(*known));
        }
        route.sources.back()->place = place;
    }
    route.fsm.start_with(active.value_or(0));
    for (const auto& gone : old)
        if (gone) {
            end_gaps(route, *gone, at.wall);
            orphan(*gone);
        }
    if (served != nullptr && !active && route.state) {
        route.switched_at = at.wall;
        for (auto& out : route.outs)
            end_ticks(out, at.wall);
        Event e;
        e.event = "route";
        e.instrument = route.id;
        for (const auto& gone : old)
            if (gone.get() == served) {
                e.provider = gone->provider;
                if (gone->heard != UnixNanos())
                    e.from = gone->heard;
            }
        e.to_provider = route.active().provider;
        e.cause = "configuration";
        e.to = at.wall;
        repairs_.event(e);
    }
}

// Its channels lead nowhere from now on.
void Router::Impl::orphan(const Source& source) {
    for (const auto channel : source.channels) {
        auto& in = ins_[channel];
        in.forward = no_channel;
        in.keep = in.feeds = false;
        in.plain = in.own == no_channel;
        in.route = nullptr;
        in.source = nullptr;
    }
}

void Router::Impl::set_outs(Route& route, std::vector<Subscription> published) {
    std::sort(published.begin(), published.end());
    published.erase(std::unique(published.begin(), published.end()), published.end());
    std::vector<Out> outs;
    for (const auto& what : published) {
        const auto known =
            std::find_if(route.outs.begin(), route.outs.end(), [&](const Out& o) { return o.what == what; });
        if (known != route.outs.end()) {
            outs.push_back(std::move(*known));
            known->channel = no_channel;
        } else {
            outs.emplace_back().what = what;
        }
    }
    for (const auto& gone : route.outs)
        if (gone.channel != no_channel)
            repairs_.close_channel(gone.channel, gone.what);
    route.outs = std::move(outs);
}

void Router::Impl::remove_route(InstrumentId id) {
    auto* route = find(id);
    if (route == nullptr)
        return;
    for (const auto& out : route->outs)
        if (out.channel != no_channel)
            repairs_.close_channel(out.channel, out.what);
    repairs_.released(id);
    for (const auto& source : route->sources)
        orphan(*source);
    std::erase(timed_, route);
    timed_changed_ = true;
    routes_[index_of(id)].reset();
}

void Router::Impl::change(const RouteFsm::Rules& rules, bool sources) {
    const Moment at = now();
    options_.rules = rules;
    if (std::exchange(options_.sources, sources) != sources)
        for (auto& in : ins_) {
            if (!in.in_use || in.source == nullptr)
                continue;
            if (sources)
                in.own = out_.open_source_channel(in.what, in.source->provider, in.native);
            else if (in.own != no_channel)
                out_.close_channel(std::exchange(in.own, no_channel));
        }
    for (auto& route : routes_) {
        if (!route)
            continue;
        route->fsm.set_rules(rules);
        wire(*route, at.wall);
        if (route->sources.size() > 1)
            decide(*route, at);
    }
    timed_changed_ = true;
}

void Router::change(const RouteFsm::Rules& rules, const RepairOptions& repairs, bool sources) {
    impl_->repairs_.set_options(repairs);
    impl_->change(rules, sources);
}

// The published channel bears the name of the source that serves it.
void Router::Impl::serve(Out& out, const Source& source, const In& in) {
    if (out.channel != no_channel && out.server == &source && out.native == in.native)
        return;
    out.server = &source;
    out.native = in.native;
    out.channel = repairs_.open_channel(out.what, source.provider, in.native);
}

void Router::Impl::wire(Route& route, UnixNanos at) {
    auto& active = route.active();
    const bool several = route.sources.size() > 1;
    for (const auto& source : route.sources)
        for (const auto channel : source->channels) {
            auto& in = ins_[channel];
            in.forward = no_channel;
            in.feeds = false;
            in.keep = several;
        }
    for (auto& out : route.outs) {
        if (auto* in = find(active, out.what)) {
            stop_bars(out, at);
            serve(out, active, *in);
            in->forward = out.channel;
        } else if (out.what.kind == Kind::bar) {
            wire_bars(route, out, at);
        }
        bool served = out.feeding;
        for (const auto& source : route.sources)
            served = served || find(*source, out.what) != nullptr ||
                     (out.what.kind == Kind::bar && !source->channels.empty()); // ticks to make them of, once it serves
        if (!served && out.channel != no_channel) {
            repairs_.close_channel(out.channel, out.what);
            out.channel = no_channel;
        }
    }
    for (const auto& source : route.sources)
        for (const auto channel : source->channels) {
            auto& in = ins_[channel];
            const bool mixes = in.what.kind == Kind::bar && route.switched_at;
            in.plain = in.own == no_channel && !in.keep && !in.feeds && !mixes;
        }
}

void Router::Impl::stop_bars(Out& out, UnixNanos at) {
    end_ticks(out, at);
    out.feeding = false;
    out.bars.reset();
}

// No stream of that timeframe: of trades where there are some, of quotes for FX and CFDs and where there are none.
void Router::Impl::wire_bars(Route& route, Out& out, UnixNanos at) {
    using Input = bars::TickBars::Input;
    auto& active = route.active();
    Subscription ticks = out.what;
    Input input = Input::mid;
    const bool quoted = route.asset_class == AssetClass::fx || route.asset_class == AssetClass::cfd ||
                        route.asset_class == AssetClass::index;
    ticks.kind = Kind::trade;
    In* in = quoted ? nullptr : find(active, ticks);
    if (in != nullptr) {
        input = Input::trades;
    } else {
        ticks.kind = Kind::quote;
        in = find(active, ticks);
        if (route.asset_class == AssetClass::index)
            input = Input::last;
    }
    if (in == nullptr) {
        stop_bars(out, at);
        return;
    }
    in->feeds = true;
    if (out.feeding && out.bars->input() == input) {
        serve(out, active, *in);
        return;
    }
    end_ticks(out, at);
    serve(out, active, *in);
    bars::TickBars::Options options;
    options.align = calendar::usual_alignment(route.asset_class, out.what.timeframe);
    out.bars = std::make_unique<bars::TickBars>(route.id, out.what.timeframe, input, options);
    out.feeding = true;
    if (route.switched_at == at)
        out.bars->switched(at);
    timed_changed_ = true;
}

Channel Router::open_channel(Subscription what, std::string_view provider, std::string_view native) {
    auto& r = *impl_;
    std::uint32_t number = static_cast<std::uint32_t>(r.ins_.size());
    if (r.free_.empty()) {
        r.ins_.emplace_back();
    } else {
        number = r.free_.back();
        r.free_.pop_back();
        r.ins_[number] = Impl::In();
    }
    auto& in = r.ins_[number];
    in.in_use = true;
    in.what = what;
    in.native = native;
    if (r.options_.sources) {
        in.own = r.out_.open_source_channel(what, provider, native);
        in.plain = in.own == no_channel;
    }
    auto* route = r.find(what.instrument);
    auto* source = route == nullptr ? nullptr : Impl::find(*route, provider);
    if (source == nullptr) {
        log::warn("router", "no_route",
            {{"instrument", r.instruments_.name_of(what.instrument).to_string()}, {"provider", provider}});
        return static_cast<Channel>(number);
    }
    in.route = route;
    in.source = source;
    source->channels.push_back(number);
    r.wire(*route, r.now().wall);
    return static_cast<Channel>(number);
}

void Router::close_channel(Channel channel) {
    auto& r = *impl_;
    const auto number = static_cast<std::uint32_t>(channel);
    if (number >= r.ins_.size() || !r.ins_[number].in_use)
        return;
    auto& in = r.ins_[number];
    if (in.own != no_channel)
        r.out_.close_channel(in.own);
    auto* route = in.route;
    if (in.source != nullptr) {
        std::erase(in.source->channels, number);
        if (in.what.kind == Kind::quote)
            in.source->any_quote = false;
    }
    in = Impl::In();
    r.free_.push_back(number);
    if (route != nullptr)
        r.wire(*route, r.now().wall);
}

} // namespace tickgate::feed
