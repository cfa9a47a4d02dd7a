// The other reader of what is published.
#include "core/clock.hpp"
#include "redis/publisher_impl.hpp"

namespace tickgate::redis {

void Publisher::Impl::tell(TapSnapshot& snapshot) {
    for (auto& wanted : snapshot.channels) {
        const auto it = channel_ids_.find(wanted.what);
        if (it == channel_ids_.end())
            continue;
        const Channel& c = channels_[it->second];
        wanted.seq = c.seq;
        if (c.open)
            wanted.payload = c.last;
    }
    for (auto& wanted : snapshot.states) {
        if (index_of(wanted.instrument) >= records_.size())
            continue;
        const InstrumentRecord& r = records_[index_of(wanted.instrument)];
        if (r.has_state)
            wanted.payload =
                state_payload(instruments_.name_of(wanted.instrument), r.state, r.reason, r.provider, r.since);
    }
    snapshot.session = session_;
    snapshot.session_number = session_number_;
    TapRecord marker;
    marker.type = TapRecord::Type::marker;
    marker.seq = snapshot.id;
    tap_->put(marker);
    tap_->flush();
}

void Publisher::Impl::tap_state(InstrumentId id, const InstrumentRecord& r) {
    if (tap_ == nullptr || !tap_->wants(id))
        return;
    const std::string payload = state_payload(instruments_.name_of(id), r.state, r.reason, r.provider, r.since);
    TapRecord record;
    record.type = TapRecord::Type::state;
    record.instrument = id;
    record.session = session_number_;
    record.payload = payload;
    tap_->put(record);
}

// At once and without a number: on Redis an event has its number only when it is sent, which may be much later. What a
// provider's own channel lost is not told here, as that channel is not in the tap.
void Publisher::Impl::tap_event(const Event& e) {
    if (tap_ == nullptr || !e.instrument || e.source || !tap_->wants(*e.instrument))
        return;
    std::string payload =
        event_payload(e, &instruments_.name_of(*e.instrument), {}, to_micros(wall_now()), session_part_);
    payload += "null}";
    TapRecord record;
    record.type = TapRecord::Type::event;
    record.instrument = *e.instrument;
    record.session = session_number_;
    record.payload = payload;
    tap_->put(record);
}

} // namespace tickgate::redis
