#include "venue_kit/host.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "venue_kit/host_impl.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

namespace {

constexpr auto client_tick = 20ms;
constexpr auto shortest_wait = 50us;
constexpr auto throttle_wait = 200us; // between pieces of throttled output, and for a full client
constexpr std::size_t burst_size = 512;
constexpr std::size_t high_water = 512u << 10; // bytes a client owes before flat out pauses

} // namespace

void VenueHost::Impl::carry_out(const Fault& fault, Moment now) {
    const auto text = fault.kind == FaultKind::garbage && fault.text != "binary" && fault.text != "opcode"
                          ? brain->garbage(fault.text)
                          : std::string();
    for (auto* client : clients) {
        if (client->frozen())
            continue;
        if (fault.kind == FaultKind::drop || fault.kind == FaultKind::reset)
            client->sever(fault.kind == FaultKind::reset);
        else if (fault.kind == FaultKind::cut_24h)
            client->expire(now);
        else if (fault.kind == FaultKind::garbage)
            client->spoil(fault.text, text);
    }
    switch (fault.kind) {
    case FaultKind::gap:
    case FaultKind::server_shutdown:
    case FaultKind::error_text:
    case FaultKind::auth_expired:
    case FaultKind::market_closed:
    case FaultKind::hole:
        brain->carry_out(fault, now);
        break;
    default:
        break;
    }
}

void VenueHost::Impl::begin_faults(Moment now) {
    if (brain == nullptr)
        return; // listen() begins them
    const auto due = state.faults.advance(now.mono);
    // Connections that are half open from now on must not get what follows.
    if (now.mono >= next_tick || state.faults.has(FaultKind::half_open)) {
        next_tick = now.mono + client_tick;
        for (auto* client : clients)
            client->tick(now);
    }
    for (const auto& fault : due)
        carry_out(fault, now);
    apply_refusal();
    timer.cancel();
}

// One turn of the pump; returns when the next is due, `again` at once.
MonoTime VenueHost::Impl::round(Moment now, bool& again) {
    begin_faults(now);
    brain->advance(now);

    const auto room = [this] {
        return std::all_of(clients.begin(), clients.end(), [](auto* c) { return c->owed() < high_water; });
    };
    const bool flat_out = brain->flat_out() && !clients.empty() && !state.faults.has(FaultKind::stall);
    bool made = false;
    if (flat_out && room())
        made = brain->burst(burst_size, now);
    for (auto* client : clients)
        client->flush(now);
    again = made && room();

    auto next = std::min(brain->next_due(now), next_tick);
    if (flat_out && !made)
        next = std::min(next, now.mono + (room() ? MonoTime::duration(1ms) : MonoTime::duration(throttle_wait)));
    if (std::any_of(clients.begin(), clients.end(), [](auto* c) { return c->throttled(); }))
        next = std::min(next, now.mono + throttle_wait);
    return std::max(next, now.mono + shortest_wait);
}

asio::awaitable<void> VenueHost::Impl::pump() {
    while (!stopping) {
        bool again = false;
        const auto next = round(now(), again);
        if (again) {
            co_await asio::post(executor, use_result); // sockets get their turn
            continue;
        }
        timer.expires_at(next);
        co_await timer.async_wait(use_result);
    }
}

asio::awaitable<void> VenueHost::Impl::run_secure() {
    if (secure)
        co_await secure->run();
}

void VenueHost::Impl::clear(std::optional<FaultKind> kind) {
    state.faults.clear(kind);
    apply_refusal();
    timer.cancel();
}

void VenueHost::Impl::apply_refusal() {
    const bool refusing = state.faults.has(FaultKind::refuse);
    if (plain)
        plain->refuse_connections(refusing);
    if (secure)
        secure->refuse_connections(refusing);
}

std::string VenueHost::Impl::state_json(Moment now) const {
    const auto& c = state.counters;
    return fmt::format(R"({{"faults":{},"connections":{},"opened":{},"ended":{},"requests":{},"hit":{},"messages":{},)"
                       R"("frames":{},"discarded":{},"slow_clients":{},"unanswered":{},"venue":{}}})",
        state.faults.state_json(now.mono), clients.size(), c.opened, c.ended, c.requests, c.hit, c.texts, c.frames,
        c.discarded, c.slow_clients, c.unanswered, brain->state_json(now));
}

VenueHost::VenueHost(asio::any_io_executor executor, HostOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}

VenueHost::~VenueHost() { assert(impl_->clients.empty()); }

const FaultBoard& VenueHost::faults() const noexcept { return impl_->state.faults; }

error_code VenueHost::listen(VenueBrain& brain, std::string& problem) {
    impl_->brain = &brain;
    return impl_->listen(problem);
}

std::uint16_t VenueHost::port() const noexcept { return impl_->plain ? impl_->plain->port() : std::uint16_t{0}; }
std::uint16_t VenueHost::tls_port() const noexcept { return impl_->secure ? impl_->secure->port() : std::uint16_t{0}; }
std::uint16_t VenueHost::control_port() const noexcept { return impl_->door ? impl_->door->port() : std::uint16_t{0}; }

asio::awaitable<void> VenueHost::run() {
    using namespace asio::experimental::awaitable_operators;
    co_await (impl_->plain->run() && impl_->door->run() && impl_->run_secure() && impl_->pump());
}

void VenueHost::stop() {
    impl_->stopping = true;
    impl_->timer.cancel();
    for (auto* server : {impl_->plain.get(), impl_->door.get(), impl_->secure.get()})
        if (server != nullptr)
            server->stop();
}

void VenueHost::fault(Fault fault) {
    impl_->state.faults.add(std::move(fault), mono_now());
    impl_->begin_faults(now());
}

void VenueHost::fault(std::string_view text) {
    std::string problem;
    auto parsed = parse_fault(text, problem);
    assert(parsed);
    if (parsed)
        fault(std::move(*parsed));
}

void VenueHost::clear_faults() { impl_->clear(std::nullopt); }
void VenueHost::wake() { impl_->timer.cancel(); }
std::size_t VenueHost::clients() const noexcept { return impl_->clients.size(); }
const HostCounters& VenueHost::counters() const noexcept { return impl_->state.counters; }
const std::deque<ReceivedText>& VenueHost::texts() const noexcept { return impl_->state.texts; }
const std::deque<ReceivedRequest>& VenueHost::requests() const noexcept { return impl_->state.requests; }

} // namespace tickgate::venue_kit
