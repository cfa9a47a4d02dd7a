#include "api/exposition.hpp"

#include <gmock/gmock.h>

namespace tickgate::api {

using testing::HasSubstr;

TEST(Exposition, WritesCountersAndGauges) {
    Family counter;
    counter.name = "tickgate_published_total";
    counter.help = "Messages published";
    counter.type = Family::Type::counter;
    counter.samples.resize(2);
    counter.samples[0].labels = {{"kind", "quote"}};
    counter.samples[0].value = 48211;
    counter.samples[1].labels = {{"kind", "a\"b\\c\nd"}};
    Family gauge;
    gauge.name = "tickgate_owner";
    gauge.help = "Owns the prefix";
    gauge.samples.resize(1);
    gauge.samples[0].value = 1;

    EXPECT_EQ(exposition({counter, gauge}), "# HELP tickgate_published_total Messages published\n"
                                            "# TYPE tickgate_published_total counter\n"
                                            "tickgate_published_total{kind=\"quote\"} 48211\n"
                                            "tickgate_published_total{kind=\"a\\\"b\\\\c\\nd\"} 0\n"
                                            "# HELP tickgate_owner Owns the prefix\n"
                                            "# TYPE tickgate_owner gauge\n"
                                            "tickgate_owner 1\n");
}

TEST(Exposition, WritesHistogramsUpToInfinity) {
    Family histogram;
    histogram.name = "tickgate_lag_seconds";
    histogram.help = "Lag";
    histogram.type = Family::Type::histogram;
    auto& sample = histogram.samples.emplace_back();
    sample.cumulative_buckets = {{0.001, 3}, {0.01, 5}};
    sample.sum = 0.25;
    sample.count = 6;
    const auto text = exposition({histogram});
    EXPECT_THAT(text, HasSubstr("# TYPE tickgate_lag_seconds histogram\n"));
    EXPECT_THAT(text, HasSubstr("tickgate_lag_seconds_count 6\n"));
    EXPECT_THAT(text, HasSubstr("tickgate_lag_seconds_sum 0.25\n"));
    EXPECT_THAT(text, HasSubstr("tickgate_lag_seconds_bucket{le=\"0.001\"} 3\n"));
    EXPECT_THAT(text, HasSubstr("tickgate_lag_seconds_bucket{le=\"0.01\"} 5\n"));
    EXPECT_THAT(text, HasSubstr("tickgate_lag_seconds_bucket{le=\"+Inf\"} 6\n"));
}

TEST(Exposition, AFamilyWithoutSamplesIsStillNamed) {
    Family family;
    family.name = "tickgate_nothing";
    family.help = "Nothing yet";
    EXPECT_EQ(exposition({family}), "# HELP tickgate_nothing Nothing yet\n# TYPE tickgate_nothing gauge\n");
}

} // namespace tickgate::api
