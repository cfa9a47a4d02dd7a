#include "app/live_quality.hpp"

#include "core/clock.hpp"

#include <algorithm>

namespace tickgate::app {

void LiveQuality::opened(feed::Channel channel, const Subscription& what, std::string_view provider) {
    const auto i = static_cast<std::size_t>(channel);
    if (channel == feed::no_channel)
        return;
    if (what.kind == Kind::bar) {
        if (slots_.size() <= i)
            slots_.resize(i + 1);
        slots_[i].what = what;
        slots_[i].open = true;
    } else if (what.kind == Kind::quote) {
        if (quoted_by_.size() <= i)
            quoted_by_.resize(i + 1, nobody);
        auto& all = stats_.quotes;
        const auto known = std::find_if(all.begin(), all.end(), [&](const auto& q) { return q.provider == provider; });
        quoted_by_[i] = static_cast<std::uint32_t>(known - all.begin());
        if (known == all.end())
            all.emplace_back().provider = provider;
    }
}

void LiveQuality::closed(feed::Channel channel) {
    const auto i = static_cast<std::size_t>(channel);
    if (i < slots_.size()) {
        slots_[i].open = false;
        slots_[i].checker.reset();
    }
    if (i < quoted_by_.size())
        quoted_by_[i] = nobody;
}

void LiveQuality::count(feed::Channel channel, bool locked) noexcept {
    const auto i = static_cast<std::size_t>(channel);
    if (i >= quoted_by_.size() || quoted_by_[i] == nobody)
        return;
    auto& quotes = stats_.quotes[quoted_by_[i]];
    ++(locked ? quotes.locked : quotes.crossed);
}

void LiveQuality::check(feed::Channel channel, const Bar& bar) {
    const auto i = static_cast<std::size_t>(channel);
    if (i >= slots_.size() || !slots_[i].open)
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
