#include "massive/parse.hpp"

#include "massive/compact_event.hpp"
#include "massive/conditions.hpp"
#include "massive/values.hpp"

#include <simdjson.h>

#include <algorithm>

namespace tickgate::massive {

namespace od = simdjson::ondemand;

namespace {

constexpr bool is_space(char c) noexcept { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

enum class Ev : std::uint8_t { other, trade, quote, pair_quote, value, second, minute, luld, fmv, status };

struct EvRow {
    std::string_view name;
    Ev ev;
};
constexpr EvRow evs[] = {{"T", Ev::trade}, {"Q", Ev::quote}, {"AM", Ev::minute}, {"A", Ev::second}, {"XT", Ev::trade},
    {"XQ", Ev::quote}, {"C", Ev::pair_quote}, {"V", Ev::value}, {"CA", Ev::minute}, {"CAS", Ev::second},
    {"XA", Ev::minute}, {"XAS", Ev::second}, {"LULD", Ev::luld}, {"FMV", Ev::fmv}, {"status", Ev::status}};

Ev ev_of(std::string_view name) noexcept {
    for (const auto& row : evs)
        if (row.name == name)
            return row.ev;
    return Ev::other;
}

} // namespace

std::string_view prefix_of(Cluster cluster, Channel channel) noexcept {
    static constexpr std::string_view names[all_clusters.size()][channel_count] = {
        {"Q", "T", "A", "AM", "LULD", "FMV"}, // stocks
        {"Q", "T", "A", "AM", "", "FMV"},     // options
        {"C", "", "CAS", "CA", "", "FMV"},    // forex
        {"XQ", "XT", "XAS", "XA", "", "FMV"}, // crypto
        {"V", "", "A", "AM", "", ""},         // indices
        {"Q", "T", "A", "AM", "", ""},        // futures
    };
    return names[static_cast<std::size_t>(cluster)][static_cast<std::size_t>(channel)];
}

struct FrameParser::Impl {
    Impl(Cluster c, bool quick) : cluster(c), one_pass(quick) {}

    const Cluster cluster;
    const bool one_pass;
    od::parser parser;
    EventFields fields;
    Event event;
    UnixNanos at{};
    const char* p = nullptr;
    const char* end = nullptr;
    enum class Place : std::uint8_t { before, element, done } place = Place::done;

    Event* fail(std::string_view problem) noexcept {
        event.type = Event::Type::malformed;
        event.problem = problem;
        return &event;
    }
    Event* fail_frame(std::string_view problem) noexcept {
        place = Place::done;
        return fail(problem);
    }
    void skip_space() noexcept {
        while (p < end && is_space(*p))
            ++p;
    }

    Event* next() noexcept {
        if (place == Place::done)
            return nullptr;
        event.field_overflow = false;
        event.symbol = event.ev = {};
        if (place == Place::before) {
            skip_space();
            if (p == end || *p != '[')
                return fail_frame("not an array");
            ++p;
            place = Place::element;
            skip_space();
            if (p < end && *p == ']') {
                ++p;
                return finish();
            }
        } else {
            skip_space();
            if (p == end)
                return fail_frame("the frame ends early");
            const char c = *p++;
            if (c == ']')
                return finish();
            if (c != ',')
                return fail_frame("no comma between events");
            skip_space();
        }
        return element();
    }

    Event* finish() noexcept {
        place = Place::done;
        skip_space();
        return p == end ? nullptr : fail("something follows the array");
    }

    Event* element() noexcept {
        fields.clear();
        if (one_pass) {
            CompactEvent compact(p, end);
            if (compact.read(fields)) [[likely]] {
                p = compact.position();
                return build();
            }
            fields.clear();
        }
        const char* const start = p;
        const char* const stop = skip_value(p, end);
        if (stop == nullptr || stop == start)
            return fail_frame("the frame ends early");
        p = stop;
        return read_json({start, static_cast<std::size_t>(stop - start)}) ? build() : fail("not a JSON object");
    }

    // One event by the JSON parser: white space, escapes, nested values, any UTF-8.
    bool read_json(std::string_view text) noexcept {
        od::document document;
        od::object object;
        const simdjson::padded_string_view padded(text.data(), text.size(), text.size() + simdjson::SIMDJSON_PADDING);
        if (parser.iterate(padded).get(document) != simdjson::SUCCESS ||
            document.get_object().get(object) != simdjson::SUCCESS)
            return false;
        for (auto item : object) {
            od::field field;
            if (std::move(item).get(field) != simdjson::SUCCESS)
                return false;
            const char* const raw = field.key().raw();
            std::size_t n = 0;
            while (n < 8 && raw[n] != '"')
                ++n;
            const Key key = key_of({raw, n});
            auto& value = field.value();
            od::json_type type;
            if (value.type().get(type) != simdjson::SUCCESS)
                return false;
            if (!read_value(key, value, type))
                return false;
        }
        return true;
    }

    bool read_value(Key key, od::value& value, od::json_type type) noexcept {
        std::string_view text;
        switch (type) {
        case od::json_type::string:
            if (value.get_string().get(text) != simdjson::SUCCESS)
                return false;
            fields.set(key, text.data(), text.size(), Token::Form::text);
            return true;
        case od::json_type::array:
            if (simdjson::to_json_string(value).get(text) != simdjson::SUCCESS)
                return false;
            fields.set(key, text.data(), text.size(), Token::Form::array);
            return true;
        case od::json_type::object:
            fields.drop(key);
            return true;
        default:
            text = value.raw_json_token();
            while (!text.empty() && is_space(text.back()))
                text.remove_suffix(1);
            if (text == "null")
                fields.drop(key);
            else
                fields.set(key, text.data(), text.size(), Token::Form::word);
            return true;
        }
    }

    // ------------------------------------------------------------------------------------------ what an event means

    Event* build() noexcept {
        event.ev = fields.text(Key::ev);
        Values values(fields);
        switch (ev_of(event.ev)) {
        case Ev::trade:
            trade(values);
            break;
        case Ev::quote:
            quote(values);
            break;
        case Ev::pair_quote:
            event.symbol = fields.text(Key::p);
            both_sides(values, Key::b, Key::none, Key::a, Key::none);
            event.quote.exchange = fields.text(Key::x);
            break;
        case Ev::value:
            event.symbol = fields.text(Key::T);
            only_last(values, Key::val, Channel::quote, Event::Type::quote);
            break;
        case Ev::fmv:
            event.symbol = fields.text(Key::sym);
            only_last(values, Key::fmv, Channel::fmv, Event::Type::fmv);
            break;
        case Ev::second:
            bar(values, Timeframe::s1, Channel::second);
            break;
        case Ev::minute:
            bar(values, Timeframe::m1, Channel::minute);
            break;
        case Ev::luld:
            luld(values);
            break;
        case Ev::status:
            event.type = Event::Type::status;
            event.status = fields.text(Key::status);
            event.message = fields.text(Key::message);
            return &event;
        case Ev::other:
            if (event.ev.empty())
                return fail("an event without `ev`");
            event.type = Event::Type::other;
            return &event;
        }
        event.field_overflow = values.field_overflow;
        if (values.malformed)
            return fail("a field is not what it should be");
        if (values.overflow)
            event.type = Event::Type::overflow;
        else if (event.symbol.empty())
            return fail("an event without symbol");
        return &event;
    }

    void need(bool ok, Event::Type type) noexcept {
        if (ok)
            event.type = type;
        else
            fail("a field is missing");
    }

    void trade(Values& values) noexcept {
        auto& t = event.trade;
        t = Trade();
        event.channel = Channel::trade;
        const bool crypto = cluster == Cluster::crypto;
        event.symbol = fields.text(crypto ? Key::pair : Key::sym);
        const bool priced = values.decimal(Key::p, t.price);
        // `s` is cut to whole units since fractions are traded; the exact size is the text `ds`.
        const bool exact = !fields.text(Key::ds).empty();
        const bool sized = values.decimal(exact ? Key::ds : Key::s, t.size);
        t.trade_id = fields.text(Key::i);
        t.exchange = fields.text(Key::x);
        t.event_time = values.time(Key::t);
        t.src_seq = values.sequence(Key::q);
        t.received_time = at;
        conditions(values, crypto);
        need(priced && sized, priced && t.price.is_zero() ? Event::Type::empty : Event::Type::trade);
    }

    void conditions(Values& values, bool crypto) noexcept {
        auto& t = event.trade;
        std::size_t count = 0;
        const auto take = [&](std::string_view text) {
            std::int64_t id = 0;
            if (!Values::number(text, id)) {
                values.malformed = true;
                return;
            }
            if (crypto) {
                if (id == 0)
                    return; // none
                t.side = id == 1 ? Side::sell : id == 2 ? Side::buy : t.side;
            } else if (!rule_of(cluster, id).open_close) {
                t.updates_last = false;
            }
            if (count < event.conditions.size())
                event.conditions[count++] = text;
            else
                values.field_overflow = true;
        };
        const auto& token = fields[Key::c];
        if (token.form == Token::Form::array) {
            auto rest = token.text.substr(1, token.text.size() - 2);
            while (!rest.empty()) {
                const auto comma = std::min(rest.find(','), rest.size());
                auto one = rest.substr(0, comma);
                rest.remove_prefix(std::min(comma + 1, rest.size()));
                while (!one.empty() && is_space(one.front()))
                    one.remove_prefix(1);
                while (!one.empty() && is_space(one.back()))
                    one.remove_suffix(1);
                if (!one.empty())
                    take(one);
            }
        } else if (token.form == Token::Form::word) {
            take(token.text);
        }
        t.conditions = {event.conditions.data(), count};
    }

    void quote(Values& values) noexcept {
        event.symbol = fields.text(cluster == Cluster::crypto ? Key::pair : Key::sym);
        both_sides(values, Key::bp, Key::bs, Key::ap, Key::as);
        auto& q = event.quote;
        q.src_seq = values.sequence(Key::q);
        // Two exchanges make a consolidated quote: one name only where both are the same.
        const auto bid = fields.text(Key::bx), ask = fields.text(Key::ax);
        q.exchange = cluster == Cluster::crypto ? fields.text(Key::x) : bid == ask ? bid : std::string_view();
    }

    void both_sides(Values& values, Key bid, Key bid_size, Key ask, Key ask_size) noexcept {
        auto& q = event.quote;
        q = Quote();
        event.channel = Channel::quote;
        values.side(bid, bid_size, q.bid, q.bid_size);
        values.side(ask, ask_size, q.ask, q.ask_size);
        q.event_time = values.time(Key::t);
        q.received_time = at;
        event.type = q.bid || q.ask ? Event::Type::quote : Event::Type::empty;
    }

    void only_last(Values& values, Key key, Channel channel, Event::Type type) noexcept {
        auto& q = event.quote;
        q = Quote();
        event.channel = channel;
        Decimal last;
        const bool there = values.decimal(key, last);
        q.last = last;
        q.event_time = values.time(Key::t);
        q.received_time = at;
        q.flags.set(Flag::indicative);
        need(there, type);
    }

    void luld(Values& values) noexcept {
        event.symbol = fields.text(Key::T);
        event.channel = Channel::luld;
        event.lower.reset();
        event.upper.reset();
        values.decimal(Key::l, event.lower);
        values.decimal(Key::h, event.upper);
        event.time = values.time(Key::t);
        need(event.lower || event.upper, Event::Type::luld);
    }

    void bar(Values& values, Timeframe timeframe, Channel channel) noexcept {
        auto& b = event.bar;
        b = Bar();
        event.channel = channel;
        event.symbol = fields.text(fields.has(Key::pair) ? Key::pair : Key::sym);
        const bool whole = values.decimal(Key::o, b.open) & values.decimal(Key::h, b.high) &
                           values.decimal(Key::l, b.low) & values.decimal(Key::c, b.close);
        const auto start = values.time(Key::s), stop = values.time(Key::e);
        b.timeframe = timeframe;
        if (start) {
            b.open_time = *start;
            // Some samples have no end, or the start again.
            b.close_time = stop && *stop > *start ? *stop : *start + *length_of(timeframe);
        }
        if (cluster != Cluster::indices) {
            // The exact volume is the text `dv`, which means dollars on futures.
            const bool exact = cluster != Cluster::futures && !fields.text(Key::dv).empty();
            values.descriptive(exact ? Key::dv : Key::v, b.volume);
            values.descriptive(Key::vw, b.vwap);
            if (b.volume)
                b.volume_unit = cluster == Cluster::forex ? VolumeUnit::ticks : VolumeUnit::base;
        }
        if (cluster == Cluster::futures)
            b.trades = values.integer(Key::n);
        if (cluster == Cluster::forex)
            b.price_type = PriceType::bid; // there are no trades: bars of bids
        b.received_time = at;
        b.final = true; // told once, at its end
        need(whole && start.has_value(), Event::Type::bar);
    }
};

FrameParser::FrameParser(Cluster cluster, bool one_pass) : impl_(std::make_unique<Impl>(cluster, one_pass)) {}
FrameParser::~FrameParser() = default;

void FrameParser::start(std::string_view bytes, UnixNanos at) noexcept {
    impl_->p = bytes.data();
    impl_->end = bytes.data() + bytes.size();
    impl_->at = at;
    impl_->place = Impl::Place::before;
}

Event* FrameParser::next() noexcept { return impl_->next(); }

} // namespace tickgate::massive
