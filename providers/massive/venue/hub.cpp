#include "massive/venue/hub.hpp"

namespace tickgate::massive_venue {

namespace {
constexpr std::size_t at(Channel channel) noexcept { return static_cast<std::size_t>(channel); }
} // namespace

Slot& Hub::slot(Channel channel, const std::string& name) {
    auto& made = slots_[at(channel)][name];
    if (!made) {
        made = std::make_unique<Slot>();
        made->name = name;
    }
    return *made;
}

void Hub::add(Channel channel, const std::string& name, MassiveSession& session) {
    slot(channel, name).sessions.push_back(&session);
    ++held_[at(channel)];
}

void Hub::remove(Channel channel, const std::string& name, MassiveSession& session) noexcept {
    if (auto* held = find(channel, name))
        held_[at(channel)] -= std::erase(held->sessions, &session);
}

void Hub::add_all(Channel channel, MassiveSession& session) { wildcards_[at(channel)].push_back(&session); }

void Hub::remove_all(Channel channel, MassiveSession& session) noexcept {
    std::erase(wildcards_[at(channel)], &session);
}

Slot* Hub::find(Channel channel, std::string_view name) noexcept {
    auto& slots = slots_[at(channel)];
    const auto it = slots.find(std::string(name));
    return it == slots.end() ? nullptr : it->second.get();
}

bool Hub::wanted(Channel channel) const noexcept { return held_[at(channel)] > 0 || !wildcard(channel).empty(); }

void Hub::add_gap(std::string_view name, std::int64_t count) {
    for (auto& slots : slots_)
        for (auto& [key, slot] : slots)
            if (name.empty() || key == name)
                slot->gap += count;
}

} // namespace tickgate::massive_venue
