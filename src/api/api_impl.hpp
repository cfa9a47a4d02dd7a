// The parts of the API: api.cpp (set-up, who is let in), api_answers.cpp (requests and their answers).
#pragma once

#include "api/access.hpp"
#include "api/api.hpp"
#include "api/certificate.hpp"
#include "api/data_api.hpp"
#include "api/live.hpp"
#include "api/request_counts.hpp"
#include "api/shared_call.hpp"
#include "core/log.hpp"
#include "net/http_server.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::api {

// What a path is part of; the metrics name it so where it is no endpoint.
enum class Route : std::uint8_t { healthz, readyz, metrics, docs, openapi, api, other };
inline constexpr std::array<std::string_view, 7> route_names{
    "healthz", "readyz", "metrics", "docs", "openapi", "api", "other"};
Route route_of(std::string_view path) noexcept;
bool is_below(std::string_view path, std::string_view folder) noexcept;

struct Api::Impl {
    Impl(asio::any_io_executor control, ApiOptions o, Source& source, ops::Operations* operations);
    void serve_streams();
    void attach(Live& l);
    // A browser that brought a token as a subprotocol wants one chosen, also where no token is needed.
    net::HttpResponse may_upgrade(const net::HttpRequest& request);
    bool is_event_stream(const net::HttpRequest& request) const;
    asio::awaitable<void> stream_events(net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> response);
    asio::awaitable<void> send_events(
        net::HttpRequest request, net::HttpStreamResponse& response, std::string id, Live::Streamed& done);
    net::HttpServerOptions server_options() const;
    // `token` is a short way to say that one token may do all.
    AccessOptions access_options();
    // Before the body is read, and before anything is told of what is there.
    net::Admission admit(const net::HttpRequest& request);
    Match match_of(Route route, const net::HttpRequest& request) const;
    bool is_stream(const net::HttpRequest& request) const;
    // After its answer is ready, or its stream has ended.
    void count(std::string_view route, const net::HttpRequest& request, int status, MonoTime begin, std::uint64_t out,
        std::string_view id);
    asio::awaitable<net::HttpResponse> handle(net::HttpRequest request);
    // Works until the answer has been taken; the client's end ends it early.
    asio::awaitable<void> stream(net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> response);
    asio::awaitable<void> work(Match match, net::HttpRequest request, net::HttpStreamResponse& response, std::string id,
        DataApi::Streamed& done);
    asio::awaitable<net::HttpResponse> answer(
        Route route, Match match, const net::HttpRequest& request, const std::string& id);
    asio::awaitable<net::HttpResponse> answer_readiness(const std::string& id);
    asio::awaitable<net::HttpResponse> answer_metrics(const std::string& id);
    std::string no_answer(std::string_view what, const std::exception_ptr& fault);
    error_code load_certificate(const std::string& cert_file, const std::string& key_file, std::string& problem);

    ApiOptions options;
    SharedCall<Readiness> readiness;
    SharedCall<std::vector<Family>> metrics;
    RequestCounts counts;
    std::unique_ptr<DataApi> data; // null: nothing below /api/v1
    Live* live = nullptr;          // null: no streams
    log::Throttle late;
    Access access;
    Certificate certificate;
    net::HttpServer server;
};

} // namespace tickgate::api
