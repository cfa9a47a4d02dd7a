// Interns instruments: canonical name to a small dense number and back.
#pragma once

#include <tickgate/instrument.hpp>

#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>

namespace tickgate {

// Thread-safe; meant for cold paths (configuration, discovery, subscription). Hot code carries InstrumentId and
// whatever it prepared per instrument. References from name_of() stay valid for the life of the table.
class InstrumentTable {
public:
    InstrumentId intern(const InstrumentName& name);
    std::optional<InstrumentId> find(const InstrumentName& name) const;
    const InstrumentName& name_of(InstrumentId id) const; // id from this table
    std::size_t size() const;

private:
    mutable std::mutex mutex_;
    std::deque<InstrumentName> names_;
    std::unordered_map<InstrumentName, InstrumentId> ids_;
};

} // namespace tickgate
