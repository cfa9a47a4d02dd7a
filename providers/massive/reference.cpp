#include "massive/reference.hpp"

#include "massive/history.hpp"
#include "massive/json_records.hpp"
#include "massive/symbols.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::massive {

namespace {

std::optional<Cluster> cluster_of_market(std::string_view market) noexcept {
    if (market == "stocks" || market == "otc")
        return Cluster::stocks;
    if (market == "fx")
        return Cluster::forex;
    if (market == "crypto")
        return Cluster::crypto;
    if (market == "indices")
        return Cluster::indices;
    return std::nullopt;
}

std::optional<InstrumentInfo> info_of(Cluster cluster, std::string symbol) {
    if (!is_symbol(symbol))
        return std::nullopt;
    InstrumentInfo info;
    info.name.asset_class = class_of(cluster);
    info.name.symbol = std::move(symbol);
    info.native = stream_symbol(info.name);
    info.feed = part_of(cluster);
    return info;
}

std::string without_dash(std::string_view text) {
    std::string out(text);
    std::erase(out, '-');
    return out;
}

std::optional<InstrumentInfo> ticker_of(Record& r) {
    const auto cluster = cluster_of_market(r.text("market"));
    const auto ticker = r.text("ticker");
    if (!cluster || ticker.empty())
        return std::nullopt;
    std::optional<std::string> symbol;
    // The parts of a crypto pair without separator are told apart only here.
    const auto base = r.text("base_currency_symbol"), quote = r.text("currency_symbol");
    if ((*cluster == Cluster::crypto || *cluster == Cluster::forex) && !base.empty() && !quote.empty())
        symbol = std::string(base) + "-" + std::string(quote);
    else
        symbol = canonical_symbol(*cluster, ticker);
    if (!symbol)
        return std::nullopt;
    auto info = info_of(*cluster, std::move(*symbol));
    // What the name is made into must lead back to this ticker.
    if (!info || without_dash(rest_ticker(info->name)) != without_dash(ticker))
        return std::nullopt;
    info->description = r.text("name");
    const bool active = r.flag("active").value_or(true);
    info->status = active ? "active" : "delisted";
    info->tradeable = active;
    return info;
}

template <class Read>
result<ListingPage> listing(std::string_view body, Read&& read) {
    ListingPage page;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        if (auto info = read(r))
            page.instruments.push_back(std::move(*info));
        else
            ++page.refused;
        return {};
    });
    if (ec)
        return ec;
    page.next_url = top.text("next_url");
    return page;
}

bool number_at(std::string_view text, std::size_t at, std::size_t length, int& into) noexcept {
    if (at + length > text.size())
        return false;
    const char* const end = text.data() + at + length;
    const auto [stop, ec] = std::from_chars(text.data() + at, end, into);
    return ec == std::errc() && stop == end && into >= 0;
}

} // namespace

result<ListingPage> parse_tickers(std::string_view body) { return listing(body, ticker_of); }

result<ListingPage> parse_contracts(std::string_view body) {
    return listing(body, [](Record& r) -> std::optional<InstrumentInfo> {
        const auto symbol = canonical_symbol(Cluster::options, r.text("ticker"));
        auto info = symbol ? info_of(Cluster::options, *symbol) : std::nullopt;
        if (!info)
            return std::nullopt;
        info->description = std::string(r.text("underlying_ticker")) + " " + std::string(r.text("expiration_date")) +
                            " " + std::string(r.text("strike_price")) + " " + std::string(r.text("contract_type"));
        info->status = "active";
        info->tradeable = true;
        return info;
    });
}

result<std::string> parse_known(std::string_view body, const std::function<void(const KnownTicker&)>& sink) {
    using enum KnownTicker::Verdict;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        const auto error = r.text("error");
        KnownTicker known{r.text("ticker"), r.text("name"), error.empty() ? KnownTicker::Verdict::known : unclear};
        if (error == "NOT_FOUND")
            known.verdict = unknown;
        sink(known);
        return {};
    });
    if (ec)
        return ec;
    return std::string(top.text("next_url"));
}

std::optional<OptionTerms> option_terms(std::string_view symbol) {
    if (symbol.size() < 16)
        return std::nullopt;
    const auto tail = symbol.substr(symbol.size() - 15);
    int year = 0, month = 0, day = 0, strike = 0;
    if (!number_at(tail, 0, 2, year) || !number_at(tail, 2, 2, month) || !number_at(tail, 4, 2, day) ||
        !number_at(tail, 7, 8, strike) || (tail[6] != 'C' && tail[6] != 'P'))
        return std::nullopt;
    OptionTerms terms;
    terms.root = symbol.substr(0, symbol.size() - 15);
    terms.expiration = "20" + std::string(tail.substr(0, 2)) + "-" + std::string(tail.substr(2, 2)) + "-" +
                       std::string(tail.substr(4, 2));
    if (!parse_date(terms.expiration))
        return std::nullopt;
    terms.call = tail[6] == 'C';
    terms.strike = Decimal::from_parts(strike, -3);
    return terms;
}

result<std::vector<ExchangeInfo>> parse_exchanges(std::string_view body) {
    std::vector<ExchangeInfo> all;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        const auto id = r.integer("id");
        if (!id)
            return errc::malformed_payload;
        all.push_back({*id, std::string(r.text("type")), std::string(r.text("asset_class")),
            std::string(r.text("name")), std::string(r.text("mic")), std::string(r.text("participant_id"))});
        return {};
    });
    if (ec)
        return ec;
    return all;
}

result<std::vector<ConditionInfo>> parse_conditions(std::string_view body) {
    std::vector<ConditionInfo> all;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        const auto id = r.integer("id");
        if (!id)
            return errc::malformed_payload;
        ConditionInfo info{*id, std::string(r.text("type")), std::string(r.text("name")), std::nullopt};
        if (r.has_below("update_rules.consolidated."))
            info.rule = UpdateRule{r.flag("update_rules.consolidated.updates_high_low").value_or(true),
                r.flag("update_rules.consolidated.updates_open_close").value_or(true),
                r.flag("update_rules.consolidated.updates_volume").value_or(true)};
        if (r.problem())
            return r.problem();
        all.push_back(std::move(info));
        return {};
    });
    if (ec)
        return ec;
    return all;
}

result<std::vector<MarketDay>> parse_market_days(std::string_view body) {
    std::vector<MarketDay> days;
    Record top;
    const auto ec = read_records(body, "results", top, [&](Record& r) -> error_code {
        const auto exchange = r.text("exchange"), status = r.text("status");
        if (exchange != "NYSE" && exchange != "NASDAQ")
            return {};
        MarketDay day;
        const auto date = parse_date(r.text("date"));
        if (!date)
            return errc::malformed_payload;
        day.date = *date;
        day.name = r.text("name");
        day.closed = status == "closed";
        if (!day.closed) {
            if (status != "early-close")
                return {}; // a word of a later version
            day.open = parse_instant(r.text("open"));
            day.close = parse_instant(r.text("close"));
            if (!day.open || !day.close || *day.close <= *day.open)
                return errc::malformed_payload;
        }
        const auto same =
            std::find_if(days.begin(), days.end(), [&](const MarketDay& d) { return d.date == day.date; });
        if (same == days.end())
            days.push_back(std::move(day));
        else if (exchange == "NYSE")
            *same = std::move(day);
        return {};
    });
    if (ec)
        return ec;
    std::sort(days.begin(), days.end(), [](const MarketDay& a, const MarketDay& b) { return a.date < b.date; });
    const auto count = days.size();
    for (const auto asset_class : {AssetClass::option, AssetClass::index})
        for (std::size_t i = 0; i < count; ++i) {
            days.push_back(days[i]);
            days.back().asset_class = asset_class;
        }
    return days;
}

result<MarketStatus> parse_market_status(std::string_view body) {
    Record r;
    if (const auto ec = read_record(body, r))
        return ec;
    MarketStatus status;
    status.market = r.text("market");
    status.early_hours = r.flag("earlyHours").value_or(false);
    status.after_hours = r.flag("afterHours").value_or(false);
    status.fx = r.text("currencies.fx");
    status.crypto = r.text("currencies.crypto");
    status.server_time = parse_instant(r.text("serverTime"));
    if (r.problem() || status.market.empty())
        return errc::malformed_payload;
    return status;
}

std::optional<UnixNanos> parse_instant(std::string_view text) noexcept {
    using namespace std::chrono;
    int hour = 0, minute = 0, second = 0;
    const auto date = text.size() >= 20 ? parse_date(text.substr(0, 10)) : std::nullopt;
    if (!date || (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':' ||
        !number_at(text, 11, 2, hour) || !number_at(text, 14, 2, minute) || !number_at(text, 17, 2, second) ||
        hour > 23 || minute > 59 || second > 60)
        return std::nullopt;
    text.remove_prefix(19);
    std::int64_t nanos = 0;
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        std::int64_t unit = 100'000'000;
        std::size_t digits = 0;
        for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10)
            nanos += (text[digits] - '0') * unit;
        if (digits == 0)
            return std::nullopt;
        text.remove_prefix(digits);
    }
    int offset = 0;
    if (text != "Z") {
        int hours = 0, minutes = 0;
        if (text.size() != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':' || !number_at(text, 1, 2, hours) ||
            !number_at(text, 4, 2, minutes) || hours > 23 || minutes > 59)
            return std::nullopt;
        offset = (hours * 60 + minutes) * (text[0] == '-' ? -1 : 1);
    }
    if (int(date->year()) < 1970 || int(date->year()) > 2200)
        return std::nullopt;
    return UnixNanos(sys_days(*date)) + hours(hour) + minutes(minute - offset) + seconds(second) + nanoseconds(nanos);
}

} // namespace tickgate::massive
