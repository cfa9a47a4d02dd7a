#include "redis/redis_url.hpp"

#include <charconv>

namespace tickgate::redis {

int database_of(const net::Url& url) noexcept {
    std::string_view text = url.target;
    if (const auto at = text.find("db="); at != std::string_view::npos)
        text.remove_prefix(at + 3);
    else if (url.scheme == "unix")
        return 0;
    else
        text.remove_prefix(text.starts_with('/') ? 1 : 0);
    if (text.empty())
        return 0;
    int value = -1;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    return ec == std::errc() && end == text.data() + text.size() ? value : -1;
}

} // namespace tickgate::redis
