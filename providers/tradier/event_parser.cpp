#include "tradier/event_parser.hpp"

#include "tradier/flat_json.hpp"
#include "tradier/numbers.hpp"

#include <simdjson.h>

#include <array>

namespace tickgate::tradier {

namespace od = simdjson::ondemand;

namespace {

enum class Key : std::uint8_t {
    type,
    symbol,
    bid,
    bidsz,
    bidexch,
    biddate,
    ask,
    asksz,
    askexch,
    askdate,
    exch,
    price,
    size,
    date,
    last,
    seq,
    flag,
    cancel,
    correction,
    error,
    none
};
constexpr auto key_count = static_cast<std::size_t>(Key::none);

Key key_of(std::string_view k) noexcept {
    const auto is = [k](std::string_view text, Key key) { return k == text ? key : Key::none; };
    switch (k.size()) {
    case 3:
        return k == "bid" ? Key::bid : k == "ask" ? Key::ask : is("seq", Key::seq);
    case 4:
        switch (k[0]) {
        case 't':
            return is("type", Key::type);
        case 'd':
            return is("date", Key::date);
        case 'e':
            return is("exch", Key::exch);
        case 's':
            return is("size", Key::size);
        case 'l':
            return is("last", Key::last);
        default:
            return is("flag", Key::flag);
        }
    case 5:
        switch (k[0]) {
        case 'b':
            return is("bidsz", Key::bidsz);
        case 'a':
            return is("asksz", Key::asksz);
        case 'p':
            return is("price", Key::price);
        default:
            return is("error", Key::error);
        }
    case 6:
        return k[0] == 's' ? is("symbol", Key::symbol) : is("cancel", Key::cancel);
    case 7:
        if (k[0] == 'b')
            return k == "biddate" ? Key::biddate : is("bidexch", Key::bidexch);
        return k == "askdate" ? Key::askdate : is("askexch", Key::askexch);
    case 10:
        return is("correction", Key::correction);
    default:
        return Key::none;
    }
}

// From `{` to behind its `}`; 0: not in the text. A line end inside breaks the object: `broken` is set and the line
// goes with it.
std::size_t extent_of(std::string_view text, bool& broken) noexcept {
    int depth = 0;
    bool in_string = false, escaped = false;
    broken = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\n') {
            broken = true;
            return i + 1;
        }
        if (in_string) {
            if (escaped)
                escaped = false;
            else if (c == '\\')
                escaped = true;
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{') {
            ++depth;
        } else if (c == '}' && --depth == 0) {
            return i + 1;
        }
    }
    return 0;
}

Event::Type type_of(std::string_view text) noexcept {
    if (text == "quote")
        return Event::Type::quote;
    if (text == "timesale")
        return Event::Type::timesale;
    if (text == "trade")
        return Event::Type::trade;
    if (text == "tradex")
        return Event::Type::tradex;
    return text == "summary" ? Event::Type::summary : Event::Type::other;
}

} // namespace

struct EventParser::Impl {
    od::parser parser;
    Event event;
    static inline const Token absent;
    std::array<Token, key_count + 1> tokens; // the last one is for fields that are not known
    std::uint32_t seen = 0;

    static constexpr std::uint32_t bit(Key k) noexcept { return 1u << static_cast<unsigned>(k); }
    bool has(Key k) const noexcept { return (seen & bit(k)) != 0; }
    // Empty and unquoted if absent.
    const Token& at(Key k) const noexcept { return has(k) ? tokens[static_cast<std::size_t>(k)] : absent; }
    // Where the value of a field belongs.
    Token& place(std::string_view key) noexcept {
        const auto k = key_of(key);
        if (k != Key::none)
            seen |= bit(k);
        return tokens[static_cast<std::size_t>(k)];
    }
    void fail(std::string_view why) noexcept {
        event.type = Event::Type::malformed;
        event.text = why;
    }

    std::size_t parse(std::string_view text) noexcept {
        seen = 0;
        FlatReader flat(text);
        auto length = flat.read([this](std::string_view key) noexcept -> Token& { return place(key); });
        if (length > 0) [[likely]] {
            interpret();
            return length;
        }
        bool broken = false;
        length = extent_of(text, broken);
        if (length == 0)
            return 0;
        event = Event();
        if (broken)
            fail("an object without an end");
        else if (read_json(text.substr(0, length)))
            interpret();
        else
            fail("not a JSON object");
        return length;
    }

    bool read_json(std::string_view text) noexcept {
        seen = 0;
        od::document document;
        od::object object;
        const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
            document.get_object().get(object) != simdjson::SUCCESS)
            return false;
        for (auto item : object) {
            od::field field;
            std::string_view key;
            if (std::move(item).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
                return false;
            auto& value = field.value();
            od::json_type type{};
            if (value.type().get(type) != simdjson::SUCCESS)
                return false;
            if (type == od::json_type::array || type == od::json_type::object)
                continue;
            auto& token = place(key);
            token.quoted = type == od::json_type::string;
            if (!token.quoted)
                token.text = trimmed(value.raw_json_token());
            else if (value.get_string().get(token.text) != simdjson::SUCCESS)
                return false;
        }
        return true;
    }

    void interpret() noexcept {
        event.symbol = at(Key::symbol).text;
        event.text = {};
        if (!has(Key::type)) {
            if (!has(Key::error))
                return fail("`type` is missing");
            event.type = Event::Type::error;
            event.text = at(Key::error).text;
            return;
        }
        event.type = type_of(at(Key::type).text);
        if (event.type == Event::Type::other || event.type == Event::Type::summary) {
            event.text = at(Key::type).text;
            return;
        }
        if (event.symbol.empty() || !at(Key::symbol).quoted)
            return fail("`symbol` is missing");
        if (event.type == Event::Type::quote)
            quote();
        else
            trade();
    }

    // False: malformed or overflow, which `event` then says.
    bool decimal(Key key, OptionalDecimal& into) noexcept {
        switch (read_decimal(at(key), into)) {
        case Reading::malformed:
            fail("a number is none");
            return false;
        case Reading::overflow:
            event.type = Event::Type::overflow;
            return false;
        default:
            return true;
        }
    }
    bool time(Key key, std::optional<UnixNanos>& into) noexcept {
        if (read_millis(at(key), into))
            return true;
        fail("a date is none");
        return false;
    }

    void quote() noexcept {
        if (!has(Key::bid) && !has(Key::ask))
            return fail("`bid` and `ask` are missing");
        std::optional<UnixNanos> bid_date, ask_date;
        auto& e = event;
        if (!decimal(Key::bid, e.bid) || !decimal(Key::ask, e.ask) || !decimal(Key::bidsz, e.bid_size) ||
            !decimal(Key::asksz, e.ask_size) || !time(Key::biddate, bid_date) || !time(Key::askdate, ask_date))
            return;
        if ((e.bid_size && e.bid_size->is_negative()) || (e.ask_size && e.ask_size->is_negative()))
            return fail("a negative size");
        e.listed_size = (e.bid_size && !e.bid_size->is_zero()) || (e.ask_size && !e.ask_size->is_zero());
        if (!e.bid || e.bid->is_zero())
            e.bid.reset(), e.bid_size.reset();
        if (!e.ask || e.ask->is_zero())
            e.ask.reset(), e.ask_size.reset();
        e.bid_exchange = at(Key::bidexch).text;
        e.ask_exchange = at(Key::askexch).text;
        e.time = !bid_date || (ask_date && *ask_date > *bid_date) ? ask_date : bid_date;
    }

    void trade() noexcept {
        OptionalDecimal price, size;
        auto& e = event;
        const bool by_price = e.type != Event::Type::timesale && has(Key::price);
        if (!decimal(by_price ? Key::price : Key::last, price) || !decimal(Key::size, size) || !time(Key::date, e.time))
            return;
        if (!price || !size)
            return fail("price or size is missing");
        if (size->is_negative())
            return fail("a negative size");
        e.price = *price;
        e.size = *size;
        e.exchange = at(Key::exch).text;
        e.flag = at(Key::flag).text;
        if (!read_count(at(Key::seq), e.seq))
            return fail("`seq` is no number");
        e.seq_text = e.seq ? at(Key::seq).text : std::string_view();
        e.cancel = at(Key::cancel).text == "true";
        e.correction = at(Key::correction).text == "true";
    }
};

EventParser::EventParser() : impl_(std::make_unique<Impl>()) {}
EventParser::~EventParser() = default;

std::size_t EventParser::parse(std::string_view text) { return impl_->parse(text); }
const Event& EventParser::event() const noexcept { return impl_->event; }

} // namespace tickgate::tradier
