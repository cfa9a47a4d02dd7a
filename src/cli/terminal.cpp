#include "cli/terminal.hpp"

#include <ostream>
#include <string>

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace tickgate::cli {

namespace {

constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l\x1b[2J", leave = "\x1b[0m\x1b[?25h\x1b[?1049l";

std::string_view style_code(Line::Style style) noexcept {
    switch (style) {
    case Line::Style::bold:
        return "\x1b[1m";
    case Line::Style::warning:
        return "\x1b[33m";
    case Line::Style::dim:
        return "\x1b[2m";
    case Line::Style::plain:
        break;
    }
    return "";
}

} // namespace

TerminalSize terminal_size() noexcept {
    TerminalSize size;
    winsize w{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_row > 0 && w.ws_col > 0) {
        size.rows = w.ws_row;
        size.columns = w.ws_col;
    }
    return size;
}

bool stdout_is_terminal() noexcept { return ::isatty(STDOUT_FILENO) == 1; }
bool stderr_is_terminal() noexcept { return ::isatty(STDERR_FILENO) == 1; }

bool stdout_reader_gone() noexcept {
    pollfd p{STDOUT_FILENO, 0, 0};
    return ::poll(&p, 1, 0) > 0 && (p.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

Screen::Screen(std::ostream& out) : out_(out) { out_ << enter << std::flush; }

Screen::~Screen() { out_ << leave << std::flush; }

bool Screen::draw(const std::vector<Line>& lines) {
    std::string frame = "\x1b[H";
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (i > 0)
            frame += "\r\n";
        const auto code = style_code(lines[i].style);
        frame += "\x1b[2K"; // before the text: after a full line it could take its last character
        frame += code;
        frame += lines[i].text;
        if (!code.empty())
            frame += "\x1b[0m";
    }
    frame += "\x1b[J";
    out_ << frame << std::flush;
    return out_.good();
}

} // namespace tickgate::cli
