#include "cli/seq_checker.hpp"

namespace tickgate::cli {

SeqChecker::Verdict SeqChecker::check(std::string_view channel, std::string_view session, std::uint64_t seq) {
    Verdict verdict;
    const auto prefix = channel.substr(0, channel.find(':'));
    const auto newest = newest_.find(prefix);
    if (newest == newest_.end()) {
        newest_.emplace(prefix, session);
    } else if (session < newest->second) {
        verdict.kind = Kind::old_session;
        return verdict;
    } else if (session > newest->second) {
        newest->second = session;
        verdict.session_changed = true;
    }

    auto place = channels_.find(channel);
    if (place == channels_.end())
        place = channels_.emplace(std::string(channel), Channel()).first;
    Channel& known = place->second;
    if (known.session != session) { // only greater ones come so far
        known.session = session;
        known.last = seq;
        verdict.kind = Kind::first;
        return verdict;
    }
    if (seq <= known.last) {
        verdict.kind = Kind::repeat;
        return verdict;
    }
    if (seq > known.last + 1) {
        verdict.kind = Kind::gap;
        verdict.from = known.last + 1;
        verdict.to = seq - 1;
        ++gaps_;
        missing_ += seq - 1 - known.last;
    }
    known.last = seq;
    return verdict;
}

} // namespace tickgate::cli
