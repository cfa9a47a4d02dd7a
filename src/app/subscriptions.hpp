// From what is wanted to what each feed is asked for: looks symbols up, follows routes, keeps within limits.
#pragma once

#include "app/provider_set.hpp"
#include "config/config.hpp"
#include "core/instrument_table.hpp"
#include "core/status.hpp"

#include <tickgate/subscription.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickgate::app {

// One instrument's change, to be done on the hot loop.
struct RouteOrder {
    struct Source {
        std::string provider, part;
        std::vector<Wanted> add;
        std::vector<Subscription> remove;
        std::optional<bool> trading; // the venue's status of the symbol changed
        std::string status;          // its word
    };
    InstrumentId instrument{};
    bool gone = false;                   // nobody wants it any more: its keys go too
    std::vector<std::string> route;      // providers that have it, in order; empty: none so far
    std::vector<Subscription> published; // channels of the route
    std::vector<Source> sources;
    // Set where no feed will tell it.
    std::optional<InstrumentState> state;
    std::string reason, provider;
    bool announce = false; // also as an event
};

struct SubscriptionStats {
    std::size_t instruments = 0, unknown = 0, refused = 0, looking_up = 0;
    std::uint64_t lookups = 0, lookup_failures = 0, evictions = 0;
    bool active = false; // see set_active()
};

// On `control`. Everything wanted stays wanted until it is released; what cannot be had now is tried again.
class Subscriptions {
public:
    using Perform = std::function<void(std::vector<RouteOrder>)>;

    Subscriptions(asio::any_io_executor control, const config::Config& config, const ProviderSet& providers,
        InstrumentTable& instruments, Perform perform);

    // All channels of an instrument that are wanted now; empty: release it. Configured instruments come before others
    // where a provider's limit is reached, then older ones before newer ones.
    void want(const InstrumentName& name, std::set<Subscription> channels, bool configured);
    // Only who publishes takes data: venues count connections by account, and a second instance would push the first
    // one out. Not before it is said for the first time.
    void set_active(bool active);
    // The router has chosen this provider of the instrument's route.
    void served_by(InstrumentId instrument, const std::string& provider);
    // A cold standby is needed, or not any more.
    void want_standby(InstrumentId instrument, const std::string& provider, bool wanted);

    // Routes, standbys or providers were changed in what was given at construction: everything follows. A provider of
    // the same name takes the place of the one before with all that is subscribed; what left its route is released, as
    // soon as another one has the symbol where that is being looked up.
    void reconfigure();

    // A provider whose credentials were refused; run() has given up on it.
    std::function<void(const ProviderEntry&, const error_code&)> on_refused;

    // Looks up, retries, asks again every hour what the venues say of the symbols; until stop(), or until the provider
    // is not of the set any more.
    asio::awaitable<void> run(ProviderPtr provider);
    void stop();

    // True if no configured instrument has a provider left: each was refused at its look-up, or is one of `refused`.
    // False without configured instruments: demand may come for another provider.
    bool nothing_left(const std::set<std::string>& refused) const;
    SubscriptionStats stats() const;
    // The provider's own name and feed of an instrument that was looked up.
    const InstrumentInfo* known(std::string_view provider, const InstrumentName& name) const;
    std::size_t found_by(std::string_view provider) const; // instruments wanted that it has

private:
    enum class Lookup : std::uint8_t { due, found, unknown };
    struct Source {
        ProviderPtr provider;
        Lookup lookup = Lookup::due;
        InstrumentInfo info;
        std::set<Subscription> subscribed;
        bool standby = false; // a cold one that is needed
        bool leaving = false; // not of the route any more; serves until another one can
    };
    struct Entry {
        InstrumentId id{};
        InstrumentName name;
        std::set<Subscription> channels;
        bool configured = false;
        std::uint64_t age = 0; // greater: newer
        std::vector<Source> sources;
        std::vector<std::string> route;      // as ordered
        std::set<Subscription> published;    // as ordered
        std::optional<InstrumentState> told; // as ordered
        std::string serving;                 // the provider that the router has chosen, if it is not the first
        bool lacks = false;                  // a feed had no room for all of it
    };
    using FeedKey = std::pair<std::string, std::string>; // names of provider and part

    void settle(Entry& entry) { settle(entry, RouteOrder()); }
    void settle(Entry& entry, RouteOrder order); // `order`: what has been released already
    void join_sources(Entry& entry);
    RouteOrder change_sources(Entry& entry);
    void release_leaving(Entry& entry, RouteOrder& order, bool any_other, bool looking);
    void recount();
    bool is_current(const ProviderPtr& provider) const { return find_provider(providers_, provider->name) == provider; }
    bool given_up(const ProviderPtr& provider) const { return refused_.contains(provider); }
    std::set<Subscription> needs(const Entry& entry, const Source& source) const;
    bool make_room(const Entry& entry, const Source& source, const std::set<Subscription>& needs);
    std::optional<std::size_t> capacity(const FeedKey& feed) const;
    std::size_t weight(const Source& source, const std::set<Subscription>& subscriptions) const;
    void release_source(Entry& entry, Source& source, RouteOrder& order);
    void tell_state(Entry& entry, RouteOrder& order, InstrumentState state, std::string reason, std::string provider);
    void tell_failed(const std::vector<InstrumentName>& names, InstrumentState state, const ProviderEntry& provider,
        const std::string& reason);
    void refuse(const ProviderPtr& provider, const error_code& why);
    std::vector<Entry*> in_order(const std::function<bool(const Entry&)>& which);
    void subscribe_source(Source& source, const std::set<Subscription>& wanted, RouteOrder& order);
    void change_used(const FeedKey& feed, std::size_t before, std::size_t now);
    void use_freed_room();
    void emit(RouteOrder order);
    void flush();
    void take_answer(const ProviderPtr& provider, const std::vector<InstrumentName>& asked,
        const std::vector<InstrumentInfo>& found, bool refresh);
    void rename(Entry& entry, Source& source, const InstrumentInfo& info, RouteOrder& order);
    std::vector<InstrumentName> due(const ProviderPtr& provider, Lookup state, std::size_t most);

    asio::any_io_executor control_;
    const config::Config& config_;
    const ProviderSet& providers_;
    InstrumentTable& instruments_;
    Perform perform_;
    std::unordered_map<InstrumentName, Entry> entries_;
    std::map<FeedKey, std::size_t> used_; // weight of what is subscribed
    std::set<FeedKey> freed_;             // feeds with more room than before
    std::vector<RouteOrder> orders_;
    std::map<ProviderPtr, asio::steady_timer> wake_; // of those that run() works for
    std::set<ProviderPtr> refused_;
    std::uint64_t next_age_ = 1;
    SubscriptionStats stats_;
    bool active_ = false, stopping_ = false, using_freed_ = false;
};

} // namespace tickgate::app
