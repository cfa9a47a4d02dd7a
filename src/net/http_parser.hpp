// HTTP/1.1 messages without I/O, and the loop that feeds them from a ByteStream. Beast parses, behind a wall.
#pragma once

#include "net/byte_stream.hpp"

#include <tickgate/error.hpp>

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::net {

struct HttpHead {
    std::string method; // requests
    std::string target;
    int version = 11;                                         // 10 or 11
    int status = 0;                                           // responses
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case

    std::string_view header(std::string_view lower_name) const noexcept;
    // True if the comma-separated list in that header holds `token`, case ignored.
    bool lists(std::string_view lower_name, std::string_view lower_token) const noexcept;
};

struct HttpLimits {
    std::size_t head = 64u << 10;
    std::uint64_t body = std::numeric_limits<std::uint64_t>::max(); // as on the wire, before decompression
};

// Parses one message. Errors: overflow (head over its limit), message_too_large (body), protocol_error, what the sink
// returned.
class HttpParser {
public:
    enum class Kind : std::uint8_t { request, response };
    using Body = std::function<error_code(std::string_view piece)>;

    HttpParser(Kind kind, HttpLimits limits);
    ~HttpParser();

    void on_body(Body body); // called for each piece; without it the body is discarded
    // Takes a part of `bytes` (not empty) and tells how much. `more` is set when it needs further bytes after those
    // left.
    std::size_t put(std::string_view bytes, bool& more, error_code& ec);
    void put_eof(error_code& ec); // the peer has ended: completes a body that has no length

    bool started() const noexcept;
    bool head_done() const noexcept;
    bool done() const noexcept;
    bool keep_alive() const noexcept; // after the head
    HttpHead& head() noexcept;

private:
    struct Core;
    template <bool is_request>
    struct Parser;
    std::unique_ptr<Core> core_;
};

// What came from a stream and was not parsed yet. At least 64 readable bytes follow it.
class HttpInput {
public:
    static constexpr std::size_t padding = 64;

    explicit HttpInput(std::size_t capacity = 16u << 10);

    // Reads more. Errors: those of the stream; overflow when the buffer is full of what nobody consumes.
    asio::awaitable<error_code> fill(ByteStream& stream);
    std::string_view unread() const noexcept { return {buffer_.get() + begin_, end_ - begin_}; }
    void consume(std::size_t n) noexcept { begin_ += n; }

private:
    std::unique_ptr<char[]> buffer_;
    std::size_t capacity_;
    std::size_t begin_ = 0, end_ = 0;
};

// Feeds the parser until the message (or, if asked, its head) is complete. Errors: those of the parser and the stream;
// eof when the peer ended before the first byte, protocol_error when it ended in the middle.
asio::awaitable<error_code> read_http(ByteStream& stream, HttpInput& input, HttpParser& parser, bool head_only);

// True if the text can stand in a request line or header without ending it.
bool header_safe(std::string_view text) noexcept;

} // namespace tickgate::net
