// Operations over HTTP: /api/v1.
#pragma once

#include "api/endpoints.hpp"
#include "api/problem.hpp"
#include "net/http_server.hpp"
#include "ops/operations.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <string>

namespace tickgate::api {

namespace asio = boost::asio;

// The status that stands for the code of an operation's error.
int status_of(std::string_view code) noexcept;
net::HttpResponse error_response(const ops::Error& error, int status, std::string_view request_id);

// On control; `operations` must outlive it. Never throws but for cancellation.
class DataApi {
public:
    explicit DataApi(ops::Operations& operations) : operations_(operations) {}

    // Whether the answer to a GET or POST of this endpoint is a stream.
    static bool streams(const Endpoint& endpoint, const net::HttpRequest& request);

    asio::awaitable<net::HttpResponse> answer(Match match, net::HttpRequest request, std::string request_id);

    // How far a stream got.
    struct Streamed {
        int status = 499; // it began with; 499: there was no answer yet
        std::uint64_t bytes = 0;
    };
    // Answers by a stream, whole. `done` tells how far it got even if this is cancelled.
    asio::awaitable<void> stream(Match match, net::HttpRequest request, net::HttpStreamResponse& response,
        std::string request_id, Streamed& done);

private:
    ops::Operations& operations_;
};

} // namespace tickgate::api
