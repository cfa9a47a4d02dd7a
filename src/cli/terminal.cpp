#include "cli/terminal.hpp"

#include <ostream>
#include <string>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
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

struct Keyboard::Saved {
    termios settings{};
};

// A description of its own: what an event loop sets on it is not seen by the shell.
Keyboard::Keyboard() : descriptor_(::open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) {
    termios now{};
    if (descriptor_ < 0 || ::tcgetattr(descriptor_, &now) != 0)
        return;
    saved_ = std::make_unique<Saved>();
    saved_->settings = now;
    now.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    now.c_lflag |= NOFLSH; // else the key that interrupts may throw away what gives the screen back
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    now.c_cc[VSUSP] = now.c_cc[VQUIT] = _POSIX_VDISABLE;
    ::tcsetattr(descriptor_, TCSANOW, &now);
}

Keyboard::~Keyboard() {
    if (descriptor_ < 0)
        return;
    if (saved_)
        ::tcsetattr(descriptor_, TCSAFLUSH, &saved_->settings); // keys that nobody read are not for the shell
    ::close(descriptor_);
}

int Keyboard::release() noexcept { return ::fcntl(descriptor_, F_DUPFD_CLOEXEC, 0); }

} // namespace tickgate::cli
