// `next_url`: absolute, without a key, to be followed as it is, but never to a stranger.
#pragma once

#include <tickgate/error.hpp>

#include <set>
#include <string>
#include <string_view>

namespace tickgate::massive {

// Remembers the pages of one listing. The key is only ever sent to the configured endpoint.
class Pages {
public:
    // `base`: the configured endpoint, scheme, host, port and an optional path. `most`: pages of one listing.
    explicit Pages(std::string base, std::size_t most = 5000) : base_(std::move(base)), most_(most) {}

    // The target to ask `base` for. Errors: malformed_payload (another origin than the endpoint's or its known alias
    // polygon.io or massive.com, a page seen before, too many pages).
    result<std::string> follow(std::string_view next_url);

private:
    std::string base_;
    std::size_t most_;
    std::set<std::string, std::less<>> seen_;
};

} // namespace tickgate::massive
