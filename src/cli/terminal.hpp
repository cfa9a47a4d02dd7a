// The terminal that the table is drawn on.
#pragma once

#include "cli/table_model.hpp"

#include <iosfwd>
#include <memory>
#include <vector>

namespace tickgate::cli {

// Of standard output; 24 by 80 if it does not tell.
TerminalSize terminal_size() noexcept;
bool stdout_is_terminal() noexcept;
bool stderr_is_terminal() noexcept;
bool stdout_reader_gone() noexcept; // the other end of the pipe is closed, the terminal hung up

// Draws whole frames on the alternate screen with the cursor hidden; the destructor gives the terminal back.
class Screen {
public:
    explicit Screen(std::ostream& out);
    ~Screen();
    Screen(const Screen&) = delete;
    Screen& operator=(const Screen&) = delete;

    // False when the terminal is gone.
    bool draw(const std::vector<Line>& lines);

private:
    std::ostream& out_;
};

// Reads keys one by one, without echo, from the controlling terminal; the destructor makes it as it was. Keys that
// suspend or quit do nothing meanwhile, Ctrl-C interrupts as ever.
class Keyboard {
public:
    Keyboard();
    ~Keyboard();
    Keyboard(const Keyboard&) = delete;
    Keyboard& operator=(const Keyboard&) = delete;

    int descriptor() const noexcept { return descriptor_; } // -1: there is no terminal
    // A descriptor that the caller closes, for reading.
    int release() noexcept;

private:
    struct Saved;
    std::unique_ptr<Saved> saved_;
    int descriptor_ = -1;
};

} // namespace tickgate::cli
