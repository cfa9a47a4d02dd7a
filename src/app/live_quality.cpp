#include "app/live_quality.hpp"

#include "core/clock.hpp"

namespace tickgate::app {

void LiveQuality::opened(feed::Channel channel, const Subscription& what) {
    const auto i = static_cast<std::size_t>(channel);
    if (what.kind != Kind::bar || channel == feed::no_channel)
        return;
    if (slots_.size() <= i)
        slots_.resize(i + 1);
    slots_[i].what = what;
}

void LiveQuality::closed(feed::Channel channel) {
    if (const auto i = static_cast<std::size_t>(channel); i < slots_.size())
        slots_[i].checker.reset();
}

void LiveQuality::check(feed::Channel channel, const Bar& bar) {
    const auto i = static_cast<std::size_t>(channel);
    if (i >= slots_.size())
        return;
    auto& slot = slots_[i];
    if (!slot.checker) {
        quality::Subject subject;
        subject.instrument = instruments_.name_of(slot.what.instrument);
        subject.timeframe = slot.what.timeframe;
        subject.variant = {bar.price_type, bar.align, bar.adjusted};
        slot.checker.emplace(std::move(subject));
    }
    ++stats_.checked;
    for (const auto& issue : slot.checker->add(bar)) {
        ++stats_.issues[static_cast<std::size_t>(issue.check)][static_cast<std::size_t>(issue.severity)];
        std::uint64_t suppressed = 0;
        if (issue.severity != quality::Severity::note && told_.allow(mono_now(), suppressed))
            log::warn("quality", "bar_suspect",
                {{"instrument", instruments_.name_of(slot.what.instrument).to_string()},
                    {"timeframe", to_string(slot.what.timeframe)}, {"check", to_string(issue.check)},
                    {"severity", to_string(issue.severity)}, {"text", issue.text}, {"suppressed", suppressed}});
    }
}

} // namespace tickgate::app
