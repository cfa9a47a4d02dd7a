// The REST half of the simulated venue, without I/O.
#pragma once

#include "tradier/venue/client.hpp"

#include "net/http_server.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace tickgate::tradier_venue {

// One request on its way.
struct RestCall {
    const net::HttpRequest& http;
    Hub& hub;
    kit::SyntheticMarket& market;
    Moment now;

    std::string parameter(std::string_view name) const; // of the query, or of the form of a POST
};

// The requests of the token's running minute, which begins with its first request.
class Quota {
public:
    explicit Quota(std::size_t limit) : limit_(limit) {}
    // Counts one; false: over the limit. Adds the headers of the answer.
    bool admit(Moment now);
    void add_headers(net::HttpResponse& answer) const;
    std::int64_t expiry_ms() const noexcept { return expiry_ms_; }

private:
    std::size_t limit_;
    std::size_t used_ = 0;
    std::optional<MonoTime> end_;
    std::int64_t expiry_ms_ = 0;
};

net::HttpResponse json(std::string body);
net::HttpResponse text(int status, std::string body);
net::HttpResponse token_fault(bool expired);

// A list as the venue writes it: one item alone is no list, none is null (or "null").
std::string list_of(const std::vector<std::string>& items, const Hub& hub);

// Everything below /v1/markets but the stream itself.
net::HttpResponse answer_rest(const RestCall& call);

net::HttpResponse create_session(const RestCall& call);
net::HttpResponse quotes(const RestCall& call);
net::HttpResponse lookup(const RestCall& call, bool by_words);
// Whether the made-up past has trades: the hours of the calendar, for stocks those before and after them too.
bool is_session(UnixNanos t, bool extended);
net::HttpResponse clock(const RestCall& call);
net::HttpResponse calendar(const RestCall& call);
net::HttpResponse history(const RestCall& call);
net::HttpResponse timesales(const RestCall& call);

} // namespace tickgate::tradier_venue
