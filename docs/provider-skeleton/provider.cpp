#include "provider.hpp"

#include "session.hpp"

#include <simdjson.h>

#include <charconv>

namespace tickgate::acme {

using namespace std::chrono_literals;

namespace {

// errors: Acme's statuses in our words; recovery_of() decides what follows from them.
error_code error_of(int status) {
    if (status == 401 || status == 403)
        return errc::unauthorized;
    if (status == 429)
        return errc::rate_limited;
    if (status >= 500)
        return errc::venue_error;
    return status == 200 ? error_code() : make_error_code(errc::bad_request);
}

// symbols: `EURUSD` is fx:EUR-USD, in both directions and for nothing else.
std::string native_of(const InstrumentName& name) { return name.symbol.substr(0, 3) + name.symbol.substr(4); }
bool fits(const InstrumentName& name) {
    return name.asset_class == AssetClass::fx && name.symbol.size() == 7 && name.symbol[3] == '-';
}

InstrumentInfo info_of(std::string_view native) {
    InstrumentInfo info;
    info.name.asset_class = AssetClass::fx;
    info.name.symbol = std::string(native.substr(0, 3)) + "-" + std::string(native.substr(3));
    info.native = native;
    info.feed = "quotes";
    info.status = "open";
    info.tradeable = true;
    return info;
}

// {"symbols":["EURUSD",…]}
result<std::vector<InstrumentInfo>> parse_symbols(const std::string& body) {
    std::vector<InstrumentInfo> found;
    simdjson::dom::parser parser;
    simdjson::dom::array list;
    if (parser.parse(body)["symbols"].get(list))
        return errc::malformed_payload;
    for (const auto element : list) {
        std::string_view native;
        if (element.get(native))
            return errc::malformed_payload;
        if (native.size() == 6) // names that do not fit are not offered
            found.push_back(info_of(native));
    }
    return found;
}

} // namespace

AcmeProvider::AcmeProvider(Settings settings) : settings_(std::move(settings)) {
    FeedSpec quotes;
    quotes.part = "quotes";
    quotes.classes = {AssetClass::fx};
    quotes.kinds = {Kind::quote};        // no trades, no bars: the gateway builds bars from mid quotes
    quotes.streams_per_connection = 100; // the documented limits
    quotes.max_connections = 5;
    quotes.connect_spacing = 1s;
    RequestBudgetSpec budget;
    budget.name = "rest";
    budget.weight_limit = 60;
    budget.window = 60s;
    capabilities_.feeds = {quotes};
    capabilities_.budgets = {budget};
}

RestRequest AcmeProvider::request(std::string target) const {
    RestRequest r;
    r.base = settings_.rest;
    r.target = std::move(target);
    r.headers.emplace_back("Authorization", "Bearer " + settings_.token);
    return r;
}

asio::awaitable<result<std::vector<InstrumentInfo>>> AcmeProvider::find_instruments(
    std::vector<InstrumentName> names, Rest& rest) {
    const auto answer = co_await rest.send(request("/v1/symbols"));
    if (!answer)
        co_return answer.error();
    if (const auto error = error_of(answer->status))
        co_return error;
    auto all = parse_symbols(answer->body);
    if (!all)
        co_return all.error();
    std::erase_if(*all, [&](const InstrumentInfo& info) {
        for (const auto& name : names)
            if (fits(name) && native_of(name) == info.native)
                return false;
        return true;
    });
    co_return all;
}

asio::awaitable<error_code> AcmeProvider::list_instruments(
    std::function<void(const InstrumentInfo&)> sink, Rest& rest) {
    const auto answer = co_await rest.send(request("/v1/symbols"));
    if (!answer)
        co_return answer.error();
    if (const auto error = error_of(answer->status))
        co_return error;
    const auto all = parse_symbols(answer->body);
    if (!all)
        co_return all.error();
    for (const auto& info : *all)
        sink(info);
    co_return error_code();
}

asio::awaitable<result<std::unique_ptr<FeedSession>>> AcmeProvider::open_session(
    std::string, int, std::uint64_t, Rest&) {
    std::unique_ptr<FeedSession> session = std::make_unique<AcmeSession>(settings_.ws, settings_.token);
    co_return session;
}

asio::awaitable<result<Quotes>> AcmeProvider::get_quotes(QuoteRequest, Rest&) { co_return errc::not_supported; }
asio::awaitable<result<BarPage>> AcmeProvider::get_bars(BarRequest, Rest&) { co_return errc::not_supported; }

BudgetReading AcmeProvider::read_budget(const RestResponse& answer) const {
    BudgetReading reading;
    const auto text = answer.header("retry-after");
    int seconds = 0;
    if (answer.status == 429 && std::from_chars(text.data(), text.data() + text.size(), seconds).ec == std::errc())
        reading.pause = std::chrono::seconds(seconds);
    return reading;
}

void register_acme(ProviderRegistry& registry) {
    ProviderFactory factory;
    factory.name = "acme";
    factory.make = [](const ProviderSettings& settings, std::string& problem) -> std::unique_ptr<DataProvider> {
        Settings s;
        for (const auto& [key, value] : settings) {
            if (key == "endpoints.ws")
                s.ws = value;
            else if (key == "endpoints.rest")
                s.rest = value;
            else if (key == "token")
                s.token = value;
            else {
                problem = "unknown setting " + key; // its name, never its value
                return nullptr;
            }
        }
        return std::make_unique<AcmeProvider>(std::move(s));
    };
    registry.add(factory);
}

} // namespace tickgate::acme
