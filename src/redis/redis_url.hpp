// The database number in a Redis address.
#pragma once

#include "net/url.hpp"

namespace tickgate::redis {

// Of `redis://host/3` or `unix:///path?db=3`; 0 if none is given, -1 if it is not a number.
int database_of(const net::Url& url) noexcept;

} // namespace tickgate::redis
