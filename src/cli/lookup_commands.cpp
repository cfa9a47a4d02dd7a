// `tickgate coverage` and `tickgate symbols`.
#include "cli/history_commands.hpp"
#include "cli/text.hpp"
#include "cli/views.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

std::string cause_of(std::string_view cause) { return cause == "none" ? "covered" : std::string(cause); }

void tell_series(const Json& series, std::ostream& out) {
    const auto provider = series["provider"].words();
    out << series["class"].words() << ':' << series["symbol"].words() << ' ' << series["timeframe"].words();
    if (!provider.empty())
        out << ' ' << provider << ' ' << series["price_type"].words() << ' ' << series["align"].words()
            << (series["adjusted"].truth() ? " adjusted" : "");
    out << ": " << grouped(static_cast<std::uint64_t>(series["bars"].integer())) << " bars\n";
    for (const auto& [cause, seconds] : series["seconds"].members)
        out << fmt::format("  {:<16} {:>12}\n", cause_of(cause), long_span_text(seconds.integer()));
    for (const auto& span : series["spans"].items)
        out << fmt::format(
            "  {:<20}  {:<20}  {}\n", span["from"].words(), span["to"].words(), cause_of(span["cause"].words()));
    if (series["spans_cut"].truth())
        out << "  … there is more: narrow it with --start and --end\n";
}

const std::vector<Column>& coverage_columns() {
    static const std::vector<Column> columns{{"class", ""}, {"symbol", ""}, {"timeframe", ""}, {"provider", ""},
        {"price_type", ""}, {"align", ""}, {"adjusted", ""}, {"bars", ""}, {"from", ""}, {"to", ""}, {"cause", ""}};
    return columns;
}

// A row each span, with its series in front.
std::vector<Json> spans_of(const std::vector<Json>& all) {
    std::vector<Json> rows;
    for (const auto& series : all)
        for (const auto& span : series["spans"].items) {
            auto& row = rows.emplace_back(series);
            row.members.insert(row.members.end(), span.members.begin(), span.members.end());
        }
    return rows;
}

} // namespace

asio::awaitable<int> show_coverage(DaemonClient& client, CoverageArguments a, Output output, std::ostream& err) {
    std::string target = "/api/v1/coverage";
    add_query(target, "symbol", a.symbol);
    add_query(target, "timeframe", a.timeframe);
    add_query(target, "start", a.start);
    add_query(target, "end", a.end);
    add_query(target, "provider", a.provider);
    auto fetching = fetch(client, std::move(target), err);
    const auto fetched = co_await std::move(fetching);
    if (fetched.exit != exit_ok)
        co_return fetched.exit;
    if (output.table())
        for (const auto& series : fetched.list())
            tell_series(series, output.stream());
    else if (output.look().format == Format::csv)
        output.csv_rows(spans_of(fetched.list()), coverage_columns());
    else
        output.list(fetched.list(), {}, fetched.text);
    co_return finished(output, err);
}

asio::awaitable<int> show_symbols(DaemonClient& client, SymbolsArguments a, Output output, std::ostream& err) {
    std::string target = "/api/v1/search";
    add_query(target, "text", a.text);
    add_query(target, "class", a.asset_class);
    add_query(target, "provider", a.provider);
    add_query(target, "limit", a.limit);
    auto fetching = fetch(client, std::move(target), err);
    const auto fetched = co_await std::move(fetching);
    if (fetched.exit != exit_ok)
        co_return fetched.exit;
    auto hits = fetched.list();
    std::erase_if(hits, [&](const Json& hit) {
        if (hit["type"].text != "suggestion")
            return false;
        const auto near = hit["suggestions"].words(", ");
        err << "nothing holds \"" << a.text << "\"" << (near.empty() ? "" : "; did you mean " + printable(near) + "?")
            << '\n';
        return true;
    });
    const bool any = !hits.empty();
    if (any || !output.table())
        output.list(hits, views::symbols().columns, fetched.text);
    co_return finished(output, err, any ? exit_ok : exit_failed);
}

} // namespace tickgate::cli
