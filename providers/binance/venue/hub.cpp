#include "binance/venue/hub.hpp"

#include "net/ws_codec.hpp"

#include <algorithm>

namespace tickgate::binance_venue {

void FrameForms::begin(std::string_view stream_name, bool has_times) {
    stream_ = stream_name;
    has_times_ = has_times;
    for (auto& form : forms_)
        form.bytes.clear();
}

void FrameForms::encode(Form& form) {
    net::ws_encode(form.bytes, net::WsEvent::Type::text, text_, net::WsRole::server, 0);
    form.text_at = form.bytes.size() - text_.size();
}

void StreamHub::add(VenueSession& session, const std::string& name) {
    auto it = slots_.find(name);
    if (it == slots_.end()) {
        const auto parsed = parse_stream(name);
        if (!parsed || !delivers(session.route(), *parsed) || slots_.size() >= max_slots)
            return;
        auto slot = std::make_unique<StreamSlot>();
        slot->name = name;
        slot->parsed = *parsed;
        it = slots_.emplace(name, std::move(slot)).first;
        opened_(*it->second);
    }
    if (delivers(session.route(), it->second->parsed))
        it->second->sessions.push_back(&session);
}

void StreamHub::remove(VenueSession& session, const std::string& name) noexcept {
    if (auto* slot = find(name))
        std::erase(slot->sessions, &session);
}

StreamSlot* StreamHub::find(std::string_view name) noexcept {
    const auto it = slots_.find(name);
    return it == slots_.end() ? nullptr : it->second.get();
}

void StreamHub::each(const std::function<void(StreamSlot&)>& visit) {
    for (auto& [name, slot] : slots_)
        visit(*slot);
}

} // namespace tickgate::binance_venue
