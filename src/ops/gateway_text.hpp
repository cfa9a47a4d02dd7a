// What operations on the gateway itself answer, as JSON text.
#pragma once

#include "ops/history_text.hpp"
#include "ops/reload.hpp"
#include "ops/services.hpp"

#include <string>

namespace tickgate::ops {

// Begins an element about an instrument: `class` and `symbol` on Redis, `symbol` as class:symbol over HTTP.
JsonObject named_element(std::string_view type, const InstrumentName& name, Times times);

std::string provider_element(const ProviderView& provider);
std::string feed_element(const FeedView& feed, Times times);
std::string subscription_element(const SubscriptionView& subscription, Times times);
std::string route_element(const RouteView& route, Times times);
std::string config_element(const ConfigView& config);
std::string reload_element(const ReloadReport& report);
// The members of a reload that was refused, each with a comma in front.
std::string reload_members(const ReloadReport& report);

} // namespace tickgate::ops
