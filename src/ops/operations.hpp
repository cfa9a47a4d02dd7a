// Every operation once: its name, fields, checks, schema and handler. Redis, HTTP and the command line are doors to it.
#pragma once

#include "ops/bars.hpp"
#include "ops/error.hpp"
#include "ops/history_text.hpp"
#include "ops/services.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::ops {

using Fields = std::vector<std::pair<std::string, std::string>>;

// What a field holds. All arrive as text.
enum class FieldType : std::uint8_t {
    symbols,
    text,
    integer,
    duration,
    boolean,
    asset_class,
    kinds,
    channels, // see channel_from()
    timeframes,
    timeframe, // one
    time,      // see time_range.hpp
    choice,    // one of FieldSpec::choices
};

struct FieldSpec {
    std::string_view name;
    FieldType type = FieldType::text;
    bool required = false;
    std::string_view fallback;        // as text; empty: none
    std::string_view about;           // for people
    std::int64_t least = 0, most = 0; // integers; milliseconds of durations; symbols and characters: how many
    std::string_view choices{};       // with blanks between them
};

struct OperationSpec {
    std::string_view name, about;
    std::vector<FieldSpec> fields; // `symbol` may be said for `symbols`
    bool http_only = false;        // for whoever runs the gateway: refused on Redis

    const FieldSpec* field(std::string_view field_name) const noexcept; // null: there is none
    bool paged() const noexcept { return field("cursor") != nullptr; }  // Answer::page() is called at its end
};

struct Request {
    std::string op, client; // client: who asks; may be empty
    Fields fields;          // of the operation alone
    Times times = Times::micros;
    bool over_http = false;
};

// How a list goes on behind what was answered of it.
struct Page {
    std::string next;    // to be given as `cursor`; empty: there is no more
    bool missed = false; // events: some behind the given cursor are not kept any more
};

// Takes an answer element by element, each the text of a JSON object. An error means that nobody takes more.
class Answer {
public:
    virtual ~Answer() = default;
    virtual asio::awaitable<error_code> add(std::string element) = 0;
    asio::awaitable<std::optional<Error>> last(std::string element); // add() as the end of an operation
    // Told once, behind all elements, by operations that take a cursor. As an element of type `page` if there is more.
    virtual asio::awaitable<error_code> page(Page page);
    // Whoever waits should see now what was added.
    virtual asio::awaitable<error_code> flush() { co_return error_code(); }
};

// One loop (control). `services` and `history` must outlive it; without history its operations are `unavailable`.
class Operations {
public:
    static constexpr std::size_t max_symbols = 500;

    explicit Operations(Services& services, HistoryAccess* history = nullptr)
        : services_(services), history_(history) {}

    static std::span<const OperationSpec> all();
    static const OperationSpec* find(std::string_view name); // null: no such operation
    // JSON Schema (2020-12) of the fields as an object of strings, as on Redis.
    static std::string schema(const OperationSpec& operation);

    // Checks the fields, does it, adds elements to `answer`. Empty: done. Cancellation ends it with error `expired`.
    asio::awaitable<std::optional<Error>> run(Request request, Answer& answer);

    // Operation `bars` for a door that writes them in its own form.
    asio::awaitable<std::optional<Error>> run_bars(Request request, BarsSink& sink);

    // What is said of a request whose deadline passed: error `expired`; if the request budget of a provider of its
    // route is used up or pauses, which one, and with `retry_after` when it opens.
    asio::awaitable<Error> expired(Request request);

private:
    using Done = asio::awaitable<std::optional<Error>>;
    Done quote(const Request& r, Answer& answer);
    Done symbols(const Request& r, Answer& answer);
    Done validate(const Request& r, Answer& answer);
    Done subscribe(const Request& r, Answer& answer);
    Done unsubscribe(const Request& r, Answer& answer);
    Done status(const Request& r, Answer& answer);
    Done search(const Request& r, Answer& answer);
    Done latest(const Request& r, Answer& answer);
    Done bars(const Request& r, Answer& answer);
    Done trades(const Request& r, Answer& answer);
    Done coverage(const Request& r, Answer& answer);
    Done rate_limit(const Request& r, Answer& answer);
    Done cache_stats(const Request& r, Answer& answer);
    Done cache_clear(const Request& r, Answer& answer);
    Done backfill_job(const Request& r, Answer& answer);
    Done jobs(const Request& r, Answer& answer);
    Done job_cancel(const Request& r, Answer& answer);
    Done collectors(const Request& r, Answer& answer);
    Done collector_start(const Request& r, Answer& answer);
    Done collector_end(const Request& r, Answer& answer);
    Done providers(const Request& r, Answer& answer);
    Done feeds(const Request& r, Answer& answer);
    Done subscriptions(const Request& r, Answer& answer);
    Done routes(const Request& r, Answer& answer);
    Done events(const Request& r, Answer& answer);
    Done config(const Request& r, Answer& answer);
    Done reload(const Request& r, Answer& answer);
    Done log_level(const Request& r, Answer& answer);
    Done log_level_set(const Request& r, Answer& answer);

    Done found_symbols(const Request& r, SymbolQuery query, std::size_t& told, Answer& answer);
    Done page_query(const Request& r, PageQuery& query);
    Done coverage_of(const Request& r, InstrumentName name, std::string_view start, std::vector<std::string>& elements);
    Done bars_query(const Request& r, BarsQuery& query);
    Done follow(std::string id, Times times, Answer& answer);
    // Names near one that nobody has.
    asio::awaitable<std::vector<std::string>> suggestions(std::string text, std::optional<AssetClass> asset_class);
    // Puts them into the hint of the error `unknown_symbol`; other errors stay as they are.
    asio::awaitable<std::optional<Error>> with_suggestions(
        std::optional<Error> error, std::vector<InstrumentName> names);
    // Reports over what is stored of an instrument, `[…]`.
    Done reports_of(const Request& r, InstrumentName name, std::string& json);
    // Names of field `symbols`; bare symbols become those they can only mean.
    Done instruments_of(const Request& r, std::vector<InstrumentName>& names);

    Services& services_;
    HistoryAccess* history_;
};

} // namespace tickgate::ops
