// Reads the configuration again while everything runs: all or nothing, and what did not change is not touched.
#include "app/gateway.hpp"

#include "app/http_door.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tickgate::app {

namespace {

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t most_logged = 200; // changes; the answer has them all

asio::awaitable<std::shared_ptr<config::Loaded>> load(std::string file) {
    co_return std::make_shared<config::Loaded>(config::load_file(file));
}

asio::awaitable<void> nothing() { co_return; }

bool fail(ops::ReloadReport& report, const std::string& file, std::string key, std::string text) {
    ops::ReloadProblem problem;
    problem.file = file;
    problem.key = std::move(key);
    problem.text = redact(text);
    report.problems.push_back(std::move(problem));
    return false;
}

void take_problems(ops::ReloadReport& report, const std::vector<config::Problem>& problems) {
    for (const auto& p : problems)
        report.problems.push_back({p.file, p.line, p.column, p.key, p.text, p.hint});
}

Event gateway_event(std::string_view name, const std::string& cause, std::string text) {
    Event e;
    e.event = name;
    e.cause = cause;
    e.text = std::move(text);
    return e;
}

} // namespace

// One reload, from its request to its report.
struct Gateway::Reload {
    Reload(asio::io_context& control, std::string why) : cause(std::move(why)), ended(control, MonoTime::max()) {}
    std::string cause; // `signal`, `api`
    config::Config config;
    std::vector<config::Change> changes;
    ProviderSet providers;
    std::vector<ReloadStep> steps;
    ops::ReloadReport report;
    asio::steady_timer ended;
    bool finished = false;
};

// The work is a task of its own: whoever asked for it may leave meanwhile.
asio::awaitable<ops::Outcome<ops::ReloadReport>> Gateway::reload(std::string cause) {
    if (source_.file.empty())
        co_return ops::Outcome<ops::ReloadReport>(errc::not_supported, "the configuration is not from a file");
    const auto work = std::make_shared<Reload>(control_, std::move(cause));
    start_control(run_reload(work), "reload");
    while (!work->finished) {
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none)
            co_return ops::Outcome<ops::ReloadReport>(errc::cancelled, "nobody waits for the answer any more");
        (void)co_await work->ended.async_wait(as_result);
    }
    co_return ops::Outcome<ops::ReloadReport>(work->report);
}

// One after the other.
asio::awaitable<void> Gateway::run_reload(std::shared_ptr<Reload> work) {
    while (reload_.running)
        (void)co_await reload_.turn.async_wait(as_result);
    reload_.running = true;
    tell_manager_of_reload(true);
    try {
        co_await read_again(*work);
    } catch (const std::exception& e) {
        work->report.applied = false;
        fail(work->report, source_.file, "", std::string("the reload failed: ") + e.what());
    }
    work->report.digest = config_.digest;
    co_await tell_reload(*work);
    tell_manager_of_reload(false);
    reload_.running = false;
    reload_.turn.cancel();
    work->finished = true;
    work->ended.cancel();
}

asio::awaitable<void> Gateway::read_again(Reload& work) {
    log::info("config", "reload", {{"file", source_.file}, {"cause", work.cause}});
    std::shared_ptr<config::Loaded> loaded;
    {
        asio::thread_pool thread(1); // a file may be slow, and a large one takes its time
        auto reading = load(source_.file);
        loaded = co_await asio::co_spawn(thread, std::move(reading), asio::use_awaitable);
    }
    if (stopping_) {
        fail(work.report, source_.file, "", "the gateway is stopping");
        co_return;
    }
    take_problems(work.report, loaded->problems);
    if (!loaded->config)
        co_return;
    for (const auto& notice : loaded->notices)
        log::info("config", "notice", {{"text", notice}});
    work.changes = config::diff_of(config_, *loaded->config);
    work.config = config::merged(config_, *loaded->config);
    for (const auto& c : work.changes)
        work.report.changed.push_back({c.key, c.before, c.now});
    for (const auto& c : config::diff_of(work.config, *loaded->config))
        work.report.restart.push_back(c.key);
    if (!prepare_providers(work) || !change_http(work)) {
        work.report.changed.clear();
        work.report.restart.clear();
        co_return;
    }
    co_await apply(work);
    work.report.applied = true;
}

// Everything that can go wrong with them goes wrong here, before anything is changed.
bool Gateway::prepare_providers(Reload& work) {
    for (const auto& [name, settings] : work.config.providers) {
        const auto before = find_provider(providers_, name);
        ReloadStep step;
        step.before = before;
        if (settings.enabled && registry_.find(name) != nullptr) {
            const auto renewal = renewal_of(work.changes, name);
            if (before && !renewal) {
                work.providers.push_back(before);
                continue;
            }
            std::string problem;
            step.now = make_provider(name, settings, problem);
            if (!step.now) {
                fail(work.report, source_.file, "providers." + name, problem);
                continue;
            }
            step.renewal = renewal.value_or(feed::Renewal::later);
            work.providers.push_back(step.now);
        }
        if (step.before || step.now)
            work.steps.push_back(std::move(step));
    }
    return work.report.problems.empty();
}

// The certificate is read again even if its name did not change: it may have been renewed.
bool Gateway::change_http(Reload& work) {
    const auto& http = work.config.http;
    std::string problem;
    if (!http.cert_file.empty() && api_->reload_tls(http.cert_file, http.key_file, problem))
        return fail(work.report, source_.file, "http.tls", problem);
    if (const auto ec = api_->set_access(access_of(http)))
        return fail(work.report, source_.file, "http", describe(ec));
    return true;
}

asio::awaitable<void> Gateway::apply(Reload& work) {
    level_ = source_.log_level.value_or(work.config.log.level);
    log::setup(level_, work.config.log.format);
    config_ = std::move(work.config);
    reload_.restart_pending = work.report.restart;
    put_providers(work);
    subscriptions_->reconfigure();
    demand_->reconfigure(config_);
    history_->reconfigure();
    for (const auto& step : work.steps)
        if (step.now)
            start_provider(step.now);
    auto changing = change_hot(hot_settings(config_), work.steps);
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    co_await asio::co_spawn(hot_, std::move(changing), token);
}

// The hot loop has the new set before it gets the orders that follow from it.
void Gateway::put_providers(Reload& work) {
    for (const auto& step : work.steps) {
        if (step.before)
            reload_.replaced.push_back(step.before);
        if (!step.before || !step.now)
            continue;
        for (const auto& [budget, text] : step.before->rest->snapshots()) // what was used up stays used up
            (void)step.now->rest->restore(budget, text);
    }
    std::erase_if(reload_.replaced, [](const auto& entry) { return entry.expired(); });
    providers_ = std::move(work.providers);
    asio::post(hot_, [this, providers = providers_, steps = work.steps]() mutable {
        hot_providers_ = std::move(providers);
        for (const auto& step : steps)
            if (step.before && step.now)
                for (const auto& f : feeds_)
                    if (const auto name = std::string_view(f->name()); name.starts_with(step.now->name + "."))
                        if (const auto* spec = step.now->feed_of(name.substr(step.now->name.size() + 1)))
                            f->use(upstream_of(step.now, *spec), step.renewal);
    });
}

feed::Upstream Gateway::upstream_of(const ProviderPtr& provider, const FeedSpec& spec) {
    feed::Upstream upstream;
    upstream.owner = provider;
    upstream.provider = provider->provider.get();
    upstream.rest = provider->live_rest.get();
    upstream.tls = provider->tls;
    upstream.spec = spec;
    return upstream;
}

// On the hot loop, after the orders that follow from the change.
asio::awaitable<void> Gateway::change_hot(HotSettings settings, std::vector<ReloadStep> steps) {
    hot_settings_ = std::move(settings);
    publisher_->tune(hot_settings_.publisher);
    router_->change(hot_settings_.rules, hot_settings_.repairs, hot_settings_.sources);
    for (const auto& step : steps) {
        if (step.before)
            forget_refused(step.before->name);
        if (step.before && !step.now)
            end_feeds(step.before->name);
    }
    for (const auto& f : feeds_)
        f->refresh_limits();
    publisher_->flush(now());
    co_return;
}

// Told of feeds that never began, until somebody tells anew.
void Gateway::forget_refused(const std::string& provider) {
    for (auto it = refused_feeds_.begin(); it != refused_feeds_.end();) {
        if (!it->first.starts_with(provider + ".")) {
            ++it;
            continue;
        }
        publisher_->remove_feed(it->first);
        it = refused_feeds_.erase(it);
    }
}

void Gateway::end_feeds(const std::string& provider) {
    for (auto it = feeds_.begin(); it != feeds_.end();) {
        if (!(*it)->name().starts_with(provider + ".")) {
            ++it;
            continue;
        }
        (*it)->stop();
        ending_feeds_.push_back(std::move(*it));
        it = feeds_.erase(it);
    }
}

// Of a provider that was turned off: run() has returned.
void Gateway::drop_feed(const feed::Feed* feed) {
    const auto it = std::find_if(
        ending_feeds_.begin(), ending_feeds_.end(), [feed](const auto& ending) { return ending.get() == feed; });
    if (it == ending_feeds_.end())
        return;
    const auto name = (*it)->name();
    ending_feeds_.erase(it);
    if (std::none_of(feeds_.begin(), feeds_.end(), [&](const auto& f) { return f->name() == name; }))
        publisher_->remove_feed(name); // else it was turned on again
}

// Log lines, counters and the event.
asio::awaitable<void> Gateway::tell_reload(const Reload& work) {
    const auto& report = work.report;
    for (const auto& p : report.problems)
        log::error("config", "problem",
            {{"file", p.file}, {"line", p.line}, {"column", p.column}, {"key", p.key}, {"text", p.text},
                {"hint", p.hint}});
    std::size_t logged = 0;
    for (const auto& c : report.changed) {
        if (++logged > most_logged) {
            log::info("config", "changes_left_out", {{"count", report.changed.size() - most_logged}});
            break;
        }
        const bool waits = std::find(report.restart.begin(), report.restart.end(), c.key) != report.restart.end();
        log::info("config", "changed",
            {{"key", c.key}, {"old", c.old_value}, {"new", c.new_value}, {"effect", waits ? "restart" : "applied"}});
    }
    reload_.last_applied = report.applied;
    ++(report.applied ? reload_.applied : reload_.refused);
    if (report.applied) {
        reload_.last = wall_now();
        log::info("config", "config_reloaded",
            {{"cause", work.cause}, {"digest", report.digest}, {"changed", report.changed.size()},
                {"restart_pending", report.restart.size()}});
    } else {
        log::error("config", "config_rejected",
            {{"cause", work.cause}, {"digest", report.digest}, {"problems", report.problems.size()},
                {"hint", "everything is as it was; `tickgate check-config` tells the same"}});
    }
    auto event = gateway_event(report.applied ? "config_reloaded" : "config_rejected", work.cause, summary_of(report));
    asio::post(hot_, [this, event = std::move(event)] {
        publisher_->publish_event(event);
        publisher_->flush(now());
    });
    auto task = nothing();
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    co_await asio::co_spawn(hot_, std::move(task), token);
}

// systemd.service(5), Type=notify-reload: it waits for READY=1 after that.
void Gateway::tell_manager_of_reload(bool begins) {
    if (!ready_told_ || stopping_)
        return;
    const auto usec = std::chrono::duration_cast<std::chrono::microseconds>(mono_now().time_since_epoch()).count();
    ::sd_notify(0, begins ? ("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(usec)).c_str() : "READY=1");
}

asio::awaitable<void> Gateway::watch_hang_ups() {
    signalfd_siginfo signal{};
    while (hang_ups_.is_open()) {
        const auto [ec, n] = co_await hang_ups_.async_read_some(asio::buffer(&signal, sizeof signal), as_result);
        if (ec || n == 0)
            co_return;
        if (stopping_ || source_.file.empty()) {
            log::info("config", "hang_up_ignored", {{"why", stopping_ ? "stopping" : "there is no file"}});
            continue;
        }
        auto reloading = reload("signal");
        (void)co_await std::move(reloading);
    }
}

bool Gateway::set_log_level(std::string_view name) {
    const auto level = log_level_from(name);
    if (!level)
        return false;
    log::info("config", "log_level", {{"old", to_string(level_)}, {"new", name}});
    level_ = *level;
    log::setup(level_, config_.log.format);
    return true;
}

} // namespace tickgate::app
