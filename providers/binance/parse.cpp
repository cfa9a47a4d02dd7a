#include "binance/parse.hpp"

#include "binance/compact_json.hpp"
#include "binance/time_units.hpp"
#include "core/swar.hpp"

#include <simdjson.h>

#include <charconv>

namespace tickgate::binance {

namespace od = simdjson::ondemand;

namespace {

// One-letter keys as their letter, `e`-like; everything else 0.
char letter_of(od::raw_json_string key) noexcept { return key.raw()[1] == '"' ? key.raw()[0] : '\0'; }

Token token_of(std::string_view raw) noexcept {
    while (!raw.empty() && static_cast<unsigned char>(raw.back()) <= ' ')
        raw.remove_suffix(1);
    if (raw.size() >= 2 && raw.front() == '"' && raw.back() == '"')
        return {raw.substr(1, raw.size() - 2), true};
    return {raw, false};
}

// Reads fields one by one and remembers what went wrong and which letters were there.
class Fields {
public:
    bool decimal(const Token& token, Decimal& into) noexcept {
        const auto fault = Decimal::parse(token.text, into);
        if (fault == errc())
            return true;
        (fault == errc::number_overflow ? overflow_ : malformed_) = true;
        return false;
    }
    void descriptive(const Token& token, OptionalDecimal& into) noexcept {
        if (const auto fault = Decimal::parse(token.text, into); fault != errc())
            (fault == errc::number_overflow ? field_overflow_ : malformed_) = true;
    }
    // A JSON integer from 0 on, or -1.
    bool number(const Token& token, std::int64_t& into) noexcept {
        const auto text = token.text;
        std::uint64_t value = 0;
        if (token.quoted || !swar::number_of(text, value) || (text[0] == '0' && text.size() > 1))
            return large_number(token, into);
        into = static_cast<std::int64_t>(value);
        return true;
    }
    bool time(const Token& token, std::optional<UnixNanos>& into) noexcept {
        std::int64_t n = 0;
        if (!number(token, n))
            return false;
        if (!plausible_time(n)) {
            malformed_ = true;
            return false;
        }
        into = venue_time(n);
        return true;
    }
    bool flag(const Token& token, bool& into) noexcept {
        into = token.text == "true";
        if (!token.quoted && (into || token.text == "false"))
            return true;
        malformed_ = true;
        return false;
    }

    void saw(char letter) noexcept { seen_ |= bit(letter); }
    // A set of letters as its bits.
    static constexpr std::uint64_t set_of(const char* letters) noexcept {
        std::uint64_t set = 0;
        for (; *letters != '\0'; ++letters)
            set |= bit(*letters);
        return set;
    }
    bool has_all(std::uint64_t letters) const noexcept { return (seen_ & letters) == letters; }
    bool malformed() const noexcept { return malformed_; }
    bool overflow() const noexcept { return overflow_; }
    bool field_overflow() const noexcept { return field_overflow_; }

private:
    static constexpr std::uint64_t bit(char c) noexcept {
        return c >= 'A' && c <= 'z' ? std::uint64_t{1} << static_cast<unsigned>(c - 'A') : 0;
    }
    bool large_number(const Token& token, std::int64_t& into) noexcept {
        const char* const end = token.text.data() + token.text.size();
        const auto [stop, ec] = std::from_chars(token.text.data(), end, into);
        const auto digits = token.text.substr(token.text.starts_with('-') ? 1 : 0);
        const bool leading_zero = digits.size() > 1 && digits[0] == '0';
        if (!token.quoted && ec == std::errc() && stop == end && !leading_zero)
            return true;
        malformed_ = true;
        return false;
    }
    std::uint64_t seen_ = 0;
    bool malformed_ = false, overflow_ = false, field_overflow_ = false;
};

// Any JSON object: calls `take(letter, token)` for each one-letter field, those inside `k` included; false when the
// JSON breaks or `take` says so.
class JsonFields {
public:
    explicit JsonFields(od::object& object) : object_(object) {}
    template <class Take>
    bool fields(Take&& take) noexcept {
        return members(object_, take, true);
    }

private:
    template <class Take>
    bool members(od::object& object, Take&& take, bool may_nest) noexcept {
        for (auto item : object) {
            od::field field;
            if (std::move(item).get(field) != simdjson::SUCCESS)
                return false;
            const char letter = letter_of(field.key());
            if (letter == '\0')
                continue;
            auto& value = field.value();
            if (od::object inner; may_nest && letter == 'k' && value.get_object().get(inner) == simdjson::SUCCESS) {
                if (!members(inner, take, false))
                    return false;
            } else if (!take(letter, token_of(value.raw_json_token()))) {
                return false;
            }
        }
        return true;
    }
    od::object& object_;
};

enum class StreamKind : std::uint8_t { other, quote, trade, aggregate, bar };

StreamKind kind_of(std::string_view stream) noexcept {
    const auto at = stream.find('@');
    if (at == std::string_view::npos)
        return StreamKind::other;
    const auto kind = stream.substr(at + 1);
    if (kind == "bookTicker")
        return StreamKind::quote;
    if (kind == "trade")
        return StreamKind::trade;
    if (kind == "aggTrade")
        return StreamKind::aggregate;
    return kind.starts_with("kline_") ? StreamKind::bar : StreamKind::other;
}

} // namespace

struct FrameParser::Impl {
    od::parser parser;
    Frame frame;

    void fail(std::string_view problem) noexcept {
        frame.type = Frame::Type::malformed;
        frame.problem = problem;
    }

    void parse(std::string_view bytes, UnixNanos at) noexcept {
        frame.field_overflow = false;
        // The usual frame, in one pass; whatever is unusual in it is judged by the JSON parser.
        CompactReader compact(bytes);
        if (compact.open(frame.stream)) [[likely]]
            if (const auto kind = kind_of(frame.stream); kind != StreamKind::other) {
                data(compact, kind, at);
                if (is_data())
                    return;
                frame.field_overflow = false;
            }
        parse_json(bytes, at);
    }

    bool is_data() const noexcept {
        return frame.type == Frame::Type::quote || frame.type == Frame::Type::trade || frame.type == Frame::Type::bar;
    }

    void parse_json(std::string_view bytes, UnixNanos at) noexcept {
        frame.stream = {};
        od::document document;
        const simdjson::padded_string_view padded(
            bytes.data(), bytes.size(), bytes.size() + simdjson::SIMDJSON_PADDING);
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS)
            return fail("not JSON");
        od::object top;
        if (document.get_object().get(top) != simdjson::SUCCESS)
            return fail("not a JSON object");
        od::value name;
        if (top.find_field_unordered("stream").get(name) == simdjson::SUCCESS) {
            if (name.get_string().get(frame.stream) != simdjson::SUCCESS)
                return fail("`stream` is not a string");
            return parse_data(top, at);
        }
        // The object is used up by the failed search: answers are rare, read them from the start.
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
            document.get_object().get(top) != simdjson::SUCCESS)
            return fail("not a JSON object");
        parse_answer(top);
    }

    void parse_data(od::object& top, UnixNanos at) noexcept {
        if (frame.stream == "!serverShutdown") {
            frame.type = Frame::Type::shutdown;
            return;
        }
        const auto kind = kind_of(frame.stream);
        if (kind == StreamKind::other) {
            frame.type = Frame::Type::other;
            return;
        }
        od::object object;
        if (top.find_field_unordered("data").get_object().get(object) != simdjson::SUCCESS)
            return fail("`data` is not an object");
        JsonFields json(object);
        data(json, kind, at);
    }

    template <class Source>
    void data(Source& source, StreamKind kind, UnixNanos at) noexcept {
        if (kind == StreamKind::quote)
            quote(source, at);
        else if (kind == StreamKind::bar)
            bar(source, at);
        else
            trade(source, at, kind == StreamKind::aggregate ? 'a' : 't');
    }

    void finish(const Fields& fields, bool whole, std::uint64_t required, Frame::Type type) noexcept {
        if (fields.overflow())
            frame.type = Frame::Type::overflow;
        else if (!whole || fields.malformed())
            fail("a field is not what it should be");
        else if (!fields.has_all(required))
            fail("a field is missing");
        else
            frame.type = type;
        frame.field_overflow = fields.field_overflow();
    }

    // binance.md: `u` id, `b`/`B` bid and size, `a`/`A` ask and size; USD-M adds `T` and `E`.
    template <class Source>
    void quote(Source& source, UnixNanos at) noexcept {
        Fields fields;
        auto& q = frame.quote;
        std::int64_t id = 0;
        std::optional<UnixNanos> time;
        const bool whole = source.fields([&](char letter, const Token& value) noexcept {
            fields.saw(letter);
            switch (letter) {
            case 'u':
                return fields.number(value, id);
            case 'b':
                return fields.decimal(value, q.bid.emplace());
            case 'B':
                return fields.decimal(value, q.bid_size.emplace());
            case 'a':
                return fields.decimal(value, q.ask.emplace());
            case 'A':
                return fields.decimal(value, q.ask_size.emplace());
            case 'T':
                return fields.time(value, time);
            default:
                return true;
            }
        });
        constexpr auto required = Fields::set_of("ubBaA");
        finish(fields, whole, required, Frame::Type::quote);
        if (frame.type != Frame::Type::quote)
            return;
        // An empty side is sent as price zero.
        const auto leave_out_if_empty = [](OptionalDecimal& price, OptionalDecimal& size) noexcept {
            if (price->is_zero()) {
                price.reset();
                size.reset();
            }
        };
        leave_out_if_empty(q.bid, q.bid_size);
        leave_out_if_empty(q.ask, q.ask_size);
        q.event_time = time;
        q.received_time = at;
        q.src_seq = static_cast<std::uint64_t>(id);
        if (id < 0)
            fail("negative id");
    }

    // `p` price, `q` size, `T` trade time, `m` buyer was the maker; the id is `t` (trade) or `a` (aggTrade).
    template <class Source>
    void trade(Source& source, UnixNanos at, char id_letter) noexcept {
        Fields fields;
        auto& t = frame.trade;
        t = Trade();
        std::int64_t id = 0;
        bool buyer_is_maker = false;
        std::string_view execution;
        const bool whole = source.fields([&](char letter, const Token& value) noexcept {
            fields.saw(letter);
            switch (letter) {
            case 'p':
                return fields.decimal(value, t.price);
            case 'q':
                return fields.decimal(value, t.size);
            case 'T':
                return fields.time(value, t.event_time);
            case 'm':
                return fields.flag(value, buyer_is_maker);
            case 'X':
                execution = value.text;
                return true;
            case 't':
            case 'a':
                if (letter != id_letter)
                    return true; // old captures: `a` is an order id in trade frames
                t.trade_id = value.text;
                return fields.number(value, id);
            default:
                return true;
            }
        });
        constexpr auto with_id = Fields::set_of("pqTmt"), with_aggregate_id = Fields::set_of("pqTma");
        finish(fields, whole, id_letter == 't' ? with_id : with_aggregate_id, Frame::Type::trade);
        if (id < 0)
            fail("negative id");
        // USD-M also sends insurance-fund and ADL executions, and zero prices: no market trades.
        if (frame.type == Frame::Type::trade && (t.price.is_zero() || (!execution.empty() && execution != "MARKET")))
            frame.type = Frame::Type::other;
        t.side = buyer_is_maker ? Side::sell : Side::buy;
        t.received_time = at;
        t.src_seq = static_cast<std::uint64_t>(id);
        t.contiguous_ids = true;
    }

    template <class Source>
    void bar(Source& source, UnixNanos at) noexcept {
        Fields fields;
        auto& b = frame.bar;
        b = Bar();
        OptionalDecimal turnover;
        std::optional<UnixNanos> open_time;
        std::int64_t trades = 0;
        const bool whole = source.fields([&](char letter, const Token& value) noexcept {
            fields.saw(letter);
            switch (letter) {
            case 't':
                return fields.time(value, open_time);
            case 'o':
                return fields.decimal(value, b.open);
            case 'h':
                return fields.decimal(value, b.high);
            case 'l':
                return fields.decimal(value, b.low);
            case 'c':
                return fields.decimal(value, b.close);
            case 'v':
                return fields.decimal(value, b.volume.emplace());
            case 'q':
                fields.descriptive(value, turnover);
                return true;
            case 'n':
                return fields.number(value, trades);
            case 'x':
                return fields.flag(value, b.final);
            case 'E':
                return fields.time(value, b.event_time);
            default:
                return true;
            }
        });
        constexpr auto required = Fields::set_of("Etohlcvnx");
        finish(fields, whole, required, Frame::Type::bar);
        if (frame.type != Frame::Type::bar)
            return;
        b.open_time = *open_time;
        b.volume_unit = VolumeUnit::base;
        b.trades = trades;
        b.received_time = at;
        if (turnover && !b.volume->is_zero()) {
            if (const auto vwap = Decimal::divide(*turnover, *b.volume))
                b.vwap = *vwap;
            else
                frame.field_overflow = true;
        }
    }

    // {"result":null,"id":1} · {"code":2,"msg":"…","id":1} · {"error":{"code":2,"msg":"…"},"id":2} · raw serverShutdown
    void parse_answer(od::object& top) noexcept {
        frame.answer_id.reset();
        frame.answer_error.reset();
        frame.answer_text = {};
        bool answer = false, shutdown = false;
        const auto read_error = [&](std::string_view key, od::value& value) noexcept {
            std::int64_t code = 0;
            if (key == "code" && value.get_int64().get(code) == simdjson::SUCCESS)
                frame.answer_error = code, answer = true;
            else if (key == "msg" && value.get_string().get(frame.answer_text) != simdjson::SUCCESS)
                frame.answer_text = {};
        };
        for (auto item : top) {
            od::field field;
            std::string_view key;
            if (std::move(item).get(field) != simdjson::SUCCESS || field.unescaped_key().get(key) != simdjson::SUCCESS)
                return fail("broken JSON");
            auto& value = field.value();
            std::int64_t id = 0;
            std::string_view text;
            if (key == "id") {
                if (value.get_int64().get(id) == simdjson::SUCCESS)
                    frame.answer_id = id;
            } else if (key == "result") {
                answer = true;
            } else if (key == "e") {
                shutdown = value.get_string().get(text) == simdjson::SUCCESS && text == "serverShutdown";
            } else if (key == "error") {
                od::object error;
                if (value.get_object().get(error) != simdjson::SUCCESS)
                    return fail("`error` is not an object");
                answer = true;
                frame.answer_error = frame.answer_error.value_or(0);
                for (auto part : error) {
                    od::field inner;
                    std::string_view inner_key;
                    if (std::move(part).get(inner) != simdjson::SUCCESS ||
                        inner.unescaped_key().get(inner_key) != simdjson::SUCCESS)
                        return fail("broken JSON");
                    read_error(inner_key, inner.value());
                }
            } else {
                read_error(key, value);
            }
        }
        if (shutdown)
            frame.type = Frame::Type::shutdown;
        else if (answer)
            frame.type = Frame::Type::answer;
        else
            fail("neither data nor an answer");
    }
};

FrameParser::FrameParser() : impl_(std::make_unique<Impl>()) {}
FrameParser::~FrameParser() = default;

Frame& FrameParser::parse(std::string_view bytes, UnixNanos at) {
    impl_->parse(bytes, at);
    return impl_->frame;
}

} // namespace tickgate::binance
