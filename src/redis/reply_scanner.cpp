#include "redis/reply_scanner.hpp"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace tickgate::redis {

namespace {

constexpr std::size_t least_room = 4096;

struct Line {
    bool complete = false;
    std::string_view text; // without type and CRLF
    std::size_t size = 0;  // with both
};

Line line_of(std::string_view bytes) noexcept {
    const void* at = std::memchr(bytes.data(), '\r', bytes.size());
    if (!at)
        return {};
    const auto length = static_cast<std::size_t>(static_cast<const char*>(at) - bytes.data());
    if (length + 1 >= bytes.size())
        return {};
    return {true, bytes.substr(1, length - 1), length + 2};
}

bool ends_well(std::string_view bytes, const Line& line) noexcept { return bytes[line.size - 1] == '\n'; }

bool parse_integer(std::string_view text, std::int64_t& value) noexcept {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size();
}

Reply from_hiredis(const redisReply& r) {
    Reply out;
    switch (r.type) {
    case REDIS_REPLY_INTEGER:
        out.type = Reply::Type::integer;
        out.integer = r.integer;
        break;
    case REDIS_REPLY_STATUS:
        out.type = Reply::Type::status;
        break;
    case REDIS_REPLY_ERROR:
        out.type = Reply::Type::error;
        break;
    case REDIS_REPLY_STRING:
        out.type = Reply::Type::text;
        break;
    case REDIS_REPLY_ARRAY:
        out.type = Reply::Type::array;
        for (std::size_t i = 0; i < r.elements; ++i)
            out.elements.push_back(from_hiredis(*r.element[i]));
        break;
    default:
        break;
    }
    if (r.type == REDIS_REPLY_STATUS || r.type == REDIS_REPLY_ERROR || r.type == REDIS_REPLY_STRING)
        out.text.assign(r.str, static_cast<std::size_t>(r.len));
    return out;
}

struct FreeReader {
    void operator()(redisReader* r) const noexcept { redisReaderFree(r); }
};
struct FreeReply {
    void operator()(redisReply* r) const noexcept { freeReplyObject(r); }
};

} // namespace

ReplyExtent reply_extent(std::string_view bytes, const ReplyLimits& limits) noexcept {
    ExtentScan scan;
    return scan.resume(bytes, limits);
}

ReplyExtent ExtentScan::resume(std::string_view bytes, const ReplyLimits& limits) noexcept {
    using State = ReplyExtent::State;
    while (true) {
        while (open_[depth_] == 0)
            if (--depth_ < 0)
                return {State::complete, at_};
        if (at_ >= bytes.size())
            return {State::need_more, 0};
        const std::string_view rest = bytes.substr(at_);
        const Line line = line_of(rest);
        if (!line.complete)
            return {rest.size() > limits.bytes ? State::malformed : State::need_more, 0};
        if (!ends_well(rest, line))
            return {State::malformed, 0};
        std::size_t next = at_ + line.size;
        std::int64_t elements = 0, n = 0;
        switch (rest.front()) {
        case '+':
        case '-':
            break;
        case ':':
            if (!parse_integer(line.text, n))
                return {State::malformed, 0};
            break;
        case '$':
            if (!parse_integer(line.text, n) || n < -1 || n > static_cast<std::int64_t>(limits.bytes))
                return {State::malformed, 0};
            if (n < 0)
                break;
            if (bytes.size() - next < static_cast<std::size_t>(n) + 2)
                return {State::need_more, 0};
            next += static_cast<std::size_t>(n) + 2;
            if (bytes[next - 2] != '\r' || bytes[next - 1] != '\n')
                return {State::malformed, 0};
            break;
        case '*':
            // hiredis 0.14 takes memory for as many as announced.
            if (!parse_integer(line.text, n) || n < -1 || n > limits.elements || (n > 0 && depth_ == max_depth))
                return {State::malformed, 0};
            elements = std::max<std::int64_t>(n, 0);
            break;
        default:
            return {State::malformed, 0};
        }
        at_ = next;
        --open_[depth_];
        if (elements > 0)
            open_[++depth_] = elements;
    }
}

ReplyScanner::ReplyScanner(std::size_t initial_buffer, ReplyLimits limits)
    : buffer_(std::max(initial_buffer, least_room)), limits_(limits) {}

std::span<char> ReplyScanner::prepare() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (buffer_.size() - end_ < least_room) {
        std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
        if (buffer_.size() - end_ < least_room)
            buffer_.resize(buffer_.size() * 2);
    }
    return {buffer_.data() + end_, buffer_.size() - end_};
}

ReplyScanner::Step ReplyScanner::next() {
    if (begin_ == end_)
        return Step::need_more;
    const char* p = buffer_.data() + begin_;
    const char* const end = buffer_.data() + end_;
    if (*p == ':') {
        // Nearly always one to four digits: cheaper by hand than looking for the end of the line first.
        std::int64_t value = 0;
        const char* d = p + 1;
        while (d < end && d - p <= 16 && *d >= '0' && *d <= '9')
            value = value * 10 + (*d++ - '0');
        if (end - d >= 2 && d > p + 1 && d[0] == '\r' && d[1] == '\n') [[likely]] {
            integer_ = value;
            begin_ += static_cast<std::size_t>(d + 2 - p);
            return Step::integer;
        }
    }
    const std::string_view bytes(p, static_cast<std::size_t>(end - p));
    if (*p != '+' && *p != '-' && *p != ':')
        return parse_object();
    const Line line = line_of(bytes);
    if (!line.complete)
        return bytes.size() > limits_.bytes ? Step::failed : Step::need_more;
    if (!ends_well(bytes, line))
        return Step::failed;
    begin_ += line.size;
    text_ = line.text;
    if (*p == ':')
        return parse_integer(line.text, integer_) ? Step::integer : Step::failed;
    return *p == '+' ? Step::status : Step::error;
}

ReplyScanner::Step ReplyScanner::parse_object() {
    const std::string_view bytes(buffer_.data() + begin_, end_ - begin_);
    const ReplyExtent extent = scan_.resume(bytes, limits_);
    if (extent.state == ReplyExtent::State::need_more)
        return bytes.size() > limits_.bytes ? Step::failed : Step::need_more;
    scan_.reset();
    if (extent.state == ReplyExtent::State::malformed)
        return Step::failed;
    if (bytes.front() == '$' && bytes[1] != '-') {
        const std::size_t start = line_of(bytes).size;
        text_ = bytes.substr(start, extent.size - start - 2);
        begin_ += extent.size;
        return Step::text;
    }
    const std::unique_ptr<redisReader, FreeReader> reader(redisReaderCreate());
    void* raw = nullptr;
    if (!reader || redisReaderFeed(reader.get(), bytes.data(), extent.size) != REDIS_OK ||
        redisReaderGetReply(reader.get(), &raw) != REDIS_OK || !raw)
        return Step::failed;
    const std::unique_ptr<redisReply, FreeReply> reply(static_cast<redisReply*>(raw));
    object_ = from_hiredis(*reply);
    begin_ += extent.size;
    return Step::object;
}

Reply ReplyScanner::as_reply(Step step) const {
    if (step == Step::object)
        return object_;
    Reply r;
    r.type = step == Step::integer ? Reply::Type::integer
             : step == Step::error ? Reply::Type::error
             : step == Step::text  ? Reply::Type::text
                                   : Reply::Type::status;
    r.integer = integer_;
    if (step != Step::integer)
        r.text = text_;
    return r;
}

} // namespace tickgate::redis
