#include "massive/provider.hpp"

#include "massive/errors.hpp"
#include "massive/history.hpp"
#include "massive/reference.hpp"
#include "massive/session.hpp"
#include "massive/snapshots.hpp"
#include "massive/symbols.hpp"
#include "massive/time_units.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

using namespace std::chrono_literals;

Capabilities make_capabilities(const Settings& settings) {
    Capabilities c;
    c.timeframes.assign(all_timeframes.begin(), all_timeframes.end());
    for (const auto cluster : all_clusters) {
        FeedSpec feed;
        feed.part = part_of(cluster);
        feed.classes = {class_of(cluster)};
        feed.kinds = {Kind::quote, Kind::bar};
        if (!prefix_of(cluster, Channel::trade).empty())
            feed.kinds.push_back(Kind::trade);
        feed.timeframes = {Timeframe::s1, Timeframe::m1};
        if (cluster == Cluster::options)
            feed.streams_per_connection = 1000; // contracts with quotes; everything else weighs nothing
        feed.max_connections = settings.connections;
        feed.connect_spacing = 2s;
        if (settings.delayed_on(cluster))
            feed.delay = cluster == Cluster::futures ? 10min : 15min;
        c.feeds.push_back(std::move(feed));
    }
    RequestBudgetSpec budget;
    budget.name = "rest";
    // Paid plans are limited by the second, not by the minute; few requests a minute are the setting's own wish.
    const bool by_second = !settings.free_plan && settings.requests_per_minute >= 60;
    budget.weight_limit = by_second ? settings.requests_per_minute / 60 : settings.requests_per_minute;
    budget.window = by_second ? 1s : 60s;
    if (settings.requests_per_day > 0) {
        LimitSpec day;
        day.kind = LimitSpec::Kind::day;
        day.limit = settings.requests_per_day;
        budget.more.push_back(day);
    }
    RequestBudgetSpec files;
    files.name = "flat_files"; // by S3, which counts for itself
    files.weight_limit = 50;
    files.window = 1s;
    if (settings.s3_monthly_gb > 0) {
        LimitSpec volume;
        volume.kind = LimitSpec::Kind::month;
        volume.unit = LimitSpec::Unit::bytes;
        volume.limit = settings.s3_monthly_gb * 1'000'000'000;
        files.more.push_back(volume);
    }
    c.budgets = {budget, files};
    c.bars_per_page = 50000; // base bars, see BarHistory::page
    c.trades_history = true;
    c.bulk_files = settings.flat_files();
    return c;
}

// Adds a quote without its texts; quotes of stocks may be in round lots.
void add_quote(Quotes& quotes, const InstrumentName& name, Quote quote, int lot_size) {
    quote.exchange = {};
    if (name.asset_class == AssetClass::equity && lot_size > 1)
        for (auto* const size : {&quote.bid_size, &quote.ask_size})
            if (*size) {
                const auto shares = Decimal::multiply(**size, Decimal::from_integer(lot_size));
                *size = shares ? OptionalDecimal(*shares) : std::nullopt; // not a size of another unit
            }
    quotes.emplace_back(name, quote);
}

} // namespace

std::vector<std::string> MassiveProvider::snapshot_targets(const Wanted& wanted) {
    constexpr std::size_t most = 250;
    std::vector<std::string> targets;
    std::size_t n = 0;
    for (const auto& [ticker, name] : wanted) {
        if (n++ % most == 0)
            targets.emplace_back("/v3/snapshot?limit=250&ticker.any_of=");
        else
            targets.back() += ',';
        targets.back() += percent_encode(ticker);
    }
    return targets;
}

MassiveProvider::MassiveProvider(Settings settings)
    : settings_(std::move(settings)), capabilities_(make_capabilities(settings_)) {
    if (!settings_.flat_files())
        return;
    S3Options s3;
    s3.endpoint = settings_.s3;
    s3.key.id = settings_.s3_access_key;
    s3.key.secret = settings_.s3_secret_key;
    s3.monthly_bytes = static_cast<std::uint64_t>(settings_.s3_monthly_gb) * 1'000'000'000;
    s3.retry_pause = settings_.s3_retry_pause;
    files_ = std::make_unique<S3>(std::move(s3));
}

asio::awaitable<result<RestResponse>> MassiveProvider::fetch(std::string target, Rest& rest) {
    RestRequest request;
    request.base = settings_.rest;
    request.target = std::move(target);
    request.headers.emplace_back("Authorization", "Bearer " + settings_.api_key.reveal());
    request.deadline = 30s;
    request.max_body = 32u << 20;
    auto answer = co_await rest.send(std::move(request));
    if (answer && answer->status / 100 != 2) {
        const auto e = error_of(*answer);
        if (e.code != errc::unknown_symbol) // who asked decides whether that is worth a line
            log::warn(
                "massive", "request_refused", {{"status", answer->status}, {"error", e.code}, {"venue_text", e.text}});
        co_return e.code;
    }
    co_return answer;
}

asio::awaitable<error_code> MassiveProvider::walk(
    std::string target, std::function<result<std::string>(std::string_view)> take, Rest& rest) {
    Pages pages(settings_.rest);
    for (;;) {
        const auto answer = co_await fetch(std::move(target), rest);
        if (!answer)
            co_return answer.error();
        const auto next = take(answer->body);
        if (!next)
            co_return next.error();
        if (next->empty())
            co_return error_code();
        auto followed = pages.follow(*next);
        if (!followed) {
            log::warn("massive", "next_page_refused", {{"error", followed.error()}});
            co_return followed.error();
        }
        target = std::move(*followed);
    }
}

// ------------------------------------------------------------------------------------------------------------ stream

int MassiveProvider::weight_of(std::string_view feed_part, const Subscription& s) const noexcept {
    if (cluster_from(feed_part) != Cluster::options)
        return 1; // of no limit
    if (s.kind != Kind::quote)
        return 0;
    return settings_.fmv ? 2 : 1;
}

asio::awaitable<result<std::unique_ptr<FeedSession>>> MassiveProvider::open_session(
    std::string feed_part, int, std::uint64_t, Rest&) {
    const auto cluster = cluster_from(feed_part);
    if (!cluster)
        co_return errc::not_supported;
    SessionOptions options;
    options.cluster = *cluster;
    options.url = settings_.stream_url(*cluster);
    options.key = settings_.api_key;
    options.delayed = settings_.delayed_on(*cluster);
    options.crypto_exchange = settings_.crypto_exchange;
    options.lot_size = settings_.lot_size;
    options.luld = settings_.luld && !options.delayed; // exists in real time only
    options.fmv = settings_.fmv;
    result<std::unique_ptr<FeedSession>> session = std::make_unique<MassiveSession>(std::move(options));
    co_return session;
}

// ------------------------------------------------------------------------------------------------------------ quotes

asio::awaitable<error_code> MassiveProvider::quotes_by_snapshot(const Wanted& wanted, Quotes& quotes, Rest& rest) {
    for (auto& target : snapshot_targets(wanted)) {
        const auto take = [&](std::string_view body) {
            return parse_snapshot(body, wall_now(), [&](std::string_view ticker, const Quote& quote) {
                if (const auto name = wanted.find(ticker); name != wanted.end())
                    add_quote(quotes, name->second, quote, settings_.lot_size);
            });
        };
        std::function<result<std::string>(std::string_view)> page = take;
        if (const auto ec = co_await walk(std::move(target), std::move(page), rest))
            co_return ec;
    }
    co_return error_code();
}

asio::awaitable<error_code> MassiveProvider::last_quote(const InstrumentName& name, Quotes& quotes, Rest& rest) {
    const bool stock = name.asset_class == AssetClass::equity;
    const auto ticker = rest_ticker(name);
    const auto take = [&](std::string_view, const Quote& quote) { add_quote(quotes, name, quote, settings_.lot_size); };
    std::string target;
    if (stock) {
        target = "/v2/last/nbbo/" + percent_encode(ticker);
    } else {
        const auto dash = name.symbol.find('-');
        target = "/v1/last_quote/currencies/" + percent_encode(name.symbol.substr(0, dash)) + "/" +
                 percent_encode(name.symbol.substr(dash + 1));
    }
    auto answer = co_await fetch(std::move(target), rest);
    if (answer)
        co_return stock ? parse_last_nbbo(answer->body, wall_now(), take)
                        : parse_last_currency(answer->body, wall_now(), take);
    if (!stock || answer.error() != errc::not_entitled)
        co_return answer.error();
    // A plan with trades and without quotes.
    answer = co_await fetch("/v2/last/trade/" + percent_encode(ticker), rest);
    if (!answer)
        co_return answer.error();
    co_return parse_last_trade(answer->body, wall_now(), take);
}

asio::awaitable<result<Quotes>> MassiveProvider::get_quotes(QuoteRequest request, Rest& rest) {
    Quotes quotes;
    Wanted wanted;
    for (const auto& name : request.instruments)
        if (const auto cluster = cluster_of(name.asset_class); cluster && *cluster != Cluster::futures)
            wanted.emplace(rest_ticker(name), name);
    if (wanted.empty())
        co_return quotes;
    const auto& first = wanted.begin()->second;
    const bool pair = first.asset_class == AssetClass::fx && first.symbol.find('-') != std::string::npos;
    error_code ec;
    if (wanted.size() == 1 && (first.asset_class == AssetClass::equity || pair))
        ec = co_await last_quote(first, quotes, rest);
    else
        ec = co_await quotes_by_snapshot(wanted, quotes, rest);
    if (ec && ec != errc::unknown_symbol)
        co_return ec;
    co_return quotes;
}

BudgetReading MassiveProvider::read_budget(const RestResponse& answer) const { return budget_of(answer); }

void register_massive(ProviderRegistry& registry) {
    registry.add(
        {"massive", [](const ProviderSettings& settings, std::string& problem) -> std::unique_ptr<DataProvider> {
             auto read = read_settings(settings, problem);
             if (!read)
                 return nullptr;
             return std::make_unique<MassiveProvider>(std::move(*read));
         }});
}

} // namespace tickgate::massive
