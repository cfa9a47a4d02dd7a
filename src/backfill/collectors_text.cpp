#include "backfill/collectors_text.hpp"

#include "backfill/json_parts.hpp"

namespace tickgate::backfill {

std::string to_text(const CollectorSpec& spec) {
    json::object o;
    o["v"] = 1;
    o["name"] = spec.name;
    o["instruments"] = json_of(spec.instruments);
    o["timeframes"] = json_of(spec.timeframes);
    o["provider"] = spec.provider;
    o["in_session_s"] = static_cast<std::int64_t>(spec.in_session.count());
    o["outside_s"] = static_cast<std::int64_t>(spec.outside.count());
    o["look_back_s"] = static_cast<std::int64_t>(spec.look_back.count());
    return json::serialize(o);
}

std::optional<CollectorSpec> collector_from(std::string_view text) {
    boost::system::error_code fault;
    const auto value = json::parse(json::string_view(text.data(), text.size()), fault);
    const auto* o = fault ? nullptr : value.if_object();
    if (!o)
        return std::nullopt;
    const JsonReader in(*o);
    CollectorSpec spec;
    spec.name = in.text("name");
    spec.instruments = in.instruments("instruments");
    spec.timeframes = in.timeframes("timeframes");
    spec.provider = in.text("provider");
    spec.in_session = std::chrono::seconds(in.number("in_session_s", spec.in_session.count()));
    spec.outside = std::chrono::seconds(in.number("outside_s", spec.outside.count()));
    spec.look_back = std::chrono::seconds(in.number("look_back_s", spec.look_back.count()));
    if (in.number("v") != 1 || spec.name.empty() || spec.instruments.empty() || spec.timeframes.empty())
        return std::nullopt;
    return spec;
}

} // namespace tickgate::backfill
