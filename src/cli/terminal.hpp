// The terminal that the table is drawn on.
#pragma once

#include "cli/table_model.hpp"

#include <iosfwd>
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

} // namespace tickgate::cli
