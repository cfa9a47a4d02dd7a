// What a subscriber can prove with `session` and `seq`: nothing was missed, or what was.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tickgate::cli {

// No I/O, no clock. Numbers count per channel within one session; sessions belong to a prefix and sort by start. The
// check of a channel begins with the first message received on it, and anew with each greater session.
class SeqChecker {
public:
    enum class Kind : std::uint8_t {
        first,       // of this channel, or of this channel in a greater session
        next,        // the expected one
        gap,         // numbers are missing in front of it
        repeat,      // seen already: to be dropped
        old_session, // of a publisher that was replaced: to be dropped
    };
    struct Verdict {
        Kind kind = Kind::next;
        std::uint64_t from = 0, to = 0; // gap: first and last missing number
        bool session_changed = false;   // the first message at all of a greater session on this prefix
        bool droppable() const noexcept { return kind == Kind::repeat || kind == Kind::old_session; }
    };

    // `session` not empty, `seq` above 0.
    Verdict check(std::string_view channel, std::string_view session, std::uint64_t seq);

    std::uint64_t gaps() const noexcept { return gaps_; }
    std::uint64_t missing() const noexcept { return missing_; } // messages, over all gaps
    std::size_t channels() const noexcept { return channels_.size(); }

private:
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view s) const noexcept { return std::hash<std::string_view>{}(s); }
    };
    template <class T>
    using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
    struct Channel {
        std::string session;
        std::uint64_t last = 0;
    };

    ByName<Channel> channels_;
    ByName<std::string> newest_; // session by prefix
    std::uint64_t gaps_ = 0, missing_ = 0;
};

} // namespace tickgate::cli
