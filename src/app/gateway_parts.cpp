// How the gateway makes its parts and joins them.
#include "app/gateway.hpp"

#include "app/version.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <random>
#include <unistd.h>
#include <utility>

namespace tickgate::app {

namespace {

using namespace std::chrono_literals;

std::string instance_name() {
    char host[256] = "localhost";
    ::gethostname(host, sizeof host - 1);
    std::random_device device;
    return std::string(host) + ":" + std::to_string(::getpid()) + ":" + std::to_string(device());
}

} // namespace

bool Gateway::make_providers(Exit& code) {
    for (const auto& [name, settings] : config_.providers) {
        if (!settings.enabled || registry_.find(name) == nullptr)
            continue;
        std::string problem;
        auto p = make_provider(name, settings, problem);
        if (!p) {
            log::error("app", "provider_refused", {{"provider", name}, {"problem", problem}});
            code = Exit::configuration;
            return false;
        }
        providers_.push_back(std::move(p));
    }
    hot_providers_ = providers_;
    return true;
}

// Null with the reason in `problem`. It is of `control`: destroyed there, whoever lets go of it last.
ProviderPtr Gateway::make_provider(
    const std::string& name, const config::ProviderConfig& settings, std::string& problem) {
    auto p = std::make_unique<ProviderEntry>();
    p->name = name;
    p->provider = registry_.find(name)->make(settings.revealed(), problem);
    if (!p->provider)
        return nullptr;
    auto tls = net::TlsContext::client(settings.tls_ca_file, problem);
    if (!tls)
        return nullptr;
    p->tls = *tls;
    p->rest = std::make_unique<ProviderRest>(control_.get_executor(), name, p->tls, ledger_.get());
    p->rest->attach(*p->provider);
    p->live_rest = p->rest->as(budget::Priority::repair, "live");
    return {p.release(), [this, alone = alone_](ProviderEntry* entry) {
                std::unique_ptr<ProviderEntry> last(entry);
                if (!*alone)
                    asio::post(control_, [last = std::move(last)] {});
            }};
}

void Gateway::start_provider(const ProviderPtr& provider) {
    start_control(subscriptions_->run(provider), "symbols");
    start_control(learn_hours(provider), "market hours");
}

bool Gateway::make_publisher(Exit& code) {
    redis::PublisherOptions o;
    o.url = config_.redis.url;
    o.username = config_.redis.username;
    o.password = config_.redis.password;
    std::string problem;
    if (config_.redis.transport == config::Redis::Transport::tls) {
        auto tls = net::TlsContext::client(config_.redis.tls_ca_file, problem);
        if (!tls) {
            log::error("app", "tls_refused", {{"for", "redis"}, {"problem", problem}});
            code = Exit::configuration;
            return false;
        }
        o.tls = redis_tls_ = *tls;
    }
    o.prefix = config_.redis.prefix;
    o.instance = instance_ = instance_name();
    o.version = version_text;
    o.config_digest = config_.digest;
    o.streams = config_.publish.streams;
    o.stream_maxlen = static_cast<std::size_t>(config_.publish.stream_maxlen);
    o.last_value_interval = config_.publish.last_value_interval;
    publisher_ = std::make_unique<redis::Publisher>(hot_.get_executor(), std::move(o), instruments_, &latency_);
    publisher_->attach(tap_);
    sink_ = std::make_unique<PublisherSink>(*publisher_, instruments_);
    publisher_->on_change([this] {
        const auto& stats = publisher_->stats();
        if (stats.owner || !stats.holder.empty()) // else Redis is away: what runs goes on
            asio::post(control_, [this, owner = stats.owner, holder = stats.owner ? std::string() : stats.holder] {
                streams_->publishing(owner, holder);
                const bool taken_over = !std::exchange(owner_, owner) && owner;
                if (taken_over && repairs_)
                    start_control(take_over(++take_overs_), "take-over");
                else if (!owner || !repairs_)
                    subscriptions_->set_active(owner);
            });
    });
    return true;
}

void Gateway::make_router() {
    feed::RouterOptions o;
    o.rules = hot_settings_.rules;
    o.sources = hot_settings_.sources;
    o.repairs = hot_settings_.repairs;
    o.want_standby = [this](InstrumentId id, const std::string& provider, bool wanted) {
        asio::post(control_, [this, id, provider, wanted] { subscriptions_->want_standby(id, provider, wanted); });
    };
    if (config_.history.repair) {
        RepairParts parts{hot_.get_executor(), control_.get_executor(), hot_providers_, instruments_,
            history_->history(), history_->store(), hours_};
        repairs_ = std::make_unique<RepairDesk>(std::move(parts));
        o.repair = repairs_.get();
    }
    router_ = std::make_unique<feed::Router>(instruments_, *sink_, std::move(o));
    if (repairs_)
        repairs_->attach(*router_);
    subscriptions_ = std::make_unique<Subscriptions>(
        control_.get_executor(), config_, providers_, instruments_, [this](std::vector<RouteOrder> orders) {
            asio::post(hot_, [this, orders = std::move(orders)] {
                if (stopping_)
                    return; // a feed that starts now would not be told to stop
                for (const auto& order : orders)
                    perform(order);
                publisher_->flush(now());
            });
        });
    sink_->on_route = [this](InstrumentId id, const std::string& provider) {
        asio::post(control_, [this, id, provider] { subscriptions_->served_by(id, provider); });
    };
    subscriptions_->on_refused = [this](const ProviderEntry& provider, const error_code& why) {
        provider_refused(provider, why);
    };
}

redis::ClientOptions Gateway::redis_client() const {
    redis::ClientOptions o;
    o.url = config_.redis.url;
    o.username = config_.redis.username;
    o.password = config_.redis.password;
    o.tls = redis_tls_;
    return o;
}

asio::awaitable<FeedList> Gateway::feed_list() {
    auto asking = hot_snapshot();
    auto snapshot = co_await std::move(asking);
    co_return std::move(snapshot.feeds);
}

void Gateway::make_demand() {
    demand_ = std::make_unique<Demand>(
        control_.get_executor(), config_, instruments_, *subscriptions_, [this](const ops::Refusal& refusal) {
            demand_refused_ += refusal.count;
            std::uint64_t suppressed = 0;
            if (demand_log_.allow(mono_now(), suppressed))
                log::warn("app", "demand_refused",
                    {{"channel", refusal.name.to_string()}, {"reason", refusal.reason},
                        {"count", std::exchange(demand_refused_, 0)}});
        });
    redis::DemandWatcherOptions watch;
    watch.redis = redis_client();
    watch.prefix = config_.redis.prefix;
    watcher_ = std::make_unique<redis::DemandWatcher>(control_.get_executor(), std::move(watch),
        [this](std::vector<std::string> channels) { demand_->set_subscribed(channels); });
    ServiceParts parts{control_.get_executor(), hot_.get_executor(), config_, providers_, instruments_, *subscriptions_,
        *demand_, *publisher_, [this] { return gateway_status(); }};
    parts.feeds = [this] { return feed_list(); };
    parts.reload = [this] { return reload("api"); };
    parts.log_level = [this] { return std::string(to_string(level_)); };
    parts.set_log_level = [this](std::string_view level) { return set_log_level(level); };
    services_ = std::make_unique<GatewayServices>(std::move(parts));
    publisher_->on_event([this](std::string_view payload) {
        asio::post(control_, [this, text = std::string(payload)] { services_->add_event(text); });
    });
    StreamParts live{hot_.get_executor(), config_, instruments_, *services_, *demand_, *publisher_, tap_};
    stream_host_ = std::make_unique<StreamHost>(std::move(live));
    streams_ = std::make_unique<stream::Streams>(control_.get_executor(), tap_, *stream_host_);
    ops::HistoryParts history{&history_->history(), &history_->jobs(), &history_->collectors()};
    history_access_ = std::make_unique<ops::BackfillAccess>(history);
    operations_ = std::make_unique<ops::Operations>(*services_, history_access_.get());
    redis::RequestServerOptions serve;
    serve.redis = redis_client();
    serve.prefix = config_.redis.prefix;
    serve.consumer = instance_;
    requests_ = std::make_unique<redis::RequestServer>(control_.get_executor(), std::move(serve), *operations_);
}

} // namespace tickgate::app
