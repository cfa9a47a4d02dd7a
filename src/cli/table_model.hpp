// The live table of `tickgate tail`: one row a channel, rendered as lines of text. No I/O, no clock.
#pragma once

#include "cli/message.hpp"
#include "cli/text.hpp"

#include <tickgate/time.hpp>

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tickgate::cli {

struct TerminalSize {
    int rows = 24, columns = 80;
};

// Messages a second over the last five seconds.
class RateMeter {
public:
    explicit RateMeter(MonoTime start) : start_(start) {}
    void add(MonoTime now);
    double per_second(MonoTime now) const;

private:
    static constexpr int seconds = 5;
    static std::int64_t second_of(MonoTime t) noexcept;

    MonoTime start_;
    std::array<std::uint32_t, seconds> counts_{};
    std::array<std::int64_t, seconds> of_second_{};
};

struct Line {
    enum class Style : std::uint8_t { plain, bold, warning, dim };
    std::string text; // at most the terminal's columns wide, without control characters
    Style style = Style::plain;
};

class TableModel {
public:
    // `title` is what is shown, left in the first line.
    TableModel(std::string title, MonoTime now);

    // A quote, trade or bar; other types are ignored.
    void apply(std::string_view channel, const Message& message, MonoTime now);
    // Shown below the rows; only the last few are kept.
    void note(std::string text, bool warning);
    // Right of the title; a warning stands on a line of its own.
    void set_status(std::string text, bool warning);

    std::vector<Line> render(TerminalSize size, MonoTime now) const;
    std::size_t rows() const noexcept { return rows_.size(); }

private:
    struct Row {
        explicit Row(MonoTime now) : rate(now) {}
        std::string symbol, kind, provider, bid, ask, last;
        std::uint64_t seq = 0;
        MonoTime at{};
        RateMeter rate;
    };
    using Cells = std::array<std::string, 9>;
    static Cells cells_of(const Row& row, MonoTime now);

    std::string title_, status_;
    bool status_is_warning_ = false;
    std::map<std::string, Row, std::less<>> rows_;           // by symbol, kind, channel
    std::map<std::string, std::string, std::less<>> key_of_; // by channel
    std::deque<std::pair<std::string, bool>> notes_;
    RateMeter rate_;
};

} // namespace tickgate::cli
