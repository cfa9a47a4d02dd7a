#include "core/instrument_table.hpp"

namespace tickgate {

InstrumentId InstrumentTable::intern_locked(const InstrumentName& name) {
    const auto [it, added] = ids_.try_emplace(name, static_cast<InstrumentId>(names_.size()));
    if (added)
        names_.push_back(name);
    return it->second;
}

InstrumentId InstrumentTable::intern(const InstrumentName& name) {
    const std::lock_guard lock(mutex_);
    return intern_locked(name);
}

bool InstrumentTable::try_intern(const InstrumentName& name) {
    const std::lock_guard lock(mutex_);
    if (names_.size() >= most_)
        return ids_.contains(name);
    intern_locked(name);
    return true;
}

std::optional<InstrumentId> InstrumentTable::find(const InstrumentName& name) const {
    const std::lock_guard lock(mutex_);
    const auto it = ids_.find(name);
    return it == ids_.end() ? std::nullopt : std::optional(it->second);
}

const InstrumentName& InstrumentTable::name_of(InstrumentId id) const {
    const std::lock_guard lock(mutex_);
    return names_[index_of(id)];
}

std::size_t InstrumentTable::size() const {
    const std::lock_guard lock(mutex_);
    return names_.size();
}

} // namespace tickgate
