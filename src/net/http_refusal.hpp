// What an HTTP status that is not the one hoped for means.
#pragma once

#include <tickgate/error.hpp>

namespace tickgate::net {

// unauthorized (401, 403), banned (418), rate_limited (429), restricted (451), venue_error (5xx), else `otherwise`.
inline error_code refusal_of(int status, errc otherwise) noexcept {
    switch (status) {
    case 401:
    case 403:
        return errc::unauthorized;
    case 418:
        return errc::banned;
    case 429:
        return errc::rate_limited;
    case 451:
        return errc::restricted;
    default:
        return status >= 500 && status <= 599 ? errc::venue_error : otherwise;
    }
}

} // namespace tickgate::net
