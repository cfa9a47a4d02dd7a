// Quotes and the search for names.
#include "tradier/venue/rest.hpp"

#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tickgate::tradier_venue {

namespace {

std::string number(std::int64_t value) {
    std::string out;
    append_number(out, value, 2);
    return out;
}

std::int64_t millis(UnixNanos t) noexcept { return t.time_since_epoch().count() / 1'000'000; }

std::string quote_row(const Book& b, std::chrono::milliseconds skew) {
    const auto& q = b.quote;
    std::string out = R"({"symbol":)";
    kit::append_json_string(out, b.native);
    out += R"(,"description":)";
    kit::append_json_string(out, b.description());
    const auto bid_date = millis(q.time) / 1000 * 1000 + skew.count();
    const bool traded = b.last.id != 0 || b.is_index();
    out += fmt::format(R"(,"exch":"{}","type":"{}","last":{},"change":{},"volume":{})", b.is_option() ? "Z" : "Q",
        b.type(), traded ? number(b.value()) : "null", traded ? number(b.value() - b.symbol.base_price) : "null",
        b.volume);
    out += fmt::format(R"(,"open":{},"high":{},"low":{},"close":null,"bid":{},"ask":{})",
        b.open != 0 ? number(b.open) : "null", b.high != 0 ? number(b.high) : "null",
        b.low != 0 ? number(b.low) : "null", number(q.bid), number(q.ask));
    out += fmt::format(R"(,"average_volume":0,"last_volume":{},"trade_date":{},"prevclose":{})", b.last.lots,
        traded ? millis(b.last.id != 0 ? b.last.time : q.time) + skew.count() : 0, number(b.symbol.base_price));
    const auto* exchange = b.is_index() ? "null" : "\"Q\"";
    out += fmt::format(R"(,"bidsize":{},"bidexch":{},"bid_date":{},"asksize":{},"askexch":{},"ask_date":{})",
        b.quoted(q.bid_lots), exchange, bid_date, b.quoted(q.ask_lots), exchange, bid_date);
    if (const auto contract = b.is_option() ? kit::parse_occ(b.native) : std::nullopt)
        out += fmt::format(
            R"(,"underlying":"{0}","strike":{1}.{2:03},"open_interest":0,"contract_size":100,"expiration_date":"{3}",)"
            R"("expiration_type":"standard","option_type":"{4}","root_symbol":"{0}")",
            contract->root, contract->strike_mils / 1000, contract->strike_mils % 1000, contract->expiration(),
            contract->call ? "call" : "put");
    return out + "}";
}

bool holds(std::string_view text, std::string_view part) {
    return kit::to_upper(text).find(kit::to_upper(part)) != std::string::npos;
}

} // namespace

net::HttpResponse quotes(const RestCall& call) {
    const auto list = call.parameter("symbols");
    if (list.empty())
        return text(400, "Invalid Parameter, symbols: may not be empty");
    std::vector<std::string> rows, unmatched;
    std::string_view rest = list;
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto name = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (const auto* book = call.hub.find(name)) {
            rows.push_back(quote_row(*book, call.hub.skew()));
        } else if (!name.empty()) {
            unmatched.emplace_back();
            kit::append_json_string(unmatched.back(), name);
        }
    }
    std::string body = R"({"quotes":{)";
    if (!rows.empty())
        body += "\"quote\":" + list_of(rows, call.hub);
    if (!unmatched.empty())
        body += std::string(rows.empty() ? "" : ",") + R"("unmatched_symbols":{"symbol":)" +
                list_of(unmatched, call.hub) + "}";
    return json(body + "}}");
}

// By the beginning of the symbol, or by words of symbol and description.
net::HttpResponse lookup(const RestCall& call, bool by_words) {
    const auto q = call.parameter("q");
    const auto types = call.parameter("types");
    if (q.empty() && types.empty())
        return text(400, "Invalid Parameter, q: may not be empty");
    const bool indexes = !by_words || call.parameter("indexes") == "true";
    std::vector<std::string> rows;
    for (const auto& book : call.hub.books) {
        const bool match = by_words ? holds(book.native, q) || holds(book.description(), q)
                                    : kit::to_upper(book.native).starts_with(kit::to_upper(q));
        if (!match || (book.is_index() && !indexes) || (book.is_option() && by_words) ||
            (!types.empty() && types.find(book.type()) == std::string::npos))
            continue;
        std::string row = R"({"symbol":)";
        kit::append_json_string(row, book.native);
        row += fmt::format(R"(,"exchange":"{}","type":"{}","description":)", book.is_option() ? "Z" : "Q", book.type());
        kit::append_json_string(row, book.description());
        rows.push_back(row + "}");
        if (rows.size() == 50)
            break;
    }
    if (rows.empty())
        return json("{\"securities\":" + list_of(rows, call.hub) + "}");
    return json(R"({"securities":{"security":)" + list_of(rows, call.hub) + "}}");
}

} // namespace tickgate::tradier_venue
