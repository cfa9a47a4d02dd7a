#include "ops/demand_book.hpp"

#include <algorithm>
#include <cstdint>

namespace tickgate::ops {

namespace {

constexpr std::size_t leases_per_name = 64; // clients of one name; the lease that ends first makes room
constexpr std::string_view too_many_channels = "too many channels are wanted of this gateway";
constexpr std::string_view too_many_symbols = "too many different symbols were asked of this gateway since its start";

} // namespace

struct DemandBook::Record {
    DataName name;
    std::uint64_t order = 0;    // age; grows with every new demand
    std::size_t configured = 0; // place in the configuration from 1 on; 0: not configured
    std::uint64_t picture = 0;  // the last picture that had it
    bool subscribed = false;
    std::vector<std::pair<std::string, MonoTime>> leases;
    MonoTime linger_until = MonoTime::min();
    bool was_demanded = false;
    bool told = false; // the caller has it among the wanted
    bool is_dirty = false;
};

DemandBook::DemandBook(DemandOptions options) : options_(options) {}
DemandBook::~DemandBook() = default;

DemandBook::Record* DemandBook::find(const DataName& name) {
    const auto at = records_.find(name);
    return at == records_.end() ? nullptr : at->second.get();
}

std::pair<DemandBook::Record*, std::string_view> DemandBook::find_or_add(const DataName& name) {
    if (auto* known = find(name))
        return {known, {}};
    if (unconfigured_ >= options_.max_names)
        return {nullptr, too_many_channels};
    if (options_.admit && !options_.admit(name.instrument))
        return {nullptr, too_many_symbols};
    auto r = std::make_unique<Record>();
    r->name = name;
    r->order = ++order_;
    ++unconfigured_;
    auto* raw = r.get();
    records_.emplace(name, std::move(r));
    return {raw, {}};
}

void DemandBook::refuse(const DataName& name, std::string_view why) {
    ++counts_.refused;
    auto it = std::find_if(refused_.begin(), refused_.end(), [&](const Refusal& r) { return r.reason == why; });
    if (it == refused_.end())
        it = refused_.insert(it, {name, why, 0});
    ++it->count;
}

DemandBook::Standing DemandBook::standing(const DataName& name) const {
    Standing s;
    const auto at = records_.find(name);
    if (at == records_.end())
        return s;
    s.configured = at->second->configured > 0;
    s.subscribed = at->second->subscribed;
    s.leases = at->second->leases;
    return s;
}

bool DemandBook::demanded(const Record& r) const noexcept {
    return r.configured > 0 || r.subscribed || !r.leases.empty();
}

void DemandBook::mark(Record& r) {
    if (!r.is_dirty) {
        r.is_dirty = true;
        dirty_.push_back(&r);
    }
}

// After whoever wants it changed.
void DemandBook::changed(Record& r, MonoTime now) {
    const bool is = demanded(r);
    if (r.was_demanded && !is) {
        r.linger_until = now + options_.linger;
        next_due_ = std::min(next_due_, r.linger_until);
    }
    r.was_demanded = is;
    mark(r);
}

void DemandBook::set_configured(const std::vector<DataName>& names, MonoTime now) {
    std::unordered_map<DataName, std::size_t> places;
    for (const auto& name : names)
        places.emplace(name, places.size() + 1);
    for (auto& [name, r] : records_) {
        if (r->configured == 0 || places.contains(name))
            continue;
        r->configured = 0;
        ++unconfigured_;
        --counts_.configured;
        changed(*r, now);
    }
    for (const auto& [name, place] : places) {
        auto* r = find(name);
        if (r == nullptr) {
            auto made = std::make_unique<Record>();
            made->name = name;
            made->order = ++order_;
            r = made.get();
            records_.emplace(name, std::move(made));
        } else if (r->configured == 0) {
            --unconfigured_;
        }
        if (r->configured == 0)
            ++counts_.configured;
        r->configured = place;
        changed(*r, now);
    }
}

void DemandBook::set_subscribed(const std::vector<std::string>& channels, MonoTime now) {
    ++picture_;
    std::unordered_set<DataName> over;
    for (const auto& channel : channels) {
        const auto name = DataName::parse(channel);
        if (!name)
            continue;
        const auto [r, why] = find_or_add(*name);
        if (r == nullptr) {
            if (over.insert(*name).second && !over_.contains(*name))
                refuse(*name, why);
            continue;
        }
        r->picture = picture_;
        if (!r->subscribed) {
            r->subscribed = true;
            ++counts_.subscribed;
            changed(*r, now);
        }
    }
    over_ = std::move(over);
    counts_.over_limit = over_.size();
    for (auto& [name, r] : records_)
        if (r->subscribed && r->picture != picture_) {
            r->subscribed = false;
            --counts_.subscribed;
            changed(*r, now);
        }
}

std::string_view DemandBook::set_lease(std::string_view client, const DataName& name, MonoTime until, MonoTime now) {
    const auto [r, why] = find_or_add(name);
    if (r == nullptr) {
        refuse(name, why);
        return why;
    }
    const auto same =
        std::find_if(r->leases.begin(), r->leases.end(), [&](const auto& l) { return l.first == client; });
    if (same != r->leases.end()) {
        same->second = until;
    } else {
        if (r->leases.size() >= leases_per_name) {
            r->leases.erase(std::min_element(
                r->leases.begin(), r->leases.end(), [](const auto& a, const auto& b) { return a.second < b.second; }));
            --counts_.leases;
        }
        r->leases.emplace_back(client, until);
        ++counts_.leases;
    }
    next_due_ = std::min(next_due_, until);
    changed(*r, now);
    return {};
}

bool DemandBook::end_lease(std::string_view client, const DataName& name, MonoTime now) {
    auto* r = find(name);
    if (r == nullptr)
        return false;
    const auto ended = std::erase_if(r->leases, [&](const auto& l) { return l.first == client; });
    counts_.leases -= ended;
    if (ended > 0)
        changed(*r, now);
    return ended > 0;
}

std::size_t DemandBook::end_leases(std::string_view client, MonoTime now) {
    std::size_t all = 0;
    for (auto& [name, r] : records_) {
        const auto ended = std::erase_if(r->leases, [&](const auto& l) { return l.first == client; });
        counts_.leases -= ended;
        all += ended;
        if (ended > 0)
            changed(*r, now);
    }
    return all;
}

void DemandBook::expire(MonoTime now) {
    if (now < next_due_)
        return;
    next_due_ = MonoTime::max();
    for (auto& [name, r] : records_) {
        const auto ended = std::erase_if(r->leases, [&](const auto& l) { return l.second <= now; });
        counts_.leases -= ended;
        if (ended > 0)
            changed(*r, now);
        for (const auto& l : r->leases)
            next_due_ = std::min(next_due_, l.second);
        if (r->was_demanded)
            continue;
        if (r->linger_until <= now)
            mark(*r);
        else
            next_due_ = std::min(next_due_, r->linger_until);
    }
}

void DemandBook::settle(Record& r, DemandDelta& delta, std::vector<Record*>& adds, MonoTime now) {
    if (r.was_demanded || r.linger_until > now) {
        if (!r.told) {
            r.told = true;
            ++counts_.wanted;
            adds.push_back(&r);
        }
        return;
    }
    if (r.told) {
        --counts_.wanted;
        delta.remove.push_back(r.name);
    }
    --unconfigured_;
    records_.erase(DataName(r.name));
}

DemandDelta DemandBook::take(MonoTime now) {
    DemandDelta delta;
    std::vector<Record*> adds;
    expire(now);
    std::vector<Record*> dirty;
    dirty.swap(dirty_);
    std::sort(dirty.begin(), dirty.end(), [](const Record* x, const Record* y) { return x->order < y->order; });
    for (auto* r : dirty) {
        r->is_dirty = false;
        settle(*r, delta, adds, now);
    }
    std::sort(adds.begin(), adds.end(), [](const Record* a, const Record* b) {
        const auto rank = [](const Record& r) {
            return std::pair(r.configured > 0 ? r.configured : SIZE_MAX, r.order);
        };
        return rank(*a) < rank(*b);
    });
    for (const auto* r : adds)
        delta.add.push_back(r->name);
    delta.refused = std::exchange(refused_, {});
    return delta;
}

} // namespace tickgate::ops
