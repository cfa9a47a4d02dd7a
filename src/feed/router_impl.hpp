// The router's parts: routes, their sources, what comes in and what goes out.
#pragma once

#include "bars/tick_bars.hpp"
#include "feed/router.hpp"

#include <deque>
#include <optional>

namespace tickgate::feed {

struct Router::Impl {
    // One provider of one instrument.
    struct Source {
        std::string provider;
        std::size_t place = 0;   // in the route
        std::string reason;      // of its state
        bool told_wanted = true; // what want_standby was told last
        // The latest quote, and the text it refers to.
        Quote quote;
        std::string exchange;
        bool any_quote = false;
        UnixNanos heard{};                   // the last message was received; kept where there are several sources
        RouteFsm::Price trade;               // the latest that moves the last price
        std::vector<std::uint32_t> channels; // of Router::Channel, open ones
    };
    // One published channel.
    struct Out {
        Subscription what;
        Channel channel = no_channel;
        const Source* server = nullptr; // whose name it bears
        std::string native;
        std::unique_ptr<bars::TickBars> bars; // made of ticks
        bool feeding = false;                 // the ticks of the active source go there
    };
    struct Route {
        Route(InstrumentId instrument, RouteFsm decider) : id(instrument), fsm(std::move(decider)) {}

        InstrumentId id;
        AssetClass asset_class = AssetClass::crypto;
        std::vector<std::unique_ptr<Source>> sources;
        RouteFsm fsm;
        std::vector<Out> outs;
        std::optional<UnixNanos> switched_at;
        // As told.
        std::optional<InstrumentState> state;
        std::string reason, provider;

        Source& active() const { return *sources[fsm.active()]; }
    };
    // One channel of a feed.
    struct In {
        Channel forward = no_channel; // where its messages go: set for the active source only
        bool plain = true;            // nothing else happens to them
        bool keep = false;            // the latest is kept
        bool feeds = false;           // bars are made of them
        bool in_use = false;
        bool gap_told = false; // its gap_opened was published, with this cause
        std::string gap_cause;
        Channel own = no_channel;
        Route* route = nullptr;
        Source* source = nullptr;
        Subscription what;
        std::string native;
    };
    struct Want {
        InstrumentId instrument{};
        std::string provider;
        bool wanted = false;
    };

    Impl(const InstrumentTable& instruments, MarketSink& out, RouterOptions options)
        : instruments_(instruments),
          out_(out),
          options_(std::move(options)),
          repairs_(instruments, out, options_.repair, options_.repairs, [this] { return now(); }) {}

    Moment now() const;
    Route* find(InstrumentId instrument) const noexcept {
        const auto i = index_of(instrument);
        return i < routes_.size() ? routes_[i].get() : nullptr;
    }
    static Source* find(const Route& route, std::string_view provider) noexcept;
    In* find(const Source& source, const Subscription& what);

    // router_routes.cpp: what is connected to what.
    void set_route(InstrumentId id, std::vector<std::string> providers, std::vector<Subscription> published);
    void change(const RouteFsm::Rules& rules, bool sources);
    void set_sources(Route& route, std::vector<std::string> providers, Moment at);
    void set_outs(Route& route, std::vector<Subscription> published);
    void remove_route(InstrumentId id);
    void wire(Route& route, UnixNanos at);
    void wire_bars(Route& route, Out& out, UnixNanos at);
    void stop_bars(Out& out, UnixNanos at);
    void serve(Out& out, const Source& source, const In& in);
    void orphan(const Source& source);
    void end_gaps(const Route& route, const Source& left, UnixNanos at);

    // router_switch.cpp: who serves.
    void decide(Route& route, Moment at);
    void announce_switch(Route& route, const RouteFsm::Decision& d, Moment at);
    void announce_guard(Route& route, const RouteFsm::Decision& d);
    void tell_state(Route& route);
    std::string reason_of(const Route& route, InstrumentState state) const;
    void plan_standbys(Route& route);
    void call_standbys();
    bool passes(const Event& event);
    void tell_source(const Event& event);

    // router.cpp: messages.
    void quote(In& in, const Quote& quote);
    void trade(In& in, const Trade& trade);
    void bar(In& in, const Bar& bar);
    template <class Tick>
    void feed_bars(Route& route, const Tick& tick, bool trades);
    void drain(Out& out, UnixNanos at);
    void end_ticks(Out& out, UnixNanos at);
    static RouteFsm::Price price_of(const Source& source) noexcept;
    void publish_kept(Route& route);
    void tick(Moment at);

    const InstrumentTable& instruments_;
    MarketSink& out_;
    RouterOptions options_;
    Repairs repairs_; // trades, bars, channels and events of routes pass through it to `out_`
    std::vector<std::unique_ptr<Route>> routes_; // by instrument
    std::vector<In> ins_;                        // by Channel of the feeds
    std::vector<std::uint32_t> free_;
    std::vector<Route*> timed_; // those that time changes
    bool timed_changed_ = false;
    std::vector<RouteFsm::Price> prices_; // scratch
    std::deque<Want> wants_;
    RouterStats stats_;
};

} // namespace tickgate::feed
