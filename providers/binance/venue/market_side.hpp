// The synthetic market of one kind, written to the streams of that kind.
#pragma once

#include "binance/venue/frames.hpp"
#include "binance/venue/hub.hpp"

#include "venue_kit/bar_builder.hpp"

namespace tickgate::binance_venue {

class MarketSide final : kit::MarketListener {
public:
    // `options` and `faults` must outlive it.
    MarketSide(Kind kind, const VenueOptions& options, const kit::FaultBoard& faults,
        std::vector<kit::SyntheticSymbol> symbols, bool synthetic, Moment start);

    void prefill() { market_.prefill(*this); } // VenueOptions::history; before the first advance()
    void advance(Moment now);                  // market events due, running and ended bars
    void burst(std::size_t count, Moment now);
    MonoTime next_due(Moment now) const noexcept;

    Kind kind() const noexcept { return kind_; }
    const VenueOptions& options() const noexcept { return options_; }
    StreamHub& hub() noexcept { return hub_; }
    kit::SyntheticMarket& market() noexcept { return market_; }
    const SymbolFormat& format(std::size_t i) const noexcept { return formats_[i]; }
    bool synthetic() const noexcept { return synthetic_; } // false: a replay fills the streams
    Clock clock(bool micros) const noexcept;

private:
    struct SymbolSlots {
        StreamSlot* book = nullptr;
        StreamSlot* trade = nullptr;
        StreamSlot* agg_trade = nullptr;
    };
    struct KlineStream {
        std::size_t symbol;
        StreamSlot* slot;
        kit::BarBuilder builder;
        MonoTime last_sent{};
        std::int64_t last_count = -1;
    };

    void opened(StreamSlot& slot);
    void on_quote(std::size_t symbol, const kit::MarketQuote& quote) override;
    void on_trade(std::size_t symbol, std::span<const kit::Fill> fills) override;
    void advance_klines(Moment now);
    void advance_kline(KlineStream& stream, Moment now);
    template <class F>
    void send(StreamSlot* slot, bool has_times, F&& payload);

    Kind kind_;
    const VenueOptions& options_;
    const kit::FaultBoard& faults_;
    bool synthetic_;
    kit::SyntheticMarket market_;
    std::vector<SymbolFormat> formats_;
    std::vector<SymbolSlots> slots_;
    std::vector<KlineStream> klines_;
    UnixNanos next_kline_end_ = UnixNanos::max();
    MonoTime next_kline_scan_{};
    Moment now_{};
    StreamHub hub_;
    FrameForms forms_;
};

} // namespace tickgate::binance_venue
