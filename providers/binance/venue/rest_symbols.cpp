#include "binance/venue/rest.hpp"

#include "venue_kit/text.hpp"

#include <fmt/format.h>

namespace tickgate::binance_venue {

namespace {

// 10^-decimals as the venue prints it.
std::string step(const SymbolFormat& f, bool price) {
    std::string out;
    if (price)
        f.price(out, 1);
    else
        f.size(out, 1);
    return out;
}

void spot_symbol(std::string& out, const kit::SyntheticSymbol& s, const SymbolFormat& f, bool permission_sets) {
    std::string most_price, most_size;
    f.price(most_price, 1'000'000'000'000);
    f.size(most_size, 1'000'000'000'000);
    out.append(
        fmt::format(R"({{"symbol":"{0}","status":"TRADING","baseAsset":"{1}","baseAssetPrecision":8,)"
                    R"("quoteAsset":"{2}","quotePrecision":8,"quoteAssetPrecision":8,"baseCommissionPrecision":8,)"
                    R"("quoteCommissionPrecision":8,"orderTypes":["LIMIT","LIMIT_MAKER","MARKET"],)"
                    R"("icebergAllowed":true,"ocoAllowed":true,"quoteOrderQtyMarketAllowed":true,)"
                    R"("isSpotTradingAllowed":true,"isMarginTradingAllowed":false,"filters":[)",
            f.name, s.base, s.quote));
    out.append(fmt::format(R"({{"filterType":"PRICE_FILTER","minPrice":"{0}","maxPrice":"{1}","tickSize":"{0}"}},)"
                           R"({{"filterType":"LOT_SIZE","minQty":"{2}","maxQty":"{3}","stepSize":"{2}"}},)"
                           R"({{"filterType":"ICEBERG_PARTS","limit":10}},)"
                           R"({{"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,)"
                           R"("maxNotional":"9000000.00000000","applyMaxToMarket":false,"avgPriceMins":5}}],)",
        step(f, true), most_price, step(f, false), most_size));
    out.append(permission_sets ? R"("permissions":[],"permissionSets":[["SPOT","MARGIN"]]})"
                               : R"("permissions":[],"permissionSets":[]})");
}

void usdm_symbol(std::string& out, const kit::SyntheticSymbol& s, const SymbolFormat& f) {
    std::string most_price, most_size;
    f.price(most_price, 1'000'000'000'000);
    f.size(most_size, 1'000'000'000'000);
    out.append(fmt::format(R"({{"symbol":"{0}","pair":"{0}","contractType":"PERPETUAL","deliveryDate":4133404800000,)"
                           R"("onboardDate":1569398400000,"status":"TRADING","baseAsset":"{1}","quoteAsset":"{2}",)"
                           R"("marginAsset":"{2}","pricePrecision":{3},"quantityPrecision":{4},"baseAssetPrecision":8,)"
                           R"("quotePrecision":8,"underlyingType":"COIN","filters":[)",
        f.name, s.base, s.quote, s.price_decimals, s.size_decimals));
    out.append(fmt::format(R"({{"minPrice":"{0}","maxPrice":"{1}","filterType":"PRICE_FILTER","tickSize":"{0}"}},)"
                           R"({{"stepSize":"{2}","filterType":"LOT_SIZE","maxQty":"{3}","minQty":"{2}"}},)"
                           R"({{"notional":"5","filterType":"MIN_NOTIONAL"}}],"orderTypes":["LIMIT","MARKET"]}})",
        step(f, true), most_price, step(f, false), most_size));
}

void rate_limits(std::string& out, Kind kind, std::int64_t weight) {
    out.append(fmt::format(
        R"("rateLimits":[{{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":{}}})",
        weight));
    if (kind == Kind::spot)
        out.append(R"(,{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":300000})");
    out.append(R"(],"exchangeFilters":[],)");
}

} // namespace

net::HttpResponse exchange_info(const RestCall& call) {
    net::HttpResponse response;
    const auto asked = asked_symbols(call, response);
    if (!asked)
        return response;
    const auto kind = call.side.kind();
    const bool permission_sets = call.http.parameter("showPermissionSets") != "false";
    auto& out = response.body;
    out = fmt::format(R"({{"timezone":"UTC","serverTime":{},)", call.side.clock(call.micros).skewed(call.now.wall));
    if (kind == Kind::usdm)
        out.append(R"("futuresType":"U_MARGINED",)");
    const auto& limits = call.side.options().limits;
    rate_limits(out, kind, kind == Kind::spot ? limits.weight : limits.usdm_weight);
    out.append(R"("symbols":[)");
    for (const auto i : asked->indexes) {
        if (out.back() == '}')
            out.push_back(',');
        if (kind == Kind::spot)
            spot_symbol(out, call.side.market().symbol(i), call.side.format(i), permission_sets);
        else
            usdm_symbol(out, call.side.market().symbol(i), call.side.format(i));
    }
    out.append("]}");
    return response;
}

namespace {

// One entry; false if a capture has no quote of the symbol.
bool quote_entry(std::string& out, const RestCall& call, std::size_t i) {
    const auto& f = call.side.format(i);
    if (call.replay != nullptr) {
        const auto* frame = call.replay->latest(f.lower + "@bookTicker");
        if (frame == nullptr)
            return false;
        const auto field = [&](std::string_view key) { return kit::json_field(frame->data, key); };
        out.append(fmt::format(R"({{"symbol":"{}","bidPrice":"{}","bidQty":"{}","askPrice":"{}","askQty":"{}")", f.name,
            field("b"), field("B"), field("a"), field("A")));
        if (call.side.kind() == Kind::usdm)
            out.append(fmt::format(R"(,"time":{})", field("T")));
        out.push_back('}');
        return true;
    }
    const auto& quote = call.side.market().quote(i);
    out.append(R"({"symbol":")").append(f.name).append(R"(","bidPrice":")");
    f.price(out, quote.bid);
    out.append(R"(","bidQty":")");
    f.size(out, quote.bid_lots);
    out.append(R"(","askPrice":")");
    f.price(out, quote.ask);
    out.append(R"(","askQty":")");
    f.size(out, quote.ask_lots);
    out.push_back('"');
    if (call.side.kind() == Kind::usdm)
        out.append(fmt::format(R"(,"time":{})", call.side.clock(false).skewed(quote.time)));
    out.push_back('}');
    return true;
}

} // namespace

net::HttpResponse book_ticker(const RestCall& call) {
    net::HttpResponse response;
    const auto asked = asked_symbols(call, response);
    if (!asked)
        return response;
    auto& out = response.body;
    if (asked->single) {
        if (!quote_entry(out, call, asked->indexes.front()))
            return rest_error(-1121, "Invalid symbol.");
        return response;
    }
    out.push_back('[');
    for (const auto i : asked->indexes) {
        const auto before = out.size();
        if (out.size() > 1)
            out.push_back(',');
        if (!quote_entry(out, call, i))
            out.resize(before);
    }
    out.push_back(']');
    return response;
}

} // namespace tickgate::binance_venue
