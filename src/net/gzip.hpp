// Decompression of HTTP bodies as they come, and compression.
#pragma once

#include <tickgate/error.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tickgate::net {

// gzip (several members too), zlib and, for `deflate` of the careless, raw deflate; told apart by the first bytes.
class Inflater {
public:
    using Sink = std::function<error_code(std::string_view piece)>;

    Inflater();
    ~Inflater();

    // Hands out at most 32 KiB a piece, so that a sink with a limit stops a bomb early.
    // Errors: protocol_error (not a compressed stream), what the sink returned.
    error_code feed(std::string_view in, const Sink& sink);
    bool finished() const noexcept; // at the end of a member: the body may end here

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

// One gzip member, at the quickest level: bodies are made once and sent once.
class Deflater {
public:
    Deflater();
    ~Deflater();

    void feed(std::string_view in, std::string& out); // appends what is ready
    void finish(std::string& out);                    // once, at the end

private:
    void work(std::string_view in, std::string& out, bool last);
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::net
