// Who gets which channel of which instrument.
#pragma once

#include "massive/venue/clusters.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tickgate::massive_venue {

class MassiveSession;

// One channel of one instrument that somebody asked for, known to the market or not.
struct Slot {
    std::string name; // as the stream writes it
    std::vector<MassiveSession*> sessions;
    std::int64_t gap = 0; // events to leave out
};

// The pairs of one cluster. Slots live as long as the hub.
class Hub {
public:
    void add(Channel channel, const std::string& name, MassiveSession& session);
    void remove(Channel channel, const std::string& name, MassiveSession& session) noexcept;
    void add_all(Channel channel, MassiveSession& session); // the wildcard
    void remove_all(Channel channel, MassiveSession& session) noexcept;

    Slot* find(Channel channel, std::string_view name) noexcept;
    Slot& slot(Channel channel, const std::string& name); // made if need be
    const std::vector<MassiveSession*>& wildcard(Channel channel) const noexcept {
        return wildcards_[static_cast<std::size_t>(channel)];
    }
    bool wanted(Channel channel) const noexcept; // by anybody, any instrument
    // Leaves out the next `count` events of each slot, or of that instrument.
    void add_gap(std::string_view name, std::int64_t count);

private:
    using Slots = std::unordered_map<std::string, std::unique_ptr<Slot>>;
    std::array<Slots, channel_count> slots_;
    std::array<std::vector<MassiveSession*>, channel_count> wildcards_;
    std::array<std::size_t, channel_count> held_{};
};

} // namespace tickgate::massive_venue
