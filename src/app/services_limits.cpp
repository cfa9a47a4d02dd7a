// What operations ask about limits and last values.
#include "app/services.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <tickgate/provider_settings.hpp>

#include <algorithm>
#include <charconv>

namespace tickgate::app {

namespace {

using ops::LimitView;

void add_requests(std::vector<LimitView>& out, const budget::BudgetView& view) {
    const auto waiting = view.waiting[0] + view.waiting[1] + view.waiting[2];
    for (const auto& window : view.windows) {
        LimitView v;
        v.provider = view.provider;
        v.name = view.budget.empty() ? window.window : view.budget + " " + window.window;
        v.limit = window.spec.limit;
        v.used = window.used;
        if (window.spec.kind == LimitSpec::Kind::rolling || window.spec.kind == LimitSpec::Kind::bucket)
            v.window = window.spec.window;
        v.remaining = window.remaining;
        v.reset_in = std::max(window.reset_in, view.paused_for);
        v.waiting = waiting;
        v.paused = view.paused_for.count() > 0;
        out.push_back(std::move(v));
    }
}

// What one connection may send a second: what the provider's sessions keep to, as configured or by its table of
// settings. 0: its venue documents none.
std::int64_t messages_per_second(const config::Config& config, std::string_view provider) {
    constexpr std::string_view key = "limits.messages_per_second";
    std::string_view text;
    for (const auto* spec : provider_spec_table())
        if (spec->name == provider)
            for (const auto& setting : spec->settings)
                if (setting.key == key)
                    text = setting.fallback;
    if (const auto own = config.providers.find(provider); own != config.providers.end())
        if (const auto set = own->second.settings.find(key); set != own->second.settings.end())
            text = set->second;
    std::int64_t limit = 0;
    (void)std::from_chars(text.data(), text.data() + text.size(), limit);
    return limit;
}

void add_feed(std::vector<LimitView>& out, const std::string& provider, const FeedSpec& spec,
    const feed::FeedStats& stats, std::int64_t messages) {
    const auto& status = stats.status;
    LimitView v;
    v.provider = provider;
    v.name = spec.part;
    v.what = LimitView::What::connections;
    v.limit = static_cast<std::int64_t>(spec.max_connections);
    v.used = static_cast<std::int64_t>(status.connections);
    out.push_back(v);
    v.what = LimitView::What::streams;
    v.limit = static_cast<std::int64_t>(spec.streams_per_connection * std::max<std::size_t>(spec.max_connections, 1));
    v.used = static_cast<std::int64_t>(status.wanted);
    v.waiting = static_cast<std::size_t>(status.wanted - std::min(status.wanted, status.acked));
    out.push_back(v);
    v.what = LimitView::What::messages;
    v.limit = messages;
    v.used = stats.sent_lately;
    v.window = std::chrono::seconds(1);
    v.waiting = 0;
    out.push_back(std::move(v));
}

} // namespace

std::vector<std::string> GatewayServices::route(const InstrumentName& name) const {
    std::vector<std::string> names;
    for (const auto& provider : route_of(name))
        names.push_back(provider->name);
    return names;
}

asio::awaitable<ops::Outcome<std::vector<ops::LimitView>>> GatewayServices::limits() {
    auto asking = parts_.feeds();
    const auto feeds = co_await std::move(asking);
    std::vector<LimitView> out;
    for (const auto& provider : parts_.providers) {
        const auto messages = messages_per_second(parts_.config, provider->name);
        for (const auto& view : provider->rest->budgets())
            add_requests(out, view);
        for (const auto& spec : provider->provider->capabilities().feeds) {
            const auto name = provider->name + "." + spec.part;
            const auto feed = std::find_if(feeds.begin(), feeds.end(), [&](const auto& f) { return f.first == name; });
            add_feed(out, provider->name, spec, feed == feeds.end() ? feed::FeedStats() : feed->second, messages);
        }
    }
    co_return ops::Outcome<std::vector<LimitView>>(std::move(out));
}

asio::awaitable<ops::Outcome<ops::LatestAnswer>> GatewayServices::latest(InstrumentName name, Timeframe timeframe) {
    auto copy = [this, &name, timeframe]() -> asio::awaitable<ops::LatestAnswer> {
        ops::LatestAnswer answer;
        const auto id = parts_.instruments.find(name);
        if (!id)
            co_return answer;
        Subscription s;
        s.instrument = *id;
        s.timeframe = timeframe;
        s.kind = Kind::quote;
        answer.quote = parts_.publisher.last_payload(s);
        s.kind = Kind::trade;
        answer.trade = parts_.publisher.last_payload(s);
        s.kind = Kind::bar;
        answer.bar = parts_.publisher.last_payload(s);
        co_return answer;
    };
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto task = copy();
    auto answer = co_await asio::co_spawn(parts_.hot, std::move(task), token);
    co_return ops::Outcome<ops::LatestAnswer>(std::move(answer));
}

} // namespace tickgate::app
