// Operations that look instruments up.
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "ops/operations.hpp"
#include "ops/paging.hpp"
#include "ops/symbol_text.hpp"

#include <utility>

namespace tickgate::ops {

std::string symbol_element(const SymbolInfo& s) {
    JsonObject o;
    o.integer("v", std::int64_t{1}).text("type", "symbol");
    o.text("class", s.name ? to_string(s.name->asset_class) : std::string_view());
    o.text("symbol", s.name ? std::string_view(s.name->symbol) : std::string_view());
    o.text("provider", s.provider).text("feed", s.feed).text("native", s.native).text("description", s.description);
    o.text("status", s.status).boolean("tradeable", s.tradeable);
    o.decimal("price_step", s.price_step).decimal("size_step", s.size_step).text("unfit", s.unfit);
    return o.take();
}

// Fields of both that search. The answer's `told` says how many elements there were.
Operations::Done Operations::found_symbols(const Request& r, SymbolQuery query, std::size_t& told, Answer& answer) {
    const auto& op = *find(r.op);
    const auto place = place_from(value_of(op, r.fields, "cursor"));
    if (!place)
        co_return bad_cursor(value_of(op, r.fields, "cursor"));
    const auto limit = static_cast<std::size_t>(integer_from(value_of(op, r.fields, "limit")).value_or(50));
    query.provider = value_of(op, r.fields, "provider");
    query.limit = *place + limit + 1; // one more shows whether there is more
    auto searching = services_.search(std::move(query));
    const auto found = co_await std::move(searching);
    if (found.error)
        co_return error_from(found.error, found.detail, found.retry_after);
    const auto& list = found.value;
    for (std::size_t i = *place; i < list.size() && told < limit; ++i, ++told) {
        auto element = symbol_element(list[i]);
        if (const auto ec = co_await answer.add(std::move(element)); ec)
            co_return error_from(ec);
    }
    Page page;
    if (list.size() > *place + limit)
        page.next = std::to_string(*place + limit);
    if (const auto ec = co_await answer.page(std::move(page)); ec)
        co_return error_from(ec);
    co_return std::nullopt;
}

Operations::Done Operations::symbols(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    SymbolQuery query;
    query.text = value_of(op, r.fields, "text");
    query.asset_class = asset_class_from(value_of(op, r.fields, "class"));
    query.unfit = boolean_from(value_of(op, r.fields, "unfit")).value_or(false);
    std::size_t told = 0;
    auto searching = found_symbols(r, std::move(query), told, answer);
    co_return co_await std::move(searching);
}

Operations::Done Operations::search(const Request& r, Answer& answer) {
    const auto& op = *find(r.op);
    SymbolQuery query;
    query.text = value_of(op, r.fields, "text");
    query.asset_class = asset_class_from(value_of(op, r.fields, "class"));
    if (const auto colon = query.text.find(':'); colon != std::string::npos) // `crypto:BTC`
        if (const auto c = asset_class_from(std::string_view(query.text).substr(0, colon)); c && !query.asset_class) {
            query.asset_class = c;
            query.text.erase(0, colon + 1);
        }
    const auto text = query.text;
    const auto asset_class = query.asset_class;
    std::size_t told = 0;
    auto searching = found_symbols(r, std::move(query), told, answer);
    auto failed = co_await std::move(searching);
    if (failed || told > 0 || !value_of(op, r.fields, "cursor").empty())
        co_return failed;
    auto asking = suggestions(text, asset_class);
    const auto near = co_await std::move(asking);
    JsonObject o;
    o.integer("v", std::int64_t{1})
        .text("type", "suggestion")
        .text("asked", shown(text, 64))
        .texts("suggestions", near);
    auto element = o.take();
    co_return co_await answer.last(std::move(element));
}

} // namespace tickgate::ops
