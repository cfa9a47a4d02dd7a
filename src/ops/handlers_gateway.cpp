// Operations on the gateway itself: what it has, who wants what, what happened, how it is set up.
#include "ops/event_log.hpp"
#include "ops/fields.hpp"
#include "ops/gateway_text.hpp"
#include "ops/operations.hpp"
#include "ops/paging.hpp"

#include <algorithm>
#include <utility>

namespace tickgate::ops {

namespace {

template <class T>
Error error_of(const Outcome<T>& o) {
    return error_from(o.error, o.detail, o.retry_after);
}

Error not_there(std::string_view what, std::string_view name, std::string_view where) {
    return Error("not_found", "there is no " + std::string(what) + " \"" + shown(name) + "\"",
        "operation " + std::string(where) + " lists them");
}

asio::awaitable<std::optional<Error>> finish(Answer& answer, Page page) {
    const auto ec = co_await answer.page(std::move(page));
    if (ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

// Adds at most `limit` elements in the order of their names; the page begins behind the last of them.
template <class View, class Text>
asio::awaitable<std::optional<Error>> tell_page(
    std::vector<View> views, std::size_t limit, Times times, Text text, Answer& answer) {
    Page page;
    if (views.size() > limit) {
        views.resize(limit);
        page.next = views.back().name.to_string();
    }
    for (const auto& view : views) {
        auto element = text(view, times);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    auto ending = finish(answer, std::move(page));
    co_return co_await std::move(ending);
}

} // namespace

Operations::Done Operations::providers(const Request& r, Answer& answer) {
    const auto wanted = value_of(*find(r.op), r.fields, "provider");
    auto asking = services_.providers();
    const auto list = co_await std::move(asking);
    if (list.error)
        co_return error_of(list);
    bool any = wanted.empty();
    for (const auto& p : list.value) {
        if (!wanted.empty() && p.provider != wanted)
            continue;
        any = true;
        auto element = provider_element(p);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    if (!any)
        co_return not_there("provider", wanted, "providers");
    co_return std::nullopt;
}

Operations::Done Operations::feeds(const Request& r, Answer& answer) {
    const auto provider = value_of(*find(r.op), r.fields, "provider");
    const auto feed = value_of(*find(r.op), r.fields, "feed");
    auto asking = services_.feeds();
    const auto list = co_await std::move(asking);
    if (list.error)
        co_return error_of(list);
    bool any = feed.empty();
    for (const auto& f : list.value) {
        if ((!provider.empty() && f.provider != provider) || (!feed.empty() && f.feed != feed))
            continue;
        any = true;
        auto element = feed_element(f, r.times);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    if (!any)
        co_return not_there("feed", feed, "feeds");
    co_return std::nullopt;
}

Operations::Done Operations::page_query(const Request& r, PageQuery& query) {
    const auto& op = *find(r.op);
    if (auto failed = co_await instruments_of(r, query.names))
        co_return failed;
    query.asset_class = asset_class_from(value_of(op, r.fields, "class"));
    query.limit = static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(1000));
    const auto cursor = value_of(op, r.fields, "cursor");
    if (cursor.empty())
        co_return std::nullopt;
    if (auto name = InstrumentName::parse(cursor))
        query.after = std::move(*name);
    else
        co_return bad_cursor(cursor);
    co_return std::nullopt;
}

Operations::Done Operations::subscriptions(const Request& r, Answer& answer) {
    PageQuery query;
    if (auto failed = co_await page_query(r, query))
        co_return failed;
    const auto limit = query.limit;
    auto asking = services_.subscriptions(std::move(query));
    auto list = co_await std::move(asking);
    if (list.error)
        co_return error_of(list);
    auto telling = tell_page(std::move(list.value), limit, r.times, subscription_element, answer);
    co_return co_await std::move(telling);
}

Operations::Done Operations::routes(const Request& r, Answer& answer) {
    PageQuery query;
    if (auto failed = co_await page_query(r, query))
        co_return failed;
    const auto limit = query.limit;
    auto asking = services_.routes(std::move(query));
    auto list = co_await std::move(asking);
    if (list.error)
        co_return error_of(list);
    auto telling = tell_page(std::move(list.value), limit, r.times, route_element, answer);
    co_return co_await std::move(telling);
}

Operations::Done Operations::events(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    const auto* log = services_.events();
    if (log == nullptr)
        co_return Error("unavailable", "this gateway keeps no events", "subscribe to the event channels on Redis");
    EventLog::Query query;
    if (auto failed = co_await instruments_of(r, query.names))
        co_return failed;
    for (const auto word : split_list(value_of(op, r.fields, "event")))
        query.events.emplace_back(word);
    query.feed = value_of(op, r.fields, "feed");
    query.after = value_of(op, r.fields, "after");
    if (const auto cursor = value_of(op, r.fields, "cursor"); !cursor.empty())
        query.after = cursor;
    query.limit = static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(100));
    auto found = log->find(query);
    if (!found.known)
        co_return bad_cursor(query.after);
    for (auto& element : found.elements)
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    Page page;
    page.next = std::move(found.next);
    page.missed = found.missed;
    auto ending = finish(answer, std::move(page));
    co_return co_await std::move(ending);
}

Operations::Done Operations::config(const Request&, Answer& answer) {
    auto element = config_element(services_.config());
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::reload(const Request&, Answer& answer) {
    auto reloading = services_.reload();
    const auto done = co_await std::move(reloading);
    if (done.error)
        co_return error_of(done);
    const auto& report = done.value;
    if (report.problems.empty()) {
        auto element = reload_element(report);
        co_return co_await answer.last(std::move(element));
    }
    const auto& first = report.problems.front();
    Error error("invalid_configuration",
        "the configuration was not applied: " + std::to_string(report.problems.size()) +
            (report.problems.size() == 1 ? " problem; " : " problems; ") + (first.key.empty() ? "" : first.key + ": ") +
            first.text,
        first.hint);
    error.members = reload_members(report);
    co_return error;
}

Operations::Done Operations::log_level(const Request&, Answer& answer) {
    const auto level = services_.log_level();
    if (level.empty())
        co_return Error("not_supported", "the level of log lines is not told here");
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "log_level").text("level", level);
    auto element = o.take();
    co_return co_await answer.last(std::move(element));
}

Operations::Done Operations::log_level_set(const Request& r, Answer& answer) {
    if (!services_.set_log_level(value_of(*find(r.op), r.fields, "level")))
        co_return Error("not_supported", "the level of log lines cannot be changed here");
    co_return co_await log_level(r, answer);
}

} // namespace tickgate::ops
