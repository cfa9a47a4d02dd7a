// HTTP/1.1 requests with keep-alive, gzip and deadlines.
#pragma once

#include "net/tls.hpp"

#include <tickgate/rest.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace tickgate::net {

// Keeps a few idle connections per origin, for 30 s (older ones go when the next request comes). One loop. Bodies are
// decompressed (gzip, deflate) as they come; the limit holds for the decompressed size, so that a bomb ends as
// message_too_large. A kept connection that the server closed meanwhile is replaced once without telling: for a GET
// always, for other methods only if the request could not be written at all (what was written may have been carried
// out). Redirects are not followed (a status like any other).
class HttpClient {
public:
    HttpClient(asio::any_io_executor executor, std::shared_ptr<TlsContext> tls);
    ~HttpClient();

    // Methods: GET, HEAD, POST, PUT, DELETE; the body goes with POST and PUT. Answers any status; `sink`, if set, takes
    // a 2xx body piece by piece. `detail`: as net::connect. Errors: those of net::connect; timed_out, protocol_error,
    // message_too_large, bad_request (what would break the request), stopped, what `sink` returned.
    asio::awaitable<result<RestResponse>> send(RestRequest request, BodySink sink, std::string& detail);

    // Requests in flight end with `stopped`, and so do later ones.
    void stop();

    void close_idle() noexcept;

private:
    struct Impl;
    std::shared_ptr<Impl> impl_; // shared with requests in flight
};

} // namespace tickgate::net
