// One JSON object on one line of stdout: how the benchmark programs talk to bench/run.py.
#pragma once

#include <cinttypes>
#include <cstdio>
#include <string>
#include <string_view>

namespace tickgate::bench {

class Report {
public:
    explicit Report(std::string_view event) : text_("{\"event\":\"" + std::string(event) + "\"") {}

    Report& add(std::string_view name, std::int64_t value) { return put(name, std::to_string(value)); }
    Report& add(std::string_view name, std::size_t value) { return put(name, std::to_string(value)); }
    Report& add(std::string_view name, double value) {
        char digits[64];
        std::snprintf(digits, sizeof digits, "%.3f", value);
        return put(name, digits);
    }

    // Flushed at once, because the reader waits for it.
    void print() {
        std::printf("%s}\n", text_.c_str());
        std::fflush(stdout);
    }

private:
    Report& put(std::string_view name, std::string_view value) {
        text_.append(",\"").append(name).append("\":").append(value);
        return *this;
    }

    std::string text_;
};

} // namespace tickgate::bench
