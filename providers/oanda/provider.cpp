#include "oanda/provider.hpp"

#include "oanda/errors.hpp"
#include "oanda/history.hpp"
#include "oanda/session.hpp"
#include "oanda/symbols.hpp"
#include "oanda/times.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace tickgate::oanda {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t quotes_per_request = 100; // keeps the address short
constexpr auto check_deadline = 5s;             // of the check before a stream, which goes on without an answer
constexpr auto check_again = 1min;

Capabilities make_capabilities(const Settings& settings) {
    Capabilities c;
    c.timeframes = candle_timeframes();
    FeedSpec pricing;
    pricing.part = feed_part;
    pricing.classes = {AssetClass::fx, AssetClass::cfd};
    pricing.kinds = {Kind::quote};
    pricing.streams_per_connection = settings.streams_per_connection;
    // A change of a stream's instruments needs a second connection for a moment: a tenth is left free for that.
    pricing.max_connections = std::max<std::size_t>(1, settings.connections - (settings.connections + 9) / 10);
    pricing.connect_spacing = 1s; // two new connections a second, which REST shares
    pricing.time_ordered = true;
    pricing.overlap = 1s;
    c.feeds = {pricing};
    RequestBudgetSpec budget;
    budget.name = "rest";
    budget.weight_limit = settings.requests_per_second;
    budget.window = 1s;
    c.budgets = {budget};
    c.bars_per_page = OandaProvider::most_candles;
    return c;
}

std::string csv(const std::vector<InstrumentName>& names) {
    std::string list;
    for (const auto& name : names)
        list += (list.empty() ? "" : "%2C") + percent_encode(native_of(name));
    return list;
}

} // namespace

OandaProvider::OandaProvider(Settings settings)
    : settings_(std::move(settings)), capabilities_(make_capabilities(settings_)), account_(settings_.account) {}

asio::awaitable<result<RestResponse>> OandaProvider::fetch(
    std::string target, std::chrono::milliseconds deadline, Rest& rest) {
    RestRequest request;
    request.deadline = deadline;
    request.base = settings_.rest;
    const bool candles = target.starts_with(candles_path);
    request.target = std::move(target);
    request.headers.emplace_back("Authorization", "Bearer " + settings_.token.reveal());
    request.headers.emplace_back("Accept-Datetime-Format", "RFC3339");
    auto answer = co_await rest.send(std::move(request));
    if (answer && answer->status != 200) {
        auto e = error_of(*answer);
        // The token opened the account: it is candles of this instrument that it does not include.
        if (candles && answer->status == 403 && e.code == errc::unauthorized)
            e.code = errc::not_entitled;
        if (e.code != errc::unknown_symbol) // who asked decides whether that is worth a line
            log::warn("oanda", "request_refused",
                {{"status", answer->status}, {"error", e.code}, {"venue_text", e.text},
                    {"request_id", answer->header("requestid")}});
        co_return e.code;
    }
    co_return answer;
}

asio::awaitable<result<std::string>> OandaProvider::find_account(Rest& rest) {
    if (!account_.empty())
        co_return account_;
    const auto answer = co_await fetch("/v3/accounts", usual_deadline, rest);
    if (!answer)
        co_return answer.error();
    const auto ids = parse_accounts(answer->body);
    if (!ids)
        co_return ids.error();
    if (ids->empty())
        co_return errc::unauthorized;
    account_ = ids->front();
    log::info("oanda", "account_chosen", {{"accounts", ids->size()}});
    co_return account_;
}

asio::awaitable<error_code> OandaProvider::list_instruments(
    std::function<void(const InstrumentInfo&)> sink, Rest& rest) {
    co_return co_await read_instruments(std::move(sink), usual_deadline, rest);
}

asio::awaitable<error_code> OandaProvider::read_instruments(
    std::function<void(const InstrumentInfo&)> sink, std::chrono::milliseconds deadline, Rest& rest) {
    const auto account = co_await find_account(rest);
    if (!account)
        co_return account.error();
    const auto answer = co_await fetch("/v3/accounts/" + percent_encode(*account) + "/instruments", deadline, rest);
    if (!answer)
        co_return answer.error();
    std::size_t refused = 0;
    const auto names = std::make_shared<InstrumentNames>();
    const std::function<void(const InstrumentInfo&)> take = [&](const InstrumentInfo& info) {
        names->insert(info.native);
        sink(info);
    };
    const auto ec = parse_instruments(answer->body, take, refused);
    if (refused > 0)
        log::info("oanda", "symbols_not_offered", {{"count", refused}});
    if (!ec && !names->empty()) {
        known_ = names;
        checked_at_ = mono_now();
    }
    co_return ec;
}

// One instrument that the account has lost refuses a stream as a whole. Whether that was why a stream was refused is
// not known here: the list is read before each one, at most once a minute.
asio::awaitable<error_code> OandaProvider::check_instruments(Rest& rest) {
    if (checked_at_ && mono_now() - *checked_at_ < check_again)
        co_return error_code();
    std::function<void(const InstrumentInfo&)> nobody = [](const InstrumentInfo&) {};
    const auto ec = co_await read_instruments(std::move(nobody), check_deadline, rest);
    if (ec == errc::unauthorized)
        co_return ec;
    if (ec) { // the stream itself may do
        checked_at_ = mono_now();
        log::info("oanda", "instruments_not_checked", {{"error", ec}});
    }
    co_return error_code();
}

asio::awaitable<result<std::vector<InstrumentInfo>>> OandaProvider::find_instruments(
    std::vector<InstrumentName> names, Rest& rest) {
    std::unordered_set<InstrumentName> wanted;
    for (auto& name : names)
        if (serves(name.asset_class))
            wanted.insert(std::move(name));
    std::vector<InstrumentInfo> found;
    if (wanted.empty())
        co_return found;
    std::function<void(const InstrumentInfo&)> take = [&](const InstrumentInfo& info) {
        if (wanted.contains(info.name))
            found.push_back(info);
    };
    if (const auto ec = co_await list_instruments(std::move(take), rest))
        co_return ec;
    co_return found;
}

asio::awaitable<result<std::vector<InstrumentInfo>>> OandaProvider::search_instruments(
    std::string text, std::size_t limit, Rest& rest) {
    std::vector<std::pair<int, InstrumentInfo>> ranked;
    std::function<void(const InstrumentInfo&)> take = [&](const InstrumentInfo& info) {
        if (const int quality = match_quality(info, text); quality > 0)
            ranked.emplace_back(quality, info);
    };
    if (const auto ec = co_await list_instruments(std::move(take), rest))
        co_return ec;
    std::stable_sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
    std::vector<InstrumentInfo> found;
    for (auto& [quality, info] : ranked)
        if (found.size() < limit)
            found.push_back(std::move(info));
    co_return found;
}

asio::awaitable<result<std::unique_ptr<FeedSession>>> OandaProvider::open_session(
    std::string, int, std::uint64_t, Rest& rest) {
    const auto account = co_await find_account(rest);
    if (!account)
        co_return account.error();
    if (const auto ec = co_await check_instruments(rest))
        co_return ec;
    SessionOptions options;
    options.base = settings_.stream;
    options.account = *account;
    options.token = settings_.token.reveal();
    options.known = known_;
    result<std::unique_ptr<FeedSession>> session = std::make_unique<OandaSession>(std::move(options));
    co_return session;
}

asio::awaitable<error_code> OandaProvider::fetch_quotes(std::vector<InstrumentName> names, Quotes& quotes, Rest& rest) {
    const auto answer = co_await fetch("/v3/accounts/" + percent_encode(account_) +
                                           "/pricing?instruments=" + csv(names) + "&includeUnitsAvailable=false",
        usual_deadline, rest);
    if (!answer)
        co_return answer.error();
    std::unordered_map<std::string, InstrumentName> wanted;
    for (auto& name : names)
        wanted.emplace(native_of(name), std::move(name));
    co_return parser_.parse_prices(answer->body, wall_now(), [&](const StreamLine& line) {
        if (const auto it = wanted.find(std::string(line.instrument)); it != wanted.end())
            quotes.emplace_back(it->second, line.quote);
    });
}

asio::awaitable<result<Quotes>> OandaProvider::get_quotes(QuoteRequest request, Rest& rest) {
    std::vector<InstrumentName> names;
    for (auto& name : request.instruments)
        if (serves(name.asset_class))
            names.push_back(std::move(name));
    Quotes quotes;
    if (names.empty())
        co_return quotes;
    if (const auto account = co_await find_account(rest); !account)
        co_return account.error();
    bool proven = false; // that the account has every name: one bad name refuses the whole request
    for (std::size_t at = 0; at < names.size();) {
        const auto end = names.begin() + static_cast<std::ptrdiff_t>(std::min(at + quotes_per_request, names.size()));
        std::vector<InstrumentName> some(names.begin() + static_cast<std::ptrdiff_t>(at), end);
        const auto count = some.size();
        const auto ec = co_await fetch_quotes(std::move(some), quotes, rest);
        if (ec == errc::unknown_symbol && !proven) {
            std::vector<InstrumentName> left(names.begin() + static_cast<std::ptrdiff_t>(at), names.end());
            const auto known = co_await find_instruments(std::move(left), rest);
            if (!known)
                co_return known.error();
            names.clear();
            for (const auto& info : *known)
                names.push_back(info.name);
            at = 0;
            proven = true;
            continue;
        }
        if (ec)
            co_return ec;
        at += count;
    }
    co_return quotes;
}

BudgetReading OandaProvider::read_budget(const RestResponse& answer) const { return budget_of(answer); }

void register_oanda(ProviderRegistry& registry) {
    registry.add({"oanda", [](const ProviderSettings& settings, std::string& problem) -> std::unique_ptr<DataProvider> {
                      auto read = read_settings(settings, problem);
                      if (!read)
                          return nullptr;
                      return std::make_unique<OandaProvider>(std::move(*read));
                  }});
}

} // namespace tickgate::oanda
