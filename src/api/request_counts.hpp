// What the HTTP door tells of itself as metrics.
#pragma once

#include "api/api.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace tickgate::api {

// Requests by route: how many, how long, how large. One loop. Routes are string literals.
class RequestCounts {
public:
    // Upper bounds of the duration histogram, in seconds.
    static constexpr std::array<double, 9> bounds{0.001, 0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 60};

    struct Request {
        std::string_view route;
        int status = 0; // of the answer; 499: the client went away before there was one
        std::chrono::nanoseconds took{};
        std::uint64_t bytes_in = 0, bytes_out = 0; // bodies; an answer as sent, after compression
    };

    // Counts a request as being worked on while it lives.
    class InFlight {
    public:
        explicit InFlight(RequestCounts& counts) noexcept : counts_(counts) { ++counts_.in_flight_; }
        ~InFlight() { --counts_.in_flight_; }
        InFlight(const InFlight&) = delete;
        InFlight& operator=(const InFlight&) = delete;

    private:
        RequestCounts& counts_;
    };

    void know(std::string_view route) { routes_[route]; } // its series are there from the start
    void add(const Request& request);
    std::vector<Family> families() const;

private:
    struct Route {
        std::array<std::uint64_t, 4> by_class{}; // 2xx to 5xx
        std::array<std::uint64_t, bounds.size() + 1> durations{};
        double seconds = 0;
        std::uint64_t bytes_in = 0, bytes_out = 0;
    };
    std::map<std::string_view, Route> routes_;
    std::uint64_t in_flight_ = 0;
};

} // namespace tickgate::api
