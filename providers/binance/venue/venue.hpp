// The simulated Binance venue on real sockets.
#pragma once

#include "binance/venue/engine.hpp"
#include "binance/venue/rest.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>

namespace tickgate::binance_venue {

namespace asio = boost::asio;

// One loop, one owner. Serves streams, REST and /control/* on one plain port, the same on a TLS port if asked for, and
// /control/* alone on a third one, which fault `refuse` leaves open.
//
//     BinanceVenue venue(executor, options);
//     if (auto ec = venue.listen(problem)) …
//     co_spawn(executor, venue.run(), …);   // until stop()
class BinanceVenue {
public:
    BinanceVenue(asio::any_io_executor executor, VenueOptions options);
    ~BinanceVenue(); // run() must have returned

    // Reads the replay and certificate files and opens the ports. Errors: configuration (files, hosts), system errors;
    // `problem` says which.
    error_code listen(std::string& problem);
    std::uint16_t port() const noexcept;
    std::uint16_t tls_port() const noexcept; // 0 without TLS
    std::uint16_t control_port() const noexcept;

    asio::awaitable<void> run();
    void stop();

    void fault(kit::Fault fault);
    // As on the command line: `slow=1000,for_ms=500`. Must be well formed.
    void fault(std::string_view text);
    void clear_faults();

    // After listen(). For assertions: sessions, what clients sent, counters, the market's truth.
    VenueEngine& engine() noexcept;

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace tickgate::binance_venue
