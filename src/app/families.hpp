// Metrics as the API takes them, put together.
#pragma once

#include "api/exposition.hpp"

#include <cstdint>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::app {

// Collects the families of one scrape; references to them stay valid until take().
class Families {
public:
    // A family of the table (metrics/table.hpp), to be asked for once a scrape.
    api::Family& operator[](std::string_view name) {
        families_.push_back(api::family_of(name));
        return families_.back();
    }
    std::vector<api::Family> take() {
        return {std::make_move_iterator(families_.begin()), std::make_move_iterator(families_.end())};
    }

private:
    std::deque<api::Family> families_; // references stay valid
};

using Labels = std::vector<std::pair<std::string, std::string>>;

template <class Number>
void put(api::Family& family, Labels labels, Number value) {
    api::Family::Sample s;
    s.labels = std::move(labels);
    s.value = static_cast<double>(value);
    family.samples.push_back(std::move(s));
}

template <class Buckets>
void put_histogram(api::Family& family, Labels labels, const Buckets& buckets, std::uint64_t sum_us) {
    api::Family::Sample s;
    s.labels = std::move(labels);
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < buckets.size(); ++i) {
        total += buckets[i];
        if (i < 27) // 2^26 µs is 67 s
            s.cumulative_buckets.emplace_back(static_cast<double>(std::uint64_t{1} << i) * 1e-6, total);
    }
    s.count = total;
    s.sum = static_cast<double>(sum_us) * 1e-6;
    family.samples.push_back(std::move(s));
}

} // namespace tickgate::app
