// Where checks put what they find, and the report made of it.
#pragma once

#include "quality/quality.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

namespace tickgate::quality {

// An issue without its text, which is made only where somebody reads it.
struct Finding {
    Check check = Check::ohlc;
    Severity severity = Severity::warning;
    UnixNanos from{}, to{};
    std::uint64_t count = 1;
};
inline Finding finding(Check check, Severity severity, const Bar& bar) noexcept {
    return {check, severity, bar.open_time, bar.close_time, 1};
}

class Sink {
public:
    virtual ~Sink() = default;
    template <class Text>
    void add(const Finding& found, Text&& text) {
        if (count(found))
            keep(found, std::forward<Text>(text)());
    }

protected:
    virtual bool count(const Finding& found) = 0; // true: keep it
    virtual void keep(const Finding& found, std::string text) = 0;
};

// Counts everything and keeps the first of each check and severity.
class Findings final : public Sink {
public:
    Report report(std::uint64_t checked, std::uint64_t missing) const;

private:
    static constexpr std::size_t most = 24; // of one check and severity
    bool count(const Finding& found) override;
    void keep(const Finding& found, std::string text) override;
    std::vector<Issue>& kept(const Finding& f) noexcept {
        return issues_[static_cast<std::size_t>(f.check)][static_cast<std::size_t>(f.severity)];
    }

    std::array<std::uint64_t, check_count> counts_{};
    std::array<std::uint64_t, 3> bars_{}; // by severity, gaps left out
    std::array<std::array<std::vector<Issue>, 3>, check_count> issues_;
};

std::string time_text(UnixNanos t); // `2026-11-18T14:00:00Z`

} // namespace tickgate::quality
