// A file of any size takes the memory of a small one.
#include "massive/flat_reader.hpp"

#include <gtest/gtest.h>

#include <malloc.h>
#include <zlib.h>

#include <algorithm>
#include <stdexcept>

namespace tickgate::massive {
namespace {

// Writes a compressed file without end, a piece at a time.
class Compressor {
public:
    Compressor() {
        if (deflateInit2(&z_, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
            throw std::runtime_error("deflateInit2");
    }
    ~Compressor() { deflateEnd(&z_); }
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    std::string_view add(std::string& text, bool last) {
        z_.next_in = reinterpret_cast<Bytef*>(text.data());
        z_.avail_in = static_cast<uInt>(text.size());
        z_.next_out = reinterpret_cast<Bytef*>(out_.data());
        z_.avail_out = static_cast<uInt>(out_.size());
        deflate(&z_, last ? Z_FINISH : Z_NO_FLUSH);
        return {out_.data(), out_.size() - z_.avail_out};
    }

private:
    z_stream z_{};
    std::string out_ = std::string(1u << 20, '\0');
};

class Counter final : public BulkSink {
public:
    error_code on_trade(const InstrumentName&, const Trade&) override {
        if (++rows % 1000 == 0)
            peak = std::max(peak, mallinfo2().uordblks + mallinfo2().hblkhd);
        return {};
    }
    std::size_t rows = 0, peak = 0;
};

TEST(FlatMemory, TwoHundredMebibytesStreamWithinOne) {
    constexpr std::size_t inflated = 200u << 20;
    Compressor file;
    Counter sink;
    std::string text = "ticker,conditions,correction,exchange,id,participant_timestamp,price,sequence_number,"
                       "sip_timestamp,size,tape,trf_id,trf_timestamp\n";
    text.reserve(300u << 10);
    sink.rows = 0;
    const auto before = mallinfo2().uordblks + mallinfo2().hblkhd;
    const auto set = flat_set(AssetClass::equity, Kind::trade, Timeframe::m1);
    FlatReader reader(*set, {{AssetClass::equity, "AAPL"}}, sink, UnixNanos{});
    std::size_t size = 0, rows = 0;
    for (bool last = false; !last;) {
        while (text.size() < (256u << 10)) {
            ++rows;
            text += rows % 2 == 0 ? "AAPL" : "ZVZZT";
            text += ",\"12,37\",0,12,62879131135034,1769161728012624580,137.73,";
            text += std::to_string(rows * 2654435761u % 100000000u);
            text += ",1769161728012983416,15,1,0,0\n";
        }
        size += text.size();
        last = size >= inflated;
        auto packed = file.add(text, last);
        for (; !packed.empty(); packed.remove_prefix(std::min<std::size_t>(packed.size(), 64u << 10)))
            ASSERT_FALSE(reader.feed(packed.substr(0, 64u << 10)));
        text.clear();
    }
    ASSERT_FALSE(reader.finish());
    EXPECT_GE(size, inflated);
    EXPECT_EQ(reader.stats().rows, rows);
    EXPECT_EQ(sink.rows, rows / 2);
    ASSERT_GT(sink.peak, 0u);
    EXPECT_LT(sink.peak, before + (1u << 20)) << "the file's own text and its compressor stand before";
}

} // namespace
} // namespace tickgate::massive
