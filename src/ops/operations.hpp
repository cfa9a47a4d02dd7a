// Every operation once: its name, fields, checks, schema and handler. Redis, HTTP and the command line are doors to it.
#pragma once

#include "ops/error.hpp"
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
enum class FieldType : std::uint8_t { symbols, text, integer, duration, boolean, asset_class, kinds, timeframes };

struct FieldSpec {
    std::string_view name;
    FieldType type = FieldType::text;
    bool required = false;
    std::string_view fallback;        // as text; empty: none
    std::string_view about;           // for people
    std::int64_t least = 0, most = 0; // integers; milliseconds of durations; symbols and characters: how many
};

struct OperationSpec {
    std::string_view name, about;
    std::vector<FieldSpec> fields; // `symbol` may be said for `symbols`
};

struct Request {
    std::string op, client; // client: who asks; may be empty
    Fields fields;          // of the operation alone
};

// Takes an answer element by element, each the text of a JSON object. An error means that nobody takes more.
class Answer {
public:
    virtual ~Answer() = default;
    virtual asio::awaitable<error_code> add(std::string element) = 0;
};

// One loop (control). `services` must outlive it.
class Operations {
public:
    static constexpr std::size_t max_symbols = 500;

    explicit Operations(Services& services) : services_(services) {}

    static std::span<const OperationSpec> all();
    static const OperationSpec* find(std::string_view name); // null: no such operation
    // JSON Schema (2020-12) of the fields as an object of strings, as on Redis.
    static std::string schema(const OperationSpec& operation);

    // Checks the fields, does it, adds elements to `answer`. Empty: done. Cancellation ends it with error `expired`.
    asio::awaitable<std::optional<Error>> run(Request request, Answer& answer);

private:
    using Done = asio::awaitable<std::optional<Error>>;
    Done quote(const Request& r, Answer& answer);
    Done symbols(const Request& r, Answer& answer);
    Done validate(const Request& r, Answer& answer);
    Done subscribe(const Request& r, Answer& answer);
    Done unsubscribe(const Request& r, Answer& answer);
    Done status(const Request& r, Answer& answer);
    // Names of field `symbols`; bare symbols become those they can only mean.
    Done instruments_of(const Request& r, std::vector<InstrumentName>& names);

    Services& services_;
};

} // namespace tickgate::ops
