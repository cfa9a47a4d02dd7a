#include "stream/hub.hpp"

#include "stream/hub_impl.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace tickgate::stream {

namespace {

// Browsers and proxies between take a header of that size; it is sent with each batch, too.
constexpr std::size_t most_resume_id = 1024, most_session = 64;

void add_once(std::vector<std::string>& list, std::string text) {
    if (std::find(list.begin(), list.end(), text) == list.end())
        list.push_back(std::move(text));
}

std::string kind_text(const ops::DataName& name) {
    std::string out(to_string(name.kind));
    if (name.kind == Kind::bar)
        out.append(":").append(to_string(name.timeframe));
    return out;
}

// The channels of one instrument that a client means.
std::vector<ops::DataName> channels_of(
    const Host& host, const InstrumentName& name, const std::vector<WantedKind>& kinds) {
    if (kinds.empty())
        return host.usual(name);
    std::vector<ops::DataName> out;
    const auto add = [&](Kind kind, Timeframe timeframe) {
        ops::DataName d;
        d.instrument = name;
        d.kind = kind;
        d.timeframe = timeframe;
        if (std::find(out.begin(), out.end(), d) == out.end())
            out.push_back(std::move(d));
    };
    for (const auto& wanted : kinds) {
        if (wanted.kind != Kind::bar || wanted.timeframe) {
            add(wanted.kind, wanted.timeframe.value_or(Timeframe::m1));
            continue;
        }
        for (const auto timeframe : host.timeframes())
            add(Kind::bar, timeframe);
    }
    return out;
}

bool means(const std::vector<WantedKind>& kinds, const ops::DataName& name) {
    return kinds.empty() || std::any_of(kinds.begin(), kinds.end(), [&](const WantedKind& k) {
        return k.kind == name.kind && (k.kind != Kind::bar || !k.timeframe || *k.timeframe == name.timeframe);
    });
}

} // namespace

Hub::Hub(HubOptions options, Host& host, std::function<void()> wake)
    : options_(options), host_(host), wake_(std::move(wake)), s_(std::make_unique<State>()) {
    s_->tokens = options_.messages_per_s / 10;
    for (const auto label : {"disconnected", "silent", "error", "slow", "stalled", "replaced", "flooding", "too_large",
             "protocol", "dropped", "stopping"})
        stats_.ends[label] = 0;
}

Hub::~Hub() = default;

std::string Hub::full() {
    if (s_->clients.size() < options_.clients)
        return {};
    ++stats_.refused;
    return "at most " + std::to_string(options_.clients) + " clients are served at a time";
}

bool Hub::taken(const std::string& id, std::string_view owner) const {
    const auto it = s_->by_id.find(id);
    return it != s_->by_id.end() && it->second->owner != owner;
}

Hub::ClientRef Hub::connect(
    std::string id, std::string owner, Carrier carrier, std::string peer, Outlet& outlet, MonoTime now) {
    if (carrier == Carrier::websocket)
        if (const auto it = s_->by_id.find(id); it != s_->by_id.end())
            close(it->second->shared_from_this(), 1008, "replaced by a newer connection of this client id", "replaced");
    auto client = std::make_shared<Client>();
    client->id = std::move(id);
    client->owner = std::move(owner);
    client->carrier = carrier;
    client->peer = std::move(peer);
    client->outlet = &outlet;
    client->served = now;
    s_->clients.emplace(client.get(), client);
    if (carrier == Carrier::websocket)
        s_->by_id.emplace(client->id, client.get());
    ++stats_.accepted;
    ++stats_.clients[static_cast<std::size_t>(carrier)];
    log::debug("stream", "client_connected",
        {{"client", client->id}, {"carrier", to_string(carrier)}, {"peer", client->peer}});
    return client;
}

void Hub::disconnect(const ClientRef& client, std::string_view reason) {
    if (client->outlet == nullptr)
        return;
    log::debug("stream", "client_disconnected", {{"client", client->id}, {"peer", client->peer}, {"reason", reason}});
    forget(*client, reason);
}

void Hub::close(const ClientRef& client, std::uint16_t code, std::string_view reason, std::string_view label) {
    if (client->outlet == nullptr)
        return;
    log::write(label == "stopping" ? log::Level::debug : log::Level::warn, "stream", "client_closed",
        {{"client", client->id}, {"carrier", to_string(client->carrier)}, {"peer", client->peer}, {"code", code},
            {"reason", reason}, {"waiting_bytes", client->plain_bytes + client->outlet->queued()}});
    client->outlet->close(code, reason);
    forget(*client, label);
}

void Hub::close_all(std::uint16_t code, std::string_view reason, std::string_view label) {
    const auto all = s_->clients;
    for (const auto& [pointer, client] : all)
        close(client, code, reason, label);
}

void Hub::forget(Client& client, std::string_view label) {
    const auto keep = client.shared_from_this();
    client.outlet = nullptr;
    leave_all(client);
    if (const auto it = s_->by_id.find(client.id); it != s_->by_id.end() && it->second == &client)
        s_->by_id.erase(it);
    s_->clients.erase(&client);
    --stats_.clients[static_cast<std::size_t>(client.carrier)];
    ++stats_.ends[std::string(label)];
    host_.apply();
}

// What has no number yet gets one only once it is wanted: numbers are never given back.
Hub::Channel* Hub::open_channel(const ops::DataName& name, Fault& fault) {
    Subscription what;
    what.kind = name.kind;
    what.timeframe = name.timeframe;
    const auto known = host_.find(name.instrument);
    if (known) {
        what.instrument = *known;
        if (const auto it = s_->channels.find(what.key()); it != s_->channels.end())
            return it->second.get();
    }
    if (const auto why = host_.want(name); !why.empty()) {
        fault = {"refused", std::string(why)};
        return nullptr;
    }
    const auto id = what.instrument = known ? *known : host_.intern(name.instrument);
    auto& slot = s_->channels[what.key()];
    slot = std::make_unique<Channel>();
    slot->name = name;
    slot->text = name.to_string();
    slot->what = what;
    ++s_->instruments[index_of(id)].channels[static_cast<std::size_t>(name.kind)];
    set_tap(id);
    s_->unasked.push_back(what.key());
    ++stats_.channels;
    return slot.get();
}

void Hub::close_channel(Channel& channel) {
    const auto id = channel.what.instrument;
    host_.release(channel.name);
    --s_->instruments[index_of(id)].channels[static_cast<std::size_t>(channel.what.kind)];
    set_tap(id);
    s_->channels.erase(channel.what.key());
    --stats_.channels;
}

void Hub::set_tap(InstrumentId id) {
    const auto it = s_->instruments.find(index_of(id));
    std::uint8_t kinds = 0;
    for (std::size_t kind = 0; kind < it->second.channels.size(); ++kind)
        if (it->second.channels[kind] > 0)
            kinds = static_cast<std::uint8_t>(kinds | (1u << kind));
    host_.tap(id, kinds);
    if (kinds == 0)
        s_->instruments.erase(it);
}

void Hub::leave(Client& client, Entry& entry) {
    Channel& channel = *entry.channel;
    const std::string text = channel.text;
    const auto index = index_of(channel.what.instrument);
    auto& followers = s_->instruments[index].followers;
    const auto follower = followers.find(&client);
    const bool last = follower->second.entries == 1;
    std::erase_if(client.queue, [&](const Item& item) {
        if (item.entry != &entry && !(last && item.first_of == index))
            return false;
        if (item.message) {
            --client.plain;
            --s_->plain;
            client.plain_bytes -= item.bytes;
        }
        return true;
    });
    channel.entries[entry.place] = channel.entries.back();
    channel.entries[entry.place]->place = entry.place;
    channel.entries.pop_back();
    if (--follower->second.entries == 0) {
        followers.erase(follower);
        --client.symbols;
    }
    --stats_.subscriptions;
    if (channel.entries.empty())
        close_channel(channel);
    client.entries.erase(text);
}

void Hub::leave_all(Client& client) {
    s_->plain -= client.plain; // nobody reads it; leave() finds nothing to take out, one by one
    client.queue.clear();
    client.plain = client.plain_bytes = 0;
    while (!client.entries.empty())
        leave(client, *client.entries.begin()->second);
}

Acknowledgement Hub::subscribe(const ClientRef& client, const std::vector<InstrumentName>& names,
    const std::vector<WantedKind>& kinds, Format format) {
    Acknowledgement answer;
    answer.format = format;
    answer.publishing = publishing_;
    if (client->outlet == nullptr)
        return answer;
    std::vector<Entry*> fresh;
    for (const auto& name : names) {
        const auto channels = channels_of(host_, name, kinds);
        Fault fault = refusal(*client, name, channels);
        bool taken = false;
        for (const auto& channel : channels) {
            if (!fault.code.empty() || !follow(*client, channel, format, fault, fresh))
                break;
            taken = true;
            add_once(answer.channels, kind_text(channel));
        }
        if (taken)
            answer.symbols.push_back(name.to_string());
        if (!fault.code.empty())
            answer.faults.push_back({name.to_string(), std::move(fault)});
    }
    host_.apply();
    for (auto* entry : fresh) // all of them are there now: what a client had before is told by their order
        if (entry->channel->live)
            prime(*entry);
    request_snapshot();
    wake_();
    return answer;
}

// Why nothing of the instrument is taken for this client; an empty code: it is tried.
Fault Hub::refusal(Client& client, const InstrumentName& name, const std::vector<ops::DataName>& channels) const {
    if (auto why = host_.unservable(name); !why.empty())
        return {"not_supported", std::move(why)};
    if (channels.empty())
        return {"not_supported", "the configuration publishes no such channel: name one, as bar:1m"};
    if (client.symbols < options_.symbols_per_client)
        return {};
    const auto id = host_.find(name);
    const auto it = id ? s_->instruments.find(index_of(*id)) : s_->instruments.end();
    if (it != s_->instruments.end() && it->second.followers.contains(&client))
        return {};
    return {"too_many_symbols", "a client may follow " + std::to_string(options_.symbols_per_client)};
}

// False with the fault set: the channel is not taken.
bool Hub::follow(Client& client, const ops::DataName& name, Format format, Fault& fault, std::vector<Entry*>& fresh) {
    const auto text = name.to_string();
    if (const auto it = client.entries.find(text); it != client.entries.end()) {
        it->second->format = format;
        return true;
    }
    const std::size_t most = options_.symbols_per_client * 3;
    if (client.entries.size() >= most) {
        fault = {"too_many_symbols", "a client may follow " + std::to_string(most) + " channels"};
        return false;
    }
    Channel* channel = open_channel(name, fault);
    if (channel == nullptr)
        return false;
    auto entry = std::make_unique<Entry>();
    entry->client = &client;
    entry->channel = channel;
    entry->format = format;
    entry->place = channel->entries.size();
    channel->entries.push_back(entry.get());
    if (s_->instruments[index_of(channel->what.instrument)].followers[&client].entries++ == 0)
        ++client.symbols;
    ++stats_.subscriptions;
    fresh.push_back(entry.get());
    client.entries.emplace(text, std::move(entry));
    return true;
}

Acknowledgement Hub::unsubscribe(
    const ClientRef& client, const std::vector<InstrumentName>& names, const std::vector<WantedKind>& kinds) {
    Acknowledgement answer;
    answer.publishing = publishing_;
    if (client->outlet == nullptr)
        return answer;
    std::vector<Entry*> ending;
    const std::set<InstrumentName> meant(names.begin(), names.end());
    std::set<InstrumentName> found;
    for (const auto& [text, entry] : client->entries) {
        const auto& name = entry->channel->name;
        if (!means(kinds, name) || (!meant.empty() && !meant.contains(name.instrument)))
            continue;
        ending.push_back(entry.get());
        if (found.insert(name.instrument).second)
            answer.symbols.push_back(name.instrument.to_string());
        add_once(answer.channels, kind_text(name));
    }
    for (const auto& name : names)
        if (!found.contains(name))
            answer.faults.push_back({name.to_string(), {"not_subscribed", "nothing of it is subscribed here"}});
    for (auto* entry : ending)
        leave(*client, *entry);
    host_.apply();
    return answer;
}

// `session-1.2.3`, with a `*` for what had no number yet; or `session-~`, which tells of no channel.
void Hub::resume(const ClientRef& client, std::string id) {
    const auto dash = id.rfind('-');
    if (dash == std::string::npos || dash == 0 || dash > most_session)
        return;
    client->resume_session = id.substr(0, dash);
    std::string_view rest = std::string_view(id).substr(dash + 1);
    if (rest == "~" || id.size() > most_resume_id)
        return;
    while (!rest.empty()) {
        const auto part = rest.substr(0, rest.find('.'));
        rest.remove_prefix(std::min(part.size() + 1, rest.size()));
        std::uint64_t seq = 0;
        const bool known = std::from_chars(part.data(), part.data() + part.size(), seq).ec == std::errc();
        client->resume_seqs.push_back(known ? std::optional(seq) : std::nullopt);
    }
}

std::string Hub::resume_id(const Client& client) const {
    std::string out = s_->session + "-";
    for (const auto& [text, entry] : client.entries) {
        if (out.back() != '-')
            out += '.';
        out += entry->sent ? std::to_string(*entry->sent) : "*";
        if (out.size() > most_resume_id)
            return s_->session + "-~";
    }
    return out;
}

bool Hub::end_if_slow(const ClientRef& client) {
    if (client->outlet != nullptr && client->outlet->queued() > options_.client_bytes)
        close(client, 1013, "too slow: what it was sent is not read", "slow");
    return client->outlet == nullptr;
}

void Hub::send(const ClientRef& client, std::string_view text) {
    if (client->outlet == nullptr)
        return;
    std::string framed;
    append_framed(framed, client->carrier, text);
    ++stats_.messages[static_cast<std::size_t>(client->carrier)];
    stats_.bytes[static_cast<std::size_t>(client->carrier)] += framed.size();
    client->outlet->send(framed);
}

void Hub::publishing(bool own, std::string holder) {
    if (publishing_ == own && s_->holder == holder)
        return;
    publishing_ = own;
    s_->holder = std::move(holder);
    const auto text = gateway_text(own, s_->holder);
    for (const auto& [pointer, client] : s_->clients)
        if (!client->entries.empty())
            send(client, text);
}

} // namespace tickgate::stream
