// Instruments of Massive: by name, all, by a part of the name.
#include "massive/provider.hpp"
#include "massive/reference.hpp"
#include "massive/symbols.hpp"

#include "core/log.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

constexpr std::size_t few_by_name = 3; // as many single requests before a snapshot of all is asked
constexpr std::string_view listed_markets[] = {"stocks", "fx", "crypto", "indices"};

InstrumentInfo info_of(const InstrumentName& name, std::string_view description, std::string_view status) {
    InstrumentInfo info;
    info.name = name;
    info.native = stream_symbol(name);
    info.feed = part_of(*cluster_of(name.asset_class));
    info.description = description;
    info.status = status;
    info.tradeable = true;
    return info;
}

} // namespace

// Up to 250 a request; also says what kind of thing a ticker is.
asio::awaitable<error_code> MassiveProvider::find_by_snapshot(
    const Wanted& wanted, std::vector<InstrumentInfo>& found, Wanted& unclear, Rest& rest) {
    for (auto& target : snapshot_targets(wanted)) {
        const auto take = [&](std::string_view body) {
            return parse_known(body, [&](const KnownTicker& known) {
                const auto it = wanted.find(known.ticker);
                if (it == wanted.end() || known.verdict == KnownTicker::Verdict::unknown)
                    return;
                if (known.verdict == KnownTicker::Verdict::unclear)
                    unclear.insert(*it);
                else
                    found.push_back(info_of(it->second, known.name, "active"));
            });
        };
        std::function<result<std::string>(std::string_view)> page = take;
        if (const auto ec = co_await walk(std::move(target), std::move(page), rest))
            co_return ec;
    }
    co_return error_code();
}

asio::awaitable<error_code> MassiveProvider::find_by_ticker(
    const Wanted& wanted, std::vector<InstrumentInfo>& found, Rest& rest) {
    for (const auto& [ticker, name] : wanted) {
        std::string target = "/v3/reference/tickers?limit=10&ticker=" + percent_encode(ticker);
        const auto answer = co_await fetch(std::move(target), rest);
        if (!answer) {
            if (answer.error() == errc::unknown_symbol)
                continue;
            co_return answer.error();
        }
        const auto page = parse_tickers(answer->body);
        if (!page)
            co_return page.error();
        for (const auto& info : page->instruments)
            if (info.name == name) {
                found.push_back(info);
                break;
            }
    }
    co_return error_code();
}

// One request for the contracts of one root and expiration; a lone contract is asked by its strike as well.
asio::awaitable<error_code> MassiveProvider::find_contracts(
    const Wanted& wanted, std::vector<InstrumentInfo>& found, Rest& rest) {
    std::map<std::pair<std::string, std::string>, std::vector<OptionTerms>> groups;
    for (const auto& [ticker, name] : wanted)
        if (auto terms = option_terms(name.symbol)) {
            std::pair<std::string, std::string> key(terms->root, terms->expiration);
            groups[key].push_back(std::move(*terms));
        }
    for (const auto& [key, terms] : groups) {
        // Adjusted contracts have a digit behind the root of what they are on.
        auto root = key.first;
        while (root.size() > 1 && root.back() >= '0' && root.back() <= '9')
            root.pop_back();
        std::string target = "/v3/reference/options/contracts?underlying_ticker=" + percent_encode(root) +
                             "&expiration_date=" + key.second + "&limit=1000";
        if (terms.size() == 1)
            target += "&strike_price=" + terms.front().strike.to_string() +
                      (terms.front().call ? "&contract_type=call" : "&contract_type=put");
        const auto take = [&](std::string_view body) -> result<std::string> {
            auto page = parse_contracts(body);
            if (!page)
                return page.error();
            for (auto& info : page->instruments)
                if (wanted.contains(info.native))
                    found.push_back(std::move(info));
            return page->next_url;
        };
        std::function<result<std::string>(std::string_view)> page = take;
        const auto ec = co_await walk(std::move(target), std::move(page), rest);
        if (ec && ec != errc::unknown_symbol)
            co_return ec;
    }
    co_return error_code();
}

asio::awaitable<result<std::vector<InstrumentInfo>>> MassiveProvider::find_instruments(
    std::vector<InstrumentName> names, Rest& rest) {
    std::vector<InstrumentInfo> found;
    Wanted wanted;
    for (auto& name : names) {
        if (!cluster_of(name.asset_class))
            continue;
        // No documented lookup of one futures contract: an unknown one is confirmed by the stream and stays silent.
        if (name.asset_class == AssetClass::future)
            found.push_back(info_of(name, {}, "not checked"));
        else
            wanted.emplace(rest_ticker(name), std::move(name));
    }
    if (wanted.size() > few_by_name) {
        Wanted unclear;
        const auto ec = co_await find_by_snapshot(wanted, found, unclear, rest);
        if (!ec)
            wanted = std::move(unclear);
        else if (ec != errc::not_entitled)
            co_return ec;
    }
    Wanted contracts;
    for (auto it = wanted.begin(); it != wanted.end();)
        if (const auto here = it++; here->second.asset_class == AssetClass::option)
            contracts.insert(wanted.extract(here));
    if (const auto ec = co_await find_by_ticker(wanted, found, rest))
        co_return ec;
    if (const auto ec = co_await find_contracts(contracts, found, rest))
        co_return ec;
    co_return found;
}

asio::awaitable<error_code> MassiveProvider::list_instruments(
    std::function<void(const InstrumentInfo&)> sink, Rest& rest) {
    for (const auto market : listed_markets) {
        std::size_t refused = 0;
        const auto take = [&](std::string_view body) -> result<std::string> {
            const auto page = parse_tickers(body);
            if (!page)
                return page.error();
            for (const auto& info : page->instruments)
                sink(info);
            refused += page->refused;
            return page->next_url;
        };
        std::string target =
            "/v3/reference/tickers?active=true&order=asc&sort=ticker&limit=1000&market=" + std::string(market);
        std::function<result<std::string>(std::string_view)> page = take;
        if (const auto ec = co_await walk(std::move(target), std::move(page), rest))
            co_return ec;
        if (refused > 0)
            log::info("massive", "symbols_not_offered", {{"market", market}, {"count", refused}});
    }
    co_return error_code();
}

asio::awaitable<result<std::vector<InstrumentInfo>>> MassiveProvider::search_instruments(
    std::string text, std::size_t limit, Rest& rest) {
    if (text.empty() || limit == 0)
        co_return std::vector<InstrumentInfo>();
    std::string target =
        "/v3/reference/tickers?active=true&limit=" + std::to_string(std::min<std::size_t>(limit, 1000)) +
        "&search=" + percent_encode(text);
    const auto answer = co_await fetch(std::move(target), rest);
    if (!answer)
        co_return answer.error();
    auto page = parse_tickers(answer->body);
    if (!page)
        co_return page.error();
    if (page->instruments.size() > limit)
        page->instruments.resize(limit);
    co_return std::move(page->instruments);
}

asio::awaitable<result<std::vector<MarketDay>>> MassiveProvider::get_market_days(Rest& rest) {
    const auto answer = co_await fetch("/v1/marketstatus/upcoming", rest);
    if (!answer)
        co_return answer.error();
    co_return parse_market_days(answer->body);
}

} // namespace tickgate::massive
