// `tickgate coverage` and `tickgate symbols`.
#include "cli/history_commands.hpp"
#include "cli/json_fields.hpp"

#include <fmt/format.h>

#include <ostream>
#include <utility>

namespace tickgate::cli {

namespace {

// The list `data` of an answer; false if it is none.
bool data_of(simdjson::dom::parser& parser, const std::string& body, simdjson::dom::array& data) {
    simdjson::dom::element all;
    return parser.parse(body).get(all) == simdjson::SUCCESS && all["data"].get(data) == simdjson::SUCCESS;
}

std::string how_long(std::int64_t seconds) {
    if (seconds >= 86400)
        return fmt::format("{}d {:02}h", seconds / 86400, seconds / 3600 % 24);
    return clock_text(seconds);
}

void tell_series(const simdjson::dom::element& series, std::ostream& out) {
    const auto bars = value_at<std::uint64_t>(series, "bars");
    const auto provider = text_at(series, "provider");
    out << text_at(series, "class") << ':' << text_at(series, "symbol") << ' ' << text_at(series, "timeframe");
    if (!provider.empty())
        out << ' ' << provider << ' ' << text_at(series, "price_type") << ' ' << text_at(series, "align")
            << (value_at<bool>(series, "adjusted") ? " adjusted" : "");
    out << ": " << grouped(bars) << " bars\n";
    simdjson::dom::object seconds;
    if (series["seconds"].get(seconds) == simdjson::SUCCESS)
        for (const auto [cause, value] : seconds) {
            std::int64_t n = 0;
            if (value.get(n) != simdjson::SUCCESS)
                continue;
            out << fmt::format("  {:<16} {:>12}\n", cause == "none" ? std::string_view("covered") : cause, how_long(n));
        }
    simdjson::dom::array spans;
    if (series["spans"].get(spans) == simdjson::SUCCESS)
        for (const auto span : spans) {
            const auto cause = text_at(span, "cause");
            out << fmt::format("  {:<20}  {:<20}  {}\n", text_at(span, "from"), text_at(span, "to"),
                cause == "none" ? "covered" : cause);
        }
    if (value_at<bool>(series, "spans_cut"))
        out << "  … there is more: narrow it with --start and --end\n";
}

struct List {
    simdjson::dom::parser parser; // `data` lives in it
    simdjson::dom::array data;
};

// The list that a call is answered with, in `list`. An exit code: all has been told, also the answer as it came.
asio::awaitable<std::optional<int>> fetch(
    DaemonClient& client, DaemonClient::Call call, bool as_it_came, std::ostream& out, std::ostream& err, List& list) {
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    if (answer.exit != exit_ok) {
        err << "tickgate: " << answer.problem << '\n';
        co_return answer.exit;
    }
    if (as_it_came) {
        out << answer.response.body << std::flush;
        co_return exit_ok;
    }
    if (!data_of(list.parser, answer.response.body, list.data)) {
        err << "tickgate: the daemon's answer was not understood\n";
        co_return exit_failed;
    }
    co_return std::nullopt;
}

} // namespace

asio::awaitable<int> show_coverage(DaemonClient& client, CoverageArguments a, std::ostream& out, std::ostream& err) {
    DaemonClient::Call call;
    call.target = "/api/v1/coverage";
    add_query(call.target, "symbol", a.symbol);
    add_query(call.target, "timeframe", a.timeframe);
    add_query(call.target, "start", a.start);
    add_query(call.target, "end", a.end);
    add_query(call.target, "provider", a.provider);
    List list;
    auto fetching = fetch(client, std::move(call), a.json, out, err, list);
    if (const auto ended = co_await std::move(fetching))
        co_return *ended;
    for (const auto series : list.data)
        tell_series(series, out);
    out << std::flush;
    co_return exit_ok;
}

asio::awaitable<int> show_symbols(DaemonClient& client, SymbolsArguments a, std::ostream& out, std::ostream& err) {
    DaemonClient::Call call;
    call.target = "/api/v1/search";
    add_query(call.target, "text", a.text);
    add_query(call.target, "class", a.asset_class);
    add_query(call.target, "provider", a.provider);
    add_query(call.target, "limit", a.limit);
    List list;
    auto fetching = fetch(client, std::move(call), a.json, out, err, list);
    if (const auto ended = co_await std::move(fetching))
        co_return *ended;
    bool any = false;
    for (const auto hit : list.data) {
        if (text_at(hit, "type") == "suggestion") {
            const auto near = list_at(hit, "suggestions", ", ");
            err << "nothing holds \"" << a.text << "\"" << (near.empty() ? "" : "; did you mean " + near + "?") << '\n';
            continue;
        }
        any = true;
        const auto symbol = text_at(hit, "symbol");
        out << fmt::format("{:<28} {:<10} {:<20} {:<3} {}\n",
            symbol.empty() ? "-" : text_at(hit, "class") + ":" + symbol, text_at(hit, "provider"),
            text_at(hit, "native"), value_at<bool>(hit, "tradeable") ? "on" : "off", text_at(hit, "description"));
    }
    out << std::flush;
    co_return any ? exit_ok : exit_failed;
}

} // namespace tickgate::cli
