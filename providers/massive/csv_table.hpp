// CSV with a header line, in pieces of any size: whole lines, their fields, columns by name.
#pragma once

#include <tickgate/error.hpp>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::massive {

// Cuts a stream of bytes into lines, without their ends (LF or CR LF). Keeps the unfinished line only.
class LineCutter {
public:
    static constexpr std::size_t longest = 64u << 10;

    // Takes one line each; views are valid during the call. An error ends the cutting.
    using Take = std::function<error_code(std::string_view line)>;

    // Errors: malformed_payload (a line longer than `longest`), what `take` returned.
    error_code feed(std::string_view bytes, const Take& take);
    error_code finish(const Take& take); // a last line without end

private:
    std::string begun_;
};

// Cuts a line at its commas into `fields` (cleared first); a field in double quotes may hold commas. Quotes within
// quotes do not occur in these files. False: quotes that do not close, or text behind them.
bool split_csv(std::string_view line, std::vector<std::string_view>& fields);

// Where the columns stand that somebody looks for, whatever else there is and in which order.
class CsvColumns {
public:
    // `names`: those looked for, in lower case; must outlive it.
    explicit CsvColumns(std::span<const std::string_view> names) : names_(names), at_(names.size(), npos) {}

    // Errors: malformed_payload (a name twice, no names).
    error_code read_header(std::string_view line);

    static constexpr std::size_t npos = SIZE_MAX;
    std::size_t at(std::size_t name) const noexcept { return at_[name]; }
    bool has(std::size_t name) const noexcept { return at_[name] != npos; }
    std::size_t count() const noexcept { return count_; } // of all columns

private:
    std::span<const std::string_view> names_;
    std::vector<std::size_t> at_;
    std::size_t count_ = 0;
};

} // namespace tickgate::massive
