#include "ops/fields.hpp"

#include "core/text.hpp"
#include "ops/json_text.hpp"
#include "ops/time_range.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

namespace tickgate::ops {

namespace {

const FieldSpec* spec_of(const OperationSpec& op, std::string_view name) {
    if (name == "symbol")
        name = "symbols";
    const auto at =
        std::find_if(op.fields.begin(), op.fields.end(), [&](const FieldSpec& f) { return f.name == name; });
    return at == op.fields.end() ? nullptr : &*at;
}

std::string names_of(const OperationSpec& op) {
    std::string list;
    for (const auto& f : op.fields)
        list.append(list.empty() ? "" : ", ").append(f.name);
    return list;
}

std::string duration_text(std::int64_t ms) {
    if (ms % 3600000 == 0)
        return std::to_string(ms / 3600000) + "h";
    return ms % 1000 == 0 ? std::to_string(ms / 1000) + "s" : std::to_string(ms) + "ms";
}

Error bad(const FieldSpec& f, std::string_view value, std::string allowed) {
    return Error("bad_request", "field " + std::string(f.name) + " is \"" + shown(value) + "\"",
        "allowed: " + std::move(allowed));
}

constexpr std::string_view timeframe_words = "1s 5s 15s 30s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M";

bool is_choice(std::string_view choices, std::string_view value) {
    while (!choices.empty()) {
        const auto blank = std::min(choices.find(' '), choices.size());
        if (choices.substr(0, blank) == value)
            return true;
        choices.remove_prefix(std::min(blank + 1, choices.size()));
    }
    return false;
}

template <class Parse>
bool all_fit(std::string_view text, Parse parse) {
    const auto list = split_list(text);
    return !list.empty() &&
           std::all_of(list.begin(), list.end(), [&](std::string_view s) { return parse(s).has_value(); });
}

std::optional<Error> check_value(const FieldSpec& f, std::string_view value) {
    switch (f.type) {
    case FieldType::symbols: {
        const auto list = split_list(value);
        if (list.empty())
            return Error(
                "bad_request", "field " + std::string(f.name) + " names no symbol", "class:symbol, as crypto:BTC-USDT");
        if (list.size() > static_cast<std::size_t>(f.most))
            return Error("bad_request", std::to_string(list.size()) + " symbols in one request",
                "at most " + std::to_string(f.most) + "; ask again for the rest");
        return std::nullopt;
    }
    case FieldType::text:
        if (value.size() > static_cast<std::size_t>(f.most))
            return bad(f, value, "at most " + std::to_string(f.most) + " characters");
        return std::nullopt;
    case FieldType::integer:
        if (const auto n = integer_from(value); !n || *n < f.least || *n > f.most)
            return bad(f, value, std::to_string(f.least) + " to " + std::to_string(f.most));
        return std::nullopt;
    case FieldType::duration:
        if (const auto d = duration_from(value); !d || d->count() < f.least || d->count() > f.most)
            return bad(f, value, duration_text(f.least) + " to " + duration_text(f.most) + ", as 90s, 5m or 2h");
        return std::nullopt;
    case FieldType::boolean:
        if (!boolean_from(value))
            return bad(f, value, "true, false");
        return std::nullopt;
    case FieldType::asset_class:
        if (!asset_class_from(value))
            return bad(f, value, "fx, crypto, equity, option, index, future, cfd");
        return std::nullopt;
    case FieldType::kinds:
        if (!all_fit(value, kind_from))
            return bad(f, value, "quote, trade, bar");
        return std::nullopt;
    case FieldType::channels:
        if (!all_fit(value, channel_from))
            return bad(f, value, "quote, trade, bar, bar:1m and its likes; Q, T, A");
        return std::nullopt;
    case FieldType::timeframes:
        if (!all_fit(value, timeframe_from))
            return bad(f, value, std::string(timeframe_words));
        return std::nullopt;
    case FieldType::timeframe:
        if (!timeframe_from(value))
            return bad(f, value, std::string(timeframe_words));
        return std::nullopt;
    case FieldType::time:
        return parse_time(f.name, value).error;
    case FieldType::choice:
        if (!is_choice(f.choices, value))
            return bad(f, value, std::string(f.choices));
        return std::nullopt;
    }
    return std::nullopt;
}

} // namespace

std::vector<std::string_view> split_list(std::string_view text) {
    std::vector<std::string_view> list;
    while (!text.empty()) {
        const auto comma = std::min(text.find(','), text.size());
        if (const auto piece = trimmed(text.substr(0, comma), " "); !piece.empty())
            list.push_back(piece);
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return list;
}

std::string_view value_of(const OperationSpec& op, const Fields& fields, std::string_view name) {
    const auto* spec = spec_of(op, name);
    for (const auto& [field, value] : fields)
        if (spec != nullptr && spec_of(op, field) == spec && !trimmed(value, " ").empty())
            return trimmed(value, " ");
    return spec != nullptr ? spec->fallback : std::string_view();
}

std::optional<Error> check_fields(const OperationSpec& op, const Fields& fields) {
    std::vector<const FieldSpec*> seen;
    for (const auto& [name, value] : fields) {
        const auto* spec = spec_of(op, name);
        if (spec == nullptr) {
            const auto known = names_of(op);
            return Error("bad_request", std::string(op.name) + " has no field \"" + shown(name) + "\"",
                known.empty() ? "it takes no fields" : "fields: " + known);
        }
        if (std::find(seen.begin(), seen.end(), spec) != seen.end())
            return Error("bad_request", "field " + std::string(spec->name) + " is given twice",
                spec->type == FieldType::symbols ? "symbol or symbols, not both" : "");
        seen.push_back(spec);
        if (trimmed(value, " ").empty())
            continue; // as if it were not there
        if (auto error = check_value(*spec, trimmed(value, " ")))
            return error;
    }
    for (const auto& f : op.fields)
        if (f.required && value_of(op, fields, f.name).empty())
            return Error(
                "bad_request", std::string(op.name) + " needs field " + std::string(f.name), std::string(f.about));
    return std::nullopt;
}

std::optional<std::int64_t> integer_from(std::string_view text) noexcept {
    std::int64_t n = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (ec != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return n;
}

std::optional<std::chrono::milliseconds> duration_from(std::string_view text) noexcept {
    std::int64_t factor = 1000;
    const auto ends = [&](std::string_view unit, std::int64_t ms) {
        if (!text.ends_with(unit))
            return false;
        text.remove_suffix(unit.size());
        factor = ms;
        return true;
    };
    static_cast<void>(
        ends("ms", 1) || ends("s", 1000) || ends("m", 60000) || ends("h", 3600000) || ends("d", 86400000));
    const auto n = integer_from(text);
    if (!n || *n < 0 || *n > std::numeric_limits<std::int64_t>::max() / 86400000)
        return std::nullopt;
    return std::chrono::milliseconds(*n * factor);
}

std::optional<bool> boolean_from(std::string_view text) noexcept {
    if (text == "true" || text == "1" || text == "yes")
        return true;
    if (text == "false" || text == "0" || text == "no")
        return false;
    return std::nullopt;
}

std::optional<BarVariant> variant_from(
    const OperationSpec& op, const Fields& fields, AssetClass asset_class, Timeframe timeframe) {
    const auto price = value_of(op, fields, "price_type");
    const auto align = value_of(op, fields, "align");
    const auto adjusted = value_of(op, fields, "adjusted");
    if (price.empty() && align.empty() && adjusted.empty())
        return std::nullopt;
    const bool over_the_counter = asset_class == AssetClass::fx || asset_class == AssetClass::cfd;
    const bool listed =
        asset_class == AssetClass::equity || asset_class == AssetClass::option || asset_class == AssetClass::index;
    const auto length = length_of(timeframe);
    BarVariant v;
    v.price_type = over_the_counter ? PriceType::mid : PriceType::trade;
    if (!length || *length > std::chrono::hours(1))
        v.align = over_the_counter ? Alignment::ny17 : listed ? Alignment::exchange : Alignment::utc;
    for (const auto p : {PriceType::trade, PriceType::mid, PriceType::bid, PriceType::ask})
        if (price == word_of(p))
            v.price_type = p;
    for (const auto a : {Alignment::utc, Alignment::ny17, Alignment::exchange})
        if (align == word_of(a))
            v.align = a;
    v.adjusted = boolean_from(adjusted).value_or(false);
    return v;
}

std::optional<Kind> kind_from(std::string_view text) noexcept {
    for (const auto kind : {Kind::quote, Kind::trade, Kind::bar})
        if (text == to_string(kind))
            return kind;
    return std::nullopt;
}

std::vector<Kind> kinds_from(std::string_view text) {
    std::vector<Kind> kinds;
    for (const auto word : split_list(text))
        if (const auto kind = kind_from(word); kind && std::find(kinds.begin(), kinds.end(), *kind) == kinds.end())
            kinds.push_back(*kind);
    return kinds;
}

std::optional<ChannelWord> channel_from(std::string_view text) noexcept {
    constexpr std::string_view bars = "bar:";
    ChannelWord word;
    if (text.starts_with(bars)) {
        word.kind = Kind::bar;
        word.timeframe = timeframe_from(text.substr(bars.size()));
        return word.timeframe ? std::optional(word) : std::nullopt;
    }
    auto kind = kind_from(text);
    if (text == "Q" || text == "T" || text == "A")
        kind = text == "Q" ? Kind::quote : text == "T" ? Kind::trade : Kind::bar;
    if (!kind)
        return std::nullopt;
    word.kind = *kind;
    return word;
}

Channels channels_from(const OperationSpec& op, const Fields& fields) {
    Channels out;
    out.kinds = kinds_from(value_of(op, fields, "kinds"));
    out.timeframes = timeframes_from(value_of(op, fields, "timeframes"));
    const auto add = [](auto& list, auto what) {
        if (std::find(list.begin(), list.end(), what) == list.end())
            list.push_back(what);
    };
    bool plain = false;
    for (const auto text : split_list(value_of(op, fields, "channels"))) {
        const auto word = channel_from(text);
        if (!word)
            continue;
        add(out.kinds, word->kind);
        if (word->timeframe)
            add(out.timeframes, *word->timeframe);
        else if (word->kind == Kind::bar)
            plain = true;
    }
    out.usual_bars = plain && !out.timeframes.empty();
    return out;
}

std::vector<Timeframe> timeframes_from(std::string_view text) {
    std::vector<Timeframe> list;
    for (const auto word : split_list(text))
        if (const auto tf = timeframe_from(word); tf && std::find(list.begin(), list.end(), *tf) == list.end())
            list.push_back(*tf);
    return list;
}

} // namespace tickgate::ops
