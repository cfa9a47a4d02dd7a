#include "app/reload.hpp"

#include "config/reference.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tickgate::app {
namespace {

using feed::Renewal;
using namespace std::chrono_literals;

std::optional<Renewal> renewal(std::initializer_list<const char*> keys) {
    std::vector<config::Change> changes;
    for (const char* key : keys)
        changes.push_back({key, "a", "b"});
    return renewal_of(changes, "massive");
}

TEST(RenewalOf, AnotherProvidersChangesAreNotItsOwn) {
    EXPECT_EQ(renewal({}), std::nullopt);
    EXPECT_EQ(renewal({"providers.tradier.token", "symbols.equity:SPY", "providers.massive2.api_key"}), std::nullopt);
}

TEST(RenewalOf, CredentialsAreRotatedAndAnotherPlaceIsConnectedTo) {
    EXPECT_EQ(renewal({"providers.massive.api_key"}), Renewal::overlap);
    EXPECT_EQ(renewal({"providers.massive.tls.ca_file"}), Renewal::overlap);
    EXPECT_EQ(renewal({"providers.massive.plan"}), Renewal::reconnect);
    EXPECT_EQ(renewal({"providers.massive.endpoints.ws"}), Renewal::reconnect);
    EXPECT_EQ(renewal({"providers.massive.delayed"}), Renewal::reconnect);
}

TEST(RenewalOf, WhatOnlyRequestsUseTouchesNoConnection) {
    EXPECT_EQ(renewal({"providers.massive.s3.secret_key", "providers.massive.limits.requests_per_minute",
                  "providers.massive.endpoints.s3"}),
        Renewal::later);
    EXPECT_EQ(renewal({"providers.massive.allow_plaintext"}), std::nullopt);
}

TEST(RenewalOf, TheStrongestNeedOfSeveralHolds) {
    EXPECT_EQ(renewal({"providers.massive.s3.access_key", "providers.massive.api_key"}), Renewal::overlap);
    EXPECT_EQ(renewal({"providers.massive.plan", "providers.massive.api_key"}), Renewal::reconnect);
}

// A secret is a credential: whoever adds one that is none says so in the table.
TEST(RenewalOf, NoSecretOfAProviderMakesItsConnectionsBreak) {
    for (const auto& setting : config::settings()) {
        if (!setting.secret || !setting.key.starts_with("providers."))
            continue;
        const auto name = setting.key.substr(10, setting.key.find('.', 10) - 10);
        const std::vector<config::Change> changes{{setting.key, "***", "(changed)"}};
        const auto how = renewal_of(changes, name);
        ASSERT_TRUE(how) << setting.key;
        EXPECT_NE(*how, Renewal::reconnect) << setting.key;
    }
}

TEST(HotSettings, FollowTheConfiguration) {
    config::Config config;
    config.routes.standby = config::Standby::cold;
    config.routes.jump_guard = Decimal::from_integer(5);
    config.history.settle = 60s;
    config.history.reconcile = false;
    config.publish.streams = true;
    config.publish.last_value_interval = 200ms;
    config.publish.sources = true;
    config.digest = "0123456789abcdef";
    const auto hot = hot_settings(config);
    EXPECT_FALSE(hot.rules.warm);
    EXPECT_EQ(hot.rules.jump_guard, Decimal::from_integer(5));
    EXPECT_EQ(hot.repairs.limit, 60s);
    EXPECT_EQ(hot.repairs.settle, 6s);
    EXPECT_EQ(hot.repairs.period, 18s);
    EXPECT_FALSE(hot.repairs.reconcile);
    EXPECT_TRUE(hot.publisher.streams);
    EXPECT_EQ(hot.publisher.last_value_interval, 200ms);
    EXPECT_EQ(hot.publisher.config_digest, "0123456789abcdef");
    EXPECT_TRUE(hot.sources);
}

TEST(ReloadSummary, SaysWhatChangedOrWhatIsWrong) {
    ops::ReloadReport report;
    report.digest = "0123";
    EXPECT_EQ(summary_of(report), "digest 0123, problems 0") << "refused, and nobody said why";
    report.problems.push_back({"tickgate.yaml", 3, 1, "http.listen", "is no address", ""});
    report.problems.push_back({"tickgate.yaml", 4, 1, "http.token", "is empty", ""});
    EXPECT_EQ(summary_of(report), "digest 0123, problems 2: http.listen: is no address");
    report.problems.clear();
    report.applied = true;
    report.changed.push_back({"log.level", "info", "debug"});
    EXPECT_EQ(summary_of(report), "digest 0123, changed 1, waiting for a restart 0");
}

TEST(LogLevels, HaveTheirNamesBothWays) {
    for (const char* name : {"trace", "debug", "info", "warn", "error", "off"})
        EXPECT_EQ(to_string(log_level_from(name).value()), name);
    EXPECT_EQ(log_level_from("loud"), std::nullopt);
}

} // namespace
} // namespace tickgate::app
