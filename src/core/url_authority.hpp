// The authority of a URL, where Boost.URL 1.81 gets it wrong.
#pragma once

#include <algorithm>
#include <optional>
#include <string_view>

namespace tickgate {

struct UrlAuthority {
    std::string_view host; // a name
    std::string_view port; // digits, not checked; may be empty
    std::string_view path; // without query and fragment; may be empty
};

// Boost takes `127.0.0.1.example` for the address 127.0.0.1 and the path `.example`. It is a name: for a URL whose path
// seems not to begin with a slash, cut by hand. Views into `url`, which has `://`; empty if the host is no name.
inline std::optional<UrlAuthority> cut_authority(std::string_view url) {
    const std::size_t start = url.find("://") + 3;
    const std::size_t end = std::min(url.find_first_of("/?#", start), url.size());
    UrlAuthority cut;
    cut.host = url.substr(start, end - start);
    cut.path = url.substr(end, std::min(url.find_first_of("?#", end), url.size()) - end);
    if (const std::size_t at = cut.host.rfind('@'); at != std::string_view::npos)
        cut.host.remove_prefix(at + 1);
    if (const std::size_t colon = cut.host.find(':'); colon != std::string_view::npos) {
        cut.port = cut.host.substr(colon + 1);
        cut.host = cut.host.substr(0, colon);
    }
    const bool is_name = std::all_of(cut.host.begin(), cut.host.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
               c == '_';
    });
    if (!is_name || cut.host.empty())
        return std::nullopt;
    return cut;
}

} // namespace tickgate
