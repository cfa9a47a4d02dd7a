#include "venue_kit/replay.hpp"

#include <fmt/format.h>

#include <charconv>
#include <fstream>
#include <iterator>

namespace tickgate::venue_kit {

namespace {

bool read_file(const std::string& name, std::string& into) {
    std::ifstream file(name, std::ios::binary);
    into.assign(std::istreambuf_iterator<char>(file), {});
    return file.is_open() && !file.bad();
}

std::string_view next_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    auto line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

// `1633998512.0633569` to nanoseconds, exactly; further digits are cut.
bool parse_seconds(std::string_view text, std::chrono::nanoseconds& out) {
    const auto point = text.find('.');
    const auto whole = text.substr(0, point);
    auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1, 9);
    std::int64_t seconds = 0, nanos = 0;
    if (whole.empty() ||
        std::from_chars(whole.data(), whole.data() + whole.size(), seconds).ptr != whole.data() + whole.size())
        return false;
    if (!fraction.empty() && std::from_chars(fraction.data(), fraction.data() + fraction.size(), nanos).ptr !=
                                 fraction.data() + fraction.size())
        return false;
    for (auto i = fraction.size(); i < 9; ++i)
        nanos *= 10;
    out = std::chrono::seconds(seconds) + std::chrono::nanoseconds(nanos);
    return true;
}

void split_envelope(ReplayFrame& frame) {
    static constexpr std::string_view head = R"({"stream":")", middle = R"(","data":)";
    frame.data = frame.text;
    if (!frame.text.starts_with(head) || !frame.text.ends_with('}'))
        return;
    const auto end = frame.text.find(middle, head.size());
    if (end == std::string_view::npos)
        return;
    frame.stream = frame.text.substr(head.size(), end - head.size());
    const auto from = end + middle.size();
    frame.data = frame.text.substr(from, frame.text.size() - from - 1);
}

} // namespace

result<Replay> Replay::load(const std::string& frames_file, const std::string& times_file, std::string& problem) {
    std::string frames, times;
    if (!read_file(frames_file, frames)) {
        problem = fmt::format("{}: cannot be read", frames_file);
        return errc::configuration;
    }
    if (!times_file.empty() && !read_file(times_file, times)) {
        problem = fmt::format("{}: cannot be read", times_file);
        return errc::configuration;
    }
    auto replay = parse(std::move(frames), times, problem);
    if (!replay)
        problem = fmt::format("{}: {}", frames_file, problem);
    return replay;
}

result<Replay> Replay::parse(std::string frames, std::string_view times, std::string& problem) {
    Replay replay;
    replay.text_.assign(frames.begin(), frames.end());
    std::string_view rest(replay.text_.data(), replay.text_.size());
    std::chrono::nanoseconds first{}, previous{};
    const bool timed = !times.empty();
    for (std::size_t line = 1; !rest.empty(); ++line) {
        ReplayFrame frame;
        frame.text = next_line(rest);
        std::chrono::nanoseconds at = std::chrono::milliseconds(static_cast<std::int64_t>(line));
        if (timed && !parse_seconds(next_line(times), at)) {
            problem = fmt::format("no receive time for line {}", line);
            return errc::configuration;
        }
        if (frame.text.empty())
            continue;
        if (replay.frames_.empty())
            first = at;
        else if (at < previous)
            at = previous; // receive times of several sockets may be a little out of order
        previous = at;
        frame.at = at - first;
        split_envelope(frame);
        replay.frames_.push_back(frame);
    }
    if (replay.frames_.empty()) {
        problem = "no frames";
        return errc::configuration;
    }
    return replay;
}

} // namespace tickgate::venue_kit
