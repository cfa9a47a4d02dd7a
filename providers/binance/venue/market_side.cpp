#include "binance/venue/market_side.hpp"

#include <algorithm>

namespace tickgate::binance_venue {

using namespace std::chrono_literals;

namespace {

constexpr auto kline_scan = 50ms;

kit::MarketOptions market_options(Kind kind, const VenueOptions& options, std::vector<kit::SyntheticSymbol> symbols) {
    kit::MarketOptions out;
    out.seed = options.seed;
    out.rate = options.flat_out ? 0 : options.rate;
    out.trade_permille = options.trade_permille;
    out.single_fills = options.single_fills;
    out.history = std::chrono::ceil<std::chrono::seconds>(options.history);
    out.symbols = std::move(symbols);
    // A contract trades a little above its coin.
    if (kind == Kind::usdm)
        for (auto& symbol : out.symbols)
            symbol.base_price += symbol.base_price / 2000 + 1;
    return out;
}

} // namespace

MarketSide::MarketSide(Kind kind, const VenueOptions& options, const kit::FaultBoard& faults,
    std::vector<kit::SyntheticSymbol> symbols, bool synthetic, Moment start)
    : kind_(kind),
      options_(options),
      faults_(faults),
      synthetic_(synthetic),
      market_(market_options(kind, options, std::move(symbols)), start.wall),
      now_(start),
      hub_([this](StreamSlot& slot) { opened(slot); }) {
    slots_.resize(market_.size());
    formats_.reserve(market_.size());
    for (std::size_t i = 0; i < market_.size(); ++i)
        formats_.emplace_back(kind, market_.symbol(i));
}

Clock MarketSide::clock(bool micros) const noexcept {
    const auto* skew = faults_.find(kit::FaultKind::clock_skew);
    return {micros, skew == nullptr ? 0 : skew->fault.value * 1000};
}

void MarketSide::opened(StreamSlot& slot) {
    const auto symbol = market_.find(slot.parsed.symbol);
    if (!synthetic_ || !symbol)
        return;
    switch (slot.parsed.type) {
    case StreamType::book_ticker:
        slots_[*symbol].book = &slot;
        break;
    case StreamType::trade:
        slots_[*symbol].trade = &slot;
        break;
    case StreamType::agg_trade:
        slots_[*symbol].agg_trade = &slot;
        break;
    case StreamType::kline: {
        if (!has_interval(kind_, slot.parsed.timeframe))
            break;
        const auto open = bar_open(now_.wall, slot.parsed.timeframe);
        klines_.push_back({*symbol, &slot, kit::BarBuilder(market_.tape(*symbol), slot.parsed.timeframe, open)});
        klines_.back().last_count = klines_.back().builder.at(now_.wall).count;
        next_kline_end_ = std::min(next_kline_end_, klines_.back().builder.end());
        break;
    }
    case StreamType::other:
        break;
    }
}

void MarketSide::advance(Moment now) {
    now_ = now;
    if (!synthetic_)
        return;
    // Bars that ended get the trades up to their end, and no later one, before their last frame goes out.
    while (now.wall >= next_kline_end_) {
        const auto end = next_kline_end_;
        market_.advance(end - 1ns, *this);
        advance_klines(now);
        if (next_kline_end_ == end)
            break;
    }
    market_.advance(now.wall, *this);
    if (now.mono >= next_kline_scan_)
        advance_klines(now);
}

void MarketSide::burst(std::size_t count, Moment now) {
    now_ = now;
    market_.burst(count, now.wall, *this);
}

MonoTime MarketSide::next_due(Moment now) const noexcept {
    if (!synthetic_)
        return MonoTime::max();
    auto next = klines_.empty() ? MonoTime::max() : next_kline_scan_;
    if (options_.rate > 0 && !options_.flat_out)
        next = std::min(next, now.mono + (market_.next_due() - now.wall));
    return next;
}

template <class F>
void MarketSide::send(StreamSlot* slot, bool has_times, F&& payload) {
    if (slot == nullptr || StreamHub::skips(*slot, faults_))
        return;
    forms_.begin(slot->name, has_times);
    for (auto* session : slot->sessions) {
        const auto made = forms_.get(session->combined(), session->micros(),
            [&](std::string& out, bool micros) { payload(out, clock(micros)); });
        session->deliver(made.frame, made.text);
    }
}

void MarketSide::on_quote(std::size_t symbol, const kit::MarketQuote& quote) {
    send(slots_[symbol].book, kind_ == Kind::usdm,
        [&](std::string& out, Clock c) { book_ticker_frame(out, formats_[symbol], quote, c); });
}

void MarketSide::on_trade(std::size_t symbol, std::span<const kit::Fill> fills) {
    for (const auto& fill : fills)
        send(slots_[symbol].trade, true,
            [&](std::string& out, Clock c) { trade_frame(out, formats_[symbol], fill, c); });
    send(slots_[symbol].agg_trade, true,
        [&](std::string& out, Clock c) { agg_trade_frame(out, formats_[symbol], fills, c); });
}

void MarketSide::advance_klines(Moment now) {
    next_kline_scan_ = now.mono + kline_scan;
    next_kline_end_ = UnixNanos::max();
    for (auto& stream : klines_) {
        advance_kline(stream, now);
        next_kline_end_ = std::min(next_kline_end_, stream.builder.end());
    }
}

void MarketSide::advance_kline(KlineStream& stream, Moment now) {
    const auto tf = stream.slot->parsed.timeframe;
    const auto emit = [&](const kit::TapeBar& bar, bool final) {
        if (market_.holes().cover(stream.builder.open(), stream.builder.end()))
            return; // in its downtime an exchange has no bars
        send(stream.slot, true,
            [&](std::string& out, Clock c) { kline_frame(out, formats_[stream.symbol], bar, tf, final, now.wall, c); });
    };
    if (stream.slot->sessions.empty() ||
        now.wall - stream.builder.end() > 100 * (stream.builder.end() - stream.builder.open())) {
        // Nobody listens, or the process stood still for long: the bars meanwhile are not told.
        if (now.wall >= stream.builder.end())
            stream.builder = kit::BarBuilder(market_.tape(stream.symbol), tf, bar_open(now.wall, tf));
        return;
    }
    if (now.wall >= stream.builder.end()) {
        emit(stream.builder.at(now.wall), true);
        stream.builder.next();
        stream.last_sent = now.mono;
        stream.last_count = 0;
        return;
    }
    const auto interval = tf == Timeframe::s1 ? options_.kline_interval / 2 : options_.kline_interval;
    if (now.mono - stream.last_sent < interval)
        return;
    const auto bar = stream.builder.at(now.wall);
    if (bar.count == stream.last_count)
        return;
    stream.last_count = bar.count;
    stream.last_sent = now.mono;
    emit(bar, false);
}

} // namespace tickgate::binance_venue
