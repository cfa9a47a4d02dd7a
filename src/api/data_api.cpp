#include "api/data_api.hpp"

#include "api/bars_answer.hpp"
#include "api/parameters.hpp"
#include "core/log.hpp"
#include "core/secret.hpp"
#include "ops/json_text.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <array>
#include <exception>
#include <utility>

namespace tickgate::api {

namespace {

using namespace asio::experimental::awaitable_operators;
constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

using Failed = std::optional<ops::Error>;

// Elements of a list, up to what one body may hold.
class ElementList final : public ops::Answer {
public:
    explicit ElementList(const Endpoint& endpoint) : endpoint_(endpoint) {}

    asio::awaitable<error_code> add(std::string element) override {
        if (body_.size() + element.size() > max_json_bytes) {
            too_large_ = true;
            co_return errc::message_too_large;
        }
        if (first_.empty())
            first_ = element;
        if (!body_.empty())
            body_ += ',';
        body_ += element;
        co_return error_code();
    }
    asio::awaitable<error_code> page(ops::Page page) override {
        next_ = std::move(page.next);
        missed_ = page.missed;
        co_return error_code();
    }
    bool too_large() const noexcept { return too_large_; }
    std::string take() {
        if (endpoint_.shape != Shape::list)
            return (first_.empty() ? "null" : first_) + "\n";
        auto text = "{\"data\":[" + body_ + "]";
        const auto* op = ops::Operations::find(endpoint_.op);
        if (op != nullptr && op->paged()) {
            text += ",\"next_cursor\":";
            if (next_.empty())
                text += "null";
            else
                ops::append_json_string(text, next_);
        }
        if (endpoint_.op == "events")
            text += missed_ ? ",\"missed\":true" : ",\"missed\":false";
        return text + "}\n";
    }

private:
    const Endpoint& endpoint_;
    std::string body_, first_, next_;
    bool missed_ = false;
    bool too_large_ = false;
};

ops::Error too_large_error() {
    return ops::Error("too_large", "the answer is longer than one JSON body may be",
        "ask with format=ndjson or format=csv, or for a shorter range");
}

ops::Error expired() {
    return ops::Error("expired", "the deadline passed before the answer was complete",
        "what was fetched is kept: ask again, give a larger deadline_ms, or start a backfill");
}

// What the operation throws becomes an answer, save its cancellation.
asio::awaitable<Failed> guarded(asio::awaitable<Failed> task) {
    try {
        auto failed = co_await std::move(task);
        co_return failed;
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted)
            throw;
        log::error("api", "request_failed", {{"error", e.code()}});
    } catch (const std::exception& e) {
        log::error("api", "request_failed", {{"error", redact(e.what())}});
    }
    co_return ops::Error("internal", "the gateway failed on this request", "its log says why");
}

// Returns when the time is over, unless `begun` says that an answer is on its way.
asio::awaitable<void> wait_deadline(std::chrono::milliseconds limit, std::function<bool()> begun) {
    asio::steady_timer timer(co_await asio::this_coro::executor, limit);
    co_await timer.async_wait(use_result);
    while (begun && begun()) {
        timer.expires_after(std::chrono::hours(1));
        co_await timer.async_wait(use_result);
    }
}

asio::awaitable<Failed> within(
    asio::awaitable<Failed> task, std::chrono::milliseconds limit, std::function<bool()> begun) {
    auto work = guarded(std::move(task));
    auto clock = wait_deadline(limit, std::move(begun));
    auto first = co_await (std::move(work) || std::move(clock));
    if (first.index() == 0)
        co_return std::move(std::get<0>(first));
    co_return expired();
}

} // namespace

int status_of(std::string_view code) noexcept {
    struct Row {
        std::string_view code;
        int status;
    };
    static constexpr std::array<Row, 21> rows{
        {{"bad_request", 400}, {"malformed_symbol", 400}, {"ambiguous_symbol", 400}, {"unknown_op", 404},
            {"unknown_symbol", 404}, {"not_found", 404}, {"invalid_configuration", 422}, {"not_supported", 422},
            {"not_entitled", 403}, {"unauthorized", 502}, {"restricted", 451}, {"rate_limited", 429}, {"busy", 503},
            {"unavailable", 503}, {"venue_error", 502}, {"refused", 409}, {"expired", 504}, {"not_owner", 503},
            {"too_large", 422}, {"internal", 500}, {"not_ready", 503}}};
    for (const auto& row : rows)
        if (row.code == code)
            return row.status;
    return 500;
}

net::HttpResponse error_response(const ops::Error& error, int status, std::string_view request_id) {
    const auto detail = redact(error.message);
    Problem problem;
    problem.status = status;
    problem.code = error.code;
    problem.detail = detail;
    std::string members = ",\"hint\":";
    if (error.hint.empty())
        members += "null";
    else
        append_json_string(members, redact(error.hint));
    members += ",\"retry_after_ms\":";
    members += error.retry_after ? std::to_string(error.retry_after->count()) : "null";
    members += error.members;
    auto response = problem_response(problem, request_id, members);
    if (error.retry_after)
        response.headers.emplace_back("Retry-After", std::to_string((error.retry_after->count() + 999) / 1000));
    return response;
}

bool DataApi::streams(const Endpoint& endpoint, const net::HttpRequest& request) {
    if (endpoint.shape != Shape::bars || request.method == "HEAD")
        return false;
    const auto choice = format_of(request, false);
    return choice.status == 0 && choice.format != Format::json;
}

asio::awaitable<net::HttpResponse> DataApi::answer(Match match, net::HttpRequest request, std::string request_id) {
    const auto& endpoint = *match.endpoint;
    auto parameters = read_parameters(endpoint, match.value, request);
    const bool only_json = endpoint.shape != Shape::bars;
    if (const auto choice = format_of(request, only_json); choice.status != 0 && !parameters.error) {
        const bool by_name = choice.status == 400;
        const auto wanted = by_name ? request.parameter("format") : std::string(request.header("accept"));
        parameters.status = choice.status;
        parameters.error = ops::Error(by_name ? "bad_request" : "not_acceptable",
            (by_name ? "format \"" : "Accept \"") + ops::shown(wanted) + "\" is not offered here",
            only_json ? "allowed: json (application/json)"
                      : "allowed: json, ndjson, csv (application/json, application/x-ndjson, text/csv)");
    }
    if (parameters.error)
        co_return error_response(*parameters.error, parameters.status, request_id);
    net::HttpResponse response;
    response.status = endpoint.status;
    Failed failed;
    bool too_large = false;
    auto asked = parameters.request;
    if (endpoint.shape == Shape::bars) {
        JsonBars sink(parameters.several);
        auto task = operations_.run_bars(std::move(parameters.request), sink);
        auto limited = within(std::move(task), parameters.deadline, {});
        failed = co_await std::move(limited);
        too_large = sink.too_large();
        response.body = sink.take();
    } else {
        ElementList list(endpoint);
        auto task = operations_.run(std::move(parameters.request), list);
        auto limited = within(std::move(task), parameters.deadline, {});
        failed = co_await std::move(limited);
        too_large = list.too_large();
        response.body = list.take();
    }
    if (too_large)
        failed = too_large_error();
    else if (failed && failed->code == "expired") {
        auto explaining = operations_.expired(std::move(asked));
        failed = co_await std::move(explaining);
    }
    if (failed)
        response = error_response(*failed, status_of(failed->code), request_id);
    if (endpoint.scope == Scope::admin)
        log::info("api", "changed_by_request",
            {{"method", endpoint.method}, {"path", endpoint.path}, {"client", asked.client},
                {"status", response.status}, {"request_id", request_id}});
    co_return response;
}

asio::awaitable<void> DataApi::stream(
    Match match, net::HttpRequest request, net::HttpStreamResponse& response, std::string request_id, Streamed& done) {
    auto parameters = read_parameters(*match.endpoint, match.value, request);
    net::HttpResponse problem;
    if (parameters.error) {
        problem = error_response(*parameters.error, parameters.status, request_id);
    } else {
        BarLines sink(response, format_of(request, false).format, parameters.several, request_id, done);
        std::function<bool()> begun = [&sink] { return sink.began(); };
        auto asked = parameters.request;
        auto task = operations_.run_bars(std::move(parameters.request), sink);
        auto limited = within(std::move(task), parameters.deadline, std::move(begun));
        auto failed = co_await std::move(limited);
        if (failed && failed->code == "expired" && !sink.began()) {
            auto explaining = operations_.expired(std::move(asked));
            failed = co_await std::move(explaining);
        }
        if (sink.began()) {
            if (failed) { // a body that ends without its last chunk cannot be taken for a whole one
                log::warn("api", "stream_cut", {{"request_id", request_id}, {"code", failed->code}});
                response.abort();
                co_return;
            }
            co_await response.wait_room(0); // closing waits for the rest only briefly
            response.finish();
            co_return;
        }
        const ops::Error nothing("internal", "nothing was answered");
        problem = error_response(failed ? *failed : nothing, failed ? status_of(failed->code) : 500, request_id);
    }
    done.status = problem.status;
    done.bytes = problem.body.size();
    problem.headers.emplace_back("X-Request-Id", request_id);
    problem.headers.emplace_back("Cache-Control", "no-store");
    response.send_answer(problem);
    response.close();
}

} // namespace tickgate::api
