// What the providers say of the symbols that are wanted: asked once, asked again, refused.
#include "app/subscriptions.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "feed/back_off.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_at_once = 2000; // symbols of one lookup
constexpr auto ask_again = 1h;             // for what the venue did not know, and for the status of what it did

} // namespace

std::vector<InstrumentName> Subscriptions::due(const ProviderPtr& provider, Lookup state, std::size_t most) {
    std::vector<std::pair<std::uint64_t, InstrumentName>> names;
    for (auto& [name, entry] : entries_)
        for (auto& source : entry.sources)
            if (source.provider == provider && source.lookup == state)
                names.emplace_back(entry.configured ? entry.age : entry.age + (std::uint64_t{1} << 62), name);
    std::sort(names.begin(), names.end());
    if (names.size() > most)
        names.resize(most);
    std::vector<InstrumentName> out;
    for (auto& [age, name] : names)
        out.push_back(std::move(name));
    return out;
}

void Subscriptions::take_answer(const ProviderPtr& provider, const std::vector<InstrumentName>& asked,
    const std::vector<InstrumentInfo>& found, bool refresh) {
    std::unordered_map<InstrumentName, const InstrumentInfo*> by_name;
    for (const auto& info : found)
        by_name.emplace(info.name, &info);
    std::size_t unknown = 0;
    for (const auto& name : asked) {
        const auto it = entries_.find(name);
        if (it == entries_.end())
            continue;
        auto& entry = it->second;
        RouteOrder renamed;
        for (auto& source : entry.sources) {
            if (source.provider != provider)
                continue;
            const auto info = by_name.find(name);
            if (info == by_name.end()) {
                ++unknown;
                if (source.lookup != Lookup::found) // one that vanished keeps its feed; the feed tells
                    source.lookup = Lookup::unknown;
                continue;
            }
            const bool had = source.lookup == Lookup::found;
            const bool trading = info->second->tradeable;
            if (had ? trading != source.info.tradeable : !trading)
                log::info("app", trading ? "trading_again" : "not_trading",
                    {{"instrument", name.to_string()}, {"provider", provider->name}, {"status", info->second->status}});
            if (had && trading != source.info.tradeable && !source.subscribed.empty()) {
                RouteOrder order;
                order.instrument = entry.id;
                order.route = entry.route;
                order.published.assign(entry.published.begin(), entry.published.end());
                RouteOrder::Source out;
                out.provider = provider->name;
                out.part = source.info.feed;
                out.trading = trading;
                out.status = info->second->status;
                order.sources.push_back(std::move(out));
                emit(std::move(order));
            }
            if (!had) {
                source.lookup = Lookup::found;
                source.info = *info->second;
            } else if (!source.leaving &&
                       (source.info.native != info->second->native || source.info.feed != info->second->feed)) {
                rename(entry, source, *info->second, renamed);
            } else {
                source.info.tradeable = trading;
                source.info.status = info->second->status;
            }
        }
        settle(entry, std::move(renamed));
    }
    if (!refresh)
        log::info("app", "symbols", {{"provider", provider->name}, {"found", found.size()}, {"unknown", unknown}});
    flush();
}

// Another plan or address, or the venue itself, calls the symbol otherwise or has it on another feed: what is
// subscribed is released and asked for anew.
void Subscriptions::rename(Entry& entry, Source& source, const InstrumentInfo& info, RouteOrder& order) {
    log::info("app", "symbol_renamed",
        {{"instrument", entry.name.to_string()}, {"provider", source.provider->name}, {"feed", source.info.feed},
            {"native", source.info.native}, {"now_feed", info.feed}, {"now_native", info.native}});
    const bool standby = source.standby;
    auto route = entry.route;
    release_source(entry, source, order);
    source.standby = standby;
    entry.route = std::move(route); // it stays where it was
    source.info = info;
}

asio::awaitable<void> Subscriptions::run(ProviderPtr provider) {
    feed::BackOff back_off({1000ms, 30s, 30s}, random_seed());
    auto& wake = wake_.try_emplace(provider, control_).first->second;
    const auto token = asio::as_tuple(asio::use_awaitable);
    // One that takes another's place is asked at once what it has of what was found: its own list must be filled.
    auto next_refresh = due(provider, Lookup::found, 1).empty() ? mono_now() + ask_again : mono_now();
    while (!stopping_ && is_current(provider)) {
        auto asked = due(provider, Lookup::due, most_at_once);
        const bool refresh = asked.empty() && mono_now() >= next_refresh;
        if (refresh) {
            next_refresh = mono_now() + ask_again;
            asked = due(provider, Lookup::found, SIZE_MAX);
            auto unknown = due(provider, Lookup::unknown, SIZE_MAX);
            asked.insert(asked.end(), unknown.begin(), unknown.end());
        }
        if (asked.empty()) {
            wake.expires_at(next_refresh);
            (void)co_await wake.async_wait(token);
            continue;
        }
        ++stats_.lookups;
        auto asking = provider->provider->find_instruments(asked, *provider->live_rest);
        auto answer = co_await std::move(asking);
        if (stopping_ || !is_current(provider))
            break;
        if (answer) {
            back_off.reset();
            take_answer(provider, asked, *answer, refresh);
            continue;
        }
        ++stats_.lookup_failures;
        const auto recovery = recovery_of(answer.error());
        if (recovery == Recovery::give_up) {
            refuse(provider, answer.error());
            break;
        }
        const auto wait = back_off.next(recovery);
        log::warn("app", "symbols_failed",
            {{"provider", provider->name}, {"error", answer.error()}, {"retry_in_ms", wait.count()}});
        if (refresh)
            next_refresh = mono_now() + wait;
        else
            tell_failed(
                asked, InstrumentState::pending, *provider, "symbol lookup failed: " + describe(answer.error()));
        const auto until = mono_now() + wait;
        // A new symbol wakes, but does not shorten the pause.
        while (!stopping_ && is_current(provider) && mono_now() < until) {
            wake.expires_at(until);
            (void)co_await wake.async_wait(token);
        }
    }
    wake_.erase(provider);
}

void Subscriptions::tell_failed(const std::vector<InstrumentName>& names, InstrumentState state,
    const ProviderEntry& provider, const std::string& reason) {
    for (const auto& name : names) {
        const auto it = entries_.find(name);
        if (it == entries_.end() || !it->second.route.empty())
            continue;
        RouteOrder order;
        order.instrument = it->second.id;
        order.published.assign(it->second.published.begin(), it->second.published.end());
        it->second.told.reset();
        tell_state(it->second, order, state, reason, provider.name);
        emit(std::move(order));
    }
    flush();
}

// Credentials refused: nothing but a person mends that.
void Subscriptions::refuse(const ProviderPtr& provider, const error_code& why) {
    log::error("app", "gave_up",
        {{"provider", provider->name}, {"error", why},
            {"hint", "check the credentials of providers." + provider->name}});
    refused_.insert(provider);
    const auto concerned = [&](const Entry& entry) {
        return std::any_of(
            entry.sources.begin(), entry.sources.end(), [&](const Source& s) { return s.provider == provider; });
    };
    for (auto* entry : in_order(concerned))
        settle(*entry);
    flush();
    if (on_refused)
        on_refused(*provider, why);
}

} // namespace tickgate::app
