// How a shard's connection is replaced, or kept going by what only REST can give.
#include "feed/shard.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"
#include "feed/feed.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickgate::feed {

void Shard::begin_anew(Moment now) {
    fsm_.begin_anew(now.mono);
    perform(now);
}

bool Shard::moved() const noexcept { return served_ < feed_.ids_since_; }

// Connections made with settings that do not hold any more.
void Shard::renew_outdated(Moment now) {
    for (int i = 0; i < 2; ++i) {
        auto& p = place(i);
        if (!p.link || !fsm_.is_up(i))
            continue;
        if (p.upstream->number < feed_.ids_since_)
            p.link->fail(errc::planned_shutdown, "the configuration was changed");
        else if (p.upstream->number < feed_.replace_below_ && i == fsm_.active() && !fsm_.rotating())
            wanted_ != 0 ? fsm_.replace(i, now.mono) : close_idle();
    }
}

// A replacement is asked for. With nothing left to carry there is nothing to replace.
void Shard::replace(int i, std::chrono::milliseconds pause) {
    if (wanted_ != 0)
        return fsm_.replace(i, mono_now() + pause);
    close_idle();
}

asio::awaitable<void> Shard::renew(int i, std::uint64_t number) {
    result<std::string> answer = errc::venue_error;
    try {
        auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
        const auto upstream = place(i).upstream ? place(i).upstream : feed_.upstream_;
        auto asking = upstream->provider->renew(upstream->spec.part, *upstream->rest);
        answer = co_await asio::co_spawn(feed_.control_, std::move(asking), token);
    } catch (const std::exception& e) {
        log::error("feed", "renewal_failed", {{"feed", feed_.name_}, {"error", redact(e.what())}});
    }
    if (!answer)
        log::warn("feed", "renewal_failed", {{"feed", feed_.name_}, {"shard", number_}, {"error", answer.error()}});
    else
        log::debug("feed", "renewed", {{"feed", feed_.name_}, {"shard", number_}});
    if (auto& p = place(i); p.link && p.number == number)
        p.link->renewed(std::move(answer), now());
}

} // namespace tickgate::feed
