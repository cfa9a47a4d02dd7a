// Pure parsing of REST answers that describe: tickers, contracts, exchanges, conditions, market days.
#pragma once

#include "massive/conditions.hpp"
#include "massive/config.hpp"

#include <tickgate/provider.hpp>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive {

// All below: errors malformed_payload.

struct ListingPage {
    std::vector<InstrumentInfo> instruments;
    std::size_t refused = 0; // names that fit no canonical form, markets that are not served
    std::string next_url;    // empty at the end
};
// `/v3/reference/tickers`
result<ListingPage> parse_tickers(std::string_view body);
// `/v3/reference/options/contracts`
result<ListingPage> parse_contracts(std::string_view body);

// What `/v3/snapshot` knows of a ticker.
struct KnownTicker {
    enum class Verdict : std::uint8_t { known, unknown, unclear }; // unclear: another error than NOT_FOUND
    std::string_view ticker, name;
    Verdict verdict = Verdict::known;
};
// Returns next_url, empty at the end.
result<std::string> parse_known(std::string_view body, const std::function<void(const KnownTicker&)>& sink);

// An OCC symbol taken apart from the right: root, date, right, strike in thousandths.
struct OptionTerms {
    std::string root;
    std::string expiration; // 2024-01-19
    bool call = true;
    Decimal strike;
};
std::optional<OptionTerms> option_terms(std::string_view symbol);

struct ExchangeInfo {
    std::int64_t id = 0;
    std::string type, asset_class, name, mic, participant;
};
// `/v3/reference/exchanges`; ids repeat (the reporting facilities share one).
result<std::vector<ExchangeInfo>> parse_exchanges(std::string_view body);

struct ConditionInfo {
    std::int64_t id = 0;
    std::string type, name;
    std::optional<UpdateRule> rule; // of the consolidated tape
};
// `/v3/reference/conditions`
result<std::vector<ConditionInfo>> parse_conditions(std::string_view body);

// `/v1/marketstatus/upcoming`: a bare array, one entry an exchange and day. Told once a day for equities, options and
// indices, NYSE's word before Nasdaq's.
result<std::vector<MarketDay>> parse_market_days(std::string_view body);

struct MarketStatus {
    std::string market; // `open`, `closed`, `extended-hours`
    bool early_hours = false, after_hours = false;
    std::string fx, crypto;
    std::optional<UnixNanos> server_time;
};
// `/v1/marketstatus/now`
result<MarketStatus> parse_market_status(std::string_view body);

// RFC 3339 with `Z` or an offset, to the second or finer.
std::optional<UnixNanos> parse_instant(std::string_view text) noexcept;

} // namespace tickgate::massive
