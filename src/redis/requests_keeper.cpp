// What is done beside answering: entries nobody answers are claimed, ours are touched, dead consumers deleted.
#include "redis/requests_impl.hpp"

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <charconv>

namespace tickgate::redis {

namespace {

using namespace std::chrono_literals;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view at_once = "256";
constexpr auto bury_interval = std::chrono::milliseconds(60000);

std::int64_t number_of(const std::string& text) {
    std::int64_t n = 0;
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

// [entry, consumer, idle, deliveries] of XPENDING.
struct Pending {
    std::string entry, consumer;
    std::uint64_t deliveries = 0;
};
std::vector<Pending> pending_of(Reply& reply) {
    std::vector<Pending> list;
    for (auto& e : reply.elements)
        if (e.elements.size() == 4) {
            Pending p;
            p.entry = std::move(e.elements[0].text);
            p.consumer = std::move(e.elements[1].text);
            p.deliveries = static_cast<std::uint64_t>(std::max<std::int64_t>(e.elements[3].integer, 0));
            list.push_back(std::move(p));
        }
    return list;
}

} // namespace

// Ends by cancellation alone.
asio::awaitable<void> RequestServer::Impl::keep_forever() {
    next_bury = mono_now() + std::min(options.bury_after, bury_interval);
    while (!stopping) {
        keep_timer.expires_after(options.keep_interval);
        co_await keep_timer.async_wait(use_result);
        co_await keep();
    }
}

asio::awaitable<void> RequestServer::Impl::keep() {
    if (!stats.connected)
        co_return; // the reader is the one that tries
    co_await read_clock();
    co_await finish_again();
    co_await touch();
    co_await claim_abandoned();
    if (mono_now() >= next_bury) {
        next_bury = mono_now() + std::min(options.bury_after, bury_interval);
        co_await bury();
    }
}

asio::awaitable<void> RequestServer::Impl::read_clock() {
    auto words = command({"TIME"});
    auto reply = co_await ask_one(std::move(words));
    if (!reply || reply->elements.size() != 2)
        co_return;
    const auto redis_ms = number_of(reply->elements[0].text) * 1000 + number_of(reply->elements[1].text) / 1000;
    clock_offset_ms = redis_ms - to_micros(wall_now()) / 1000;
}

asio::awaitable<void> RequestServer::Impl::finish_again() {
    const std::vector<std::string> entries(unfinished.begin(), unfinished.end());
    for (const auto& entry : entries) {
        if (!unfinished.contains(entry))
            continue;
        co_await finish(entry);
        if (unfinished.contains(entry))
            break; // Redis is away
    }
}

asio::awaitable<void> RequestServer::Impl::touch() {
    if (held.empty() || mono_now() < next_touch)
        co_return;
    next_touch = mono_now() + options.claim_idle / 3;
    auto words = command({"XCLAIM", stream, "tickgate", options.consumer, "0"});
    for (const auto& [entry, job] : held)
        words.push_back(entry);
    words.push_back("JUSTID");
    co_await ask_one(std::move(words));
}

asio::awaitable<void> RequestServer::Impl::claim_abandoned() {
    std::erase_if(handed_on, [now = mono_now()](const auto& h) { return now >= h.second; });
    const auto idle = std::to_string(options.claim_idle.count());
    auto words = command({"XPENDING", stream, "tickgate", "IDLE", idle, "-", "+", at_once});
    auto reply = co_await ask_one(std::move(words));
    if (!reply || reply->is_error())
        co_return;
    auto list = pending_of(*reply);
    std::erase_if(list, [&](const Pending& p) {
        return held.contains(p.entry) || unfinished.contains(p.entry) || handed_on.contains(p.entry);
    });
    list.resize(std::min(list.size(), room()));
    if (list.empty())
        co_return;
    Commands claims;
    for (const auto& p : list)
        claims.push_back(command({"XCLAIM", stream, "tickgate", options.consumer, idle, p.entry, "RETRYCOUNT",
            std::to_string(p.deliveries + 1), "JUSTID"}));
    auto claimed = co_await ask(std::move(claims));
    if (!claimed)
        co_return;
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (claimed->at(i).elements.empty())
            continue; // another was quicker
        stats.claimed += list[i].consumer != options.consumer;
        co_await take_by_id(list[i].entry, list[i].deliveries + 1);
    }
}

// What Redis says we have and we do not know of.
asio::awaitable<void> RequestServer::Impl::recover_own() {
    auto words = command({"XPENDING", stream, "tickgate", "-", "+", at_once, options.consumer});
    auto reply = co_await ask_one(std::move(words));
    if (!reply || reply->is_error())
        co_return;
    const auto list = pending_of(*reply);
    for (const auto& p : list)
        if (!held.contains(p.entry) && !unfinished.contains(p.entry) && !handed_on.contains(p.entry))
            co_await take_by_id(p.entry, p.deliveries);
}

asio::awaitable<void> RequestServer::Impl::take_by_id(std::string entry, std::uint64_t deliveries) {
    auto words = command({"EVAL", script::fetch, "1", stream, entry, std::to_string(max_request_bytes)});
    auto reply = co_await ask_one(std::move(words));
    if (!reply || reply->is_error())
        co_return;                           // again when it has been idle for long enough
    if (reply->type != Reply::Type::array) { // deleted: nothing to answer, but to be acknowledged
        unfinished.insert(entry);
        co_await finish(std::move(entry));
        co_return;
    }
    std::vector<std::string> pairs;
    for (auto& e : reply->elements)
        pairs.push_back(std::move(e.text));
    take(std::move(entry), pairs.size() == 1 ? oversized_request(pairs.front()) : read_request(pairs), deliveries);
}

// Others see them as idle for an hour and claim them at their next look.
asio::awaitable<void> RequestServer::Impl::hand_on(std::vector<std::string> entries) {
    if (entries.empty())
        co_return;
    auto words = command({"XCLAIM", stream, "tickgate", options.consumer, "0"});
    words.insert(words.end(), entries.begin(), entries.end());
    for (const char* w : {"IDLE", "3600000", "RETRYCOUNT", "1", "JUSTID"})
        words.emplace_back(w);
    co_await ask_one(std::move(words));
}

asio::awaitable<void> RequestServer::Impl::bury() {
    auto words = command(
        {"EVAL", script::bury, "1", stream, "tickgate", options.consumer, std::to_string(options.bury_after.count())});
    auto reply = co_await ask_one(std::move(words));
    if (reply && reply->integer > 0)
        log::info("redis", "consumers_deleted", {{"count", reply->integer}});
}

// The end: what is finished is acknowledged, the rest is for others.
asio::awaitable<void> RequestServer::Impl::leave() {
    if (!commander && !reader_was_connected)
        co_return; // there never was a Redis
    co_await finish_again();
    auto words = command({"XPENDING", stream, "tickgate", "-", "+", at_once, options.consumer});
    auto reply = co_await ask_one(std::move(words));
    if (!reply || reply->is_error())
        co_return;
    std::vector<std::string> entries;
    for (auto& p : pending_of(*reply))
        entries.push_back(std::move(p.entry));
    stats.handed_on += stats.waiting;
    co_await hand_on(std::move(entries));
    held.clear();
    auto last = command({"EVAL", script::leave, "1", stream, "tickgate", options.consumer});
    co_await ask_one(std::move(last));
}

} // namespace tickgate::redis
