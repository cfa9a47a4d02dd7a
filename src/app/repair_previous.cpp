// What an earlier session published last, as its last values tell.
#include "app/repair.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "ops/data_name.hpp"
#include "redis/demand.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <charconv>
#include <optional>
#include <utility>

namespace tickgate::app {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_keys = 50000, keys_at_once = 200;
constexpr auto longest = 10s; // for all of it

// The text behind `"key":`, to the next comma or brace. The payloads are our own: such keys appear once, in front of
// plain values.
std::string_view value_of(std::string_view payload, std::string_view key) {
    const std::string quoted = "\"" + std::string(key) + "\":";
    const auto at = payload.find(quoted);
    if (at == std::string_view::npos)
        return {};
    auto value = payload.substr(at + quoted.size());
    value = value.substr(0, value.find_first_of(",}"));
    if (value.size() >= 2 && value.front() == '"')
        value = value.substr(1, value.size() - 2);
    return value;
}

template <class Number>
std::optional<Number> number_of(std::string_view payload, std::string_view key) {
    const auto text = value_of(payload, key);
    Number n{};
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    return ec == std::errc() && end == text.data() + text.size() && !text.empty() ? std::optional(n) : std::nullopt;
}

std::optional<feed::PreviousMark> mark_of(Kind kind, std::string_view payload) {
    feed::PreviousMark mark;
    mark.provider = value_of(payload, "provider");
    if (kind == Kind::trade) {
        auto at = number_of<std::int64_t>(payload, "ts_event_us");
        if (!at)
            at = number_of<std::int64_t>(payload, "ts_recv_us");
        if (!at)
            return std::nullopt;
        mark.at = from_micros(*at);
        mark.id = number_of<std::uint64_t>(payload, "src_seq");
        return mark;
    }
    const auto open = number_of<std::int64_t>(payload, "ts_open_us");
    const auto close = number_of<std::int64_t>(payload, "ts_close_us");
    if (!open || !close)
        return std::nullopt;
    mark.at = from_micros(*open);
    mark.until = from_micros(*close);
    mark.final = value_of(payload, "final") == "true";
    return mark;
}

asio::awaitable<error_code> find_keys(
    redis::Client& client, std::string prefix, std::vector<std::string>& keys, const std::atomic<bool>& stopping) {
    const auto pattern = redis::escape_glob(prefix) + ":last:*";
    std::string cursor = "0";
    const auto until = mono_now() + longest;
    do {
        std::vector<std::string> command{"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"};
        auto asking = client.command(std::move(command));
        auto reply = co_await std::move(asking);
        if (!reply)
            co_return reply.error();
        if (reply->is_error() || reply->elements.size() != 2)
            co_return errc::protocol_error;
        cursor = reply->elements[0].text;
        for (auto& key : reply->elements[1].elements) {
            const auto name = std::string_view(key.text).substr(prefix.size() + 6);
            if (name.starts_with("trade:") || name.starts_with("bar:"))
                keys.push_back(std::move(key.text));
        }
    } while (cursor != "0" && keys.size() < most_keys && mono_now() < until && !stopping);
    co_return error_code();
}

} // namespace

asio::awaitable<void> RepairDesk::apply(std::vector<std::pair<Subscription, feed::PreviousMark>> marks) {
    for (auto& [what, mark] : marks)
        router_->remember(what, std::move(mark));
    co_return;
}

asio::awaitable<void> RepairDesk::load_previous(redis::ClientOptions options, std::string prefix) {
    redis::Client client(redis::ReplyLimits{8u << 20, 65536});
    std::string detail;
    auto connecting = client.connect(std::move(options), detail);
    auto failed = co_await std::move(connecting);
    std::vector<std::string> keys;
    if (!failed) {
        auto finding = find_keys(client, prefix, keys, stopping_);
        failed = co_await std::move(finding);
    }
    std::vector<std::pair<Subscription, feed::PreviousMark>> marks;
    for (std::size_t at = 0; at < keys.size() && !failed && !stopping_; at += keys_at_once) {
        std::vector<std::vector<std::string>> commands;
        for (std::size_t i = at; i < std::min(at + keys_at_once, keys.size()); ++i)
            commands.push_back({"GET", keys[i]});
        auto asking = client.commands(std::move(commands));
        const auto replies = co_await std::move(asking);
        if (!replies) {
            failed = replies.error();
            break;
        }
        for (std::size_t i = 0; i < replies->size(); ++i) {
            const auto& reply = (*replies)[i];
            const auto name = ops::DataName::parse(std::string_view(keys[at + i]).substr(prefix.size() + 6));
            if (!name || reply.type != redis::Reply::Type::text)
                continue;
            auto mark = mark_of(name->kind, reply.text);
            if (!mark)
                continue;
            if (!instruments_.try_intern(name->instrument))
                continue;
            Subscription what{instruments_.intern(name->instrument), name->kind, name->timeframe};
            marks.emplace_back(what, std::move(*mark));
        }
    }
    if (failed)
        log::warn("repair", "previous_failed", {{"error", failed}, {"detail", detail}});
    const auto count = marks.size();
    if (count == 0 || stopping_)
        co_return;
    log::info("repair", "previous_loaded", {{"channels", count}});
    auto token = asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable);
    auto applying = apply(std::move(marks));
    co_await asio::co_spawn(hot_, std::move(applying), token);
}

} // namespace tickgate::app
