// Flat files for tests: compression, and a sink that remembers.
#pragma once

#include <tickgate/provider.hpp>

#include <zlib.h>

#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive::test {

inline std::string gzip(std::string_view text, int level = 6) {
    z_stream z{};
    if (deflateInit2(&z, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("deflateInit2");
    std::string out(deflateBound(&z, static_cast<uLong>(text.size())), '\0');
    std::string in(text);
    z.next_in = reinterpret_cast<Bytef*>(in.data());
    z.avail_in = static_cast<uInt>(in.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    const int status = deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    deflateEnd(&z);
    if (status != Z_STREAM_END)
        throw std::runtime_error("deflate");
    return out;
}

// Keeps copies of the texts.
class FlatRecorder final : public BulkSink {
public:
    error_code on_bar(const InstrumentName& name, const Bar& bar) override {
        names.push_back(name.to_string());
        bars.push_back(bar);
        return next();
    }
    error_code on_trade(const InstrumentName& name, const Trade& trade) override {
        names.push_back(name.to_string());
        trades.push_back(trade);
        trades.back().trade_id = keep(trade.trade_id);
        trades.back().exchange = keep(trade.exchange);
        conditions.emplace_back();
        for (const auto text : trade.conditions)
            conditions.back() += std::string(conditions.back().empty() ? "" : "|") + std::string(text);
        trades.back().conditions = {};
        return next();
    }
    error_code on_quote(const InstrumentName& name, const Quote& quote) override {
        names.push_back(name.to_string());
        quotes.push_back(quote);
        quotes.back().exchange = keep(quote.exchange);
        return next();
    }

    std::vector<std::string> names;
    std::vector<Bar> bars;
    std::vector<Trade> trades;
    std::vector<std::string> conditions;
    std::vector<Quote> quotes;
    std::size_t refuse_after = SIZE_MAX; // rows
    error_code refusal = errc::cancelled;

private:
    error_code next() { return names.size() > refuse_after ? refusal : error_code(); }
    std::string_view keep(std::string_view text) { return texts_.emplace_back(text); }
    std::deque<std::string> texts_;
};

} // namespace tickgate::massive::test
