#include "api/request_counts.hpp"

#include "api/exposition.hpp"

#include <algorithm>

namespace tickgate::api {

namespace {

constexpr std::array<std::string_view, 4> status_classes{"2xx", "3xx", "4xx", "5xx"};

Family::Sample& sample_of(Family& f, std::string_view route, double value) {
    auto& sample = f.samples.emplace_back();
    sample.labels.emplace_back("route", route);
    sample.value = value;
    return sample;
}

} // namespace

void RequestCounts::add(const Request& request) {
    auto& route = routes_[request.route];
    ++route.by_class[static_cast<std::size_t>(std::clamp(request.status / 100 - 2, 0, 3))];
    const double seconds = std::chrono::duration<double>(request.took).count();
    const auto place = std::lower_bound(bounds.begin(), bounds.end(), seconds) - bounds.begin();
    ++route.durations[static_cast<std::size_t>(place)];
    route.seconds += seconds;
    route.bytes_in += request.bytes_in;
    route.bytes_out += request.bytes_out;
}

std::vector<Family> RequestCounts::families() const {
    auto requests = family_of("tickgate_http_requests_total");
    auto durations = family_of("tickgate_http_request_duration_seconds");
    auto in = family_of("tickgate_http_request_bytes_total");
    auto out = family_of("tickgate_http_response_bytes_total");
    auto flying = family_of("tickgate_http_requests_in_flight");
    for (const auto& [name, route] : routes_) {
        for (std::size_t i = 0; i < status_classes.size(); ++i)
            sample_of(requests, name, static_cast<double>(route.by_class[i]))
                .labels.emplace_back("status", status_classes[i]);
        auto& sample = sample_of(durations, name, 0);
        for (std::size_t i = 0; i < bounds.size(); ++i) {
            sample.count += route.durations[i];
            sample.cumulative_buckets.emplace_back(bounds[i], sample.count);
        }
        sample.count += route.durations.back();
        sample.sum = route.seconds;
        sample_of(in, name, static_cast<double>(route.bytes_in));
        sample_of(out, name, static_cast<double>(route.bytes_out));
    }
    flying.samples.emplace_back().value = static_cast<double>(in_flight_);
    std::vector<Family> all;
    for (auto* f : {&requests, &durations, &in, &out, &flying})
        all.push_back(std::move(*f));
    return all;
}

} // namespace tickgate::api
