#include "massive/csv_table.hpp"

#include <algorithm>

namespace tickgate::massive {

namespace {

std::string_view without_cr(std::string_view line) noexcept {
    if (line.ends_with('\r'))
        line.remove_suffix(1);
    return line;
}

std::string lower_trimmed(std::string_view text) {
    while (text.starts_with(' '))
        text.remove_prefix(1);
    while (text.ends_with(' '))
        text.remove_suffix(1);
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
        [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return out;
}

} // namespace

error_code LineCutter::feed(std::string_view bytes, const Take& take) {
    for (;;) {
        const auto end = bytes.find('\n');
        if (end == std::string_view::npos)
            break;
        const auto piece = bytes.substr(0, end);
        bytes.remove_prefix(end + 1);
        if (begun_.size() + piece.size() > longest)
            return errc::malformed_payload;
        error_code ec;
        if (begun_.empty()) {
            ec = take(without_cr(piece));
        } else {
            begun_ += piece;
            ec = take(without_cr(begun_));
            begun_.clear();
        }
        if (ec)
            return ec;
    }
    if (begun_.size() + bytes.size() > longest)
        return errc::malformed_payload;
    begun_ += bytes;
    return {};
}

error_code LineCutter::finish(const Take& take) {
    if (begun_.empty())
        return {};
    const auto ec = take(without_cr(begun_));
    begun_.clear();
    return ec;
}

bool split_csv(std::string_view line, std::vector<std::string_view>& fields) {
    fields.clear();
    for (;;) {
        if (line.starts_with('"')) {
            const auto close = line.find('"', 1);
            if (close == std::string_view::npos || (close + 1 < line.size() && line[close + 1] != ','))
                return false;
            fields.push_back(line.substr(1, close - 1));
            line.remove_prefix(close + 1);
        } else {
            const auto comma = std::min(line.find(','), line.size());
            fields.push_back(line.substr(0, comma));
            line.remove_prefix(comma);
        }
        if (line.empty())
            return true;
        line.remove_prefix(1); // the comma
    }
}

error_code CsvColumns::read_header(std::string_view line) {
    if (line.starts_with("\xEF\xBB\xBF"))
        line.remove_prefix(3);
    std::vector<std::string_view> fields;
    if (!split_csv(line, fields))
        return errc::malformed_payload;
    std::fill(at_.begin(), at_.end(), npos);
    count_ = fields.size();
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const auto name = lower_trimmed(fields[i]);
        const auto it = std::find(names_.begin(), names_.end(), name);
        if (it == names_.end())
            continue;
        auto& at = at_[static_cast<std::size_t>(it - names_.begin())];
        if (at != npos)
            return errc::malformed_payload;
        at = i;
    }
    return {};
}

} // namespace tickgate::massive
