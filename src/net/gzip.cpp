#include "net/gzip.hpp"

#include <zlib.h>

#include <array>
#include <new>

namespace tickgate::net {

namespace {
constexpr int detect_gzip_or_zlib = MAX_WBITS + 32;
constexpr int raw_deflate = -MAX_WBITS;
} // namespace

struct Inflater::Impl {
    z_stream stream{};
    std::array<char, 32 * 1024> out;
    unsigned char first = 0; // the byte by which the format is told
    bool started = false;
    bool finished = false;
};

Inflater::Inflater() : impl_(std::make_unique<Impl>()) {
    if (inflateInit2(&impl_->stream, detect_gzip_or_zlib) != Z_OK)
        throw std::bad_alloc();
}

Inflater::~Inflater() { inflateEnd(&impl_->stream); }

bool Inflater::finished() const noexcept { return impl_->finished; }

error_code Inflater::feed(std::string_view in, const Sink& sink) {
    z_stream& z = impl_->stream;
    if (in.empty())
        return {};
    if (!impl_->started) {
        impl_->started = true;
        impl_->first = static_cast<unsigned char>(in.front());
        const bool gzip = impl_->first == 0x1F;
        const bool zlib = (impl_->first & 0x0FU) == 8 && impl_->first >> 4U <= 7;
        if (!gzip && !zlib)
            inflateReset2(&z, raw_deflate);
    }
    // zlib's interface is not const, though it does not write there.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    z.avail_in = static_cast<uInt>(in.size());
    for (;;) {
        if (impl_->finished) {
            if (z.avail_in == 0)
                return {};
            inflateReset(&z); // a further gzip member
            impl_->finished = false;
        }
        z.next_out = reinterpret_cast<Bytef*>(impl_->out.data());
        z.avail_out = static_cast<uInt>(impl_->out.size());
        const int status = inflate(&z, Z_NO_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR)
            return errc::protocol_error;
        const std::size_t got = impl_->out.size() - z.avail_out;
        if (got > 0) {
            if (const auto ec = sink({impl_->out.data(), got}); ec)
                return ec;
        }
        impl_->finished = status == Z_STREAM_END;
        if (!impl_->finished && z.avail_out != 0) // all input is used
            return {};
    }
}

struct Deflater::Impl {
    z_stream stream{};
    std::array<char, 32 * 1024> out;
};

Deflater::Deflater() : impl_(std::make_unique<Impl>()) {
    constexpr int gzip = MAX_WBITS + 16;
    if (deflateInit2(&impl_->stream, Z_BEST_SPEED, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::bad_alloc();
}

Deflater::~Deflater() { deflateEnd(&impl_->stream); }

void Deflater::feed(std::string_view in, std::string& out) { work(in, out, false); }
void Deflater::finish(std::string& out) { work({}, out, true); }

void Deflater::work(std::string_view in, std::string& out, bool last) {
    z_stream& z = impl_->stream;
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    z.avail_in = static_cast<uInt>(in.size());
    do {
        z.next_out = reinterpret_cast<Bytef*>(impl_->out.data());
        z.avail_out = static_cast<uInt>(impl_->out.size());
        deflate(&z, last ? Z_FINISH : Z_NO_FLUSH); // Z_BUF_ERROR: nothing to do
        out.append(impl_->out.data(), impl_->out.size() - z.avail_out);
    } while (z.avail_out == 0);
}

} // namespace tickgate::net
