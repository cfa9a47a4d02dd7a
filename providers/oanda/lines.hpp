// Cuts a stream of chunks into lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

namespace tickgate::oanda {

// A chunk may hold several lines and a line may lie in several chunks, cut at any byte. Lines that lie whole in a chunk
// are handed over where they stand; of the others the beginning is kept. Blank lines and a `\r` at the end are removed.
// Nothing is allocated once the longest unfinished line has been seen.
class LineCutter {
public:
    static constexpr std::size_t padding = 64;            // readable bytes behind each line handed over
    static constexpr std::size_t max_line = 256u * 1024u; // a longer one is given up, up to its end

    LineCutter() { kept_.resize(4096 + padding); }

    // `chunk` is followed by `padding` readable bytes. Calls line(std::string_view), valid during that call, and
    // overlong() once for each line given up.
    template <class Line, class Overlong>
    void feed(std::string_view chunk, Line&& line, Overlong&& overlong) {
        while (!chunk.empty()) {
            const auto* const newline = static_cast<const char*>(std::memchr(chunk.data(), '\n', chunk.size()));
            if (newline == nullptr) {
                keep(chunk, overlong);
                return;
            }
            const auto length = static_cast<std::size_t>(newline - chunk.data());
            if (size_ == 0 && !lost_) {
                hand_over(chunk.substr(0, length), line);
            } else {
                keep(chunk.substr(0, length), overlong);
                if (!lost_) {
                    kept_[size_] = '\n'; // simdjson looks at the byte behind: the same one as in a chunk
                    hand_over({kept_.data(), size_}, line);
                }
                size_ = 0;
                lost_ = false;
            }
            chunk.remove_prefix(length + 1);
        }
    }

    std::size_t unfinished() const noexcept { return size_; } // bytes kept

private:
    template <class Overlong>
    void keep(std::string_view part, Overlong& overlong) {
        if (lost_)
            return;
        if (size_ + part.size() > max_line) {
            lost_ = true;
            size_ = 0;
            overlong();
            return;
        }
        if (kept_.size() < size_ + part.size() + padding)
            kept_.resize(std::min(2 * (size_ + part.size()), max_line) + padding);
        if (!part.empty())
            std::memcpy(kept_.data() + size_, part.data(), part.size());
        size_ += part.size();
    }
    template <class Line>
    static void hand_over(std::string_view text, Line& line) {
        if (!text.empty() && text.back() == '\r')
            text.remove_suffix(1);
        if (text.find_first_not_of(" \t") != std::string_view::npos)
            line(text);
    }

    std::vector<char> kept_; // the unfinished line and its padding
    std::size_t size_ = 0;
    bool lost_ = false; // up to the next newline
};

} // namespace tickgate::oanda
