#include "venue_kit/gzip.hpp"

#include <zlib.h>

namespace tickgate::venue_kit {

namespace {

constexpr std::size_t compressed_from = 1024;

bool gzip(const std::string& in, std::string& out) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return false;
    out.resize(deflateBound(&stream, static_cast<uLong>(in.size())));
    std::string input = in; // zlib's interface is not const
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    const bool done = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return done;
}

} // namespace

void gzip_answer(const net::HttpRequest& request, net::HttpResponse& response) {
    std::string packed;
    if (response.body.size() <= compressed_from ||
        request.header("accept-encoding").find("gzip") == std::string_view::npos || !gzip(response.body, packed))
        return;
    response.body = std::move(packed);
    response.headers.emplace_back("Content-Encoding", "gzip");
}

} // namespace tickgate::venue_kit
