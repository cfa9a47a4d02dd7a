#include "oanda/parse.hpp"

#include "oanda/times.hpp"

#include <simdjson.h>

#include <cstring>
#include <new>

namespace tickgate::oanda {

namespace od = simdjson::ondemand;

namespace {

// Compares with a key's raw text; a key without its closing quote at that place is another one.
template <std::size_t n>
bool is(od::raw_json_string key, const char (&name)[n]) noexcept {
    return std::strncmp(key.raw(), name, n - 1) == 0 && key.raw()[n - 1] == '"';
}

// The text of a scalar without its quotes, exactly as sent.
struct Token {
    std::string_view text;
    bool quoted = false;
};

Token token_of(od::value& value) noexcept {
    std::string_view raw = value.raw_json_token();
    while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ')
        raw.remove_suffix(1);
    if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"')
        return {raw.substr(1, raw.size() - 2), true};
    return {raw, false};
}

enum class Outcome : std::uint8_t { good, malformed, overflow };

Outcome read_decimal(std::string_view text, OptionalDecimal& into) noexcept {
    const auto fault = Decimal::parse(text, into);
    return fault == errc() ? Outcome::good : fault == errc::number_overflow ? Outcome::overflow : Outcome::malformed;
}

// {"price":"1.19195","liquidity":10000000}: the price is a string, the liquidity a number.
Outcome read_level(od::object& object, OptionalDecimal& price, OptionalDecimal& liquidity) noexcept {
    price.reset();
    liquidity.reset();
    for (auto item : object) {
        od::field field;
        if (std::move(item).get(field) != simdjson::SUCCESS)
            return Outcome::malformed;
        const auto key = field.key();
        const bool is_price = is(key, "price");
        if (!is_price && !is(key, "liquidity"))
            continue;
        const auto token = token_of(field.value());
        if (is_price && !token.quoted)
            return Outcome::malformed;
        if (const auto outcome = read_decimal(token.text, is_price ? price : liquidity); outcome != Outcome::good)
            return outcome;
    }
    return price ? Outcome::good : Outcome::malformed;
}

// The greatest of bids, the smallest of asks.
Outcome read_side(od::value& value, bool bids, OptionalDecimal& best, OptionalDecimal& size) noexcept {
    od::array levels;
    if (value.get_array().get(levels) != simdjson::SUCCESS)
        return Outcome::malformed;
    OptionalDecimal price, liquidity;
    for (auto item : levels) {
        od::object level;
        if (std::move(item).get_object().get(level) != simdjson::SUCCESS)
            return Outcome::malformed;
        if (const auto outcome = read_level(level, price, liquidity); outcome != Outcome::good)
            return outcome;
        if (!best || (bids ? *price > *best : *price < *best)) {
            best = price;
            size = liquidity;
        }
    }
    return Outcome::good;
}

} // namespace

struct LineParser::Impl {
    od::parser parser;
    StreamLine line;

    void fail(std::string_view problem) noexcept {
        line.type = StreamLine::Type::malformed;
        line.problem = problem;
    }

    void parse(std::string_view bytes, UnixNanos at) noexcept {
        line = StreamLine();
        od::document document;
        const simdjson::padded_string_view padded(
            bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING);
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS)
            return fail("not JSON");
        od::object top;
        if (document.get_object().get(top) != simdjson::SUCCESS)
            return fail("not a JSON object");
        read(top, at, false);
        const char* behind = nullptr;
        if (line.type != StreamLine::Type::malformed && line.type != StreamLine::Type::overflow &&
            document.current_location().get(behind) != simdjson::OUT_OF_BOUNDS)
            fail("more than one JSON value");
    }

    // A price object; `poll` ones need no type.
    void read(od::object& object, UnixNanos at, bool poll) noexcept {
        std::string_view type;
        bool have_bids = false, have_asks = false, have_tradeable = false;
        auto& q = line.quote;
        for (auto item : object) {
            od::field field;
            if (std::move(item).get(field) != simdjson::SUCCESS)
                return fail("not a JSON object");
            const auto key = field.key();
            auto& value = field.value();
            auto outcome = Outcome::good;
            if (is(key, "bids")) {
                outcome = have_bids ? Outcome::malformed : read_side(value, true, q.bid, q.bid_size);
                have_bids = true;
            } else if (is(key, "asks")) {
                outcome = have_asks ? Outcome::malformed : read_side(value, false, q.ask, q.ask_size);
                have_asks = true;
            } else if (is(key, "time")) {
                q.event_time = parse_time(token_of(value).text);
                if (!q.event_time)
                    return fail("`time` is no time");
            } else if (is(key, "instrument")) {
                line.instrument = token_of(value).text;
            } else if (is(key, "type")) {
                type = token_of(value).text;
            } else if (is(key, "status")) {
                line.status = token_of(value).text;
            } else if (is(key, "tradeable")) {
                line.tradeable = token_of(value).text == "true";
                have_tradeable = true;
            }
            if (outcome == Outcome::overflow) {
                line.type = StreamLine::Type::overflow;
                line.problem = "a price or size does not fit";
                return;
            }
            if (outcome == Outcome::malformed)
                return fail("a side is not a list of prices");
        }
        if (!have_tradeable && !line.status.empty())
            line.tradeable = line.status == "tradeable";
        if (type == "HEARTBEAT") {
            line.type = StreamLine::Type::heartbeat;
        } else if (type == "PRICE" || (poll && type.empty())) {
            if (line.instrument.empty() || !q.event_time || !have_bids || !have_asks)
                return fail("a field of the price is missing");
            q.received_time = at;
            line.type = StreamLine::Type::price;
        } else if (type.empty()) {
            fail("no `type`");
        } else {
            line.type = StreamLine::Type::other;
            line.problem = type;
        }
    }

    error_code parse_prices(std::string_view body, UnixNanos now, const std::function<void(const StreamLine&)>& sink) {
        const simdjson::padded_string padded(body);
        od::document document;
        od::object top;
        od::array prices;
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
            document.get_object().get(top) != simdjson::SUCCESS ||
            top.find_field_unordered("prices").get_array().get(prices) != simdjson::SUCCESS)
            return errc::malformed_payload;
        for (auto item : prices) {
            od::object price;
            if (std::move(item).get_object().get(price) != simdjson::SUCCESS)
                return errc::malformed_payload;
            line = StreamLine();
            read(price, now, true);
            if (line.type == StreamLine::Type::overflow)
                return errc::number_overflow;
            if (line.type != StreamLine::Type::price)
                return errc::malformed_payload;
            line.quote.flags.set(Flag::snapshot);
            if (!line.tradeable)
                line.quote.flags.set(Flag::indicative);
            sink(line);
        }
        return {};
    }
};

LineParser::LineParser() : impl_(std::make_unique<Impl>()) {
    // Room for the usual line at once; longer ones make it grow.
    if (impl_->parser.allocate(8192) != simdjson::SUCCESS)
        throw std::bad_alloc();
}
LineParser::~LineParser() = default;

StreamLine& LineParser::parse(std::string_view line, UnixNanos at) {
    impl_->parse(line, at);
    return impl_->line;
}

error_code LineParser::parse_prices(
    std::string_view body, UnixNanos now, const std::function<void(const StreamLine&)>& sink) {
    return impl_->parse_prices(body, now, sink);
}

} // namespace tickgate::oanda
