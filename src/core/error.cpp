#include <tickgate/error.hpp>

namespace tickgate {

namespace {

class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "tickgate"; }
    std::string message(int value) const override {
        switch (static_cast<errc>(value)) {
        case errc::malformed_number:
            return "not a number";
        case errc::number_overflow:
            return "number does not fit 18 significant digits";
        case errc::malformed_payload:
            return "malformed payload";
        case errc::message_too_large:
            return "message too large";
        case errc::malformed_symbol:
            return "malformed symbol, expected class:symbol";
        case errc::ambiguous_symbol:
            return "symbol exists in several classes";
        case errc::unknown_symbol:
            return "unknown symbol";
        case errc::unknown_instrument:
            return "instrument was not subscribed";
        case errc::not_supported:
            return "not supported by this provider";
        case errc::not_entitled:
            return "not included in this plan";
        case errc::bad_request:
            return "request refused as malformed";
        case errc::unauthorized:
            return "credentials refused";
        case errc::restricted:
            return "refused for this location or address";
        case errc::rate_limited:
            return "rate limited";
        case errc::banned:
            return "address banned for ignoring rate limits";
        case errc::too_many_subscriptions:
            return "too many subscriptions";
        case errc::too_many_connections:
            return "too many connections";
        case errc::timed_out:
            return "timed out";
        case errc::closed_by_venue:
            return "closed by the venue";
        case errc::planned_shutdown:
            return "planned shutdown";
        case errc::silent:
            return "nothing received within the liveness deadline";
        case errc::protocol_error:
            return "protocol error";
        case errc::tls_failed:
            return "TLS failed";
        case errc::venue_error:
            return "fault on the venue's side";
        case errc::unavailable:
            return "not available";
        case errc::configuration:
            return "wrong configuration";
        case errc::not_owner:
            return "another publisher holds the prefix";
        case errc::stopped:
            return "stopped";
        case errc::overflow:
            return "queue full";
        case errc::store_full:
            return "no room left for the store";
        case errc::store_corrupt:
            return "the store is damaged";
        case errc::store_failed:
            return "the store does not answer";
        case errc::store_newer:
            return "the store was written by a newer version";
        case errc::cancelled:
            return "cancelled";
        }
        return "unknown error";
    }
};

} // namespace

const boost::system::error_category& tickgate_category() noexcept {
    static const Category category;
    return category;
}

Recovery recovery_of(const error_code& ec) noexcept {
    if (ec == make_error_condition(boost::system::errc::operation_canceled))
        return Recovery::stop;
    if (ec.category() != tickgate_category())
        return Recovery::retry;
    switch (static_cast<errc>(ec.value())) {
    case errc::stopped:
    case errc::cancelled:
        return Recovery::stop;
    case errc::unauthorized:
    case errc::configuration:
    case errc::store_newer:
        return Recovery::give_up;
    case errc::rate_limited:
    case errc::banned:
    case errc::restricted:
    case errc::too_many_connections:
        return Recovery::retry_later;
    default:
        return Recovery::retry;
    }
}

std::string describe(const error_code& ec) {
    if (!ec)
        return "none";
    return ec.message() + " [" + ec.category().name() + ":" + std::to_string(ec.value()) + "]";
}

} // namespace tickgate
