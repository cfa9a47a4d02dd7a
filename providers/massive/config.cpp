#include "massive/config.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::massive {

namespace {

struct ClusterRow {
    std::string_view part;
    AssetClass asset_class;
};
constexpr std::array<ClusterRow, all_clusters.size()> rows{
    {{"stocks", AssetClass::equity}, {"options", AssetClass::option}, {"forex", AssetClass::fx},
        {"crypto", AssetClass::crypto}, {"indices", AssetClass::index}, {"futures", AssetClass::future}}};

} // namespace

std::string_view part_of(Cluster c) noexcept { return rows[static_cast<std::size_t>(c)].part; }

std::optional<Cluster> cluster_from(std::string_view part) noexcept {
    for (const auto c : all_clusters)
        if (part_of(c) == part)
            return c;
    return std::nullopt;
}

AssetClass class_of(Cluster c) noexcept { return rows[static_cast<std::size_t>(c)].asset_class; }

std::optional<Cluster> cluster_of(AssetClass asset_class) noexcept {
    for (const auto c : all_clusters)
        if (class_of(c) == asset_class)
            return c;
    return std::nullopt;
}

bool Settings::delayed_on(Cluster c) const noexcept { return delayed && c != Cluster::forex && c != Cluster::crypto; }

std::string Settings::stream_url(Cluster c) const {
    // Indices and futures have no business path.
    const bool business_path = business && c != Cluster::indices && c != Cluster::futures;
    std::string url = ws;
    if (url.empty()) {
        url = delayed_on(c) ? "wss://delayed" : business_path ? "wss://business" : "wss://socket";
        if (delayed_on(c) && business_path)
            url += "-business";
        url += ".massive.com";
    }
    return url + (business_path ? "/business/" : "/") + std::string(part_of(c));
}

result<Settings> read_settings(const ProviderSettings& settings, std::string& problem) {
    Settings out;
    const auto text = [&](std::string_view key) -> std::string {
        const auto it = settings.find(key);
        return it == settings.end() ? std::string() : it->second;
    };
    const auto endpoint = [&](std::string_view key, std::string& into) {
        if (auto value = text(key); !value.empty()) {
            while (value.ends_with('/'))
                value.pop_back();
            into = std::move(value);
        }
    };
    const auto flag = [&](std::string_view key, bool& into) {
        const auto value = text(key);
        if (value.empty())
            return true;
        into = value == "true";
        if (into || value == "false")
            return true;
        problem = std::string(key) + " is `true` or `false`, not `" + value + "`";
        return false;
    };
    const auto number = [&](std::string_view key, auto& into, std::int64_t most) {
        const auto s = text(key);
        if (s.empty())
            return true;
        std::int64_t value = 0;
        const auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), value);
        if (ec != std::errc() || end != s.data() + s.size() || value < 1 || value > most) {
            problem = std::string(key) + " is a number from 1 to " + std::to_string(most) + ", not `" + s + "`";
            return false;
        }
        into = static_cast<std::remove_reference_t<decltype(into)>>(value);
        return true;
    };
    const auto flat_file_keys = [&] {
        out.s3_access_key = text("s3.access_key");
        out.s3_secret_key = Secret(text("s3.secret_key"));
        if (out.s3_access_key.empty() != out.s3_secret_key.empty()) {
            problem = out.s3_access_key.empty() ? "s3.secret_key stands without s3.access_key"
                                                : "s3.access_key stands without s3.secret_key";
            return false;
        }
        // The first becomes a part of a header.
        if (!std::all_of(out.s3_access_key.begin(), out.s3_access_key.end(),
                [](char c) { return c > ' ' && c < '\x7f' && c != ',' && c != '/'; })) {
            problem = "s3.access_key holds characters that no key has (blanks, commas or slashes)";
            return false;
        }
        return true;
    };
    out.api_key = Secret(text("api_key"));
    if (out.api_key.empty()) {
        problem = "api_key is missing";
        return errc::configuration;
    }
    // It becomes a part of a header and of a JSON text.
    if (!std::all_of(out.api_key.reveal().begin(), out.api_key.reveal().end(),
            [](char c) { return c > ' ' && c < '\x7f' && c != '"' && c != '\\'; })) {
        problem = "api_key holds characters that no key has (blanks, quotes or line ends)";
        return errc::configuration;
    }
    const auto plan = text("plan");
    out.business = plan.starts_with("business");
    out.free_plan = plan == "free" || plan == "basic";
    out.requests_per_minute = out.free_plan ? 5 : 6000;
    out.connections = out.business ? 3 : 1;
    endpoint("endpoints.ws", out.ws);
    endpoint("endpoints.rest", out.rest);
    endpoint("endpoints.s3", out.s3);
    std::int64_t exchange = 1;
    if (!flag("delayed", out.delayed) || !flag("luld", out.luld) || !flag("fmv", out.fmv) ||
        !flag("adjusted", out.adjusted) || !number("crypto_exchange", exchange, 1000000) ||
        !number("lot_size", out.lot_size, 10000) || !number("limits.connections", out.connections, 1000) ||
        !number("limits.requests_per_minute", out.requests_per_minute, 1000000) ||
        !number("limits.requests_per_day", out.requests_per_day, 1000000) ||
        !number("s3.monthly_gb", out.s3_monthly_gb, 1000000) || !flat_file_keys())
        return errc::configuration;
    out.crypto_exchange = std::to_string(exchange);
    return out;
}

} // namespace tickgate::massive
