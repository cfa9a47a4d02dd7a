// `tickgate bars`: rows as they come, and what is to be said of them at the end.
#include "cli/history_commands.hpp"
#include "cli/json.hpp"
#include "cli/text.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cerrno>
#include <ostream>
#include <system_error>
#include <utility>

namespace tickgate::cli {

namespace {

constexpr std::array<std::string_view, 8> columns{
    "timestamp", "open", "high", "low", "close", "volume", "vwap", "transactions"};
constexpr std::array<int, 8> widths{20, 14, 14, 14, 14, 16, 14, 12};
constexpr int symbol_width = 20;

// NDJSON in pieces of any size, line by line, to a table.
class Table {
public:
    // `several`: of symbols, each row says of which.
    Table(bool several, std::ostream& out, std::ostream& err) : out_(out), err_(err), several_(several) {}

    error_code take(std::string_view piece) {
        pending_.append(piece);
        std::size_t begin = 0;
        for (auto end = pending_.find('\n'); end != std::string::npos; end = pending_.find('\n', begin)) {
            line(std::string_view(pending_).substr(begin, end - begin));
            begin = end + 1;
        }
        pending_.erase(0, begin);
        return out_.good() ? error_code() : make_error_code(errc::stopped);
    }
    bool complete() const noexcept { return ended_ && all_complete_; }
    bool ended() const noexcept { return ended_; }

private:
    void line(std::string_view text) {
        if (text.find("\"type\":\"summary\"") != std::string_view::npos)
            return summary(text);
        if (text.find("\"type\":\"error\"") != std::string_view::npos)
            return failed(text);
        simdjson::padded_string json(text);
        simdjson::ondemand::document row;
        if (parser_.iterate(json).get(row) != simdjson::SUCCESS)
            return;
        if (!std::exchange(head_, true)) {
            if (several_)
                out_ << fmt::format("{:<{}}  ", "symbol", symbol_width);
            for (std::size_t i = 0; i < columns.size(); ++i)
                out_ << (i == 0 ? fmt::format("{:<{}}", columns[i], widths[i])
                                : fmt::format("  {:>{}}", columns[i], widths[i]));
            out_ << '\n';
        }
        if (several_)
            out_ << fmt::format("{:<{}}  ", text_of(row, "symbol"), symbol_width);
        for (std::size_t i = 0; i < columns.size(); ++i) {
            const auto raw = text_of(row, columns[i]);
            out_ << (i == 0 ? fmt::format("{:<{}}", raw, widths[i]) : fmt::format("  {:>{}}", raw, widths[i]));
        }
        out_ << '\n';
    }

    // A field as it is written, without quotes; `-` for null and what is not there.
    static std::string_view text_of(simdjson::ondemand::document& row, std::string_view name) {
        std::string_view raw;
        if (row.find_field_unordered(name).raw_json_token().get(raw) != simdjson::SUCCESS)
            raw = "null";
        while (raw.ends_with(' '))
            raw.remove_suffix(1);
        if (raw.starts_with('"'))
            raw = raw.substr(1, raw.rfind('"') - 1);
        return raw == "null" ? "-" : raw;
    }

    // One of several symbols.
    void failed(std::string_view json) {
        ended_ = true;
        all_complete_ = false;
        const auto s = parse_json(json).value_or(Json());
        err_ << s["class"].words() << ':' << s["symbol"].words() << ": ";
        tell_error(s["error"]);
    }

    void tell_error(const Json& error) {
        err_ << printable(error["message"].words());
        if (const auto hint = error["hint"].words(); !hint.empty())
            err_ << " (" << printable(hint) << ")";
        err_ << '\n';
    }

    void summary(std::string_view json) {
        ended_ = true;
        const auto parsed = parse_json(json);
        if (!parsed)
            return;
        const auto& s = *parsed;
        all_complete_ = all_complete_ && s["complete"].truth();
        const auto provider = s["provider"].words();
        if (several_)
            err_ << s["class"].words() << ':' << s["symbol"].words() << ": ";
        err_ << grouped(static_cast<std::uint64_t>(s["bar_count"].integer())) << " bars"
             << (provider.empty() ? "" : " from " + provider) << (s["cached"].truth() ? ", all from the store" : "");
        const auto& validation = s["validation"];
        if (validation.has_value())
            err_ << ", quality " << validation["quality"].words();
        err_ << '\n';
        absences(s);
        for (const auto& issue : validation["issues"].items)
            err_ << issue["severity"].words() << ": " << printable(issue["text"].words()) << '\n';
        if (s["error"].has_value()) {
            err_ << "incomplete: ";
            tell_error(s["error"]);
        }
    }

    // Spans without bars that a closed market does not explain.
    void absences(const Json& s) {
        int told = 0;
        for (const auto& span : s["coverage"].items) {
            const auto cause = span["cause"].words();
            if (cause == "none" || cause == "session_closed" || cause == "no_trades")
                continue;
            if (++told > 20) {
                err_ << "  … more: tickgate coverage\n";
                return;
            }
            err_ << "absent " << span["from"].words() << " to " << span["to"].words() << ": " << cause << '\n';
        }
    }

    std::ostream& out_;
    std::ostream& err_;
    simdjson::ondemand::parser parser_;
    std::string pending_;
    bool several_;
    bool head_ = false, ended_ = false, all_complete_ = true;
};

} // namespace

asio::awaitable<int> show_bars(DaemonClient& client, BarsArguments a, Output output, std::ostream& err) {
    const bool table = output.table();
    auto& out = output.stream();
    DaemonClient::Call call;
    call.target = "/api/v1/bars";
    add_query(call.target, "symbol", a.symbol);
    add_query(call.target, "timeframe", a.timeframe);
    add_query(call.target, "start", a.start);
    add_query(call.target, "end", a.end);
    add_query(call.target, "provider", a.provider);
    add_query(call.target, "limit", a.limit);
    add_query(call.target, "use_cache", a.no_cache ? "false" : "");
    add_query(call.target, "validate", a.validate ? "true" : "false");
    add_query(call.target, "format", table ? "ndjson" : to_string(output.look().format));
    add_query(call.target, "deadline_ms", std::to_string(std::chrono::milliseconds(a.deadline).count()));
    call.deadline = a.deadline + std::chrono::hours(1); // the daemon keeps the time; a long body takes what it takes
    Table rows(a.symbol.find(',') != std::string::npos, out, err);
    int write_error = 0;
    call.sink = [&](std::string_view piece) -> error_code {
        errno = 0;
        auto ec = error_code();
        if (table) {
            ec = rows.take(piece);
        } else {
            out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
            ec = out.good() ? error_code() : make_error_code(errc::stopped);
        }
        if (!out.good() && write_error == 0)
            write_error = errno;
        return ec;
    };
    auto sending = client.send(std::move(call));
    const auto answer = co_await std::move(sending);
    errno = 0;
    out << std::flush;
    if (!out.good()) {
        write_error = write_error == 0 ? errno : write_error;
        if (write_error != EPIPE) // who reads no more wants no word either
            err << "tickgate: the bars cannot be written: " << std::generic_category().message(write_error) << '\n';
        co_return exit_failed;
    }
    if (answer.exit != exit_ok) {
        err << "tickgate: " << answer.problem << '\n';
        co_return answer.exit;
    }
    if (table && !rows.ended()) {
        err << "tickgate: the answer was cut short\n";
        co_return exit_unavailable;
    }
    const bool incomplete = table ? !rows.complete() : answer.response.header("x-tickgate-complete") == "false";
    if (incomplete && !table)
        err << "tickgate: the answer is not complete: " << answer.response.header("x-tickgate-error")
            << "; `tickgate coverage` names the missing spans\n";
    co_return incomplete ? exit_failed : exit_ok;
}

} // namespace tickgate::cli
