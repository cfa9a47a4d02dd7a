#include "budget/limit_window.hpp"

#include <algorithm>
#include <charconv>
#include <deque>
#include <vector>

namespace tickgate::budget {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr std::int64_t latest_ms = 9000000000000; // of the year 2255: later times do not fit nanoseconds

bool read_number(std::string_view text, std::int64_t& out) noexcept {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size() && out >= 0 && out <= 1000000000000000;
}

// Splits at the first `c`; the rest is empty if there is none.
std::string_view cut(std::string_view& rest, char c) noexcept {
    const auto at = rest.find(c);
    const auto first = rest.substr(0, at);
    rest = at == std::string_view::npos ? std::string_view() : rest.substr(at + 1);
    return first;
}

std::int64_t to_millis(UnixNanos t) noexcept {
    return std::chrono::duration_cast<milliseconds>(t.time_since_epoch()).count();
}

// A true rolling window. Entries are exact up to 4,096; beyond that neighbours are joined and dated by the later one.
class Rolling final : public LimitWindow {
public:
    explicit Rolling(const LimitSpec& spec) : LimitWindow(spec), window_(spec.window) {}

    nanoseconds wait(std::int64_t amount, std::int64_t ahead, Moment now) override {
        if (spec_.limit <= 0)
            return nanoseconds(0);
        expire(now.mono);
        const auto most = std::max<std::int64_t>(usable(), 1);
        // What goes now comes back after one window: beyond the first, each holds `most`.
        const auto all = ahead + std::min(amount, most);
        const auto windows = all > 0 ? (all - 1) / most : 0;
        return window_ * windows + first_wait(all - windows * most, most, now.mono);
    }
    void take(std::int64_t amount, Moment) override { in_flight_ += amount; }
    void undo(std::int64_t amount, Moment) override { in_flight_ -= amount; }
    void settle(std::int64_t amount, Moment now) override {
        in_flight_ -= amount;
        add(amount, now);
    }
    void add(std::int64_t amount, Moment now) override {
        expire(now.mono);
        if (amount > 0)
            append(amount, now.mono);
    }
    std::int64_t used(Moment now) override {
        expire(now.mono);
        return total_ - expired_ + in_flight_;
    }
    nanoseconds reset_in(Moment now) override {
        expire(now.mono);
        if (in_flight_ > 0)
            return window_;
        return entries_.empty() ? nanoseconds(0) : entries_.back().at + window_ - now.mono;
    }

    std::string save(Moment now) override;
    bool load(std::string_view text, Moment now) override;

private:
    static constexpr std::size_t exact = 4096, saved_slices = 64;
    struct Entry {
        MonoTime at;
        std::int64_t total; // of all amounts up to this one
    };

    void expire(MonoTime now) {
        while (!entries_.empty() && entries_.front().at + window_ <= now) {
            expired_ = entries_.front().total;
            entries_.pop_front();
        }
    }
    void append(std::int64_t amount, MonoTime at) {
        total_ += amount;
        const bool join =
            !entries_.empty() &&
            (entries_.back().at >= at ||
                (entries_.size() >= exact && at - entries_.back().at < window_ / static_cast<int>(exact)));
        if (join)
            entries_.back() = {std::max(entries_.back().at, at), total_};
        else
            entries_.push_back({at, total_});
    }
    nanoseconds first_wait(std::int64_t amount, std::int64_t most, MonoTime now) const {
        if (total_ - expired_ + in_flight_ + amount <= most)
            return nanoseconds(0);
        const auto fits = [&](const Entry& e) { return total_ - e.total + in_flight_ + amount <= most; };
        const auto at =
            std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& e) { return !fits(e); });
        return at == entries_.end() ? window_ : at->at + window_ - now;
    }

    nanoseconds window_;
    std::deque<Entry> entries_;
    std::int64_t total_ = 0, expired_ = 0, in_flight_ = 0;
};

std::string Rolling::save(Moment now) {
    expire(now.mono);
    std::string text;
    const auto slice = window_ / static_cast<int>(saved_slices);
    const auto put = [&](MonoTime at, std::int64_t amount) {
        if (amount > 0)
            text += std::to_string(to_millis(now.wall - (now.mono - at)) + 1) + ":" + std::to_string(amount) + ",";
    };
    auto before = expired_;
    for (std::size_t i = 0; i < entries_.size();) {
        auto last = i;
        while (last + 1 < entries_.size() && entries_[last + 1].at - entries_[i].at < slice)
            ++last;
        put(entries_[last].at, entries_[last].total - before);
        before = entries_[last].total;
        i = last + 1;
    }
    put(now.mono, in_flight_);
    return text;
}

bool Rolling::load(std::string_view text, Moment now) {
    std::vector<std::pair<MonoTime, std::int64_t>> all;
    while (!text.empty()) {
        auto one = cut(text, ',');
        std::int64_t at = 0, amount = 0;
        if (!read_number(cut(one, ':'), at) || !read_number(one, amount) || at > latest_ms)
            return false;
        const auto age = std::clamp<nanoseconds>(now.wall - from_millis(at), nanoseconds(0), window_);
        all.emplace_back(now.mono - age, amount);
    }
    auto before = expired_;
    for (const auto& e : entries_) {
        all.emplace_back(e.at, e.total - before);
        before = e.total;
    }
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    entries_.clear();
    total_ = expired_ = 0;
    for (const auto& [at, amount] : all)
        append(amount, at);
    expire(now.mono);
    return true;
}

// A bucket that leaks: `limit` a window drain evenly, at most `burst` fit. In units of one weight times one microsecond
// of the window, so that nothing is rounded.
class Bucket final : public LimitWindow {
public:
    explicit Bucket(const LimitSpec& spec)
        : LimitWindow(spec), window_us_(std::max<std::int64_t>(std::chrono::microseconds(spec.window).count(), 1)) {}

    nanoseconds wait(std::int64_t amount, std::int64_t ahead, Moment now) override {
        if (spec_.limit <= 0)
            return nanoseconds(0);
        drain(now.mono);
        const auto room = std::max<std::int64_t>(burst(), 1);
        const auto excess = level_ + (in_flight_ + ahead + std::min(amount, room) - room) * window_us_;
        if (excess <= 0)
            return nanoseconds(0);
        const auto rate = std::max<std::int64_t>(usable(), 1);
        return std::chrono::microseconds((excess + rate - 1) / rate);
    }
    void take(std::int64_t amount, Moment) override { in_flight_ += amount; }
    void undo(std::int64_t amount, Moment) override { in_flight_ -= amount; }
    void settle(std::int64_t amount, Moment now) override {
        in_flight_ -= amount;
        add(amount, now);
    }
    void add(std::int64_t amount, Moment now) override {
        drain(now.mono);
        level_ += amount * window_us_;
    }
    std::int64_t used(Moment now) override {
        drain(now.mono);
        return (level_ + window_us_ - 1) / window_us_ + in_flight_;
    }
    nanoseconds reset_in(Moment now) override {
        drain(now.mono);
        return std::chrono::microseconds((level_ + in_flight_ * window_us_) / std::max<std::int64_t>(usable(), 1));
    }
    std::string save(Moment now) override {
        const auto amount = used(now);
        return std::to_string(to_millis(now.wall)) + ":" + std::to_string(amount);
    }
    bool load(std::string_view text, Moment now) override {
        std::int64_t at = 0, amount = 0;
        if (!read_number(cut(text, ':'), at) || !read_number(text, amount) || at > latest_ms)
            return false;
        const auto age = std::max(now.wall - from_millis(at), nanoseconds(0));
        const auto drained = std::chrono::duration<double, std::micro>(age).count() * static_cast<double>(usable());
        const auto was = static_cast<double>(std::min(amount, 2 * burst())) * static_cast<double>(window_us_);
        drain(now.mono);
        level_ += static_cast<std::int64_t>(std::max(was - drained, 0.0));
        return true;
    }

private:
    void drain(MonoTime now) {
        const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(now - at_).count();
        if (passed <= 0)
            return;
        at_ += std::chrono::microseconds(passed);
        const auto rate = std::max<std::int64_t>(usable(), 1);
        level_ = passed >= (level_ + rate - 1) / rate ? 0 : level_ - passed * rate;
    }

    std::int64_t window_us_;
    std::int64_t level_ = 0, in_flight_ = 0;
    MonoTime at_{};
};

// So many a calendar day or month. A wall clock that goes back does not give anything back.
class Quota final : public LimitWindow {
public:
    explicit Quota(const LimitSpec& spec) : LimitWindow(spec) {}

    nanoseconds wait(std::int64_t amount, std::int64_t ahead, Moment now) override {
        if (spec_.limit <= 0)
            return nanoseconds(0);
        roll(now);
        // Requests are worth more than an exact quota nobody can use; bytes are not.
        const auto own = spec_.unit == LimitSpec::Unit::bytes ? amount : std::min(amount, spec_.limit);
        if (used_ + ahead + own <= spec_.limit)
            return nanoseconds(0);
        auto period = period_of(spec_.kind, now.wall);
        const auto later = std::max<std::int64_t>(ahead + own - std::max<std::int64_t>(spec_.limit - used_, 0), 1);
        for (auto n = std::min<std::int64_t>((later - 1) / spec_.limit, 24); n > 0; --n)
            period = period_of(spec_.kind, period.end);
        return std::max<nanoseconds>(period.end - now.wall, milliseconds(1));
    }
    void take(std::int64_t amount, Moment now) override {
        roll(now);
        used_ += amount;
        in_flight_ += amount;
    }
    void settle(std::int64_t amount, Moment now) override {
        roll(now);
        in_flight_ -= amount;
    }
    void undo(std::int64_t amount, Moment now) override {
        roll(now);
        used_ -= amount;
        in_flight_ -= amount;
    }
    void add(std::int64_t amount, Moment now) override {
        roll(now);
        used_ += amount;
    }
    std::int64_t used(Moment now) override {
        roll(now);
        return used_;
    }
    nanoseconds reset_in(Moment now) override {
        roll(now);
        return used_ == 0 ? nanoseconds(0) : nanoseconds(period_of(spec_.kind, now.wall).end - now.wall);
    }
    std::string save(Moment now) override {
        roll(now);
        return std::to_string(period_) + ":" + std::to_string(used_);
    }
    bool load(std::string_view text, Moment now) override {
        roll(now);
        std::int64_t period = 0, amount = 0;
        if (!read_number(cut(text, ':'), period) || !read_number(text, amount) || period != period_)
            return false;
        used_ += amount;
        return true;
    }

private:
    void roll(Moment now) {
        const auto period = period_of(spec_.kind, now.wall).number;
        if (period > period_)
            used_ = in_flight_; // the venue may count it in the new period
        period_ = period;
    }

    std::int64_t period_ = 0, used_ = 0, in_flight_ = 0;
};

} // namespace

std::unique_ptr<LimitWindow> LimitWindow::make(const LimitSpec& spec) {
    switch (spec.kind) {
    case LimitSpec::Kind::bucket:
        return std::make_unique<Bucket>(spec);
    case LimitSpec::Kind::day:
    case LimitSpec::Kind::month:
        return std::make_unique<Quota>(spec);
    case LimitSpec::Kind::rolling:
        break;
    }
    return std::make_unique<Rolling>(spec);
}

std::string label_of(const LimitSpec& spec) {
    const std::string unit = spec.unit == LimitSpec::Unit::bytes ? "_bytes" : "";
    if (spec.kind == LimitSpec::Kind::day)
        return "day" + unit;
    if (spec.kind == LimitSpec::Kind::month)
        return "month" + unit;
    const auto ms = spec.window.count();
    std::string text;
    if (ms > 0 && ms % 3600000 == 0)
        text = std::to_string(ms / 3600000) + "h";
    else if (ms > 0 && ms % 60000 == 0)
        text = std::to_string(ms / 60000) + "m";
    else if (ms > 0 && ms % 1000 == 0)
        text = std::to_string(ms / 1000) + "s";
    else
        text = std::to_string(ms) + "ms";
    return text + (spec.kind == LimitSpec::Kind::bucket ? "_bucket" : "") + unit;
}

QuotaPeriod period_of(LimitSpec::Kind kind, UnixNanos at) noexcept {
    using namespace std::chrono;
    const auto today = floor<days>(at);
    QuotaPeriod p;
    if (kind == LimitSpec::Kind::day) {
        p.number = today.time_since_epoch().count();
        p.end = UnixNanos(today + days(1));
        return p;
    }
    const year_month_day date(today);
    p.number = static_cast<int>(date.year()) * 12 + static_cast<int>(static_cast<unsigned>(date.month())) - 1;
    p.end = UnixNanos(sys_days((date.year() / date.month() + months(1)) / day(1)));
    return p;
}

} // namespace tickgate::budget
