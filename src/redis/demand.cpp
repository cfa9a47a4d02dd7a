#include "redis/demand.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"
#include "redis/keep_on.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <random>

namespace tickgate::redis {

namespace {

using namespace std::chrono_literals;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr auto first_wait_at_most = 2000ms; // one measurement alone is not believed

// Of TIME: seconds and microseconds as text.
std::optional<std::chrono::microseconds> time_of(const Reply& reply) {
    std::int64_t parts[2] = {};
    if (reply.elements.size() != 2)
        return std::nullopt;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& text = reply.elements[i].text;
        const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), parts[i]);
        if (ec != std::errc() || end != text.data() + text.size())
            return std::nullopt;
    }
    return std::chrono::seconds(parts[0]) + std::chrono::microseconds(parts[1]);
}

} // namespace

std::string escape_glob(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (std::string_view("*?[]^-\\").find(c) != std::string_view::npos)
            out += '\\';
        out += c;
    }
    return out;
}

std::string demand_pattern(std::string_view prefix) { return escape_glob(prefix) + ":[qtb][ura][oar]*:*"; }

void PollPacer::looked(std::chrono::microseconds execution, std::size_t reply_bytes) noexcept {
    before_ = last_;
    last_ = std::max(execution, 0us) + 20us + std::chrono::microseconds(reply_bytes / 1000);
    looks_ = std::min(looks_ + 1, 2);
}

std::chrono::microseconds PollPacer::cost() const noexcept { return looks_ < 2 ? last_ : std::min(last_, before_); }

std::chrono::milliseconds PollPacer::interval() const noexcept {
    const auto fair =
        std::chrono::milliseconds(static_cast<std::int64_t>(static_cast<double>(cost().count()) / share_ / 1000.0) + 1);
    const auto wait = std::max(least_, fair);
    return looks_ < 2 ? std::min(wait, std::max(least_, first_wait_at_most)) : wait;
}

struct DemandWatcher::Impl {
    Impl(asio::any_io_executor e, DemandWatcherOptions o, OnPicture f)
        : options(std::move(o)),
          on_picture(std::move(f)),
          pacer(options.least_interval, options.share),
          prefix(options.prefix + ":"),
          timer(e),
          stopped(e, MonoTime::max()) {}

    asio::awaitable<void> watch_on();
    asio::awaitable<void> task_failed(std::string what);
    asio::awaitable<void> watch();
    asio::awaitable<error_code> look(Client& client, std::string& detail);
    asio::awaitable<void> pause(std::chrono::milliseconds time);
    void failed(const error_code& ec, const std::string& detail);

    DemandWatcherOptions options;
    OnPicture on_picture;
    PollPacer pacer;
    std::string prefix;
    asio::steady_timer timer, stopped;
    DemandWatcherStats stats;
    log::Throttle throttle;
    std::mt19937 random{std::random_device{}()};
    bool running = false, stopping = false, ever_connected = false;
};

DemandWatcher::DemandWatcher(asio::any_io_executor executor, DemandWatcherOptions options, OnPicture on_picture)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), std::move(on_picture))) {}

DemandWatcher::~DemandWatcher() { assert(!impl_->running); }

const DemandWatcherStats& DemandWatcher::stats() const noexcept { return impl_->stats; }

void DemandWatcher::stop() {
    impl_->stopping = true;
    impl_->stopped.expires_at(MonoTime::min()); // for waits to come, too
}

asio::awaitable<void> DemandWatcher::run() {
    using namespace asio::experimental::awaitable_operators;
    impl_->running = true;
    if (!impl_->stopping)
        co_await (impl_->watch_on() || impl_->stopped.async_wait(use_result));
    impl_->running = false;
}

asio::awaitable<void> DemandWatcher::Impl::pause(std::chrono::milliseconds time) {
    timer.expires_after(time);
    co_await timer.async_wait(use_result);
}

void DemandWatcher::Impl::failed(const error_code& ec, const std::string& detail) {
    stats.connected = false;
    ++stats.failures;
    if (std::uint64_t suppressed = 0; throttle.allow(mono_now(), suppressed))
        log::warn(
            "redis", "demand_watch_failed", {{"error", ec}, {"detail", redact(detail)}, {"suppressed", suppressed}});
}

asio::awaitable<void> DemandWatcher::Impl::watch_on() {
    return keep_on(
        stopping, [this] { return watch(); }, [this](std::string what) { return task_failed(std::move(what)); });
}

asio::awaitable<void> DemandWatcher::Impl::task_failed(std::string what) {
    stats.connected = false;
    ++stats.failures;
    log::error("redis", "demand_task_failed", {{"error", redact(what)}});
    co_await pause(options.back_off_cap);
}

// Ends by cancellation alone.
asio::awaitable<void> DemandWatcher::Impl::watch() {
    int attempts = 0;
    while (!stopping) {
        Client client(options.limits);
        std::string detail;
        ClientOptions how = options.redis;
        auto ec = co_await client.connect(std::move(how), detail);
        if (!ec && std::exchange(ever_connected, true))
            ++stats.reconnects;
        while (!ec) {
            ec = co_await look(client, detail);
            if (ec)
                break;
            attempts = 0;
            stats.connected = true;
            co_await pause(pacer.interval());
        }
        client.close();
        if (stopping)
            break;
        failed(ec, detail);
        const auto most = std::min(options.back_off_cap, 100ms * (1 << std::min(attempts++, 8)));
        const auto least = std::max(most / 2, 1ms);
        co_await pause(std::chrono::milliseconds(
            std::uniform_int_distribution<std::int64_t>(least.count(), std::max(most, least).count())(random)));
    }
}

asio::awaitable<error_code> DemandWatcher::Impl::look(Client& client, std::string& detail) {
    const std::vector<std::string> time{"TIME"};
    const std::vector<std::string> channels{"PUBSUB", "CHANNELS", demand_pattern(options.prefix)};
    std::vector<std::vector<std::string>> commands;
    commands.push_back(time);
    commands.push_back(channels);
    commands.push_back(time);
    auto replies = co_await client.commands(std::move(commands));
    if (!replies)
        co_return replies.error();
    auto& list = replies->at(1);
    const auto before = time_of(replies->front()), after = time_of(replies->back());
    if (list.type != Reply::Type::array || !before || !after) {
        for (const auto& r : *replies)
            if (r.is_error())
                detail = r.text;
        co_return detail.empty() ? errc::protocol_error : errc::unavailable;
    }
    std::vector<std::string> picture;
    picture.reserve(list.elements.size());
    std::size_t bytes = 0;
    for (auto& e : list.elements) {
        bytes += e.text.size() + 16;
        if (e.text.starts_with(prefix))
            picture.push_back(e.text.substr(prefix.size()));
    }
    pacer.looked(*after - *before, bytes);
    ++stats.looks;
    stats.channels = picture.size();
    stats.cost_us = static_cast<std::uint64_t>(pacer.cost().count());
    stats.interval_ms = static_cast<std::uint64_t>(pacer.interval().count());
    on_picture(std::move(picture));
    co_return error_code();
}

} // namespace tickgate::redis
