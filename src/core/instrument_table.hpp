// Interns instruments: canonical name to a small dense number and back.
#pragma once

#include <tickgate/instrument.hpp>

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace tickgate {

// Thread-safe; meant for cold paths (configuration, discovery, subscription). Hot code carries InstrumentId and
// whatever it prepared per instrument. References from name_of() stay valid for the life of the table.
class InstrumentTable {
public:
    // `most`: what try_intern() fills it to. A number is never given back.
    explicit InstrumentTable(std::size_t most = 200'000) : most_(most) {}

    InstrumentId intern(const InstrumentName& name);
    bool try_intern(const InstrumentName& name); // false: it is full and does not have the name
    std::optional<InstrumentId> find(const InstrumentName& name) const;
    const InstrumentName& name_of(InstrumentId id) const; // id from this table
    std::size_t size() const;

private:
    InstrumentId intern_locked(const InstrumentName& name);

    const std::size_t most_;
    mutable std::mutex mutex_;
    std::deque<InstrumentName> names_;
    std::unordered_map<InstrumentName, InstrumentId> ids_;
};

} // namespace tickgate
