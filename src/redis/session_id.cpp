#include "redis/session_id.hpp"

#include <algorithm>
#include <optional>

namespace tickgate::redis {

namespace {

constexpr std::string_view alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t time_digits = 10, random_digits = 4;

std::optional<std::uint64_t> time_of(std::string_view session) {
    if (session.size() < time_digits)
        return std::nullopt;
    std::uint64_t value = 0;
    for (const char c : session.substr(0, time_digits)) {
        const auto digit = alphabet.find(c);
        if (digit == std::string_view::npos)
            return std::nullopt;
        value = value * 32 + digit;
    }
    return value;
}

} // namespace

std::string make_session(UnixNanos now, std::uint64_t random, std::string_view previous) {
    auto ms = static_cast<std::uint64_t>(std::max<std::int64_t>(to_micros(now) / 1000, 0));
    if (const auto before = time_of(previous); before && *before >= ms)
        ms = *before + 1;
    std::string out(time_digits + random_digits, '0');
    for (std::size_t i = time_digits; i-- > 0; ms /= 32)
        out[i] = alphabet[ms % 32];
    for (std::size_t i = time_digits; i < out.size(); ++i, random /= 32)
        out[i] = alphabet[random % 32];
    return out;
}

} // namespace tickgate::redis
