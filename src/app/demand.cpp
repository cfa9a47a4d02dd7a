#include "app/demand.hpp"

#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

ops::DemandOptions options_of(const config::Publish& publish, InstrumentTable& instruments) {
    ops::DemandOptions o;
    o.linger = publish.linger;
    o.admit = [&instruments](const InstrumentName& name) { return instruments.try_intern(name); };
    return o;
}

Subscription subscription_of(const ops::DataName& name) {
    Subscription s;
    s.kind = name.kind;
    s.timeframe = name.timeframe;
    return s;
}

} // namespace

Demand::Demand(asio::any_io_executor control, const config::Config& config, InstrumentTable& instruments,
    Subscriptions& subscriptions, Refuse refuse)
    : publish_(config.publish),
      subscriptions_(subscriptions),
      refuse_(std::move(refuse)),
      book_(options_of(publish_, instruments)),
      timer_(std::move(control)) {}

std::vector<ops::DataName> Demand::usual(const InstrumentName& name) const {
    std::vector<ops::DataName> out;
    for (const auto kind : publish_.kinds) {
        ops::DataName d;
        d.instrument = name;
        d.kind = kind;
        if (kind != Kind::bar) {
            out.push_back(std::move(d));
            continue;
        }
        for (const auto tf : publish_.timeframes) {
            d.timeframe = tf;
            out.push_back(d);
        }
    }
    return out;
}

void Demand::reconfigure(const config::Config& config) {
    publish_ = config.publish;
    book_.set_linger(publish_.linger);
    set_configured(config.symbols);
}

void Demand::set_configured(const std::vector<InstrumentName>& symbols) {
    std::vector<ops::DataName> names;
    const auto before = std::exchange(configured_, {});
    for (const auto& symbol : symbols) {
        configured_.insert(symbol);
        const auto all = usual(symbol);
        names.insert(names.end(), all.begin(), all.end());
    }
    book_.set_configured(names, mono_now());
    apply();
    // What subscribers or leases keep was configured before, or is now: it goes first no more, or from now on.
    for (const auto& [name, channels] : std::map(wanted_))
        if (before.contains(name) != configured_.contains(name))
            subscriptions_.want(name, channels, configured_.contains(name));
}

void Demand::set_subscribed(const std::vector<std::string>& channels) {
    book_.set_subscribed(channels, mono_now());
    apply();
}

std::string_view Demand::lease(std::string_view client, const ops::DataName& name, MonoTime until) {
    return book_.set_lease(client, name, until, mono_now());
}

std::size_t Demand::end_lease(std::string_view client, const std::vector<ops::DataName>& names) {
    const auto now = mono_now();
    if (names.empty())
        return book_.end_leases(client, now);
    std::size_t ended = 0;
    for (const auto& name : names)
        ended += book_.end_lease(client, name, now);
    return ended;
}

// The book's changes, instrument by instrument. Limits of providers are kept by Subscriptions, which looks symbols up
// first and knows what has to give way.
void Demand::apply() {
    const auto delta = book_.take(mono_now());
    std::vector<InstrumentName> changed; // in the book's order, so that older demand is asked first
    std::set<InstrumentName> seen;
    const auto note = [&](const InstrumentName& name) {
        if (seen.insert(name).second)
            changed.push_back(name);
    };
    for (const auto& name : delta.remove) {
        wanted_[name.instrument].erase(subscription_of(name));
        note(name.instrument);
    }
    for (const auto& name : delta.add) {
        wanted_[name.instrument].insert(subscription_of(name));
        note(name.instrument);
    }
    for (const auto& name : changed) {
        const auto it = wanted_.find(name);
        subscriptions_.want(name, it->second, configured_.contains(name));
        if (it->second.empty())
            wanted_.erase(it);
    }
    for (const auto& refusal : delta.refused)
        refuse_(refusal);
}

asio::awaitable<void> Demand::run() {
    while (!stopping_) {
        apply();
        timer_.expires_after(500ms);
        (void)co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    }
}

void Demand::stop() {
    stopping_ = true;
    timer_.cancel();
}

} // namespace tickgate::app
