// The server's side of an answer whose body has no end (Transfer-Encoding: chunked).
#pragma once

#include "net/byte_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::net {

struct HttpResponse;

// One loop, one owner: the StreamHandler of an HttpServer gets it when the request was read whole, before any byte of
// the answer. run() must have returned before destruction. What is queued after an end of any kind is dropped.
class HttpStreamResponse {
public:
    // `headers` are added to the head.
    explicit HttpStreamResponse(
        std::unique_ptr<ByteStream> stream, std::vector<std::pair<std::string, std::string>> headers = {});
    ~HttpStreamResponse();

    // Reads (and drops) until the peer has gone, or until finish(), close(), stop() or abort() has done its work, or
    // the server stops. Then the connection is closed.
    asio::awaitable<void> run();

    // Queue and write in order; never block. Allowed at any time, also before run().
    void send_head(const HttpResponse& head); // status, content type, headers; not the body. Once, first
    void send_chunk(std::string_view text);   // one chunk; nothing if empty
    void send_raw(std::string_view bytes);    // as they are: whoever wants chunks split at any byte frames them itself
    void send_answer(
        const HttpResponse& whole); // instead of a stream: with Content-Length; finish() or close() follows

    void finish(); // the last chunk (of length 0), then close()
    void close();  // after what was queued: FIN; at most 2 s
    void stop();   // at once, what is queued is dropped
    void abort();  // RST

    // Nothing is written while set: a stalled venue. What is queued (also a close()) waits.
    void pause_writing(bool on);

    std::size_t queued() const noexcept; // bytes not yet taken by the socket
    // Waits until at most `most` bytes are queued. False: the connection has gone, or the peer took nothing for `idle`.
    asio::awaitable<bool> wait_room(std::size_t most, std::chrono::milliseconds idle = std::chrono::seconds(60));
    std::string peer() const; // `1.2.3.4:55123`

private:
    struct Impl;
    std::shared_ptr<Impl> impl_; // shared with its own pending operations
};

// `text` as one chunk, for send_raw(); of an empty text the last chunk.
std::string http_chunk(std::string_view text);

} // namespace tickgate::net
