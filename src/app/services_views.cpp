// What operations ask about the gateway itself.
#include "app/services.hpp"

#include "core/clock.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <numeric>

namespace tickgate::app {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t looked_at_once = 100; // instruments
constexpr auto lag_window = 10s;

// Cursors of a process before this one are told apart by it.
std::string run_name() {
    auto n = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(wall_now()) / 1000, 1));
    std::string out;
    for (; n > 0; n /= 36)
        out.insert(out.begin(), "0123456789abcdefghijklmnopqrstuvwxyz"[n % 36]);
    return out;
}

std::string provider_of(const std::string& feed) { return feed.substr(0, feed.find('.')); }

// The best state of a provider's feeds is its own.
int rank(FeedState s) noexcept {
    switch (s) {
    case FeedState::live:
        return 0;
    case FeedState::closed:
        return 1;
    case FeedState::connecting:
        return 2;
    case FeedState::down:
        return 3;
    case FeedState::refused:
        break;
    }
    return 4;
}

void add_feeds(ops::ProviderView& view, const FeedList& feeds) {
    const FeedStatus* best = nullptr;
    const FeedStatus* worst = nullptr;
    for (const auto& [name, stats] : feeds) {
        if (provider_of(name) != view.provider)
            continue;
        if (best == nullptr || rank(stats.status.state) < rank(best->state))
            best = &stats.status;
        if (worst == nullptr || rank(stats.status.state) > rank(worst->state))
            worst = &stats.status;
    }
    view.state = best == nullptr ? "idle" : to_string(best->state);
    if (worst != nullptr)
        view.reason = worst->reason;
}

} // namespace

GatewayServices::GatewayServices(ServiceParts parts) : parts_(std::move(parts)), events_(run_name()) {}

asio::awaitable<ops::Outcome<std::vector<ops::ProviderView>>> GatewayServices::providers() {
    FeedList feeds;
    if (parts_.feeds) {
        auto asking = parts_.feeds();
        feeds = co_await std::move(asking);
    }
    std::vector<ops::ProviderView> out;
    for (const auto& [name, settings] : parts_.config.providers) {
        ops::ProviderView view;
        view.provider = name;
        view.enabled = settings.enabled;
        const auto provider = find_provider(parts_.providers, name);
        if (!settings.enabled || provider == nullptr) {
            view.state = "off";
            view.reason = settings.off_reason;
            out.push_back(std::move(view));
            continue;
        }
        for (const auto& spec : provider->provider->capabilities().feeds) {
            view.feeds.push_back(name + "." + spec.part);
            for (const auto c : spec.classes)
                if (std::string word(to_string(c));
                    std::find(view.classes.begin(), view.classes.end(), word) == view.classes.end())
                    view.classes.push_back(std::move(word));
        }
        add_feeds(view, feeds);
        view.symbols = parts_.subscriptions.found_by(name);
        view.rest_requests = provider->rest->stats().requests;
        view.rest_failures = provider->rest->stats().failures;
        out.push_back(std::move(view));
    }
    co_return out;
}

std::optional<double> GatewayServices::lag_of(const std::string& feed, const feed::FeedStats& stats) {
    Lag now;
    now.at = mono_now();
    now.sum_us = stats.latency_sum_us;
    now.count = std::accumulate(stats.latency.begin(), stats.latency.end(), std::uint64_t{0});
    auto& window = lags_[feed];
    if (now.count < window.newest.count)
        window = {}; // the feed is another one
    if (now.at - window.newest.at >= lag_window) {
        window.begin = window.newest;
        window.newest = now;
    }
    const auto& begin = window.begin;
    if (now.count <= begin.count)
        return std::nullopt;
    return static_cast<double>(now.sum_us - begin.sum_us) / static_cast<double>(now.count - begin.count) / 1000.0;
}

asio::awaitable<ops::Outcome<std::vector<ops::FeedView>>> GatewayServices::feeds() {
    std::vector<ops::FeedView> out;
    if (!parts_.feeds)
        co_return out;
    auto asking = parts_.feeds();
    const auto feeds = co_await std::move(asking);
    for (const auto& [name, stats] : feeds) {
        ops::FeedView view;
        view.feed = name;
        view.provider = provider_of(name);
        view.status = stats.status;
        view.messages = stats.messages;
        view.lag_ms = lag_of(name, stats);
        view.gaps = stats.gaps;
        view.lost = stats.lost;
        view.skipped = std::accumulate(stats.skipped.begin(), stats.skipped.end(), std::uint64_t{0});
        view.rotations = stats.rotations;
        view.bytes_in = stats.bytes_in;
        out.push_back(std::move(view));
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.feed < b.feed; });
    co_return out;
}

asio::awaitable<std::vector<std::optional<redis::StateView>>> GatewayServices::states_of(
    std::vector<InstrumentName> names) {
    std::vector<std::optional<redis::StateView>> out;
    auto copy = [this, &names, &out]() -> asio::awaitable<void> {
        const bool owner = parts_.publisher.stats().owner;
        for (const auto end = std::min(out.size() + looked_at_once, names.size()); out.size() < end;) {
            const auto id = owner ? parts_.instruments.find(names[out.size()]) : std::nullopt;
            out.push_back(id ? parts_.publisher.state_of(*id) : std::nullopt);
        }
        co_return;
    };
    while (out.size() < names.size()) {
        auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
        auto task = copy();
        co_await asio::co_spawn(parts_.hot, std::move(task), token);
    }
    co_return out;
}

// One name more than the limit shows that there are more.
std::vector<InstrumentName> GatewayServices::page_of(const ops::PageQuery& query) const {
    const auto& wanted = parts_.demand.wanted();
    std::vector<InstrumentName> out;
    for (auto it = query.after ? wanted.upper_bound(*query.after) : wanted.begin();
         it != wanted.end() && out.size() <= query.limit; ++it) {
        const auto& name = it->first;
        if (query.asset_class && name.asset_class != *query.asset_class)
            continue;
        if (query.names.empty() || std::find(query.names.begin(), query.names.end(), name) != query.names.end())
            out.push_back(name);
    }
    return out;
}

ops::SubscriptionView GatewayServices::subscription_of(const InstrumentName& name) const {
    ops::SubscriptionView view;
    view.name = name;
    const auto& wanted = parts_.demand.wanted();
    const auto at = wanted.find(name);
    if (at == wanted.end())
        return view;
    for (const auto& s : at->second) {
        ops::DataName data;
        data.instrument = name;
        data.kind = s.kind;
        data.timeframe = s.timeframe;
        const auto word = data.word();
        view.channels.push_back(word);
        const auto standing = parts_.demand.standing(data);
        view.configured = view.configured || standing.configured;
        view.subscribed = view.subscribed || standing.subscribed;
        for (const auto& [client, end] : standing.leases) {
            auto lease = std::find_if(
                view.leases.begin(), view.leases.end(), [&](const ops::LeaseView& l) { return l.client == client; });
            if (lease == view.leases.end()) {
                view.leases.emplace_back();
                lease = view.leases.end() - 1;
                lease->client = client;
            }
            lease->channels.push_back(word);
            const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(end - mono_now());
            lease->until =
                std::max<UnixNanos>(lease->until, std::chrono::floor<std::chrono::milliseconds>(wall_now() + left));
        }
    }
    return view;
}

asio::awaitable<ops::Outcome<std::vector<ops::SubscriptionView>>> GatewayServices::subscriptions(ops::PageQuery query) {
    auto names = page_of(query);
    std::vector<ops::SubscriptionView> out;
    for (const auto& name : names)
        out.push_back(subscription_of(name));
    auto asking = states_of(std::move(names));
    const auto states = co_await std::move(asking);
    for (std::size_t i = 0; i < out.size(); ++i)
        if (const auto& s = states[i]) {
            out[i].state = s->state;
            out[i].reason = s->reason;
            out[i].provider = s->provider;
            out[i].since = s->since;
        }
    co_return out;
}

asio::awaitable<ops::Outcome<std::vector<ops::RouteView>>> GatewayServices::routes(ops::PageQuery query) {
    auto names = page_of(query);
    std::vector<ops::RouteView> out;
    for (const auto& name : names) {
        ops::RouteView view;
        view.name = name;
        view.route = route(name);
        out.push_back(std::move(view));
    }
    auto asking = states_of(std::move(names));
    const auto states = co_await std::move(asking);
    for (std::size_t i = 0; i < out.size(); ++i)
        if (const auto& s = states[i]) {
            out[i].state = s->state;
            out[i].reason = s->reason;
            out[i].since = s->since;
            if (s->state == InstrumentState::live || s->state == InstrumentState::stale ||
                s->state == InstrumentState::closed)
                out[i].provider = s->provider;
        }
    co_return out;
}

ops::ConfigView GatewayServices::config() const {
    ops::ConfigView view;
    view.digest = parts_.config.digest;
    view.settings = config::effective_settings(parts_.config);
    return view;
}

asio::awaitable<ops::Outcome<ops::ReloadReport>> GatewayServices::reload() {
    if (!parts_.reload)
        co_return ops::Outcome<ops::ReloadReport>(errc::not_supported, "the configuration cannot be read again here");
    auto reloading = parts_.reload();
    auto report = co_await std::move(reloading);
    co_return report;
}

std::string GatewayServices::log_level() const { return parts_.log_level ? parts_.log_level() : std::string(); }

bool GatewayServices::set_log_level(std::string_view level) {
    return parts_.set_log_level && parts_.set_log_level(level);
}

} // namespace tickgate::app
