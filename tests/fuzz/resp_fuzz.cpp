// Replies of Redis: any bytes, cut anywhere, are read or refused, never trusted with memory.
#include "redis/reply_scanner.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using tickgate::redis::ReplyScanner;

// What was read, as text; pieces are `step` bytes (0: all at once).
std::string read_all(const char* data, std::size_t size, std::size_t step) {
    ReplyScanner scanner(4096);
    std::string seen;
    for (std::size_t at = 0; at < size;) {
        auto room = scanner.prepare();
        const std::size_t n = std::min({step == 0 ? size : step, room.size(), size - at});
        std::memcpy(room.data(), data + at, n);
        scanner.commit(n);
        at += n;
        for (auto s = scanner.next(); s != ReplyScanner::Step::need_more; s = scanner.next()) {
            if (s == ReplyScanner::Step::failed)
                return seen + "!";
            const auto reply = scanner.as_reply(s);
            seen += static_cast<char>('a' + static_cast<int>(reply.type));
            seen += std::to_string(reply.integer) + reply.text + std::to_string(reply.elements.size());
        }
    }
    return seen;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size == 0)
        return 0;
    const char* data = reinterpret_cast<const char*>(bytes) + 1;
    const std::string whole = read_all(data, size - 1, 0);
    if (whole != read_all(data, size - 1, 1 + bytes[0] % 64u))
        std::abort(); // where the bytes are cut must not matter
    return 0;
}
