#include "core/status.hpp"

namespace tickgate {

std::string_view to_string(InstrumentState s) noexcept {
    switch (s) {
    case InstrumentState::live:
        return "live";
    case InstrumentState::stale:
        return "stale";
    case InstrumentState::closed:
        return "closed";
    case InstrumentState::down:
        return "down";
    case InstrumentState::pending:
        return "pending";
    case InstrumentState::refused:
        return "refused";
    case InstrumentState::unknown_symbol:
        return "unknown_symbol";
    }
    return "unknown";
}

std::string_view to_string(FeedState s) noexcept {
    switch (s) {
    case FeedState::connecting:
        return "connecting";
    case FeedState::live:
        return "live";
    case FeedState::closed:
        return "closed";
    case FeedState::down:
        return "down";
    case FeedState::refused:
        return "refused";
    }
    return "unknown";
}

} // namespace tickgate
