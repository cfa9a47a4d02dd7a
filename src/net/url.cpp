#include "net/url.hpp"

#include "core/url_authority.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <system_error>

namespace tickgate::net {

namespace {

struct Scheme {
    std::string_view name;
    std::uint16_t port;
};
constexpr std::array<Scheme, 6> schemes{
    {{"ws", 80}, {"wss", 443}, {"http", 80}, {"https", 443}, {"redis", 6379}, {"rediss", 6379}}};

const Scheme* find_scheme(std::string_view name) noexcept {
    const auto* it = std::find_if(schemes.begin(), schemes.end(), [&](const Scheme& s) { return s.name == name; });
    return it == schemes.end() ? nullptr : it;
}

bool parse_port(std::string_view text, std::uint16_t& port) {
    const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), port);
    return bad == std::errc() && end == text.data() + text.size() && port != 0;
}

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
}

// unix:///path, unix:/path, with `?query` kept in the target.
result<Url> parse_unix(std::string_view rest) {
    if (rest.starts_with("//"))
        rest.remove_prefix(2);
    Url url;
    url.scheme = "unix";
    const auto query = rest.find('?');
    url.host = rest.substr(0, query);
    url.target = "/";
    if (query != std::string_view::npos)
        url.target += rest.substr(query);
    if (url.host.size() < 2 || url.host.front() != '/' || url.host.size() > 107) // sun_path
        return errc::configuration;
    return url;
}

} // namespace

std::string Url::authority() const {
    std::string out = host.find(':') != std::string::npos ? "[" + host + "]" : host;
    const Scheme* known = find_scheme(scheme);
    if (port != 0 && (known == nullptr || known->port != port))
        out += ":" + std::to_string(port);
    return out;
}

result<Url> Url::parse(std::string_view text) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos)
        return errc::configuration;
    const std::string scheme = lower(text.substr(0, colon));
    if (scheme == "unix")
        return parse_unix(text.substr(colon + 1));
    const Scheme* known = find_scheme(scheme);
    const auto parsed = boost::urls::parse_uri(boost::core::string_view(text.data(), text.size()));
    if (known == nullptr || !parsed || !parsed->has_authority() || parsed->has_fragment())
        return errc::configuration;

    Url url;
    url.scheme = scheme;
    const auto plain = [](const auto& part) { return std::string_view(part.data(), part.size()); };
    std::string_view host = plain(parsed->encoded_host_address());
    std::string_view port = parsed->has_port() ? plain(parsed->port()) : std::string_view();
    std::string_view path = plain(parsed->encoded_path());
    if (!path.empty() && path.front() != '/') {
        const auto cut = cut_authority(text);
        if (!cut)
            return errc::configuration;
        host = cut->host;
        port = cut->port;
        path = cut->path;
    }
    url.host = lower(host);
    url.port = known->port;
    if (!port.empty() && !parse_port(port, url.port))
        return errc::configuration;
    if (url.host.empty() || url.host.find('%') != std::string::npos)
        return errc::configuration;
    url.target = path.empty() ? "/" : path;
    if (parsed->has_query()) {
        const auto query = parsed->encoded_query();
        url.target += "?" + std::string(query.data(), query.size());
    }
    return url;
}

} // namespace tickgate::net
