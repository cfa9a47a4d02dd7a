#include "massive/venue/venue.hpp"

#include "venue_kit/holes.hpp"
#include "venue_kit/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tickgate::massive_venue {

using namespace std::chrono_literals;
using kit::FaultKind;

namespace {

// The objects of a frame of captured text: `[{…},{…}]`, or one object.
std::vector<std::string_view> objects_of(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t depth = 0, begin = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted = false;
        } else if (c == '"') {
            quoted = true;
        } else if (c == '{' && depth++ == 0) {
            begin = i;
        } else if (c == '}' && depth > 0 && --depth == 0) {
            out.push_back(text.substr(begin, i + 1 - begin));
        }
    }
    return out;
}

// Where an event belongs whose capture does not say: by its kind and its name.
Cluster cluster_of_event(std::string_view ev, std::string_view name) noexcept {
    if (ev.starts_with('X'))
        return Cluster::crypto;
    if (ev.starts_with('C'))
        return Cluster::forex;
    if (ev == "V")
        return Cluster::indices;
    return cluster_of_ticker(name);
}

std::string_view name_of_event(std::string_view object, std::string_view ev) noexcept {
    if (ev == "LULD" || ev == "NOI" || ev == "V")
        return kit::json_field(object, "T");
    if (ev == "C")
        return kit::json_field(object, "p");
    return kit::json_field(object, ev.starts_with('X') || ev.starts_with('C') ? "pair" : "sym");
}

// A download that ends in its midst, without the end that HTTP asks for.
class BrokenDownload final : public kit::VenueClient {
public:
    BrokenDownload(kit::ClientPort& port, std::string_view piece) : port_(port) { port_.send_control(piece); }
    void tick(Moment) override {
        if (!port_.closing())
            port_.drop(false);
    }

private:
    kit::ClientPort& port_;
};

} // namespace

MassiveVenue::MassiveVenue(
    MassiveOptions options, const kit::FaultBoard& faults, std::optional<kit::Replay> replay, Moment start)
    : options_(std::move(options)), faults_(faults), rest_(options_, faults_, markets_), files_(options_, markets_) {
    const auto& common = options_.common;
    if (replay) {
        kit::ReplayOptions how;
        how.speed = common.replay_speed;
        how.loop = common.replay_loop;
        how.hold = common.replay_hold;
        replay_ = std::make_unique<kit::ReplayPlayer>(std::move(*replay), how);
    }
    for (const auto cluster : all_clusters)
        markets_.push_back(std::make_unique<ClusterMarket>(cluster, options_, faults_, market_time(start)));
    for (auto& market : markets_) {
        if (replay_ == nullptr)
            market->prefill();
        market->close(replay_ != nullptr);
    }
}

MassiveVenue::~MassiveVenue() = default;

UnixNanos MassiveVenue::market_time(Moment now) const noexcept {
    return options_.delayed ? now.wall - options_.delay : now.wall;
}

bool MassiveVenue::accepts(std::string_view key) const noexcept {
    const auto& good = options_.common.key;
    return !key.empty() && !faults_.has(FaultKind::auth_expired) && (good.empty() || key == good);
}

kit::Admission MassiveVenue::request(const net::HttpRequest& request, bool upgrade, Moment now) {
    if (upgrade && door_of(request.path))
        return kit::Admission::websocket();
    if (FileDoor::serves(request.path))
        return download(request, now);
    Moment then = now;
    then.wall = market_time(now);
    return kit::Admission::answer(rest_.handle(request, then, now));
}

kit::Admission MassiveVenue::download(const net::HttpRequest& request, Moment now) {
    auto answer = files_.handle(request, market_time(now), now.wall);
    const bool data = request.method == "GET" && answer.status / 100 == 2 && answer.content_type == "application/gzip";
    if (!data || answer.body.size() < 2 || !files_.take_cut())
        return kit::Admission::answer(std::move(answer));
    cut_ = answer.body.substr(0, answer.body.size() / 2);
    answer.body.clear();
    return kit::Admission::stream(std::move(answer));
}

std::unique_ptr<kit::VenueClient> MassiveVenue::open(
    const net::HttpRequest& request, kit::ClientPort& port, Moment now) {
    if (FileDoor::serves(request.path))
        return std::make_unique<BrokenDownload>(port, cut_);
    auto session =
        std::make_unique<MassiveSession>(static_cast<SessionHost&>(*this), *door_of(request.path), port, now);
    sessions_.push_back(session.get());
    return session;
}

// The account has so many connections of a cluster: a surplus one puts out the oldest.
void MassiveVenue::authorised(MassiveSession& session, Moment) {
    const auto same = [&](const MassiveSession* other) {
        return other->authorised() && !other->ended() && other->door().cluster == session.door().cluster &&
               other->door().business == session.door().business;
    };
    const auto allowed =
        session.door().business ? std::max<std::size_t>(options_.max_connections, 3) : options_.max_connections;
    auto open = static_cast<std::size_t>(std::count_if(sessions_.begin(), sessions_.end(), same));
    for (auto* other : sessions_) {
        if (open <= allowed)
            break;
        if (!same(other))
            continue;
        --open;
        ++evictions_;
        error_text(*other, "max_connections");
    }
}

void MassiveVenue::advance(Moment now) {
    if (shutdown_ && now.mono >= *shutdown_) {
        shutdown_.reset();
        for (auto* session : sessions_)
            session->end();
    }
    if (replay_) {
        if (!replay_->flat_out())
            play(SIZE_MAX, now);
    } else {
        for (auto& market : markets_) {
            market->close(faults_.has(FaultKind::market_closed));
            market->advance(market_time(now));
        }
    }
    flush(now.mono);
}

void MassiveVenue::flush(MonoTime now) {
    for (auto* session : sessions_)
        session->flush(now);
}

MonoTime MassiveVenue::next_due(Moment now) const {
    auto next = now.mono + 20ms;
    for (const auto& market : markets_)
        if (!replay_ && market->size() > 0)
            next = std::min<MonoTime>(next, now.mono + market->until_due(market_time(now)));
    if (replay_)
        next = std::min(next, replay_->next_due());
    for (const auto* session : sessions_)
        next = std::min(next, session->flush_due());
    return next;
}

bool MassiveVenue::flat_out() const {
    return replay_ ? replay_->flat_out() && !replay_->done() : options_.common.flat_out;
}

bool MassiveVenue::burst(std::size_t count, Moment now) {
    if (pairs() == 0)
        return false;
    bool made = false;
    if (replay_) {
        const auto before = replay_->played();
        play(count, now);
        made = replay_->played() > before;
    } else {
        for (auto& market : markets_) {
            const bool heard = std::any_of(sessions_.begin(), sessions_.end(), [&](const MassiveSession* session) {
                return session->door().cluster == market->cluster() && session->pairs() > 0;
            });
            if (heard && !faults_.has(FaultKind::market_closed))
                market->burst(count, market_time(now));
            made = made || heard;
        }
    }
    flush(now.mono);
    return made;
}

void MassiveVenue::play(std::size_t limit, Moment now) {
    replay_->advance(now.mono, pairs(), faults_.has(FaultKind::stall), limit,
        [this](const kit::ReplayFrame& frame, std::size_t) { play_frame(frame.text); });
}

// A frame as received, or the published form {"channel":"/stocks/T","frame":[…]}.
void MassiveVenue::play_frame(std::string_view text) {
    std::string_view path;
    if (text.starts_with('{')) {
        path = kit::json_field(text, "channel");
        const auto at = text.find(R"("frame":)");
        if (at == std::string_view::npos || kit::json_field(text, "dir") == "out")
            return;
        text.remove_prefix(at + 8);
    }
    for (const auto object : objects_of(text))
        play_event(object, path.substr(0, path.rfind('/')));
}

void MassiveVenue::play_event(std::string_view object, std::string_view path) {
    const auto ev = kit::json_field(object, "ev");
    if (ev.empty() || ev == "status")
        return;
    if (options_.common.replay_all) {
        for (auto* session : sessions_)
            if (session->authorised())
                session->event(object);
        return;
    }
    const auto name = name_of_event(object, ev);
    const auto door = door_of(path);
    const auto cluster = door ? door->cluster : cluster_of_event(ev, name);
    const auto channel = channel_from(cluster, ev);
    if (!channel)
        return;
    auto& pairs = hub(cluster);
    auto* slot = pairs.find(*channel, normalised(cluster, name));
    if (slot != nullptr && slot->gap > 0) {
        --slot->gap;
        return;
    }
    if (faults_.silences(name))
        return;
    for (auto* session : pairs.wildcard(*channel))
        session->event(object);
    if (slot != nullptr)
        for (auto* session : slot->sessions)
            if (!session->has_all(*channel))
                session->event(object);
}

void MassiveVenue::error_text(MassiveSession& session, std::string_view name) {
    using End = MassiveSession::End;
    if (name == "max_connections")
        session.say("max_connections",
            "Maximum number of websocket connections exceeded. You have reached the connection limit for your account.",
            End::closing);
    else if (name == "auth_failed")
        session.say("auth_failed", "authentication failed", End::dropping);
    else if (name == "no_websocket")
        session.say("auth_failed", "Your plan doesn't include websocket access.", End::dropping);
    else if (name == "auth_timeout")
        session.say("auth_timeout", "No authentication request received.", End::dropping);
    else if (name == "not_authorized")
        session.say("error", "not authorized", End::stay);
    else
        session.say("error", name, End::stay);
}

void MassiveVenue::carry_out(const kit::Fault& fault, Moment now) {
    switch (fault.kind) {
    case FaultKind::gap:
        for (const auto cluster : all_clusters)
            hub(cluster).add_gap(fault.symbol, fault.value);
        break;
    case FaultKind::hole: {
        std::string problem;
        if (const auto hole = kit::parse_hole(fault.text, problem))
            for (auto& market : markets_)
                market->add_hole(*hole);
        break;
    }
    case FaultKind::server_shutdown: // not announced here: the nightly maintenance just ends connections
        shutdown_ = now.mono + std::chrono::milliseconds(fault.value);
        break;
    case FaultKind::auth_expired:
        for (auto* session : sessions_)
            error_text(*session, "auth_failed");
        break;
    case FaultKind::error_text:
        if (files_.carry_out(fault.text))
            break;
        for (auto* session : sessions_)
            error_text(*session, fault.text);
        break;
    default:
        break;
    }
}

std::string MassiveVenue::garbage(std::string_view kind) const {
    if (kind == "huge")
        return R"([{"ev":"T","sym":")" + std::string(6u << 20, 'X') + R"("}])";
    if (kind == "types")
        return R"([{"ev":"T","sym":17,"x":"four","i":[],"z":null,"p":{"x":1},"s":true,"t":"now","q":-1},{"ev":5},7])";
    if (kind == "truncated")
        return R"([{"ev":"T","sym":"AAPL","x":4,"i":"1","z":3,"p":229.)";
    return "[{\"ev\":]}\x01 garbage";
}

std::string MassiveVenue::refusal_body(int status) const { return rest_refusal(status); }

std::size_t MassiveVenue::pairs() const noexcept {
    std::size_t out = 0;
    for (const auto* session : sessions_)
        out += session->pairs();
    return out;
}

std::string MassiveVenue::state_json(Moment) const {
    std::array<std::size_t, cluster_count> counts{};
    for (const auto* session : sessions_)
        ++counts[static_cast<std::size_t>(session->door().cluster)];
    std::string clusters;
    for (const auto cluster : all_clusters)
        clusters += fmt::format(
            R"({}"{}":{})", clusters.empty() ? "" : ",", to_string(cluster), counts[static_cast<std::size_t>(cluster)]);
    return fmt::format(R"({{"pairs":{},"sessions":{{{}}},"evictions":{},"rest_requests":{},"replay_position":{},)"
                       R"("replay_done":{}}})",
        pairs(), clusters, evictions_, rest_.requests(), replay_ ? replay_->position() : 0,
        replay_ != nullptr && replay_->done());
}

} // namespace tickgate::massive_venue
