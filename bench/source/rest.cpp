#include "source/rest.hpp"

#include "support/clock.hpp"

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

namespace tickgate::bench {

namespace {

std::string respond(std::string_view status, const std::string& body) {
    std::string out = "HTTP/1.1 ";
    out.append(status);
    out += "\r\nContent-Type: application/json;charset=UTF-8\r\nx-mbx-used-weight-1m: 20\r\nContent-Length: ";
    out += std::to_string(body.size()) + "\r\n\r\n" + body;
    return out;
}

std::string percent_decode(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        unsigned value = 0;
        if (text[i] == '%' && i + 2 < text.size() &&
            std::from_chars(text.data() + i + 1, text.data() + i + 3, value, 16).ptr == text.data() + i + 3) {
            out.push_back(static_cast<char>(value));
            i += 2;
        } else {
            out.push_back(text[i]);
        }
    }
    return out;
}

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
    while (!query.empty()) {
        const std::string_view pair = query.substr(0, query.find('&'));
        query.remove_prefix(pair.size() < query.size() ? pair.size() + 1 : pair.size());
        if (pair.size() > name.size() && pair.substr(0, name.size()) == name && pair[name.size()] == '=')
            return percent_decode(pair.substr(name.size() + 1));
    }
    return std::nullopt;
}

// "SYM12USDT" to 12.
std::optional<std::size_t> symbol_index(std::string_view symbol, std::size_t count) {
    if (symbol.size() < 8 || symbol.substr(0, 3) != "SYM" || symbol.substr(symbol.size() - 4) != "USDT")
        return std::nullopt;
    const char* end = symbol.data() + symbol.size() - 4;
    std::size_t index = 0;
    const auto parsed = std::from_chars(symbol.data() + 3, end, index);
    if (parsed.ec != std::errc() || parsed.ptr != end || index >= count)
        return std::nullopt;
    return index;
}

struct Selection {
    std::vector<std::size_t> indices;
    bool single = false;
};

// Symbols named by `symbol` or `symbols`, else all; nothing when one of them is unknown.
std::optional<Selection> select_symbols(std::string_view query, std::size_t count) {
    Selection out;
    if (const auto symbol = query_value(query, "symbol")) {
        const auto index = symbol_index(*symbol, count);
        if (!index)
            return std::nullopt;
        out.single = true;
        out.indices.push_back(*index);
    } else if (const auto list = query_value(query, "symbols")) {
        std::size_t from = list->find('"');
        while (from != std::string::npos) {
            const std::size_t to = list->find('"', from + 1);
            if (to == std::string::npos)
                return std::nullopt;
            const auto index = symbol_index(std::string_view(*list).substr(from + 1, to - from - 1), count);
            if (!index)
                return std::nullopt;
            out.indices.push_back(*index);
            from = list->find('"', to + 1);
        }
    } else {
        for (std::size_t i = 0; i < count; ++i)
            out.indices.push_back(i);
    }
    return out;
}

std::string exchange_info(const Selection& selection) {
    std::string out =
        R"({"timezone":"UTC","serverTime":)" + std::to_string(wall_ns() / 1'000'000) +
        R"(,"rateLimits":[{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],)"
        R"("exchangeFilters":[],"symbols":[)";
    for (const std::size_t i : selection.indices) {
        const std::string base = "SYM" + std::to_string(i);
        if (out.back() == '}')
            out.push_back(',');
        out +=
            R"({"symbol":")" + base + R"(USDT","status":"TRADING","baseAsset":")" + base +
            R"(","baseAssetPrecision":8,"quoteAsset":"USDT","quoteAssetPrecision":8,"isSpotTradingAllowed":true,)"
            R"("filters":[{"filterType":"PRICE_FILTER","minPrice":"0.00010000","maxPrice":"1000.00000000",)"
            R"("tickSize":"0.00010000"},)"
            R"({"filterType":"LOT_SIZE","minQty":"1.00000000","maxQty":"9000000.00000000","stepSize":"1.00000000"}],)"
            R"("permissions":[],"permissionSets":[["SPOT","MARGIN"]]})";
    }
    return out + "]}";
}

std::string book_tickers(const Selection& selection) {
    std::string out;
    for (const std::size_t i : selection.indices) {
        if (!out.empty())
            out.push_back(',');
        out += R"({"symbol":"SYM)" + std::to_string(i) +
               R"(USDT","bidPrice":"0.35210000","bidQty":"672.00000000",)"
               R"("askPrice":"0.35260000","askQty":"3199.00000000"})";
    }
    return selection.single ? out : "[" + out + "]";
}

} // namespace

std::string answer_rest(std::string_view target, std::size_t symbols) {
    const std::size_t mark = target.find('?');
    const std::string_view path = target.substr(0, mark);
    const std::string_view query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
    if (path == "/api/v3/ping")
        return respond("200 OK", "{}");
    if (path == "/api/v3/time")
        return respond("200 OK", R"({"serverTime":)" + std::to_string(wall_ns() / 1'000'000) + "}");
    const bool info = path == "/api/v3/exchangeInfo";
    if (!info && path != "/api/v3/ticker/bookTicker")
        return respond("404 Not Found", R"({"code":-1000,"msg":"Not found."})");
    const auto selection = select_symbols(query, symbols);
    if (!selection)
        return respond("400 Bad Request", R"({"code":-1121,"msg":"Invalid symbol."})");
    return respond("200 OK", info ? exchange_info(*selection) : book_tickers(*selection));
}

} // namespace tickgate::bench
