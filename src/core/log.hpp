// Logging: one spdlog logger per module, lines of `event=… key=value …` with the keys in a fixed order.
//
//     log::info("feed", "link_up", {{"feed", name}, {"connections", n}});
//
// Values are quoted where needed and pass through redact(). A repeating line goes through a Throttle.
#pragma once

#include <tickgate/error.hpp>
#include <tickgate/time.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>

namespace tickgate::log {

enum class Level : std::uint8_t { trace, debug, info, warn, error, off };
enum class Format : std::uint8_t { logfmt, json, pretty };

// One key with its value as text; numbers stay bare in JSON.
struct Field {
    Field(std::string_view k, std::string_view v) : key(k), value(v) {}
    Field(std::string_view k, const char* v) : key(k), value(v) {}
    Field(std::string_view k, const std::string& v) : key(k), value(v) {}
    Field(std::string_view k, const error_code& ec) : key(k), value(describe(ec)) {}
    Field(std::string_view k, bool v) : key(k), value(v ? "true" : "false"), bare(true) {}
    template <class T>
    requires(std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) Field(std::string_view k, T v)
        : key(k), value(fmt::format("{}", v)), bare(true) {}

    std::string_view key;
    std::string value;
    bool bare = false;
};
using Fields = std::initializer_list<Field>;

// Sets where lines go (standard error) and from which level on; again at any time.
void setup(Level level, Format format);
bool enabled(Level level) noexcept;
void write(Level level, std::string_view module, std::string_view event, Fields fields);

inline void debug(std::string_view module, std::string_view event, Fields fields = {}) {
    if (enabled(Level::debug))
        write(Level::debug, module, event, fields);
}
inline void info(std::string_view module, std::string_view event, Fields fields = {}) {
    write(Level::info, module, event, fields);
}
inline void warn(std::string_view module, std::string_view event, Fields fields = {}) {
    write(Level::warn, module, event, fields);
}
inline void error(std::string_view module, std::string_view event, Fields fields = {}) {
    write(Level::error, module, event, fields);
}

// At most one line an interval; the next one says how many were left out.
class Throttle {
public:
    explicit Throttle(std::chrono::milliseconds interval = std::chrono::seconds(10)) : interval_(interval) {}
    // True if a line may be written now; `suppressed` is then the number left out since the last one.
    bool allow(MonoTime now, std::uint64_t& suppressed) noexcept;

private:
    std::chrono::milliseconds interval_;
    MonoTime last_{};
    std::uint64_t suppressed_ = 0;
    bool any_ = false;
};

// Tests read lines instead of the terminal: (level, rendered line without time). Empty function: back to normal.
void capture(std::function<void(Level, const std::string&)> sink);

} // namespace tickgate::log
