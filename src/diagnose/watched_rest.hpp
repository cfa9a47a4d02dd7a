// A Rest that looks at each address before its first request, and remembers what the venue answered last.
#pragma once

#include "diagnose/reach.hpp"

#include <tickgate/rest.hpp>

#include <functional>
#include <optional>
#include <set>
#include <string>

namespace tickgate::diagnose {

class WatchedRest final : public Rest {
public:
    // `inner` outlives this. `how` names settings for the reports.
    WatchedRest(Rest& inner, ReachOptions how, Reporter report)
        : inner_(inner), how_(std::move(how)), report_(std::move(report)) {}

    asio::awaitable<result<RestResponse>> send(RestRequest request) override;
    asio::awaitable<result<RestResponse>> send_streamed(RestRequest request, BodySink sink) override;
    void learn(std::size_t budget, const BudgetReading& reading) override { inner_.learn(budget, reading); }
    std::optional<std::chrono::milliseconds> retry_after() const override { return inner_.retry_after(); }

    // While it is closed, requests end with `cancelled`.
    void set_closed(bool closed) noexcept { closed_ = closed; }
    bool reachable() const noexcept { return !unreachable_; } // no address was found to be out of reach
    bool knows(const std::string& origin) const { return looked_at_.contains(origin); }
    void remember(std::string origin) { looked_at_.insert(std::move(origin)); }

    struct Answer {
        int status = 0;
        std::chrono::milliseconds took{0};
        std::string words;                               // of an error: the start of the body, for people
        std::optional<std::chrono::milliseconds> skew{}; // our clock ahead of the venue's; half a second of doubt
    };
    const Answer& last() const noexcept { return last_; }
    // The skew of the latest answer that told a time.
    std::optional<std::chrono::milliseconds> skew() const noexcept { return skew_; }
    // The first setting out of `endpoints`, where an address can be changed.
    const ReachOptions& how() const noexcept { return how_; }

private:
    asio::awaitable<error_code> look_at(std::string base);
    void note(const result<RestResponse>& answer, MonoTime sent);

    Rest& inner_;
    ReachOptions how_;
    Reporter report_;
    std::set<std::string> looked_at_;
    Answer last_;
    std::optional<std::chrono::milliseconds> skew_;
    bool unreachable_ = false, closed_ = false;
};

// `https://host:port` of an address; the web's schemes for those of streams, so that equal hosts are equal.
std::string origin_of(const net::Url& url);

// The time of an HTTP `Date`.
std::optional<UnixNanos> http_date(std::string_view text);

} // namespace tickgate::diagnose
