// Where a feed's connections come from, and what becomes of them when that changes.
#pragma once

#include "net/tls.hpp"

#include <tickgate/provider.hpp>

#include <cstdint>
#include <memory>

namespace tickgate::feed {

struct Upstream {
    std::shared_ptr<void> owner; // keeps what the next two point to; may be empty
    DataProvider* provider = nullptr;
    Rest* rest = nullptr; // used on `control`
    std::shared_ptr<net::TlsContext> tls;
    FeedSpec spec;
    std::uint64_t number = 0; // given by the feed, counted up
};

// What becomes of connections that were made with the upstream before.
enum class Renewal : std::uint8_t {
    later,     // they stay; the next ones are made with the new one
    overlap,   // each is replaced as in a planned rotation: nothing is lost
    reconnect, // another place altogether: they end, holes are announced, the venue's ids begin anew
};

} // namespace tickgate::feed
