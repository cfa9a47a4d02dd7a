#include "redis/json_writer.hpp"

namespace tickgate::redis {

char* put_string(char* out, std::string_view text) noexcept {
    constexpr char hex[] = "0123456789abcdef";
    *out++ = '"';
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (u >= 0x20 && c != '"' && c != '\\') [[likely]] {
            *out++ = c;
            continue;
        }
        *out++ = '\\';
        switch (c) {
        case '"':
        case '\\':
            *out++ = c;
            break;
        case '\n':
            *out++ = 'n';
            break;
        case '\r':
            *out++ = 'r';
            break;
        case '\t':
            *out++ = 't';
            break;
        default:
            out = put(out, "u00");
            *out++ = hex[u >> 4];
            *out++ = hex[u & 15];
        }
    }
    *out++ = '"';
    return out;
}

} // namespace tickgate::redis
