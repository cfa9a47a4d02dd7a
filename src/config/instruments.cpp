#include "config/instruments.hpp"

#include "config/provider_specs.hpp"
#include "config/suggest.hpp"

#include <array>
#include <string>

namespace tickgate::config {

namespace {

using enum AssetClass;
constexpr std::array<AssetClass, asset_class_count> all_classes{fx, crypto, equity, option, index, future, cfd};

std::vector<std::string> class_names() {
    std::vector<std::string> names;
    for (const AssetClass c : all_classes)
        names.emplace_back(to_string(c));
    return names;
}

constexpr milliseconds least_stale{100};
constexpr milliseconds most_stale = std::chrono::hours(24 * 7);

// A symbol within a list of its class.
Type<InstrumentName> symbol_of(AssetClass asset_class) {
    const std::string name(to_string(asset_class));
    return {"a symbol of letters, digits, `.`, `_` and `-`, at most 64", {},
        [=](std::string_view text, std::string& why) -> std::optional<InstrumentName> {
            if (is_symbol(text))
                return InstrumentName{asset_class, std::string(text)};
            if (text.starts_with(name + ":"))
                why =
                    "the class stands already in front of the list: write " + std::string(text.substr(name.size() + 1));
            return {};
        },
        {"symbol", "letters, digits, `.`, `_` and `-`, at most 64", {},
            R"("type":["string","number","boolean"],"pattern":"^[A-Za-z0-9._-]*$","maxLength":64)"}};
}

Type<std::string> provider_of(std::optional<AssetClass> asset_class) {
    Type<std::string> type{"the name of a provider", {}, {}};
    for (const ProviderSpec& spec : provider_specs())
        if (!asset_class || spec.serves(*asset_class))
            type.allowed.push_back(spec.name);
    type.parse = [asset_class](std::string_view text, std::string& why) -> std::optional<std::string> {
        const ProviderSpec* spec = find_provider_spec(text);
        if (!spec)
            return {};
        if (asset_class && !spec->serves(*asset_class)) {
            why = spec->name + " has no data of the class " + std::string(to_string(*asset_class));
            return {};
        }
        return spec->name;
    };
    type.shape = shape_of_words(type.allowed);
    type.shape.type = "provider";
    return type;
}

void nothing(const Cursor&) {} // of a key that stands for those of a free map, whose own reader reads them

std::string example_symbols(AssetClass asset_class) {
    constexpr std::array<std::string_view, asset_class_count> examples{"[EUR-USD, XAU-USD]", "[BTC-USDT, ETH-USDT]",
        "[SPY, BRK.B]", "[AAPL240119C00190000]", "[SPX]", "[BTC-USDT-PERP]", "[SPX500-USD]"};
    return std::string(examples[static_cast<std::size_t>(asset_class)]);
}

// The instrument that a key names; tells what is none.
std::optional<InstrumentName> instrument_key(const Cursor& map, const std::string& key, Position at) {
    if (const auto name = InstrumentName::parse(key))
        return *name;
    const std::string asset_class = key.substr(0, key.find(':'));
    std::string hint = "got " + shown(key) + "; classes: " + joined(class_names());
    if (const auto meant = asset_class_from(asset_class) ? std::nullopt : nearest(asset_class, class_names()))
        hint += "; did you mean " + *meant + "?";
    map.context().problem(at, map.key(), "expected an instrument, written class:symbol", std::move(hint));
    return {};
}

// Reads `key: value` pairs whose keys are instruments.
void read_overrides(const Cursor& at, Routes& routes) {
    at.each_entry([&](const std::string& key, Position key_at, const Node& value) {
        const auto name = instrument_key(at, key, key_at);
        if (!name)
            return;
        const Cursor entry = at.below(value, key);
        std::vector<std::string> providers = list_of(entry, provider_of(name->asset_class));
        if (providers.empty() && !at.context().faulty(entry.key()))
            entry.problem("the list is empty: name at least one provider");
        if (!providers.empty())
            routes.overrides[*name] = std::move(providers);
    });
}

void read_stale(const Cursor& at, Stale& stale) {
    const auto type = duration_or_auto(least_stale, most_stale);
    if (at.node().kind == Node::Kind::scalar) { // short for `default`
        if (const auto limit = value_of(at, type))
            stale.fallback = *limit;
        return;
    }
    at.each_entry([&](const std::string& key, Position key_at, const Node& value) {
        std::vector<std::string> words = class_names();
        words.emplace_back("default");
        const auto asset_class = asset_class_from(key);
        if (!asset_class && key != "default" && key.find(':') == std::string::npos) {
            const auto meant = nearest(key, words);
            return at.context().problem(key_at, at.key() + "." + shown(key), "unknown key",
                "allowed: " + joined(words) + ", class:symbol" + (meant ? "; did you mean " + *meant + "?" : ""));
        }
        const auto name = asset_class || key == "default" ? std::nullopt : instrument_key(at, key, key_at);
        if (!asset_class && key != "default" && !name)
            return;
        const auto limit = value_of(at.below(value, key), type);
        if (!limit)
            return;
        (name ? stale.by_instrument[*name] : asset_class ? stale.by_class[*asset_class] : stale.fallback) = *limit;
    });
}

} // namespace

void add_symbol_fields(Fields& fields, Config& config) {
    for (const AssetClass c : all_classes)
        fields.push_back({"symbols." + std::string(to_string(c)),
            [&config, c](const Cursor& at) {
                for (InstrumentName& name : list_of(at, symbol_of(c)))
                    config.symbols.push_back(std::move(name));
            },
            {"Instruments of this class that are always served, without the class in front. Each needs a route.",
                Apply::live, example_symbols(c), {}, list_shape(symbol_of(c).shape)}});
}

void add_route_fields(Fields& fields, Config& config) {
    Routes& routes = config.routes;
    for (const AssetClass c : all_classes)
        fields.push_back({"routes." + std::string(to_string(c)),
            [&routes, c](const Cursor& at) {
                std::vector<std::string> providers = list_of(at, provider_of(c));
                if (at.node().kind == Node::Kind::sequence && at.node().items.empty())
                    at.problem("the list is empty: name at least one provider, or leave the class out");
                if (!providers.empty())
                    routes.by_class[c] = std::move(providers);
            },
            {"Providers of this class, best first.", Apply::live, "[" + provider_of(c).allowed.front() + "]",
                "[" + joined(default_route(c)) + "]", list_shape(provider_of(c).shape)}});
    fields.push_back({"routes.overrides", [&routes](const Cursor& at) { read_overrides(at, routes); }, {},
        {{"routes.overrides.*", nothing,
            {"The route of one instrument, written `class:symbol`.", Apply::live, "[massive, oanda]", "its class's",
                list_shape(provider_of({}).shape)}}}});
    fields.push_back({"routes.standby",
        scalar_into(routes.standby, choice<Standby>({{"warm", Standby::warm}, {"cold", Standby::cold}})),
        {"`warm`: the other providers of a route stay subscribed, which counts for their limits; `cold`: only when "
         "they are needed.",
            Apply::live, "cold"}});
    fields.push_back({"routes.jump_guard", scalar_into(routes.jump_guard, percent()),
        {"No switch to a provider whose price is further away. It holds for all instruments.", Apply::live, "5%"}});
}

void add_stale_fields(Fields& fields, Config& config) {
    const Shape limit = duration_or_auto(least_stale, most_stale).shape;
    fields.push_back({"stale", [&stale = config.stale](const Cursor& at) { read_stale(at, stale); },
        {"Short for `stale.default`.", Apply::live, "30s", {}, limit},
        {{"stale.default", nothing,
             {"How long an instrument may be silent before it is stale; `auto`: learned from its own cadence. "
              "`stale: 30s` is short for it.",
                 Apply::live, "30s", "auto", limit}},
            {"stale.*", nothing,
                {"The same for a class (`fx`) or an instrument (`\"crypto:BTC-USDT\"`).", Apply::live, "5s",
                    "the next wider one's", limit}}}});
}

} // namespace tickgate::config
