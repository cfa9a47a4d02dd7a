#include "budget/request_budget.hpp"

#include <algorithm>
#include <charconv>

namespace tickgate::budget {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr std::string_view snapshot_head = "budget 1";
constexpr nanoseconds longest_pause = std::chrono::hours(24) * 4; // a ban lasts three days at most
constexpr std::int64_t latest_ms = 9000000000000; // of the year 2255: later times do not fit nanoseconds
constexpr int most_doublings = 6;

} // namespace

std::vector<LimitSpec> limits_of(const RequestBudgetSpec& spec) {
    std::vector<LimitSpec> all(1);
    all.front().limit = spec.weight_limit;
    all.front().window = spec.window;
    all.insert(all.end(), spec.more.begin(), spec.more.end());
    for (auto& l : all) // a window without length would never end
        l.window = std::max(l.window, milliseconds(1));
    return all;
}

RequestBudget::RequestBudget(const RequestBudgetSpec& spec) : name_(spec.name) {
    for (const auto& limit : limits_of(spec))
        windows_.push_back(LimitWindow::make(limit));
    configured_ = windows_.front()->spec().limit;
}

bool RequestBudget::take(Cost cost, Moment now, Taken& taken) {
    if (wait(cost, 0, now) > 0ns || (refusals_ > 0 && probe_out_))
        return false;
    banned_ = false;
    for (auto& w : windows_)
        w->take(amount(w->spec(), cost), now);
    taken = {cost, refusals_ > 0};
    probe_out_ = probe_out_ || taken.probe;
    return true;
}

void RequestBudget::settle(const Taken& taken, Moment now) {
    for (auto& w : windows_) {
        const auto n = amount(w->spec(), taken.cost);
        if (w->spec().unit == LimitSpec::Unit::bytes)
            w->undo(n, now); // what was really spent is learned
        else
            w->settle(n, now);
    }
    if (taken.probe)
        probe_out_ = false;
}

void RequestBudget::undo(const Taken& taken, Moment now) {
    for (auto& w : windows_)
        w->undo(amount(w->spec(), taken.cost), now);
    if (taken.probe)
        probe_out_ = false;
}

nanoseconds RequestBudget::wait(Cost cost, std::int64_t ahead, Moment now) {
    auto longest = pause_left(now);
    for (auto& w : windows_) {
        const bool bytes = w->spec().unit == LimitSpec::Unit::bytes;
        longest = std::max(longest, w->wait(amount(w->spec(), cost), bytes ? 0 : ahead, now));
    }
    return longest;
}

void RequestBudget::learn(const BudgetReading& reading, Told told, Moment now) {
    auto& first = *windows_.front();
    if (reading.used_weight) {
        // What others used is dated now: the cautious side, it expires a window from here.
        const auto unseen = *reading.used_weight - first.used(now);
        if (unseen > 0)
            first.add(unseen, now);
    }
    if (reading.limit && *reading.limit > 0 && (configured_ == 0 || *reading.limit < configured_))
        first.set_limit(*reading.limit);
    if (reading.spent_bytes && *reading.spent_bytes > 0)
        for (auto& w : windows_)
            if (w->spec().unit == LimitSpec::Unit::bytes)
                w->add(*reading.spent_bytes, now);
    if (reading.pause)
        pause(reading, told, now);
    else if (told == Told::well && pause_left(now) == 0ns)
        refusals_ = 0;
}

void RequestBudget::pause(const BudgetReading& reading, Told told, Moment now) {
    auto length = std::clamp<nanoseconds>(*reading.pause, 1ms, longest_pause);
    // Several requests in flight are refused for one and the same cause: that is one refusal.
    if (told == Told::refused && (refusals_ == 0 || pause_left(now) == 0ns)) {
        length = std::max(length, std::min(length * (1 << std::min(refusals_, most_doublings)), longest_pause));
        ++refusals_;
    }
    paused_until_ = std::max(paused_until_, now.mono + length);
    banned_ = banned_ || reading.banned;
    ++pauses_;
}

nanoseconds RequestBudget::pause_left(Moment now) const noexcept {
    return std::max<nanoseconds>(paused_until_ - now.mono, 0ns);
}

std::vector<LimitSpec> RequestBudget::limits() const {
    std::vector<LimitSpec> all;
    for (const auto& w : windows_)
        all.push_back(w->spec());
    return all;
}

std::vector<LimitSpec> RequestBudget::usable() const {
    std::vector<LimitSpec> all;
    for (const auto& w : windows_) {
        all.push_back(w->spec());
        all.back().limit = w->usable();
        all.back().burst = w->burst();
    }
    return all;
}

std::vector<WindowView> RequestBudget::view(Moment now) {
    std::vector<WindowView> all;
    for (auto& w : windows_) {
        WindowView v;
        v.window = label_of(w->spec());
        v.spec = w->spec();
        v.used = w->used(now);
        const auto most = v.spec.kind == LimitSpec::Kind::bucket ? w->burst() : w->usable();
        v.remaining = std::max<std::int64_t>(most - v.used, 0);
        v.reset_in = std::chrono::ceil<milliseconds>(w->reset_in(now));
        all.push_back(std::move(v));
    }
    return all;
}

std::string RequestBudget::snapshot(Moment now) {
    std::string text(snapshot_head);
    text += '\n';
    if (const auto left = pause_left(now); left > 0ns || refusals_ > 0) {
        const auto until = std::chrono::ceil<milliseconds>((now.wall + left).time_since_epoch()).count();
        text += "pause " + std::to_string(until) + " " + (banned_ ? "1 " : "0 ") + std::to_string(refusals_) + "\n";
    }
    for (auto& w : windows_)
        if (const auto saved = w->save(now); !saved.empty())
            text += label_of(w->spec()) + " " + saved + "\n";
    return text;
}

bool RequestBudget::restore(std::string_view text, Moment now) {
    const auto line_of = [&text] {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        return line;
    };
    if (line_of() != snapshot_head)
        return false;
    while (!text.empty()) {
        const auto line = line_of();
        const auto space = line.find(' ');
        if (space == std::string_view::npos)
            continue;
        const auto label = line.substr(0, space);
        const auto rest = line.substr(space + 1);
        if (label == "pause") {
            std::int64_t until = 0;
            int banned = 0, refusals = 0;
            const auto* const end = rest.data() + rest.size();
            auto at = std::from_chars(rest.data(), end, until);
            if (at.ec == std::errc() && at.ptr + 1 < end)
                at = std::from_chars(at.ptr + 1, end, banned);
            if (at.ec == std::errc() && at.ptr + 1 < end)
                at = std::from_chars(at.ptr + 1, end, refusals);
            if (at.ec != std::errc() || until < 0 || until > latest_ms)
                continue;
            const auto left = std::clamp<nanoseconds>(from_millis(until) - now.wall, 0ns, longest_pause);
            paused_until_ = std::max(paused_until_, now.mono + left);
            banned_ = banned_ || (banned != 0 && left > 0ns);
            refusals_ = std::max(refusals_, std::clamp(refusals, 0, most_doublings));
            continue;
        }
        for (auto& w : windows_)
            if (label_of(w->spec()) == label)
                (void)w->load(rest, now);
    }
    return true;
}

} // namespace tickgate::budget
