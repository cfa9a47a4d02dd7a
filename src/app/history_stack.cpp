#include "app/history_stack.hpp"

#include "backfill/job_sharing.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr auto quota_interval = 60s;
constexpr auto patience_at_the_end = 1500ms; // with a server that hangs; a store that works needs some 10 ms

store::StoreOptions store_options(const config::Config& config) {
    store::StoreOptions o;
    o.url = config.store.url;
    o.password = config.store.password;
    return o;
}

backfill::HistoryOptions history_options(const config::Config& config) {
    backfill::HistoryOptions o;
    o.max_parallel = static_cast<std::size_t>(config.history.parallel);
    o.settle = std::chrono::duration_cast<std::chrono::seconds>(config.history.settle);
    return o;
}

// How long a request may wait for its budget on top of its own deadline: a job has time, a person has not.
std::chrono::milliseconds patience_of(backfill::Priority priority) {
    switch (priority) {
    case backfill::Priority::repair:
        return 60s;
    case backfill::Priority::user:
        return 30s;
    case backfill::Priority::bulk:
        break;
    }
    return 30min;
}

std::string quota_name(const ProviderEntry& provider, const std::string& budget) {
    return "quota." + provider.name + "." + budget;
}

} // namespace

HistoryStack::HistoryStack(asio::any_io_executor control, const config::Config& config, const ProviderSet& providers,
    const calendar::MarketHours& hours)
    : control_(control),
      config_(config),
      providers_(providers),
      store_(store_options(config)),
      history_(
          control, store_, hours, [this](const InstrumentName& name) { return sources_of(name); },
          history_options(config)),
      jobs_(control, history_, backfill::JobsOptions()),
      collectors_(control, history_, hours),
      timer_(control),
      patience_(control) {
    backfill::JobSharing sharing;
    sharing.owner = backfill::owner_name(config.redis.prefix, config.http.listen);
    sharing.can_do = [this](const backfill::JobSpec& spec) {
        return std::all_of(spec.instruments.begin(), spec.instruments.end(), [&](const InstrumentName& name) {
            const auto sources = sources_of(name);
            return std::any_of(sources.begin(), sources.end(), [&](const backfill::Source& source) {
                return spec.provider.empty() ? source.on_route : source.name == spec.provider;
            });
        });
    };
    backfill::share(jobs_, std::move(sharing));
}

HistoryStack::~HistoryStack() { store_.stop(); }

std::string HistoryStack::store_file() const {
    constexpr std::string_view sqlite = "sqlite://";
    return config_.store.url.starts_with(sqlite) ? config_.store.url.substr(sqlite.size()) : std::string();
}

// The route's providers in order, then the others that have the class, which are asked only by name.
std::vector<backfill::Source> HistoryStack::sources_of(const InstrumentName& name) const {
    std::vector<backfill::Source> sources;
    const auto& route = config_.routes.of(name);
    const auto add = [&](const ProviderPtr& entry, bool on_route) {
        if (!entry->serves(name.asset_class))
            return;
        backfill::Source s;
        s.name = entry->name;
        s.provider = entry->provider.get();
        s.on_route = on_route;
        s.rest = [entry](backfill::Priority priority, const std::string& client) { // keeps both as long as it is held
            return entry->rest->as(priority, client, patience_of(priority));
        };
        sources.push_back(std::move(s));
    };
    for (const auto& candidate : route)
        if (const auto entry = find_provider(providers_, candidate))
            add(entry, true);
    for (const auto& entry : providers_)
        if (std::find(route.begin(), route.end(), entry->name) == route.end())
            add(entry, false);
    return sources;
}

std::vector<backfill::CollectorSpec> HistoryStack::configured() const {
    const auto seconds = [](config::milliseconds d) { return std::chrono::duration_cast<std::chrono::seconds>(d); };
    std::vector<backfill::CollectorSpec> specs;
    for (const auto& c : config_.collect) {
        backfill::CollectorSpec spec;
        spec.name = c.name;
        spec.instruments = c.symbols;
        spec.timeframes = c.timeframes;
        spec.provider = c.provider;
        spec.in_session = seconds(c.every);
        spec.outside = seconds(c.outside);
        spec.look_back = seconds(c.look_back);
        specs.push_back(std::move(spec));
    }
    return specs;
}

asio::awaitable<void> HistoryStack::watch_store() {
    auto asking = store_.stats();
    const auto stats = co_await std::move(asking);
    const bool open = !stats.has_error();
    if (store_open_ == open || stopping_)
        co_return;
    store_open_ = open;
    const auto url = redact(config_.store.url);
    const auto problem = redact(store_.usage().problem);
    if (!open)
        log::error("store", "store_unavailable",
            {{"url", url}, {"error", stats.error()}, {"detail", problem},
                {"hint", "live data goes on; history is answered once the store can be opened"}});
    else
        log::info("store", "store_open",
            {{"url", url}, {"backend", stats->backend}, {"bars", stats->bars}, {"bytes", stats->bytes}});
}

asio::awaitable<void> HistoryStack::restore_quotas() {
    const auto providers = providers_;
    for (const auto& p : providers)
        for (const auto& view : p->rest->budgets()) {
            auto reading = store_.fact(quota_name(*p, view.budget));
            const auto text = co_await std::move(reading);
            if (text && *text && !p->rest->restore(view.budget, **text))
                log::warn("rest", "quota_not_restored", {{"provider", p->name}, {"budget", view.budget}});
        }
}

asio::awaitable<void> HistoryStack::save_quotas() {
    const auto providers = providers_;
    for (const auto& p : providers)
        for (auto& [budget, text] : p->rest->snapshots()) {
            auto writing = store_.put_fact(quota_name(*p, budget), std::move(text));
            if (const auto ec = co_await std::move(writing))
                log::debug("store", "quota_not_saved", {{"provider", p->name}, {"budget", budget}, {"error", ec}});
        }
}

// What a day's or a month's quota has given must not be forgotten by a restart.
asio::awaitable<void> HistoryStack::keep_quotas() {
    while (!stopping_) {
        timer_.expires_after(quota_interval);
        (void)co_await timer_.async_wait(as_result);
        co_await watch_store();
        co_await save_quotas();
    }
}

asio::awaitable<void> HistoryStack::run() {
    using namespace asio::experimental::awaitable_operators;
    co_await watch_store();
    co_await restore_quotas();
    if (!stopping_) {
        auto work = jobs_.run() && collectors_.run(configured()) && keep_quotas();
        co_await std::move(work);
    }
    co_await history_.stop();
    co_await save_quotas();
    patience_.cancel();
}

void HistoryStack::reconfigure() {
    const auto options = history_options(config_);
    history_.set_limits(options.max_parallel, options.settle);
    collectors_.set_configured(configured());
}

void HistoryStack::stop() {
    stopping_ = true;
    jobs_.stop();
    collectors_.stop();
    timer_.cancel();
    patience_.expires_after(patience_at_the_end);
    patience_.async_wait([this](const boost::system::error_code& ec) {
        if (!ec)
            store_.hurry();
    });
}

} // namespace tickgate::app
