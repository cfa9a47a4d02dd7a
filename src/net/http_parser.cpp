#include "net/http_parser.hpp"

#include "core/text.hpp"

#include <boost/asio/error.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>

namespace tickgate::net {

namespace http = boost::beast::http;

bool header_safe(std::string_view text) noexcept {
    return std::none_of(
        text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; });
}

std::string_view HttpHead::header(std::string_view lower_name) const noexcept {
    for (const auto& [name, value] : headers)
        if (name == lower_name)
            return value;
    return {};
}

bool HttpHead::lists(std::string_view lower_name, std::string_view lower_token) const noexcept {
    for (const auto& [name, value] : headers) {
        if (name != lower_name)
            continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (equals_ignoring_case(trimmed(rest.substr(0, comma), http_blanks), lower_token))
                return true;
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
        }
    }
    return false;
}

struct HttpParser::Core {
    virtual ~Core() = default;
    virtual std::size_t put(std::string_view bytes, error_code& ec) = 0;
    virtual void put_eof(error_code& ec) = 0;
    virtual bool started() const = 0;
    virtual bool head_done() const = 0;
    virtual bool done() const = 0;
    virtual bool keep_alive() const = 0;

    HttpHead head;
    Body body;
    std::uint64_t body_left = 0;

    void take(std::string_view piece, error_code& ec) {
        if (piece.size() > body_left) {
            ec = errc::message_too_large;
            return;
        }
        body_left -= piece.size();
        if (body && !piece.empty())
            ec = body(piece);
    }
};

namespace {

// Line ends of a request's head as RFC 9112 has them: CRLF and nothing else, no folded lines, no NUL. What programs on
// the way could read otherwise than we do can hide a second request.
class StrictLines {
public:
    bool take(std::string_view bytes) noexcept {
        for (const char c : bytes) {
            const bool line_end = c == '\n';
            if (c == '\0' || line_end != (last_ == '\r') || (last_ == '\n' && (c == ' ' || c == '\t')))
                return false;
            last_ = c;
        }
        return true;
    }

private:
    char last_ = ' ';
};

} // namespace

template <bool is_request>
struct HttpParser::Parser final : Core, http::basic_parser<is_request> {
    using Base = http::basic_parser<is_request>;
    using string_view = boost::beast::string_view;

    explicit Parser(HttpLimits limits) {
        body_left = limits.body;
        head_left = limits.head + 1;
        Base::header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(limits.head, 1u << 30)));
        Base::body_limit(boost::none); // ours counts
    }

    std::size_t put(std::string_view bytes, error_code& ec) override {
        const bool in_head = !Base::is_header_done();
        const std::size_t n = Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
        if (!in_head || (ec && ec != http::error::need_more))
            return n;
        if (is_request && !lines.take(bytes.substr(0, n)))
            ec = errc::protocol_error;
        head_left -= std::min(head_left, n); // Beast's limit is one of what it has not taken yet
        if (head_left == 0)
            ec = http::error::header_limit;
        return n;
    }
    void put_eof(error_code& ec) override { Base::put_eof(ec); }
    bool started() const override { return Base::got_some(); }
    bool head_done() const override { return Base::is_header_done(); }
    bool done() const override { return Base::is_done(); }
    bool keep_alive() const override { return Base::keep_alive(); }

    void on_request_impl(http::verb, string_view method, string_view target, int version, error_code&) override {
        head.version = version;
        head.method.assign(method.data(), method.size());
        head.target.assign(target.data(), target.size());
    }
    void on_response_impl(int code, string_view, int version, error_code&) override {
        head.version = version;
        head.status = code;
    }
    void on_field_impl(http::field, string_view name, string_view value, error_code&) override {
        if (Base::is_header_done())
            return; // trailers
        std::string key(name.data(), name.size());
        std::transform(key.begin(), key.end(), key.begin(), lower);
        head.headers.emplace_back(std::move(key), std::string(value.data(), value.size()));
    }
    void on_header_impl(error_code&) override {}
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& ec) override {
        if (length && *length > body_left)
            ec = errc::message_too_large;
    }
    std::size_t on_body_impl(string_view piece, error_code& ec) override {
        take({piece.data(), piece.size()}, ec);
        return piece.size();
    }
    void on_chunk_header_impl(std::uint64_t size, string_view, error_code& ec) override {
        if (size > body_left)
            ec = errc::message_too_large;
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view piece, error_code& ec) override {
        take({piece.data(), piece.size()}, ec);
        return piece.size();
    }
    void on_finish_impl(error_code&) override {}

    StrictLines lines;
    std::size_t head_left = 0; // bytes that may still come, and one
};

HttpParser::HttpParser(Kind kind, HttpLimits limits) {
    if (kind == Kind::request)
        core_ = std::make_unique<Parser<true>>(limits);
    else
        core_ = std::make_unique<Parser<false>>(limits);
}

HttpParser::~HttpParser() = default;

void HttpParser::on_body(Body body) { core_->body = std::move(body); }

namespace {

// Beast's own codes become ours; what a sink returned passes.
void translate(error_code& ec) {
    if (ec == http::error::header_limit)
        ec = errc::overflow;
    else if (ec == http::error::body_limit)
        ec = errc::message_too_large;
    else if (ec.category() == make_error_code(http::error::partial_message).category())
        ec = errc::protocol_error;
}

} // namespace

std::size_t HttpParser::put(std::string_view bytes, bool& more, error_code& ec) {
    const std::size_t n = core_->put(bytes, ec);
    more = ec == http::error::need_more;
    if (more)
        ec.clear();
    translate(ec);
    return n;
}

void HttpParser::put_eof(error_code& ec) {
    ec.clear();
    if (core_->done())
        return;
    if (core_->started())
        core_->put_eof(ec);
    else
        ec = asio::error::eof;
    translate(ec);
}

bool HttpParser::started() const noexcept { return core_->started(); }
bool HttpParser::head_done() const noexcept { return core_->head_done(); }
bool HttpParser::done() const noexcept { return core_->done(); }
bool HttpParser::keep_alive() const noexcept { return core_->head_done() && core_->keep_alive(); }
HttpHead& HttpParser::head() noexcept { return core_->head; }

HttpInput::HttpInput(std::size_t capacity)
    : buffer_(std::make_unique_for_overwrite<char[]>(capacity + padding)), capacity_(capacity) {
    std::memset(buffer_.get() + capacity, 0, padding);
}

asio::awaitable<error_code> HttpInput::fill(ByteStream& stream) {
    if (begin_ != 0) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    if (end_ == capacity_)
        co_return errc::overflow;
    const std::span<char> room(buffer_.get() + end_, capacity_ - end_);
    const auto n = co_await stream.read_some(room);
    if (!n)
        co_return n.error();
    end_ += *n;
    co_return error_code();
}

asio::awaitable<error_code> read_http(ByteStream& stream, HttpInput& input, HttpParser& parser, bool head_only) {
    error_code ec;
    while (!parser.done() && !(head_only && parser.head_done())) {
        bool more = true;
        if (!input.unread().empty()) {
            input.consume(parser.put(input.unread(), more, ec));
            if (ec)
                co_return ec;
            if (!more)
                continue;
        }
        ec = co_await input.fill(stream);
        if (ec == asio::error::eof) {
            const bool untouched = !parser.started() && input.unread().empty();
            parser.put_eof(ec);
            if (ec)
                co_return untouched ? error_code(asio::error::eof) : make_error_code(errc::protocol_error);
        }
        if (ec == errc::overflow && parser.head_done()) // a chunk header without end
            ec = errc::protocol_error;
        if (ec)
            co_return ec;
    }
    co_return error_code();
}

} // namespace tickgate::net
