// The REST half of the simulated venue, without I/O.
#pragma once

#include "binance/venue/engine.hpp"
#include "binance/venue/limits.hpp"

#include "net/http_server.hpp"

#include <optional>
#include <string_view>

namespace tickgate::binance_venue {

// One request on its way to the market of its kind.
struct RestCall {
    const net::HttpRequest& http;
    MarketSide& side;
    ReplayPlayer* replay; // null: the synthetic market answers
    Moment now;
    bool micros; // asked by header X-MBX-TIME-UNIT
};

class RestDoor {
public:
    explicit RestDoor(VenueEngine& engine);

    // Weights are charged before anything else is looked at; 429 and 418 as the venue does it. Bodies over 1 KiB are
    // compressed if the client takes gzip.
    net::HttpResponse handle(const net::HttpRequest& request, Moment now);

    // What the venue answers with this status, to requests and upgrades alike.
    static net::HttpResponse refusal(int status, std::int64_t retry_after_s);

private:
    VenueEngine& engine_;
    WeightBudget spot_budget_, usdm_budget_;
};

// `{"code":-1121,"msg":"Invalid symbol."}` with status 400.
net::HttpResponse rest_error(int code, std::string_view message);

// Parts of the interface; each answers 200 or an error of the venue.
net::HttpResponse exchange_info(const RestCall& call);
net::HttpResponse book_ticker(const RestCall& call);
net::HttpResponse klines(const RestCall& call);
net::HttpResponse trades(const RestCall& call, bool from_id);
net::HttpResponse agg_trades(const RestCall& call);

// The symbols asked for by `symbol` or `symbols`; all if neither is there. Empty with `error` set if one is unknown, or
// the parameters are bad.
struct AskedSymbols {
    std::vector<std::size_t> indexes;
    bool single = false; // by `symbol`
    bool all = false;
};
std::optional<AskedSymbols> asked_symbols(const RestCall& call, net::HttpResponse& error);

// A whole number parameter, or `fallback` if absent. Empty with `error` set if it is no number or negative.
std::optional<std::int64_t> number_parameter(
    const RestCall& call, std::string_view name, std::int64_t fallback, net::HttpResponse& error);
// Times come in milliseconds or microseconds.
UnixNanos time_from(std::int64_t value) noexcept;

} // namespace tickgate::binance_venue
