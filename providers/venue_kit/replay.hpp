// Captured frames to be played again.
#pragma once

#include <tickgate/error.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::venue_kit {

struct ReplayFrame {
    std::string_view text;         // exactly the line of the file
    std::string_view stream;       // value of "stream" of a combined frame, else empty
    std::string_view data;         // value of "data" of a combined frame, else the whole text
    std::chrono::nanoseconds at{}; // since the first frame
};

// Owns the text its frames point into. Immutable after loading.
class Replay {
public:
    // `frames_file`: one JSON document a line. `times_file`: receive time of the same line in Unix seconds, ascending;
    // without it (empty) frames are a millisecond apart. Errors: configuration; `problem` names file, line and cause.
    static result<Replay> load(const std::string& frames_file, const std::string& times_file, std::string& problem);
    // The same from text.
    static result<Replay> parse(std::string frames, std::string_view times, std::string& problem);

    Replay(Replay&&) noexcept = default;
    Replay& operator=(Replay&&) noexcept = default;

    const std::vector<ReplayFrame>& frames() const noexcept { return frames_; }

private:
    Replay() = default;
    std::vector<char> text_;
    std::vector<ReplayFrame> frames_;
};

} // namespace tickgate::venue_kit
