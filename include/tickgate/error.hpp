// The error codes every module and provider speaks, and what each means for whoever meets it.
#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <type_traits>

namespace tickgate {

using boost::system::error_code;
template <class T>
using result = boost::system::result<T>;

enum class errc {
    // data
    malformed_number = 1, // not a number by JSON's grammar
    number_overflow,      // does not fit 18 significant digits
    malformed_payload,    // a frame or an answer that the venue's documentation does not allow
    message_too_large,    // over the limit set for this transport
    // symbols
    malformed_symbol,   // not `class:symbol`, or characters outside [A-Za-z0-9._-]
    ambiguous_symbol,   // a bare symbol that several classes have
    unknown_symbol,     // the provider has no such instrument
    unknown_instrument, // a message about an instrument that was not subscribed
    // requests
    not_supported, // the provider does not offer this
    not_entitled,  // the plan or account does not include this
    bad_request,   // the venue refused the request as malformed
    // access
    unauthorized, // credentials missing, wrong or withdrawn: nothing but a person mends this
    restricted,   // refused for this location or address (451, 403)
    // limits
    rate_limited, // 429 and its likes: wait, then again
    banned,       // 418: send nothing until the ban ends
    too_many_subscriptions,
    too_many_connections,
    // connection
    timed_out,
    closed_by_venue,  // an orderly close that nobody announced
    planned_shutdown, // the venue announced its end, or a known life span is over
    silent,           // no byte within the liveness deadline
    protocol_error,   // the peer broke RFC 6455, HTTP or RESP
    tls_failed,       // handshake or verification failed
    venue_error,      // 5xx and other faults on the venue's side
    unavailable,      // a needed service is not there
    // ours
    configuration,
    not_owner, // another publisher holds the prefix
    stopped,   // shutdown: not a fault
    overflow,  // a bounded queue is full
    // the store of history
    store_full,    // no room on its disk
    store_corrupt, // its file is damaged
    store_failed,  // it could not be reached, read or written for another reason
    store_newer,   // a newer version wrote it
    cancelled,     // by whoever asked
};

const boost::system::error_category& tickgate_category() noexcept;
inline error_code make_error_code(errc e) noexcept { return {static_cast<int>(e), tickgate_category()}; }

// What to do after an error. One function, so that policy has one place.
enum class Recovery {
    retry,       // back off and try again
    retry_later, // the venue asked for a longer pause (rate limits, bans, location blocks)
    give_up,     // no retry can help: a person must act
    stop,        // shutdown, not a fault
};
Recovery recovery_of(const error_code& ec) noexcept;

// `message [category:value]`, the form in which every log line and event names an error.
std::string describe(const error_code& ec);

} // namespace tickgate

namespace boost::system {
template <>
struct is_error_code_enum<tickgate::errc> : std::true_type {};
} // namespace boost::system
