// Flat files of Massive: any bytes are rows or an error. The first byte says which kind of file it is, the second
// whether the rest is compressed, listed or answered in XML, and in which pieces it comes.
#include "massive/csv_table.hpp"
#include "massive/flat_reader.hpp"
#include "massive/s3_answers.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using namespace tickgate;
using namespace tickgate::massive;

const UnixNanos now(std::chrono::seconds(1700000000));

void require(bool ok) {
    if (!ok)
        std::abort();
}

class Checker final : public BulkSink {
public:
    error_code on_bar(const InstrumentName& name, const Bar& bar) override {
        require(!name.symbol.empty() && bar.open_time < bar.close_time);
        require(bar.volume || bar.volume_unit == VolumeUnit::none);
        return next();
    }
    error_code on_trade(const InstrumentName&, const Trade& trade) override {
        require(trade.event_time.has_value() && trade.price.to_string().size() <= Decimal::max_text);
        for (const auto text : trade.conditions)
            require(!text.empty() && text.find(',') == std::string_view::npos);
        return next();
    }
    error_code on_quote(const InstrumentName&, const Quote& quote) override {
        require(quote.bid || quote.ask || quote.last);
        require((quote.bid || !quote.bid_size) && (quote.ask || !quote.ask_size));
        return next();
    }
    std::uint64_t rows = 0, most = 100000;

private:
    error_code next() { return ++rows > most ? make_error_code(errc::cancelled) : error_code(); }
};

struct Kindred {
    AssetClass asset_class;
    Kind kind;
    Timeframe timeframe;
};
constexpr std::array<Kindred, 8> kinds{
    {{AssetClass::equity, Kind::bar, Timeframe::m1}, {AssetClass::equity, Kind::trade, Timeframe::m1},
        {AssetClass::equity, Kind::quote, Timeframe::m1}, {AssetClass::crypto, Kind::trade, Timeframe::m1},
        {AssetClass::fx, Kind::quote, Timeframe::m1}, {AssetClass::index, Kind::quote, Timeframe::m1},
        {AssetClass::option, Kind::trade, Timeframe::m1}, {AssetClass::index, Kind::bar, Timeframe::d1}}};

void answers(std::string_view text) {
    if (const auto listing = parse_listing(text))
        for (const auto& object : listing->objects)
            require(!object.key.empty());
    RestResponse answer;
    answer.status = 403;
    answer.body = text;
    answer.headers.emplace_back("date", std::string(text.substr(0, 29)));
    const auto e = error_of_s3(answer, now);
    require(e.code.failed() && e.text.size() <= 300 && e.name.size() <= 64);
    if (const auto range = parse_content_range(text))
        require(range->first <= range->last && range->last < range->total);
    (void)day_of_key(*flat_set(AssetClass::equity, Kind::trade, Timeframe::m1), text);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2)
        return 0;
    // A copy of exactly this size: reading past it is a fault.
    const std::string body(reinterpret_cast<const char*>(data) + 2, size - 2);
    if (data[1] % 4 == 3) {
        answers(body);
        return 0;
    }
    const auto& kind = kinds[data[0] % kinds.size()];
    const auto set = flat_set(kind.asset_class, kind.kind, kind.timeframe);
    Checker sink;
    const std::vector<InstrumentName> wanted{{kind.asset_class, "A"}, {kind.asset_class, "00-USD"},
        {kind.asset_class, "AED-AUD"}, {kind.asset_class, "A260618C00100000"}, {kind.asset_class, "SPX"}};
    FlatReader reader(*set, wanted, sink, now);
    const bool plain = data[1] % 4 != 0;
    const std::size_t piece = data[1] / 4 + 1u;
    error_code ec;
    for (std::string_view rest = body; !rest.empty() && !ec;) {
        const auto part = rest.substr(0, piece);
        ec = plain ? reader.feed_plain(part) : reader.feed(part);
        rest.remove_prefix(part.size());
    }
    if (!ec)
        ec = reader.finish();
    require(!ec || ec == errc::malformed_payload || ec == errc::cancelled);
    const auto& stats = reader.stats();
    require(stats.delivered + stats.bad + stats.empty <= stats.rows &&
            stats.delivered >= std::min(sink.rows, stats.delivered));
    require((stats.bad == 0) == (stats.first_bad == 0));
    return 0;
}
