#include "quality/bar_checks.hpp"
#include "quality/gaps.hpp"
#include "quality/neighbours.hpp"
#include "quality/repeats.hpp"

#include <fmt/format.h>

namespace tickgate::quality {

struct Checker::Impl {
    Impl(Subject s, const calendar::MarketHours& hours)
        : subject(std::move(s)), gaps(subject, hours), neighbours(subject) {}

    // False: the bar is out of order and has no neighbours.
    bool follows(const Bar& bar) {
        if (!last || bar.open_time > last->open_time)
            return true;
        if (bar.open_time < last->open_time) {
            findings.add(finding(Check::disorder, Severity::error, bar), [&] {
                return fmt::format(
                    "the bar at {} comes after that at {}", time_text(bar.open_time), time_text(last->open_time));
            });
            return false;
        }
        const bool same = bar.open == last->open && bar.high == last->high && bar.low == last->low &&
                          bar.close == last->close && bar.volume == last->volume;
        findings.add(finding(Check::duplicate, same ? Severity::warning : Severity::error, bar), [&] {
            return fmt::format(
                "the bar at {} comes twice{}", time_text(bar.open_time), same ? "" : " with different values");
        });
        return false;
    }

    bool ranged() const noexcept { return subject.from < subject.to; }

    Subject subject;
    Findings findings;
    Gaps gaps;
    Neighbours neighbours;
    Repeats repeats;
    std::optional<Bar> last;
    std::uint64_t checked = 0;
};

Checker::Checker(Subject subject, const calendar::MarketHours& hours)
    : impl_(std::make_unique<Impl>(std::move(subject), hours)) {}
Checker::~Checker() = default;
Checker::Checker(Checker&&) noexcept = default;

void Checker::explained(UnixNanos from, UnixNanos to) { impl_->gaps.explained(from, to); }

void Checker::add(const Bar& bar) {
    auto& i = *impl_;
    ++i.checked;
    const bool accepted = check_bar(bar, i.subject, i.findings);
    if (!i.follows(bar))
        return;
    if (i.last)
        i.gaps.hole(i.last->close_time, bar.open_time, i.findings);
    else if (i.ranged())
        i.gaps.hole(i.subject.from, bar.open_time, i.findings);
    // A bar whose prices contradict each other says nothing about its neighbours.
    if (accepted) {
        i.neighbours.add(bar, i.findings);
        i.repeats.add(bar, i.findings);
    }
    i.last = bar;
}

Report Checker::finish() {
    auto& i = *impl_;
    if (i.ranged())
        i.gaps.hole(i.last ? i.last->close_time : i.subject.from, i.subject.to, i.findings);
    i.gaps.finish(i.checked, i.findings);
    i.neighbours.finish(i.findings);
    return i.findings.report(i.checked, i.gaps.missing());
}

} // namespace tickgate::quality
