#include "app/subscriptions.hpp"

#include "core/log.hpp"

#include <algorithm>

namespace tickgate::app {

namespace {

template <class List, class T>
bool has(const List& list, const T& what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

} // namespace

Subscriptions::Subscriptions(asio::any_io_executor control, const config::Config& config, const ProviderSet& providers,
    InstrumentTable& instruments, Perform perform)
    : control_(std::move(control)),
      config_(config),
      providers_(providers),
      instruments_(instruments),
      perform_(std::move(perform)) {}

void Subscriptions::want(const InstrumentName& name, std::set<Subscription> channels, bool configured) {
    const auto id = instruments_.intern(name);
    if (channels.empty()) {
        const auto it = entries_.find(name);
        if (it == entries_.end())
            return;
        RouteOrder order;
        order.instrument = id;
        order.gone = true;
        for (auto& source : it->second.sources)
            release_source(it->second, source, order);
        entries_.erase(it);
        emit(std::move(order));
        flush();
        return;
    }
    auto [it, fresh] = entries_.try_emplace(name);
    auto& entry = it->second;
    entry.channels.clear();
    for (auto s : channels) {
        s.instrument = id;
        entry.channels.insert(s);
    }
    entry.configured = configured;
    if (fresh) {
        entry.id = id;
        entry.name = name;
        entry.age = next_age_++;
        join_sources(entry);
    }
    settle(entry);
    flush();
}

void Subscriptions::set_active(bool active) {
    if (active_ == active)
        return;
    active_ = active;
    for (auto* entry : in_order([](const Entry&) { return true; }))
        settle(*entry);
    flush();
}

// The configured first, then the oldest.
std::vector<Subscriptions::Entry*> Subscriptions::in_order(const std::function<bool(const Entry&)>& which) {
    std::vector<Entry*> out;
    for (auto& [name, entry] : entries_)
        if (which(entry))
            out.push_back(&entry);
    std::sort(out.begin(), out.end(), [](const Entry* a, const Entry* b) {
        return a->configured != b->configured ? a->configured : a->age < b->age;
    });
    return out;
}

void Subscriptions::served_by(InstrumentId instrument, const std::string& provider) {
    if (const auto it = entries_.find(instruments_.name_of(instrument)); it != entries_.end())
        it->second.serving = provider;
}

void Subscriptions::want_standby(InstrumentId instrument, const std::string& provider, bool wanted) {
    const auto it = entries_.find(instruments_.name_of(instrument));
    if (it == entries_.end())
        return;
    for (auto& source : it->second.sources)
        if (source.provider->name == provider && source.standby != wanted) {
            source.standby = wanted;
            settle(it->second);
        }
    flush();
}

// What a feed is asked for: a bar that it does not stream is built from its ticks.
std::set<Subscription> Subscriptions::needs(const Entry& entry, const Source& source) const {
    std::set<Subscription> out;
    const auto* feed = source.provider->feed_of(source.info.feed);
    if (feed == nullptr)
        return out;
    for (auto s : entry.channels) {
        if (s.kind == Kind::bar && !has(feed->timeframes, s.timeframe))
            s.kind = has(feed->kinds, Kind::trade) ? Kind::trade : Kind::quote;
        if (s.kind == Kind::bar || has(feed->kinds, s.kind)) {
            if (s.kind != Kind::bar)
                s.timeframe = Timeframe::m1;
            out.insert(s);
        }
    }
    return out;
}

void Subscriptions::release_source(Entry& entry, Source& source, RouteOrder& order) {
    if (source.subscribed.empty())
        return;
    RouteOrder::Source out;
    out.provider = source.provider->name;
    out.part = source.info.feed;
    out.remove.assign(source.subscribed.begin(), source.subscribed.end());
    change_used({source.provider->name, source.info.feed}, weight(source, source.subscribed), 0);
    source.subscribed.clear();
    source.standby = false;
    std::erase(entry.route, source.provider->name);
    order.sources.push_back(std::move(out));
}

void Subscriptions::tell_state(
    Entry& entry, RouteOrder& order, InstrumentState state, std::string reason, std::string provider) {
    if (entry.told == state)
        return;
    entry.told = state;
    order.state = state;
    order.reason = std::move(reason);
    order.provider = std::move(provider);
    order.announce = state == InstrumentState::refused || state == InstrumentState::unknown_symbol;
    const auto name = entry.name.to_string();
    if (order.announce)
        log::warn("app", state == InstrumentState::refused ? "refused" : "unknown_symbol",
            {{"instrument", name}, {"reason", order.reason}});
}

void Subscriptions::settle(Entry& entry, RouteOrder order) {
    order.instrument = entry.id;
    bool looking = false, any_found = false, refused = false;
    std::string full; // the first feed without room
    std::vector<std::string> route;
    const bool warm = config_.routes.standby == config::Standby::warm;
    for (auto& source : entry.sources) {
        if (source.leaving)
            continue;
        if (source.lookup == Lookup::due) {
            const bool hopeless = given_up(source.provider);
            looking = looking || !hopeless;
            refused = refused || hopeless;
            continue;
        }
        if (source.lookup == Lookup::unknown)
            continue;
        any_found = true;
        const bool first = route.empty();
        // Who serves while a better one has just been found goes on until the router says that it may go.
        if (!warm && !first && !entry.route.empty() && entry.route.front() == source.provider->name)
            source.standby = true;
        const auto needed = needs(entry, source);
        std::set<Subscription> wanted;
        if (active_ && (first || warm || source.standby))
            wanted = needed;
        if (!wanted.empty() && !make_room(entry, source, wanted)) {
            if (full.empty())
                full = source.provider->name + "." + source.info.feed;
            // What it has, it keeps; what takes no room it gets.
            std::erase_if(wanted, [&](const Subscription& s) {
                return !source.subscribed.contains(s) && source.provider->provider->weight_of(source.info.feed, s) > 0;
            });
        }
        subscribe_source(source, wanted, order);
        // A cold standby is of the route too: it is subscribed when it is needed.
        if (!wanted.empty() || (active_ && !needed.empty() && !first && !warm))
            route.push_back(source.provider->name);
    }
    release_leaving(entry, order, !route.empty(), looking);
    for (const auto& source : entry.sources)
        if (source.leaving)
            route.push_back(source.provider->name);
    entry.lacks = !full.empty();
    if (!route.empty() || !active_)
        entry.told.reset(); // its feeds tell, or nobody hears it from here
    else if (entry.sources.empty())
        tell_state(entry, order, InstrumentState::refused, "no provider of its route is on and serves this class", "");
    else if (looking)
        tell_state(
            entry, order, InstrumentState::pending, "looking the symbol up", entry.sources.front().provider->name);
    else if (!full.empty())
        tell_state(entry, order, InstrumentState::refused,
            "the limit of " + full + " is reached; release other symbols or raise the provider's limits", "");
    else if (any_found)
        tell_state(
            entry, order, InstrumentState::refused, "no provider of its route streams this kind of data for it", "");
    else if (refused)
        tell_state(entry, order, InstrumentState::refused, "the credentials of its provider were refused",
            entry.sources.front().provider->name);
    else
        tell_state(entry, order, InstrumentState::unknown_symbol, "no provider of its route has such a symbol",
            entry.sources.front().provider->name);
    const bool changed =
        route != entry.route || entry.channels != entry.published || !order.sources.empty() || order.state;
    entry.route = route;
    entry.published = entry.channels;
    if (!changed)
        return;
    order.route = std::move(route);
    order.published.assign(entry.published.begin(), entry.published.end());
    emit(std::move(order));
}

void Subscriptions::subscribe_source(Source& source, const std::set<Subscription>& wanted, RouteOrder& order) {
    if (wanted == source.subscribed)
        return;
    RouteOrder::Source out;
    out.provider = source.provider->name;
    out.part = source.info.feed;
    for (const auto& s : wanted)
        if (!source.subscribed.contains(s))
            out.add.push_back({s, source.info.native});
    for (const auto& s : source.subscribed)
        if (!wanted.contains(s))
            out.remove.push_back(s);
    if (source.subscribed.empty() && !source.info.tradeable) { // a feed knows of it only from now on
        out.trading = false;
        out.status = source.info.status;
    }
    change_used({source.provider->name, source.info.feed}, weight(source, source.subscribed), weight(source, wanted));
    source.subscribed = wanted;
    order.sources.push_back(std::move(out));
}

void Subscriptions::emit(RouteOrder order) { orders_.push_back(std::move(order)); }

void Subscriptions::flush() {
    use_freed_room();
    if (!orders_.empty() && !stopping_)
        perform_(std::exchange(orders_, {}));
    orders_.clear();
}

void Subscriptions::stop() {
    stopping_ = true;
    for (auto& [provider, timer] : wake_)
        timer.cancel();
}

bool Subscriptions::nothing_left(const std::set<std::string>& refused) const {
    bool any = false;
    for (const auto& [name, entry] : entries_) {
        if (!entry.configured)
            continue;
        any = true;
        for (const auto& source : entry.sources)
            if (!given_up(source.provider) && !refused.contains(source.provider->name))
                return false;
    }
    return any;
}

SubscriptionStats Subscriptions::stats() const {
    SubscriptionStats s = stats_;
    s.instruments = entries_.size();
    for (const auto& [name, entry] : entries_) {
        s.refused += entry.told == InstrumentState::refused;
        s.unknown += entry.told == InstrumentState::unknown_symbol;
        s.looking_up += entry.told == InstrumentState::pending;
    }
    s.active = active_;
    return s;
}

std::size_t Subscriptions::found_by(std::string_view provider) const {
    std::size_t n = 0;
    for (const auto& [name, entry] : entries_)
        n += static_cast<std::size_t>(std::count_if(entry.sources.begin(), entry.sources.end(),
            [&](const Source& s) { return s.provider->name == provider && s.lookup == Lookup::found; }));
    return n;
}

const InstrumentInfo* Subscriptions::known(std::string_view provider, const InstrumentName& name) const {
    const auto it = entries_.find(name);
    if (it == entries_.end())
        return nullptr;
    for (const auto& source : it->second.sources)
        if (source.provider->name == provider && source.lookup == Lookup::found)
            return &source.info;
    return nullptr;
}

} // namespace tickgate::app
