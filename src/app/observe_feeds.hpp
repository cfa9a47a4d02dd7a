// What the gateway tells of its feeds, routes and instruments.
#pragma once

#include "app/census.hpp"
#include "app/families.hpp"
#include "feed/feed_stats.hpp"
#include "feed/router.hpp"

#include <string>
#include <utility>
#include <vector>

namespace tickgate::app {

using NamedFeeds = std::vector<std::pair<std::string, feed::FeedStats>>; // by name

// One instrument that has series of its own.
struct SymbolView {
    std::string instrument; // `crypto:BTC-USDT`
    InstrumentState state{};
    std::vector<std::pair<std::string, feed::InstrumentStats>> feeds; // by name
};

void put_feeds(Families& families, const NamedFeeds& feeds);
void put_routes(Families& families, const feed::RouterStats& stats);
void put_instruments(Families& families, const InstrumentCount& count);
void put_symbols(Families& families, const std::vector<SymbolView>& symbols, std::uint64_t beyond);

} // namespace tickgate::app
