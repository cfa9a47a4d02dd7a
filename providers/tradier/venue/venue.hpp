// The simulated Tradier: tokens, limits, the market and what the streams get of it. No I/O.
#pragma once

#include "tradier/venue/rest.hpp"

#include "venue_kit/command.hpp"
#include "venue_kit/replay_player.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace tickgate::tradier_venue {

class TradierVenue final : public kit::VenueBrain, private kit::MarketListener {
public:
    // Null with `problem` set if a capture names no symbol.
    static std::unique_ptr<TradierVenue> make(const kit::VenueSettings& settings, const TradierOptions& options,
        const kit::FaultBoard& faults, std::optional<kit::Replay> replay, Moment start, std::string& problem);

    kit::Admission request(const net::HttpRequest& request, bool upgrade, Moment now) override;
    std::unique_ptr<kit::VenueClient> open(const net::HttpRequest& request, kit::ClientPort& port, Moment now) override;
    void advance(Moment now) override;
    MonoTime next_due(Moment now) const override;
    bool burst(std::size_t count, Moment now) override;
    bool flat_out() const override;
    void carry_out(const kit::Fault& fault, Moment now) override;
    std::string garbage(std::string_view kind) const override;
    std::string refusal_body(int status) const override;
    std::string state_json(Moment now) const override;

    const Book* find(std::string_view native) { return hub_.find(native); }

private:
    TradierVenue(const kit::VenueSettings& settings, const TradierOptions& options, const kit::FaultBoard& faults,
        std::vector<Book> books, std::optional<kit::Replay> replay, Moment start);

    void on_quote(std::size_t symbol, const kit::MarketQuote& quote) override;
    void on_trade(std::size_t symbol, std::span<const kit::Fill> fills) override;
    void play(Moment now);
    kit::Admission admit_stream(const net::HttpRequest& request, bool upgrade, Moment now);

    std::string key_;
    bool flat_out_, replay_all_;
    Hub hub_;
    kit::SyntheticMarket market_;
    std::optional<kit::ReplayPlayer> player_;
    std::vector<std::ptrdiff_t> frame_books_; // of each captured line; -1: no symbol
    Quota quota_;
    std::optional<MonoTime> shutdown_at_;
    std::uint64_t refused_ = 0;
};

} // namespace tickgate::tradier_venue
