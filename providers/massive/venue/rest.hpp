// The REST side of the simulated venue, without I/O.
#pragma once

#include "massive/venue/cluster_market.hpp"
#include "net/http_server.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::massive_venue {

using Markets = std::vector<std::unique_ptr<ClusterMarket>>; // in the order of Cluster

// The parameters of a request: those of its query, or those its `cursor` carries.
class Query {
public:
    Query() = default;
    explicit Query(std::string_view query);
    std::string_view get(std::string_view name) const noexcept; // empty if absent
    void set(std::string_view name, std::string value);
    std::string cursor() const; // all of them, opaque
    // In [1, most]; `fallback` if absent; empty if it is no such number.
    std::optional<std::size_t> limit(std::size_t fallback, std::size_t most) const;

private:
    void parse(std::string_view text);
    std::vector<std::pair<std::string, std::string>> items_;
};

struct Found {
    ClusterMarket* market;
    std::size_t index;
    const Instrument& instrument() const noexcept { return market->instrument(index); }
};

// One request. Times are the market's (see ClusterMarket); `clock` is the true one.
struct RestCall {
    const net::HttpRequest& http;
    const MassiveOptions& options;
    const kit::FaultBoard& faults;
    Markets& markets;
    UnixNanos now, clock;
    MonoTime mono;
    std::vector<std::string> path; // decoded segments
    Query query;
    std::string request_id;

    std::optional<Found> find(std::string_view ticker) const;
    ClusterMarket& market(Cluster cluster) const noexcept { return *markets[static_cast<std::size_t>(cluster)]; }
    std::string_view status() const noexcept { return options.delayed ? "DELAYED" : "OK"; }
    std::string_view timeframe() const noexcept { return options.delayed ? "DELAYED" : "REAL-TIME"; }
    bool closed(Cluster cluster) const noexcept;
    // This request's URL with `cursor` in place of its query.
    std::string next_url(const Query& next) const;
    net::HttpResponse error(int status, std::string_view text) const;
    // {"results":[…],"status":…,"request_id":…,"count":…} with `next_url` if not empty.
    net::HttpResponse page(const std::vector<std::string>& results, const std::string& next) const;
};

net::HttpResponse aggregates(RestCall& call);         // /v2/aggs/ticker/{t}/range/…
net::HttpResponse previous_day(RestCall& call);       // /v2/aggs/ticker/{t}/prev
net::HttpResponse grouped(RestCall& call);            // /v2/aggs/grouped/…
net::HttpResponse open_close(RestCall& call);         // /v1/open-close/…
net::HttpResponse future_aggregates(RestCall& call);  // /futures/vX/aggs/{t}
net::HttpResponse last_value(RestCall& call);         // /v2/last/…, /v1/last…
net::HttpResponse ticks(RestCall& call);              // /v3/trades/{t}, /v3/quotes/{t}
net::HttpResponse market_snapshot(RestCall& call);    // /v2/snapshot/…
net::HttpResponse universal_snapshot(RestCall& call); // /v3/snapshot…
net::HttpResponse reference(RestCall& call);          // /v3/reference/…
net::HttpResponse market_status(RestCall& call);      // /v1/marketstatus/…

// Numbers of a snapshot's or page's objects.
std::string price_of(const Instrument& instrument, std::int64_t ticks);
std::string volume_of(const Instrument& instrument, const kit::TapeBar& bar);

std::string rest_refusal(int status); // body of a failed request of that status

class RestDoor {
public:
    // All must outlive it.
    RestDoor(const MassiveOptions& options, const kit::FaultBoard& faults, Markets& markets)
        : options_(options), faults_(faults), markets_(markets) {}

    net::HttpResponse handle(const net::HttpRequest& request, Moment then, Moment now);
    std::uint64_t requests() const noexcept { return requests_; }

private:
    net::HttpResponse answer(RestCall& call);
    std::optional<net::HttpResponse> check(const RestCall& call);

    const MassiveOptions& options_;
    const kit::FaultBoard& faults_;
    Markets& markets_;
    std::deque<MonoTime> recent_; // of the last minute
    std::uint64_t requests_ = 0;
};

} // namespace tickgate::massive_venue
