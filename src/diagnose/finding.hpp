// What a look at something found, in words, and what to do about it.
#pragma once

#include <tickgate/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tickgate::diagnose {

enum class Grade : std::uint8_t {
    ok,
    note,    // not looked at, or worth knowing
    warning, // works, and should be mended
    failure,
};
std::string_view to_string(Grade grade) noexcept; // OK, NOTE, WARN, FAIL

struct Finding {
    Grade grade = Grade::ok;
    std::string subject; // `binance`, `redis`
    std::string check;   // `dns`, `credentials`: a word or two
    std::string text;    // what was found; holds no secret
    std::string fix;     // what to do; empty: nothing
    int exit = 0;        // of a failure: 69 unreachable, 77 credentials, 78 configuration
};
using Tell = std::function<void(Finding)>;

// Gives findings of one subject to `tell`.
class Reporter {
public:
    Reporter(std::string subject, Tell tell) : subject_(std::move(subject)), tell_(std::move(tell)) {}

    void ok(std::string check, std::string text) const;
    void note(std::string check, std::string text, std::string fix = {}) const;
    void warn(std::string check, std::string text, std::string fix) const;
    void fail(std::string check, std::string text, std::string fix, int exit) const;

    const std::string& subject() const noexcept { return subject_; }

private:
    void add(Grade grade, std::string check, std::string text, std::string fix, int exit) const;
    std::string subject_;
    Tell tell_;
};

inline constexpr int unreachable = 69, refused = 77, misconfigured = 78;

// What an error of a provider means for a person, and what to do. `settings`: where its settings are
// (`providers.oanda`).
struct Advice {
    std::string meaning, fix;
    int exit = unreachable;
};
Advice advice_for(const error_code& ec, const std::string& settings);

// The same for what a failed TLS handshake said.
std::string tls_fix(std::string_view detail, const std::string& ca_setting);

// Which of two exit codes tells more: configuration before credentials before everything else.
int graver(int a, int b) noexcept;

std::string duration_text(std::chrono::milliseconds d); // `12 ms`, `3.4 s`

} // namespace tickgate::diagnose
