// UTF-8 validation (RFC 3629) without tables.
#pragma once

#include <string_view>

namespace tickgate::net {

// No overlong forms, no surrogates, nothing above U+10FFFF, no cut sequence at the end.
bool valid_utf8(std::string_view text) noexcept;

} // namespace tickgate::net
