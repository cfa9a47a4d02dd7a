#include "core/log.hpp"

#include "core/secret.hpp"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace tickgate::log {

namespace {

struct State {
    std::mutex mutex;
    std::shared_ptr<spdlog::sinks::sink> sink;
    std::unordered_map<std::string, std::shared_ptr<spdlog::logger>> loggers; // one a module
    std::atomic<Level> level{Level::info};
    Format format = Format::logfmt;
    std::function<void(Level, const std::string&)> capture;
};

State& state() {
    static State s;
    return s;
}

spdlog::level::level_enum to_spdlog(Level l) noexcept {
    switch (l) {
    case Level::trace:
        return spdlog::level::trace;
    case Level::debug:
        return spdlog::level::debug;
    case Level::info:
        return spdlog::level::info;
    case Level::warn:
        return spdlog::level::warn;
    case Level::error:
        return spdlog::level::err;
    case Level::off:
        return spdlog::level::off;
    }
    return spdlog::level::info;
}

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    for (const char c : text) {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (u < 0x20) {
            out += fmt::format("\\u{:04x}", u);
        } else {
            out += c;
        }
    }
    out += '"';
}

bool needs_quotes(std::string_view v) noexcept {
    if (v.empty())
        return true;
    for (const char c : v)
        if (static_cast<unsigned char>(c) <= 0x20 || c == '"' || c == '=' || c == '\\' || c == 0x7f)
            return true;
    return false;
}

void append_logfmt(std::string& out, const Field& f) {
    out += ' ';
    out += f.key;
    out += '=';
    const auto value = redact(f.value);
    if (needs_quotes(value))
        append_json_string(out, value);
    else
        out += value;
}

void append_json(std::string& out, std::string_view key, std::string_view value, bool bare) {
    out += ',';
    append_json_string(out, key);
    out += ':';
    if (bare)
        out += value;
    else
        append_json_string(out, redact(value));
}

spdlog::logger& logger_of(State& s, std::string_view module) {
    if (!s.sink) {
        s.sink = std::make_shared<spdlog::sinks::stderr_color_sink_st>();
        s.sink->set_pattern("%v");
    }
    auto& logger = s.loggers[std::string(module)];
    if (!logger) {
        logger = std::make_shared<spdlog::logger>(std::string(module), s.sink);
        logger->set_level(spdlog::level::trace);
        logger->flush_on(spdlog::level::trace);
        const char* pattern = s.format == Format::logfmt ? "ts=%Y-%m-%dT%H:%M:%S.%fZ level=%l module=%n %v"
                              : s.format == Format::json
                                  ? R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l","module":"%n"%v})"
                                  : "%H:%M:%S.%e %^%-5l%$ %-8n %v";
        logger->set_pattern(pattern, spdlog::pattern_time_type::utc);
    }
    return *logger;
}

} // namespace

void setup(Level level, Format format) {
    auto& s = state();
    const std::lock_guard lock(s.mutex);
    s.level = level;
    s.format = format;
    s.loggers.clear();
}

bool enabled(Level level) noexcept { return level >= state().level.load(std::memory_order_relaxed); }

void write(Level level, std::string_view module, std::string_view event, Fields fields) {
    if (!enabled(level))
        return;
    auto& s = state();
    std::string line;
    const std::lock_guard lock(s.mutex);
    if (s.format == Format::json && !s.capture) {
        append_json(line, "event", event, false);
        for (const auto& f : fields)
            append_json(line, f.key, f.value, f.bare);
    } else {
        line = s.format == Format::pretty && !s.capture ? std::string(event) : "event=" + std::string(event);
        for (const auto& f : fields)
            append_logfmt(line, f);
    }
    if (s.capture)
        s.capture(level, line);
    else
        logger_of(s, module).log(to_spdlog(level), "{}", line);
}

bool Throttle::allow(MonoTime now, std::uint64_t& suppressed) noexcept {
    if (any_ && now - last_ < interval_) {
        ++suppressed_;
        return false;
    }
    any_ = true;
    last_ = now;
    suppressed = suppressed_;
    suppressed_ = 0;
    return true;
}

void capture(std::function<void(Level, const std::string&)> sink) {
    auto& s = state();
    const std::lock_guard lock(s.mutex);
    s.capture = std::move(sink);
}

} // namespace tickgate::log
