#include "app/services.hpp"

#include "core/clock.hpp"
#include "redis/request_text.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace tickgate::app {

namespace {

constexpr const char* reserved_name = "the client name stream is the gateway's own: choose another";

constexpr std::size_t looked_at_once = 50; // instruments

std::string channel_name(const std::string& prefix, const ops::DataName& name) {
    return prefix + ":" + name.to_string();
}

} // namespace

std::vector<ProviderPtr> GatewayServices::route_of(const InstrumentName& name) const {
    std::vector<ProviderPtr> out;
    for (const auto& candidate : parts_.config.routes.of(name))
        if (auto p = find_provider(parts_.providers, candidate); p != nullptr && p->serves(name.asset_class))
            out.push_back(std::move(p));
    return out;
}

asio::awaitable<GatewayServices::Picture> GatewayServices::look(std::vector<InstrumentName> names) {
    Picture picture;
    std::size_t done = 0;
    auto copy = [this, &names, &picture, &done]() -> asio::awaitable<void> {
        for (const auto end = std::min(done + looked_at_once, names.size()); done < end; ++done) {
            Held held;
            if (const auto id = parts_.instruments.find(names[done])) {
                held.state = parts_.publisher.state_of(*id);
                Subscription s;
                s.instrument = *id;
                held.quote = parts_.publisher.last_payload(s);
            }
            picture.held.push_back(std::move(held));
        }
        picture.session = parts_.publisher.session();
        picture.owner = parts_.publisher.stats().owner;
        co_return;
    };
    do { // a few at a time: the hot loop has better things to do
        auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
        auto task = copy();
        co_await asio::co_spawn(parts_.hot, std::move(task), token);
    } while (done < names.size());
    co_return picture;
}

asio::awaitable<ops::Outcome<std::vector<ops::QuoteAnswer>>> GatewayServices::quotes(
    std::vector<InstrumentName> names) {
    std::vector<ops::QuoteAnswer> answers(names.size());
    auto picture = co_await look(names);
    struct Open {
        std::size_t index = 0;
        std::vector<ProviderPtr> route; // not asked yet
    };
    std::vector<Open> open;
    for (std::size_t i = 0; i < names.size(); ++i) {
        answers[i].name = names[i];
        auto& held = picture.held[i];
        if (!held.quote.empty() && held.state && held.state->state == InstrumentState::live) {
            answers[i].payload = std::move(held.quote);
            continue;
        }
        Open o;
        o.index = i;
        o.route = route_of(names[i]);
        if (o.route.empty()) {
            answers[i].error = errc::not_supported;
            answers[i].detail = "no provider of its route is on and serves this class";
        } else {
            open.push_back(std::move(o));
        }
    }
    // Each round asks every instrument's next provider, one request a provider.
    while (!open.empty()) {
        std::map<ProviderPtr, std::vector<std::size_t>> round; // places in `open`
        for (std::size_t i = 0; i < open.size(); ++i) {
            round[open[i].route.front()].push_back(i);
            open[i].route.erase(open[i].route.begin());
        }
        std::set<std::size_t> done;
        for (auto& [provider, places] : round) {
            QuoteRequest request;
            std::unordered_map<InstrumentName, std::size_t> wanted;
            for (const auto place : places) {
                request.instruments.push_back(names[open[place].index]);
                wanted.emplace(names[open[place].index], place);
            }
            auto asking = provider->provider->get_quotes(std::move(request), *provider->rest);
            const auto quotes = co_await std::move(asking);
            if (quotes)
                for (const auto& [name, quote] : *quotes) {
                    const auto it = wanted.find(name);
                    if (it == wanted.end())
                        continue;
                    const auto* info = parts_.subscriptions.known(provider->name, name);
                    answers[open[it->second].index].payload = redis::snapshot_payload(name, provider->name,
                        info != nullptr ? info->native : name.symbol, quote, picture.session, wall_now());
                    done.insert(it->second);
                }
            for (const auto place : places)
                if (!done.contains(place)) {
                    auto& answer = answers[open[place].index];
                    if (!quotes || !answer.error) // a fault says more than `unknown` of the next one
                        answer.error = quotes ? make_error_code(errc::unknown_symbol) : quotes.error();
                    if (open[place].route.empty())
                        done.insert(place);
                }
        }
        std::vector<Open> left;
        for (std::size_t i = 0; i < open.size(); ++i)
            if (!done.contains(i))
                left.push_back(std::move(open[i]));
        open = std::move(left);
    }
    for (auto& answer : answers)
        if (!answer.payload.empty())
            answer.error = {};
    co_return ops::Outcome<std::vector<ops::QuoteAnswer>>(std::move(answers));
}

asio::awaitable<ops::Outcome<std::vector<ops::SubscribeAnswer>>> GatewayServices::subscribe(
    ops::SubscribeRequest request) {
    if (request.client == streams_holder)
        co_return ops::Outcome<std::vector<ops::SubscribeAnswer>>(errc::bad_request, reserved_name);
    auto picture = co_await look(request.names);
    if (!picture.owner)
        co_return ops::Outcome<std::vector<ops::SubscribeAnswer>>(errc::not_owner);
    std::vector<ops::SubscribeAnswer> answers;
    const auto now_mono = mono_now();
    for (std::size_t i = 0; i < request.names.size(); ++i) {
        ops::SubscribeAnswer answer;
        answer.name = request.names[i];
        std::vector<ops::DataName> channels;
        auto usual = parts_.demand.usual(answer.name);
        if (request.kinds.empty() && request.timeframes.empty()) {
            channels = std::move(usual);
        } else {
            auto kinds = request.kinds;
            if (kinds.empty())
                kinds.push_back(Kind::bar); // timeframes alone
            for (const auto kind : kinds) {
                ops::DataName d;
                d.instrument = answer.name;
                d.kind = kind;
                if (kind != Kind::bar) {
                    channels.push_back(std::move(d));
                    continue;
                }
                auto timeframes = request.timeframes;
                if (timeframes.empty() || request.usual_bars)
                    for (const auto tf : parts_.config.publish.timeframes)
                        if (std::find(timeframes.begin(), timeframes.end(), tf) == timeframes.end())
                            timeframes.push_back(tf);
                for (const auto tf : timeframes) {
                    d.timeframe = tf;
                    channels.push_back(d);
                }
            }
        }
        std::string_view untaken;
        for (const auto& channel : channels) {
            if (const auto why = parts_.demand.lease(request.client, channel, now_mono + request.lease); !why.empty())
                untaken = why;
            answer.channels.push_back(channel_name(parts_.config.redis.prefix, channel));
            answer.words.push_back(channel.word());
        }
        const auto& held = picture.held[i];
        answer.state = held.state ? held.state->state : InstrumentState::pending;
        answer.reason = held.state ? held.state->reason : "";
        if (route_of(answer.name).empty()) {
            answer.state = InstrumentState::refused;
            answer.reason = "no provider of its route is on and serves this class";
        }
        if (!untaken.empty()) {
            answer.state = InstrumentState::refused;
            answer.reason = untaken;
        } else {
            answer.lease_until = wall_now() + request.lease;
        }
        answers.push_back(std::move(answer));
    }
    parts_.demand.apply();
    co_return ops::Outcome<std::vector<ops::SubscribeAnswer>>(std::move(answers));
}

asio::awaitable<ops::Outcome<std::size_t>> GatewayServices::unsubscribe(ops::UnsubscribeRequest request) {
    if (request.client == streams_holder)
        co_return ops::Outcome<std::size_t>(errc::bad_request, reserved_name);
    std::vector<InstrumentName> none;
    const auto picture = co_await look(std::move(none));
    if (!picture.owner)
        co_return ops::Outcome<std::size_t>(errc::not_owner);
    std::size_t ended = 0;
    if (request.names.empty()) {
        ended = parts_.demand.end_lease(request.client, {});
    } else {
        std::vector<ops::DataName> names;
        const auto wanted = [](const auto& list, auto what) {
            return list.empty() || std::find(list.begin(), list.end(), what) != list.end();
        };
        for (const auto& name : request.names) {
            for (const auto kind : {Kind::quote, Kind::trade, Kind::bar}) {
                if (!wanted(request.kinds, kind))
                    continue;
                ops::DataName d;
                d.instrument = name;
                d.kind = kind;
                if (kind != Kind::bar) {
                    names.push_back(std::move(d));
                    continue;
                }
                for (const auto tf : all_timeframes)
                    if (wanted(request.timeframes, tf)) {
                        d.timeframe = tf;
                        names.push_back(d);
                    }
            }
        }
        ended = parts_.demand.end_lease(request.client, names);
    }
    parts_.demand.apply();
    co_return ops::Outcome<std::size_t>(ended);
}

asio::awaitable<ops::Outcome<ops::GatewayStatus>> GatewayServices::status() {
    auto asking = parts_.status();
    auto status = co_await std::move(asking);
    const auto& counts = parts_.demand.counts();
    status.configured = counts.configured;
    status.subscribed = counts.subscribed;
    status.leases = counts.leases;
    status.wanted = counts.wanted;
    status.refused = parts_.subscriptions.stats().refused;
    co_return ops::Outcome<ops::GatewayStatus>(std::move(status));
}

asio::awaitable<ops::Outcome<std::vector<ops::InstrumentStatus>>> GatewayServices::states(
    std::vector<InstrumentName> names) {
    const auto picture = co_await look(names);
    std::vector<ops::InstrumentStatus> out;
    for (std::size_t i = 0; i < names.size(); ++i) {
        ops::InstrumentStatus s;
        s.name = names[i];
        if (const auto& state = picture.held[i].state; state && picture.owner) {
            s.state = state->state;
            s.reason = state->reason;
            s.provider = state->provider;
            s.since = state->since;
        }
        out.push_back(std::move(s));
    }
    co_return ops::Outcome<std::vector<ops::InstrumentStatus>>(std::move(out));
}

} // namespace tickgate::app
