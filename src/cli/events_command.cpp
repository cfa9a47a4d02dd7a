#include "cli/events_command.hpp"

#include "cli/views.hpp"
#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::string_view most_at_once = "1000";

} // namespace

void Events::leave() {
    left_ = true;
    if (client_ != nullptr)
        client_->stop();
    if (pause_ != nullptr)
        pause_->cancel();
}

std::string Events::target() const {
    std::string out = "/api/v1/events";
    add_query(out, "limit", cursor_.empty() ? std::string_view(arguments_.limit) : most_at_once);
    add_query(out, "event", arguments_.event);
    add_query(out, "symbols", arguments_.symbol);
    add_query(out, "after", cursor_);
    return out;
}

int Events::show(const Fetched& fetched) {
    const auto& list = fetched.list();
    if (!list.empty())
        cursor_ = list.back()["cursor"].words();
    else if (fetched.body["next_cursor"].has_value())
        cursor_ = fetched.body["next_cursor"].words();
    if (fetched.body["missed"].truth())
        err_ << "tickgate: events are missing here: there were more than the daemon keeps, or it was started anew\n";
    const auto view = views::events();
    if (!arguments_.follow) {
        if (list.empty() && output_.table())
            err_ << view.none << '\n';
        else
            output_.list(list, view.columns, fetched.text);
    } else if (output_.table() && !list.empty()) {
        output_.rows(list, view.columns, std::exchange(head_, false));
    } else if (output_.look().format == Format::csv) {
        output_.csv_rows(list, view.columns, std::exchange(head_, false));
    } else if (!output_.table()) { // of a stream each element is a line
        for (const auto& event : list)
            output_.stream() << to_json(event) << '\n';
    }
    return finished(output_, err_);
}

asio::awaitable<int> Events::run(DaemonClient& client) {
    asio::steady_timer pause(co_await asio::this_coro::executor);
    pause_ = &pause;
    client_ = &client;
    int code = exit_ok;
    auto heard = mono_now();
    while (!left_) {
        auto asking = client.get(target(), std::chrono::seconds(10));
        auto answer = co_await std::move(asking);
        if (left_)
            break;
        Fetched fetched;
        if (answer.exit == exit_ok) {
            heard = mono_now();
            fetched.text = std::move(answer.response.body);
            fetched.body = parse_json(fetched.text).value_or(Json());
            code = show(fetched);
        } else if (!arguments_.follow || answer.exit != exit_unavailable || mono_now() - heard > arguments_.patience) {
            err_ << "tickgate: " << answer.problem << '\n';
            code = answer.exit;
        }
        if (!arguments_.follow || code != exit_ok)
            break;
        pause.expires_after(arguments_.interval);
        co_await pause.async_wait(use_result);
    }
    pause_ = nullptr;
    client_ = nullptr;
    co_return code;
}

} // namespace tickgate::cli
