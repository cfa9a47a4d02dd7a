#include "api/exposition.hpp"

#include "metrics/table.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <stdexcept>

namespace tickgate::api {

namespace {

prometheus::MetricType type_of(Family::Type type) noexcept {
    switch (type) {
    case Family::Type::counter:
        return prometheus::MetricType::Counter;
    case Family::Type::histogram:
        return prometheus::MetricType::Histogram;
    case Family::Type::gauge:
        break;
    }
    return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric metric_of(const Family::Sample& sample, Family::Type type) {
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : sample.labels)
        metric.label.push_back({name, value});
    if (type == Family::Type::counter) {
        metric.counter.value = sample.value;
    } else if (type == Family::Type::gauge) {
        metric.gauge.value = sample.value;
    } else {
        metric.histogram.sample_count = sample.count;
        metric.histogram.sample_sum = sample.sum;
        for (const auto& [bound, count] : sample.cumulative_buckets)
            metric.histogram.bucket.push_back({count, bound});
    }
    return metric;
}

} // namespace

Family family_of(std::string_view name) {
    const auto* row = metrics::find(name);
    if (row == nullptr)
        throw std::logic_error("metrics/table.hpp has no " + std::string(name));
    Family family;
    family.name = row->name;
    family.help = row->help;
    family.type = row->type == metrics::Type::counter     ? Family::Type::counter
                  : row->type == metrics::Type::histogram ? Family::Type::histogram
                                                          : Family::Type::gauge;
    return family;
}

std::string exposition(const std::vector<Family>& families) {
    std::vector<prometheus::MetricFamily> out;
    out.reserve(families.size());
    for (const auto& family : families) {
        auto& f = out.emplace_back();
        f.name = family.name;
        f.help = family.help;
        f.type = type_of(family.type);
        f.metric.reserve(family.samples.size());
        for (const auto& sample : family.samples)
            f.metric.push_back(metric_of(sample, family.type));
    }
    return prometheus::TextSerializer().Serialize(out);
}

} // namespace tickgate::api
