// The simulated OANDA: checks, limits, the market and what the streams get of it. No I/O.
#pragma once

#include "oanda/venue/candles.hpp"
#include "oanda/venue/limits.hpp"
#include "oanda/venue/stream.hpp"

#include "venue_kit/command.hpp"
#include "venue_kit/market.hpp"
#include "venue_kit/replay_player.hpp"

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace tickgate::oanda_venue {

class OandaVenue final : public kit::VenueBrain, private kit::MarketListener {
public:
    // Null with `problem` set if a symbol is no instrument or the capture names none.
    static std::unique_ptr<OandaVenue> make(const kit::VenueSettings& settings, const OandaOptions& options,
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

    Book* find(std::string_view native) noexcept;

private:
    OandaVenue(const kit::VenueSettings& settings, const OandaOptions& options, const kit::FaultBoard& faults,
        std::vector<Instrument> instruments, std::optional<kit::Replay> replay, Moment start);

    void on_quote(std::size_t symbol, const kit::MarketQuote& quote) override;
    void on_trade(std::size_t, std::span<const kit::Fill>) override {}
    void play(Moment now);
    void set_closed(bool on, Moment now);

    net::HttpResponse route(const net::HttpRequest& request, Moment now, bool& stream);
    net::HttpResponse route_account(const net::HttpRequest& request, std::string_view rest, Moment now, bool& stream);
    net::HttpResponse admit_stream(const net::HttpRequest& request, Moment now, bool& stream);
    net::HttpResponse list_instruments(const net::HttpRequest& request);
    net::HttpResponse prices(const net::HttpRequest& request, Moment now);
    net::HttpResponse one_candles(const net::HttpRequest& request, std::string_view native, Moment now);
    net::HttpResponse latest_candles(const net::HttpRequest& request, Moment now);
    Completion completion() const noexcept { return {options_.completion, options_.overdue}; }
    bool authorized(const net::HttpRequest& request) const;
    // Places of the csv parameter `instruments`; empty if one is unknown or none is given.
    std::vector<std::size_t> parse_list(const net::HttpRequest& request) const;

    OandaOptions options_;
    std::string key_;
    bool flat_out_, replay_all_;
    const kit::FaultBoard& faults_;
    std::vector<std::unique_ptr<Book>> books_;
    std::unordered_map<std::string, std::size_t> names_;
    kit::SyntheticMarket market_;
    std::optional<kit::ReplayPlayer> player_;
    std::vector<std::ptrdiff_t> frame_books_; // of each captured line; -1: no price
    Streams streams_;
    RateLimit requests_, connections_;
    Moment now_{};
    bool closed_ = false;
    std::optional<MonoTime> shutdown_at_;
    std::uint64_t number_ = 0, refused_ = 0;
};

} // namespace tickgate::oanda_venue
