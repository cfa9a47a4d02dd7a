#include "api/api.hpp"

#include "api/access.hpp"
#include "api/data_api.hpp"
#include "api/exposition.hpp"
#include "api/problem.hpp"
#include "api/readiness.hpp"
#include "api/shared_call.hpp"
#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/http_server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <map>

namespace tickgate::api {

namespace {

enum class Route : std::uint8_t { healthz, readyz, metrics, api, other };
constexpr std::array<std::string_view, 5> route_names{"healthz", "readyz", "metrics", "api", "other"};
constexpr std::string_view api_folder = "/api/v1";
constexpr std::array<std::string_view, 4> status_classes{"2xx", "3xx", "4xx", "5xx"};

bool is_below(std::string_view path, std::string_view folder) noexcept {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Route route_of(std::string_view path) noexcept {
    if (path == "/healthz")
        return Route::healthz;
    if (path == "/readyz")
        return Route::readyz;
    if (path == "/metrics")
        return Route::metrics;
    if (is_below(path, "/api/v1") || is_below(path, "/ws"))
        return Route::api;
    return Route::other;
}

void log_fault(std::string_view what, const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const std::exception& e) {
        log::error("api", "source_failed", {{"source", what}, {"error", e.what()}});
    }
}

// What the server answers before or instead of our handler.
net::HttpResponse server_error(int status, std::string_view text) {
    const std::string id = request_id_of(net::HttpRequest());
    std::string_view code = "bad_request";
    if (status == 408)
        code = "timed_out";
    else if (status == 413 || status == 431)
        code = "too_large";
    else if (status == 426)
        code = "upgrade_required";
    else if (status == 503)
        code = "too_many_connections";
    else if (status >= 500)
        code = "internal_error";
    const Problem problem{status, code, text};
    auto response = problem_response(problem, id);
    response.headers.emplace_back("X-Request-Id", id);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

} // namespace

struct Api::Impl {
    Impl(asio::any_io_executor control, ApiOptions o, Source& source, ops::Operations* operations)
        : options(std::move(o)),
          readiness(control, [&source] { return source.readiness(); }),
          metrics(control, [&source] { return source.metrics(); }),
          server(control, server_options(), [this](net::HttpRequest r) { return handle(std::move(r)); }) {
        for (const auto name : route_names)
            answered[name] = {};
        if (operations == nullptr)
            return;
        for (const auto& e : endpoints())
            answered[e.route] = {};
        data = std::make_unique<DataApi>(*operations);
        server.on_stream([this](const net::HttpRequest& r) { return is_stream(r); },
            [this](net::HttpRequest r, std::unique_ptr<net::HttpStreamResponse> response) {
                return stream(std::move(r), std::move(response));
            });
    }

    net::HttpServerOptions server_options() const {
        net::HttpServerOptions o;
        o.host = options.host;
        o.port = options.port;
        o.max_connections = options.max_connections;
        o.error_answer = server_error;
        return o;
    }

    bool may_enter(Route route, const net::HttpRequest& request) const {
        if (options.token.empty())
            return true;
        const bool open =
            route == Route::metrics ? options.metrics_open || is_loopback_peer(request.peer) : route != Route::api;
        return open || bearer_matches(request.header("authorization"), options.token);
    }

    Match match_of(Route route, const net::HttpRequest& request) const {
        if (route != Route::api || !data || !is_below(request.path, api_folder))
            return {};
        return match_endpoint(std::string_view(request.path).substr(api_folder.size()), request.method);
    }

    bool is_stream(const net::HttpRequest& request) const {
        const Route route = route_of(request.path);
        if (route != Route::api || !may_enter(route, request))
            return false;
        const auto match = match_of(route, request);
        return match.endpoint != nullptr && DataApi::streams(*match.endpoint, request);
    }

    void count(std::string_view route, int status) {
        ++answered[route][static_cast<std::size_t>(std::clamp(status / 100 - 2, 0, 3))];
    }

    static void log_request(const net::HttpRequest& request, int status, MonoTime begin, std::string_view id) {
        if (!log::enabled(log::Level::debug))
            return;
        const auto took = std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - begin).count();
        log::debug("api", "http_request",
            {{"method", request.method}, {"path", request.path.substr(0, 200)}, {"status", status}, {"took_us", took},
                {"peer", request.peer}, {"request_id", id}});
    }

    asio::awaitable<net::HttpResponse> handle(net::HttpRequest request) {
        const MonoTime begin = mono_now();
        const std::string id = request_id_of(request);
        const Route route = route_of(request.path);
        auto match = match_of(route, request);
        const auto label = match.endpoint != nullptr ? match.endpoint->route : route_names[std::size_t(route)];
        auto answering = answer(route, std::move(match), request, id);
        auto response = co_await std::move(answering);
        response.headers.emplace_back("X-Request-Id", id);
        response.headers.emplace_back("Cache-Control", "no-store");
        count(label, response.status);
        log_request(request, response.status, begin, id);
        co_return response;
    }

    // Works until the answer has been taken; the client's end ends it early.
    asio::awaitable<void> stream(net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> response) {
        using namespace asio::experimental::awaitable_operators;
        const MonoTime begin = mono_now();
        const std::string id = request_id_of(request);
        auto match = match_of(Route::api, request);
        const auto label = match.endpoint->route;
        int status = 499; // the client went away before there was an answer
        auto working = work(std::move(match), request, *response, id, status);
        auto reading = response->run();
        co_await (std::move(working) || std::move(reading));
        count(label, status);
        log_request(request, status, begin, id);
    }

    asio::awaitable<void> work(
        Match match, net::HttpRequest request, net::HttpStreamResponse& response, std::string id, int& status) {
        auto streaming = data->stream(std::move(match), std::move(request), response, std::move(id));
        status = co_await std::move(streaming);
        asio::steady_timer rest(co_await asio::this_coro::executor, MonoTime::max());
        co_await rest.async_wait(asio::as_tuple(asio::use_awaitable)); // run() ends when the connection does
    }

    asio::awaitable<net::HttpResponse> answer(
        Route route, Match match, const net::HttpRequest& request, const std::string& id) {
        Problem problem;
        if (!may_enter(route, request)) {
            problem = {
                401, "unauthorized", "a bearer token is needed: Authorization: Bearer <token of http.token_file>"};
            auto response = problem_response(problem, id);
            response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"tickgate\"");
            co_return response;
        }
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
        if (route == Route::api || route == Route::other) {
            problem = {404, "not_found", "there is nothing at this path"};
            co_return problem_response(problem, id);
        }
        if (request.method != "GET" && request.method != "HEAD") {
            problem = {405, "method_not_allowed", "only GET and HEAD are served here"};
            auto response = problem_response(problem, id);
            response.headers.emplace_back("Allow", "GET, HEAD");
            co_return response;
        }
        if (route == Route::readyz)
            co_return co_await answer_readiness(id);
        if (route == Route::metrics)
            co_return co_await answer_metrics(id);
        net::HttpResponse healthy;
        healthy.body = "{\"status\":\"ok\"}\n";
        co_return healthy;
    }

    asio::awaitable<net::HttpResponse> answer_readiness(const std::string& id) {
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

    asio::awaitable<net::HttpResponse> answer_metrics(const std::string& id) {
        const auto outcome = co_await metrics.get(options.source_deadline);
        if (!outcome.value) {
            const std::string detail = no_answer("metrics", outcome.fault);
            const Problem problem{503, "no_answer", detail};
            co_return problem_response(problem, id);
        }
        net::HttpResponse response;
        response.content_type = exposition_content_type;
        response.body = exposition(*outcome.value) + exposition(own_families());
        co_return response;
    }

    std::string no_answer(std::string_view what, const std::exception_ptr& fault) {
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

    std::vector<Family> own_families() const {
        std::vector<Family> out(1);
        auto& f = out.front();
        f.name = "tickgate_http_requests_total";
        f.help = "HTTP requests answered, by route and class of status";
        f.type = Family::Type::counter;
        for (const auto& [route, counts] : answered)
            for (std::size_t i = 0; i < status_classes.size(); ++i) {
                auto& sample = f.samples.emplace_back();
                sample.labels.emplace_back("route", route);
                sample.labels.emplace_back("status", status_classes[i]);
                sample.value = static_cast<double>(counts[i]);
            }
        return out;
    }

    ApiOptions options;
    SharedCall<Readiness> readiness;
    SharedCall<std::vector<Family>> metrics;
    std::map<std::string_view, std::array<std::uint64_t, status_classes.size()>> answered; // by route
    std::unique_ptr<DataApi> data; // null: nothing below /api/v1
    log::Throttle late;
    net::HttpServer server;
};

Api::Api(asio::any_io_executor control, ApiOptions options, Source& source, ops::Operations* operations)
    : impl_(std::make_shared<Impl>(std::move(control), std::move(options), source, operations)) {}

Api::~Api() = default;

error_code Api::listen() {
    const auto& o = impl_->options;
    if (o.token.empty() && !(o.loopback && is_loopback_host(o.host))) {
        log::error("api", "public_without_token",
            {{"listen", o.host}, {"hint", "set http.token_file, or listen on 127.0.0.1"}});
        return errc::configuration;
    }
    return impl_->server.listen();
}

std::uint16_t Api::port() const noexcept { return impl_->server.port(); }

asio::awaitable<void> Api::run() {
    const auto impl = impl_;
    co_await impl->server.run();
    const bool readiness_ended = co_await impl->readiness.finish(impl->options.source_deadline);
    const bool metrics_ended = co_await impl->metrics.finish(impl->options.source_deadline);
    if (!readiness_ended || !metrics_ended)
        log::warn("api", "source_hangs", {{"readiness", !readiness_ended}, {"metrics", !metrics_ended}});
}

void Api::stop() { impl_->server.stop(); }

} // namespace tickgate::api
