#include "ops/data_name.hpp"

namespace tickgate::ops {

namespace {

// Cuts the part before the next colon off; empty if there is none.
std::string_view take_part(std::string_view& text) noexcept {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return {};
    const auto part = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    return part;
}

std::optional<Timeframe> exact_timeframe(std::string_view text) noexcept {
    for (const auto tf : all_timeframes)
        if (text == tickgate::to_string(tf))
            return tf;
    return std::nullopt;
}

} // namespace

std::string DataName::word() const {
    std::string text(tickgate::to_string(kind));
    if (kind == Kind::bar)
        text.append(":").append(tickgate::to_string(timeframe));
    return text;
}

std::string DataName::to_string() const { return word() + ":" + instrument.to_string(); }

std::optional<DataName> DataName::parse(std::string_view text) {
    DataName name;
    const auto kind = take_part(text);
    if (kind == "trade")
        name.kind = Kind::trade;
    else if (kind == "bar")
        name.kind = Kind::bar;
    else if (kind != "quote")
        return std::nullopt;
    if (name.kind == Kind::bar) {
        const auto tf = exact_timeframe(take_part(text));
        if (!tf)
            return std::nullopt;
        name.timeframe = *tf;
    }
    auto instrument = InstrumentName::parse(text);
    if (!instrument)
        return std::nullopt;
    name.instrument = std::move(*instrument);
    return name;
}

} // namespace tickgate::ops
