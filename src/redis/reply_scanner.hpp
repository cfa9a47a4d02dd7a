// Redis' replies (RESP2) out of a stream of bytes. No I/O.
#pragma once

#include <tickgate/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

struct Reply {
    enum class Type : std::uint8_t { nil, integer, status, error, text, array };
    Type type = Type::nil;
    std::int64_t integer = 0;
    std::string text; // of status, error, text
    std::vector<Reply> elements;

    bool is_error() const noexcept { return type == Type::error; }
    bool is_nil() const noexcept { return type == Type::nil; }
};

// What one reply may be. The defaults fit whoever sends commands with small answers.
struct ReplyLimits {
    std::size_t bytes = 1u << 20; // an unfinished reply may use so many
    std::int64_t elements = 4096; // of one array
};

// Finds where the reply at the start of `bytes` ends. Sizes are taken on trust by nobody: what could ask for much
// memory is refused before any of it is taken.
struct ReplyExtent {
    enum class State : std::uint8_t { complete, need_more, malformed };
    State state = State::need_more;
    std::size_t size = 0; // complete only
};
ReplyExtent reply_extent(std::string_view bytes, const ReplyLimits& limits = {}) noexcept;

// The same over several reads: what was looked at is not looked at again, so that an array of a hundred thousand
// elements costs no more than its bytes.
class ExtentScan {
public:
    static constexpr int max_depth = 6; // hiredis 0.14 refuses more than 7

    // `bytes` starts with the same bytes as before. After `complete` or `malformed`: reset().
    ReplyExtent resume(std::string_view bytes, const ReplyLimits& limits) noexcept;
    void reset() noexcept { *this = ExtentScan(); }

private:
    std::int64_t open_[max_depth + 1] = {1}; // values still to come at each depth
    int depth_ = 0;
    std::size_t at_ = 0;
};

// Integers, statuses, errors and strings, nearly all of a publisher's replies, are read in place; anything else is cut
// out whole and given to hiredis' reader.
//
//     auto room = scanner.prepare();  …read into room…  scanner.commit(n);
//     while ((step = scanner.next()) > ReplyScanner::Step::failed) …
class ReplyScanner {
public:
    explicit ReplyScanner(std::size_t initial_buffer = 32 * 1024, ReplyLimits limits = {});

    std::span<char> prepare(); // room of at least 4 KiB
    void commit(std::size_t n) noexcept { end_ += n; }
    void reset() noexcept {
        begin_ = end_ = 0;
        scan_.reset();
    }

    enum class Step : std::uint8_t { need_more, failed, integer, status, error, text, object };
    // After `failed` (protocol_error) the connection is of no use.
    Step next();
    std::int64_t integer() const noexcept { return integer_; }
    std::string_view text() const noexcept { return text_; } // of status, error and text; valid until prepare()
    Reply& object() noexcept { return object_; }             // valid until next()
    Reply as_reply(Step step) const;                         // any reply as an object

private:
    Step parse_object();

    std::vector<char> buffer_;
    ReplyLimits limits_;
    ExtentScan scan_;
    std::size_t begin_ = 0, end_ = 0;
    std::int64_t integer_ = 0;
    std::string_view text_;
    Reply object_;
};

} // namespace tickgate::redis
