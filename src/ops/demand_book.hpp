// Who wants which data, and what of it is asked upstream. No I/O, no clock.
#pragma once

#include "ops/data_name.hpp"

#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tickgate::ops {

struct DemandOptions {
    std::chrono::milliseconds linger{60000}; // kept so long after the last who wanted it
    std::size_t max_names = 100000;          // that are not configured; what comes beyond is refused
    // Takes a number for an instrument that is not configured; false: there is none left. Called only when all else
    // speaks for it: numbers are never given back. Empty: there are enough.
    std::function<bool(const InstrumentName&)> admit;
};

struct Refusal {
    DataName name; // one of them
    std::string_view reason;
    std::uint64_t count = 0;
};

// A change of what is to be asked upstream. Apply `remove` first: it makes room for `add`.
struct DemandDelta {
    std::vector<DataName> remove;
    std::vector<DataName> add;    // the configured first, then the oldest demand first
    std::vector<Refusal> refused; // over a limit, one for each reason
    bool empty() const noexcept { return remove.empty() && add.empty() && refused.empty(); }
};

// One loop, one owner: set_subscribed() with each picture of the watcher, then take(); take() about once a second too,
// for lingers and leases. Limits of providers are not its matter.
class DemandBook {
public:
    explicit DemandBook(DemandOptions options = {});
    ~DemandBook();
    DemandBook(const DemandBook&) = delete;
    DemandBook& operator=(const DemandBook&) = delete;

    // Replaces what the configuration asks for, in its order.
    void set_configured(const std::vector<DataName>& names, MonoTime now);

    // For what is wanted no more from now on.
    void set_linger(std::chrono::milliseconds linger) noexcept { options_.linger = linger; }

    // The whole picture of subscribed channels, without their prefix. What is no data name is ignored.
    void set_subscribed(const std::vector<std::string>& channels, MonoTime now);

    // A lease of a client runs to `until`; a later one of the same client replaces it. What it says is why there is
    // none; empty: there is.
    std::string_view set_lease(std::string_view client, const DataName& name, MonoTime until, MonoTime now);
    bool end_lease(std::string_view client, const DataName& name, MonoTime now); // false: there was none
    std::size_t end_leases(std::string_view client, MonoTime now);               // all of a client; how many

    // Who wants a name.
    struct Standing {
        bool configured = false, subscribed = false;
        std::vector<std::pair<std::string, MonoTime>> leases; // client, end
    };
    Standing standing(const DataName& name) const;

    // What changed since the last call.
    DemandDelta take(MonoTime now);

    struct Counts {
        std::size_t configured = 0, subscribed = 0, leases = 0, wanted = 0, over_limit = 0;
        std::uint64_t refused = 0; // since the start; a subscribed channel once
    };
    const Counts& counts() const noexcept { return counts_; }

private:
    struct Record;
    Record* find(const DataName& name);
    std::pair<Record*, std::string_view> find_or_add(const DataName& name); // or why it is refused
    void refuse(const DataName& name, std::string_view why);
    bool demanded(const Record& r) const noexcept;
    void changed(Record& r, MonoTime now);
    void expire(MonoTime now);
    void settle(Record& r, DemandDelta& delta, std::vector<Record*>& adds, MonoTime now);
    void mark(Record& r);

    DemandOptions options_;
    std::unordered_map<DataName, std::unique_ptr<Record>> records_;
    std::unordered_set<DataName> over_; // of the last picture, not kept as records
    std::vector<Record*> dirty_;
    std::vector<Refusal> refused_;
    std::uint64_t picture_ = 0, order_ = 0;
    std::size_t unconfigured_ = 0;
    MonoTime next_due_ = MonoTime::max();
    Counts counts_;
};

} // namespace tickgate::ops
