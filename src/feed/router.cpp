// What passes through the router.
#include "feed/router_impl.hpp"

#include "core/clock.hpp"

namespace tickgate::feed {

Moment Router::Impl::now() const { return options_.clock ? options_.clock() : tickgate::now(); }

RouteFsm::Price Router::Impl::price_of(const Source& s) noexcept {
    if (!s.any_quote)
        return s.trade;
    if (s.quote.bid && s.quote.ask)
        if (const auto mid = Decimal::mid(*s.quote.bid, *s.quote.ask))
            return {*mid, s.quote.received_time};
    return s.quote.last && !s.trade.value ? RouteFsm::Price{s.quote.last, s.quote.received_time} : s.trade;
}

template <class Tick>
void Router::Impl::feed_bars(Route& route, const Tick& tick, bool trades) {
    using bars::TickBars;
    for (auto& out : route.outs) {
        if (!out.feeding || (out.bars->input() == TickBars::Input::trades) != trades)
            continue;
        auto added = out.bars->add(tick);
        if (added == TickBars::Added::full) { // nobody asked for a while
            drain(out, tick.received_time);
            added = out.bars->add(tick);
        }
        stats_.late_ticks += added == TickBars::Added::late || added == TickBars::Added::full;
    }
}

void Router::Impl::quote(In& in, const Quote& q) {
    if (in.own != no_channel)
        out_.publish(in.own, q);
    if (in.keep) {
        auto& s = *in.source;
        s.heard = q.received_time;
        s.quote = q;
        s.exchange.assign(q.exchange);
        s.quote.exchange = {};
        s.any_quote = true;
    }
    if (in.forward != no_channel)
        out_.publish(in.forward, q);
    if (in.feeds)
        feed_bars(*in.route, q, false);
}

void Router::Impl::trade(In& in, const Trade& t) {
    if (in.own != no_channel)
        out_.publish(in.own, t);
    if (in.keep) {
        in.source->heard = t.received_time;
        if (t.updates_last && t.action == TradeAction::create)
            in.source->trade = {t.price, t.received_time};
    }
    if (in.forward != no_channel)
        repairs_.publish(in.forward, t);
    if (in.feeds)
        feed_bars(*in.route, t, true);
}

void Router::Impl::bar(In& in, const Bar& b) {
    if (in.own != no_channel)
        out_.publish(in.own, b);
    if (in.keep)
        in.source->heard = b.received_time;
    if (in.forward == no_channel)
        return;
    const auto& switched = in.route->switched_at;
    if (!switched || *switched < b.open_time || *switched >= b.close_time) {
        repairs_.publish(in.forward, b);
        return;
    }
    Bar mixed = b;
    mixed.flags.set(Flag::mixed);
    repairs_.publish(in.forward, mixed);
}

void Router::Impl::drain(Out& out, UnixNanos at) {
    while (const auto b = out.bars->due(at)) {
        ++stats_.built_bars;
        repairs_.publish(out.channel, *b);
    }
}

// No more ticks of the source that served so far: the bars that ended are its own and told under its name.
void Router::Impl::end_ticks(Out& out, UnixNanos at) {
    if (!out.feeding)
        return;
    out.bars->switched(at);
    while (const auto b = out.bars->due(at)) {
        if (!b->final)
            continue;
        ++stats_.built_bars;
        repairs_.publish(out.channel, *b);
    }
}

// The quote of now, from the source that just took over.
void Router::Impl::publish_kept(Route& route) {
    const auto& s = route.active();
    if (!s.any_quote)
        return;
    for (const auto channel : s.channels) {
        const auto& in = ins_[channel];
        if (in.what.kind != Kind::quote || in.forward == no_channel)
            continue;
        Quote q = s.quote;
        q.exchange = s.exchange;
        q.flags.set(Flag::snapshot);
        out_.publish(in.forward, q);
    }
}

void Router::Impl::tick(Moment at) {
    if (timed_changed_) {
        timed_changed_ = false;
        timed_.clear();
        for (const auto& r : routes_) {
            if (!r)
                continue;
            bool timed = r->sources.size() > 1;
            for (const auto& out : r->outs)
                timed = timed || out.bars;
            if (timed)
                timed_.push_back(r.get());
        }
    }
    for (auto* route : timed_) {
        if (route->sources.size() > 1 && !route->fsm.settled())
            decide(*route, at);
        for (auto& out : route->outs)
            if (out.feeding)
                drain(out, at.wall);
    }
    call_standbys();
    repairs_.tick(at);
}

Router::Router(const InstrumentTable& instruments, MarketSink& out, RouterOptions options)
    : impl_(std::make_unique<Impl>(instruments, out, std::move(options))) {}
Router::~Router() = default;

void Router::set_route(InstrumentId id, std::vector<std::string> providers, std::vector<Subscription> published) {
    impl_->set_route(id, std::move(providers), std::move(published));
}
void Router::remove_route(InstrumentId id) { impl_->remove_route(id); }
void Router::tick(Moment at) { impl_->tick(at); }

std::string_view Router::active(InstrumentId id) const {
    const auto* route = impl_->find(id);
    return route == nullptr ? std::string_view() : std::string_view(route->active().provider);
}

RouterStats Router::stats() const {
    RouterStats s = impl_->stats_;
    for (const auto& route : impl_->routes_)
        if (route) {
            ++s.routes;
            s.on_standby += route->fsm.active() != 0;
        }
    return s;
}

void Router::publish(Channel channel, const Quote& q) {
    auto& in = impl_->ins_[static_cast<std::uint32_t>(channel)];
    if (!in.plain) [[unlikely]]
        impl_->quote(in, q);
    else if (in.forward != no_channel)
        impl_->out_.publish(in.forward, q);
}

void Router::publish(Channel channel, const Trade& t) {
    auto& in = impl_->ins_[static_cast<std::uint32_t>(channel)];
    if (!in.plain) [[unlikely]]
        impl_->trade(in, t);
    else if (in.forward != no_channel)
        impl_->repairs_.publish(in.forward, t);
}

void Router::publish(Channel channel, const Bar& b) {
    auto& in = impl_->ins_[static_cast<std::uint32_t>(channel)];
    if (!in.plain) [[unlikely]]
        impl_->bar(in, b);
    else if (in.forward != no_channel)
        impl_->repairs_.publish(in.forward, b);
}

void Router::publish_source(Subscription what, std::string_view provider, std::string_view native, const Quote& quote) {
    if (impl_->options_.sources)
        impl_->out_.publish_source(what, provider, native, quote);
}

void Router::flush(Moment at) { impl_->out_.flush(at); }
bool Router::behind() const { return impl_->out_.behind(); }
void Router::feed_status(std::string_view feed, const FeedStatus& status) { impl_->out_.feed_status(feed, status); }

void Router::event(const Event& event) {
    if (impl_->options_.sources)
        impl_->tell_source(event);
    if (impl_->passes(event))
        impl_->repairs_.event(event);
}

void Router::remember(Subscription what, PreviousMark mark) { impl_->repairs_.remember(what, std::move(mark)); }
bool Router::repaired(std::uint64_t number, std::string_view provider, std::span<const Trade> trades) {
    return impl_->repairs_.repaired(number, provider, trades);
}
bool Router::repaired(std::uint64_t number, std::string_view provider, std::span<const Bar> bars) {
    return impl_->repairs_.repaired(number, provider, bars);
}
void Router::repair_done(std::uint64_t number, const RepairResult& result) { impl_->repairs_.done(number, result); }
void Router::stop_repairs() { impl_->repairs_.stop(); }
RepairStats Router::repair_stats() const { return impl_->repairs_.stats(); }

} // namespace tickgate::feed
