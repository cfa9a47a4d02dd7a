// Requests and what is answered.
#include "api/api_impl.hpp"
#include "api/content.hpp"
#include "api/exposition.hpp"
#include "api/pages.hpp"
#include "api/problem.hpp"
#include "api/readiness.hpp"
#include "core/clock.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace tickgate::api {

namespace {

bool offers_bearer(const net::HttpRequest& request) noexcept {
    const auto protocols = request.header("sec-websocket-protocol");
    return protocols.starts_with("bearer") && (protocols.size() == 6 || protocols[6] == ',' || protocols[6] == ' ');
}

void log_fault(std::string_view what, const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& e) {
        log::error("api", "source_failed", {{"source", what}, {"error", e.what()}});
    }
}

} // namespace

net::HttpResponse Api::Impl::may_upgrade(const net::HttpRequest& request) {
    const MonoTime begin = mono_now();
    const std::string id = request_id_of(request);
    net::HttpResponse response;
    response.status = 101;
    const auto verdict = live->may_connect(request);
    if (verdict.status != 101) {
        response = problem_response({verdict.status, verdict.code, verdict.detail}, id);
        if (verdict.status == 503)
            response.headers.emplace_back("Retry-After", "5");
        response.headers.emplace_back("Cache-Control", "no-store");
    } else if (request.client.empty() && offers_bearer(request)) { // of a known client it is said already
        response.headers.emplace_back("Sec-WebSocket-Protocol", "bearer");
    }
    response.headers.emplace_back("X-Request-Id", id);
    count("ws", request, verdict.status, begin, response.body.size(), id);
    return response;
}

bool Api::Impl::is_event_stream(const net::HttpRequest& request) const {
    return live != nullptr && request.path == event_stream_path && request.method == "GET";
}

asio::awaitable<void> Api::Impl::stream_events(
    net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> response) {
    using namespace asio::experimental::awaitable_operators;
    const MonoTime begin = mono_now();
    const std::string id = request_id_of(request);
    const RequestCounts::InFlight in_flight(counts);
    Live::Streamed done;
    auto working = send_events(request, *response, id, done);
    auto reading = response->run();
    co_await (std::move(working) || std::move(reading));
    count("stream", request, done.status, begin, done.bytes, id);
}

asio::awaitable<void> Api::Impl::send_events(
    net::HttpRequest request, net::HttpStreamResponse& response, std::string id, Live::Streamed& done) {
    auto streaming = live->events(std::move(request), response, std::move(id), done);
    co_await std::move(streaming);
    asio::steady_timer rest(co_await asio::this_coro::executor, MonoTime::max());
    co_await rest.async_wait(asio::as_tuple(asio::use_awaitable)); // run() ends when the connection does
}

asio::awaitable<net::HttpResponse> Api::Impl::handle(net::HttpRequest request) {
    const MonoTime begin = mono_now();
    const std::string id = request_id_of(request);
    const Route route = route_of(request.path);
    auto match = match_of(route, request);
    const auto label = match.endpoint != nullptr ? match.endpoint->route : route_names[std::size_t(route)];
    const bool validate = match.endpoint != nullptr && match.endpoint->etag;
    const RequestCounts::InFlight in_flight(counts);
    auto answering = answer(route, std::move(match), request, id);
    auto response = co_await std::move(answering);
    response.headers.emplace_back("X-Request-Id", id);
    auto finishing = finish_answer(request, response, validate);
    co_await std::move(finishing);
    count(label, request, response.status, begin, response.body.size(), id);
    co_return response;
}

asio::awaitable<void> Api::Impl::stream(net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> response) {
    using namespace asio::experimental::awaitable_operators;
    const MonoTime begin = mono_now();
    const std::string id = request_id_of(request);
    auto match = match_of(Route::api, request);
    const auto label = match.endpoint->route;
    const RequestCounts::InFlight in_flight(counts);
    DataApi::Streamed done; // as it stands when the client goes away
    auto working = work(std::move(match), request, *response, id, done);
    auto reading = response->run();
    co_await (std::move(working) || std::move(reading));
    count(label, request, done.status, begin, done.bytes, id);
}

asio::awaitable<void> Api::Impl::work(
    Match match, net::HttpRequest request, net::HttpStreamResponse& response, std::string id, DataApi::Streamed& done) {
    auto streaming = data->stream(std::move(match), std::move(request), response, std::move(id), done);
    co_await std::move(streaming);
    asio::steady_timer rest(co_await asio::this_coro::executor, MonoTime::max());
    co_await rest.async_wait(asio::as_tuple(asio::use_awaitable)); // run() ends when the connection does
}

asio::awaitable<net::HttpResponse> Api::Impl::answer(
    Route route, Match match, const net::HttpRequest& request, const std::string& id) {
    Problem problem;
    if (match.endpoint != nullptr) {
        auto answering = data->answer(std::move(match), request, id);
        co_return co_await std::move(answering);
    }
    if (!match.allow.empty()) {
        const std::string detail = "this path takes " + match.allow;
        problem = {405, "method_not_allowed", detail};
        auto response = problem_response(problem, id);
        response.headers.emplace_back("Allow", match.allow);
        co_return response;
    }
    if (live != nullptr && is_below(request.path, websocket_folder)) {
        problem = {426, "upgrade_required", "this path is a WebSocket"};
        auto response = problem_response(problem, id);
        response.headers.emplace_back("Upgrade", "websocket");
        co_return response;
    }
    if (live != nullptr && request.path == event_stream_path) {
        problem = {405, "method_not_allowed", "this path takes GET"};
        auto response = problem_response(problem, id);
        response.headers.emplace_back("Allow", "GET");
        co_return response;
    }
    auto page = route == Route::docs || route == Route::openapi ? page_of(request.path) : std::nullopt;
    if (route == Route::api || route == Route::other || (route == Route::docs && !page)) {
        problem = {404, "not_found", "there is nothing at this path"};
        co_return problem_response(problem, id);
    }
    if (request.method != "GET" && request.method != "HEAD") {
        problem = {405, "method_not_allowed", "only GET and HEAD are served here"};
        auto response = problem_response(problem, id);
        response.headers.emplace_back("Allow", "GET, HEAD");
        co_return response;
    }
    if (page)
        co_return std::move(*page);
    if (route == Route::readyz)
        co_return co_await answer_readiness(id);
    if (route == Route::metrics)
        co_return co_await answer_metrics(id);
    net::HttpResponse healthy;
    healthy.body = "{\"status\":\"ok\"}\n";
    co_return healthy;
}

asio::awaitable<net::HttpResponse> Api::Impl::answer_readiness(const std::string& id) {
    const auto outcome = co_await readiness.get(options.source_deadline);
    Readiness none; // nothing is known: not ready
    const Readiness& r = outcome.value ? *outcome.value : none;
    if (!outcome.value)
        none.reasons.push_back(no_answer("readiness", outcome.fault));
    const std::string members = readiness_members(r);
    if (!r.ready) {
        const std::string detail = why_not_ready(r);
        const Problem problem{503, outcome.value ? "not_ready" : "no_answer", detail};
        co_return problem_response(problem, id, "," + members);
    }
    net::HttpResponse response;
    response.body = "{" + members + "}\n";
    co_return response;
}

asio::awaitable<net::HttpResponse> Api::Impl::answer_metrics(const std::string& id) {
    const auto outcome = co_await metrics.get(options.source_deadline);
    if (!outcome.value) {
        const std::string detail = no_answer("metrics", outcome.fault);
        const Problem problem{503, "no_answer", detail};
        co_return problem_response(problem, id);
    }
    net::HttpResponse response;
    response.content_type = exposition_content_type;
    response.body = exposition(*outcome.value) + exposition(counts.families()) + exposition(access.families()) +
                    exposition(certificate.families());
    if (live != nullptr)
        response.body += exposition(live->families());
    co_return response;
}

std::string Api::Impl::no_answer(std::string_view what, const std::exception_ptr& fault) {
    if (fault) {
        log_fault(what, fault);
        return "the gateway could not tell: internal error";
    }
    std::uint64_t suppressed = 0;
    if (late.allow(mono_now(), suppressed))
        log::warn("api", "source_late",
            {{"source", what}, {"limit_ms", options.source_deadline.count()}, {"suppressed", suppressed}});
    return "the gateway did not answer within " + std::to_string(options.source_deadline.count()) + " ms";
}

} // namespace tickgate::api
