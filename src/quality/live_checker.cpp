#include "quality/bar_checks.hpp"
#include "quality/price_scale.hpp"
#include "quality/repeats.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bitset>
#include <cmath>

namespace tickgate::quality {

namespace {

// Every issue of one bar, but each check once.
class BarIssues final : public Sink {
public:
    explicit BarIssues(std::bitset<check_count>& told) noexcept : told_(told) {}
    std::vector<Issue> issues;

private:
    bool count(const Finding& found) override {
        const auto at = static_cast<std::size_t>(found.check);
        if (told_.test(at))
            return false;
        told_.set(at);
        return true;
    }
    void keep(const Finding& found, std::string text) override {
        issues.push_back({found.check, found.severity, found.from, found.to, found.count, std::move(text)});
    }
    std::bitset<check_count>& told_;
};

} // namespace

struct LiveChecker::Impl {
    Subject subject;
    FarMoves far;
    PriceScale scale;
    Repeats repeats;
    std::optional<Bar> before, now; // the last one that is over, and the one whose messages come
    std::bitset<check_count> told;  // of `now`

    void begin(const Bar& bar, Sink& sink) {
        if (now && !refuse(*now, subject.instrument.asset_class)) {
            if (before) {
                const double base = std::fabs(approximate(before->close));
                if (base > 0)
                    scale.add(approximate(now->close) / base - 1);
            }
            repeats.add(*now, sink);
            before = now;
        }
        now = bar;
        told.reset();
    }

    void judge(const Bar& bar, Sink& sink) const {
        if (!before || refuse(bar, subject.instrument.asset_class))
            return;
        const double base = std::fabs(approximate(before->close));
        if (base <= 0)
            return;
        const double high = approximate(bar.high), low = approximate(bar.low);
        const double top = approximate(before->high), bottom = approximate(before->low);
        const double off = std::max(high - top, bottom - low) / base;
        const bool absurd = bottom > 0 && (high > top * far.absurd || low < bottom / far.absurd);
        const bool is_far = scale.is_known() && off > far.least && off > far_factor * scale.value();
        if (!absurd && !is_far)
            return;
        sink.add(finding(Check::outlier, Severity::warning, bar), [&] {
            return fmt::format("low {}, high {} at {} lie {:.1f} % outside the bar before; a usual move is {:.3f} %",
                bar.low.to_string(), bar.high.to_string(), time_text(bar.open_time), off * 100, scale.value() * 100);
        });
    }
};

LiveChecker::LiveChecker(Subject subject) : impl_(std::make_unique<Impl>()) {
    impl_->far = far_moves(subject.instrument.asset_class);
    impl_->subject = std::move(subject);
}
LiveChecker::~LiveChecker() = default;
LiveChecker::LiveChecker(LiveChecker&&) noexcept = default;

std::vector<Issue> LiveChecker::add(const Bar& bar) {
    auto& i = *impl_;
    if (i.now && bar.open_time < i.now->open_time) {
        std::bitset<check_count> told;
        BarIssues late(told);
        check_bar(bar, i.subject, late);
        if (!bar.final && !bar.flags.has(Flag::backfill))
            late.add(finding(Check::disorder, Severity::error, bar), [&] {
                return fmt::format("the forming bar at {} comes after that at {}", time_text(bar.open_time),
                    time_text(i.now->open_time));
            });
        return std::move(late.issues);
    }
    BarIssues found(i.told);
    if (!i.now || bar.open_time > i.now->open_time)
        i.begin(bar, found); // tells of repeats up to the bar before, which is over
    else
        i.now = bar;
    check_bar(bar, i.subject, found);
    i.judge(bar, found);
    return std::move(found.issues);
}

} // namespace tickgate::quality
