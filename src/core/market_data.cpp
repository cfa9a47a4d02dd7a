#include <tickgate/feed_session.hpp>
#include <tickgate/market_data.hpp>

namespace tickgate {

std::string_view to_string(Kind k) noexcept {
    switch (k) {
    case Kind::quote:
        return "quote";
    case Kind::trade:
        return "trade";
    case Kind::bar:
        return "bar";
    }
    return "unknown";
}

std::string_view to_string(Flag f) noexcept {
    switch (f) {
    case Flag::snapshot:
        return "snapshot";
    case Flag::delayed:
        return "delayed";
    case Flag::crossed:
        return "crossed";
    case Flag::locked:
        return "locked";
    case Flag::synthetic:
        return "synthetic";
    case Flag::indicative:
        return "indicative";
    case Flag::backfill:
        return "backfill";
    case Flag::mixed:
        return "mixed";
    case Flag::derived:
        return "derived";
    }
    return "unknown";
}

std::string_view to_string(Skip s) noexcept {
    switch (s) {
    case Skip::malformed:
        return "malformed";
    case Skip::unknown_instrument:
        return "unknown_instrument";
    case Skip::unknown_type:
        return "unknown_type";
    case Skip::repeated:
        return "repeated";
    case Skip::overflow:
        return "overflow";
    case Skip::field_overflow:
        return "field_overflow";
    }
    return "unknown";
}

} // namespace tickgate
