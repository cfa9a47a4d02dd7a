#include "binance/venue/venue.hpp"

#include "binance/venue/connection.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "net/http_server.hpp"
#include "venue_kit/control.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <cassert>
#include <list>

namespace tickgate::binance_venue {

using namespace std::chrono_literals;

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr auto shortest_wait = 50us;
constexpr auto throttle_wait = 200us; // between pieces of throttled output, and for a full client
constexpr std::size_t burst_size = 512;
constexpr std::size_t high_water = 512u << 10; // bytes a client owes before flat out pauses
constexpr std::size_t most_connections = 20'000;

void spoil(net::HttpResponse& response, std::string_view how) {
    if (how == "truncated") {
        response.body.resize(response.body.size() / 2);
        return;
    }
    std::erase_if(response.headers, [](const auto& header) { return header.first == "Content-Encoding"; });
    response.content_type = how == "html" ? "text/html" : response.content_type;
    response.body = how == "html"    ? "<html><body><h1>Service temporarily unavailable</h1></body></html>"
                    : how == "empty" ? ""
                                     : R"([[{},[],true]])";
}

std::string address_of(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

} // namespace

struct BinanceVenue::Impl {
    Impl(asio::any_io_executor e, VenueOptions o) : executor(std::move(e)), options(std::move(o)), timer(executor) {}

    asio::any_io_executor executor;
    VenueOptions options;
    asio::steady_timer timer;
    std::unique_ptr<VenueEngine> engine;
    std::unique_ptr<RestDoor> rest;
    std::unique_ptr<net::HttpServer> plain, secure, door;
    std::list<ClientConnection*> connections;
    bool stopping = false;

    std::unique_ptr<net::HttpServer> server(
        std::uint16_t port, std::shared_ptr<net::TlsContext> tls, bool control_only);
    error_code listen(std::string& problem);
    net::HttpResponse control(const net::HttpRequest& request);
    asio::awaitable<net::HttpResponse> handle(net::HttpRequest request, bool control_only);
    net::HttpResponse check_upgrade(const net::HttpRequest& request);
    asio::awaitable<void> serve(net::HttpRequest request, std::unique_ptr<net::WsConnection> ws);
    asio::awaitable<void> pump();
    asio::awaitable<void> run_secure();
    MonoTime round(Moment now, bool& again);
    void fault(kit::Fault fault);
    void clear(std::optional<kit::FaultKind> kind);
    void apply_refusal();
};

std::unique_ptr<net::HttpServer> BinanceVenue::Impl::server(
    std::uint16_t port, std::shared_ptr<net::TlsContext> tls, bool control_only) {
    net::HttpServerOptions settings;
    settings.host = options.host;
    settings.port = port;
    settings.tls = std::move(tls);
    settings.max_connections = most_connections;
    auto made = std::make_unique<net::HttpServer>(executor, std::move(settings),
        [this, control_only](net::HttpRequest request) { return handle(std::move(request), control_only); });
    if (!control_only)
        made->on_upgrade([this](const net::HttpRequest& request) { return check_upgrade(request); },
            [this](net::HttpRequest request, std::unique_ptr<net::WsConnection> ws) {
                return serve(std::move(request), std::move(ws));
            });
    return made;
}

error_code BinanceVenue::Impl::listen(std::string& problem) {
    std::optional<kit::Replay> replay;
    if (!options.replay_file.empty()) {
        auto loaded = kit::Replay::load(options.replay_file, options.replay_times, problem);
        if (!loaded)
            return loaded.error();
        replay = std::move(*loaded);
    }
    std::shared_ptr<net::TlsContext> tls;
    if (options.tls) {
        auto made = net::TlsContext::server(options.cert_file, options.key_file, problem);
        if (!made)
            return made.error();
        tls = *made;
    }
    engine = std::make_unique<VenueEngine>(options, std::move(replay), now());
    rest = std::make_unique<RestDoor>(*engine);
    plain = server(options.port, nullptr, false);
    door = server(options.control_port, nullptr, true);
    if (tls)
        secure = server(options.tls_port, tls, false);
    for (auto* one : {plain.get(), door.get(), secure.get()}) {
        const auto ec = one == nullptr ? error_code() : one->listen();
        if (ec) {
            problem = options.host + ": " + ec.message();
            return ec;
        }
    }
    return {};
}

net::HttpResponse BinanceVenue::Impl::control(const net::HttpRequest& request) {
    kit::ControlTarget target;
    target.add = [this](kit::Fault f) { fault(std::move(f)); };
    target.clear = [this](std::optional<kit::FaultKind> kind) { clear(kind); };
    target.state = [this] { return engine->state_json(now()); };
    const auto answer = kit::control(request.method, request.path, request.body, target);
    net::HttpResponse response;
    response.status = answer.status;
    response.body = answer.body;
    return response;
}

asio::awaitable<net::HttpResponse> BinanceVenue::Impl::handle(net::HttpRequest request, bool control_only) {
    if (control_only || kit::is_control_path(request.path))
        co_return control(request);
    asio::steady_timer wait(executor);
    if (const auto* slow = engine->faults().find(kit::FaultKind::latency, request.path)) {
        wait.expires_after(std::chrono::milliseconds(slow->fault.value));
        co_await wait.async_wait(use_result);
    }
    // A peer that is half open does not answer either.
    while (engine->faults().has(kit::FaultKind::half_open) && !stopping) {
        wait.expires_after(20ms);
        co_await wait.async_wait(use_result);
    }
    auto response = rest->handle(request, now());
    const auto* spoiled = engine->faults().find(kit::FaultKind::bad_body, request.path);
    if (spoiled != nullptr && response.status == 200) {
        spoil(response, spoiled->fault.text);
        engine->faults().use(kit::FaultKind::bad_body);
    }
    co_return response;
}

net::HttpResponse BinanceVenue::Impl::check_upgrade(const net::HttpRequest& request) {
    const auto admission = engine->admit(request.path, request.query, address_of(request.peer), now());
    if (admission.status != 101)
        return RestDoor::refusal(admission.status, admission.retry_after_s);
    net::HttpResponse accepted;
    accepted.status = 101;
    return accepted;
}

asio::awaitable<void> BinanceVenue::Impl::serve(net::HttpRequest request, std::unique_ptr<net::WsConnection> ws) {
    int status = 0;
    auto asked = parse_connect(options, request.path, request.query, status);
    if (!asked)
        co_return;
    ClientConnection connection(*engine, std::move(ws), std::move(*asked));
    struct Listed { // also when cancelled
        Listed(std::list<ClientConnection*>& l, ClientConnection* c) : list(l), place(l.insert(l.end(), c)) {}
        ~Listed() { list.erase(place); }
        std::list<ClientConnection*>& list;
        std::list<ClientConnection*>::iterator place;
    };
    const Listed listed(connections, &connection);
    timer.cancel(); // it may be due to send already
    const auto end = co_await connection.ws().run(connection, std::chrono::milliseconds(0));
    log::debug("venue", "client_gone", {{"code", end.code}, {"reason", end.reason}, {"error", end.error}});
}

// One turn of the pump; returns when the next is due, `again` at once.
MonoTime BinanceVenue::Impl::round(Moment now, bool& again) {
    engine->advance(now);
    apply_refusal();

    const auto room = [this] {
        return std::all_of(connections.begin(), connections.end(), [](auto* c) { return c->owed() < high_water; });
    };
    const bool flat_out = engine->flat_out() && !connections.empty();
    bool made = false;
    if (flat_out && room())
        made = engine->burst(burst_size, now);
    for (auto* connection : connections)
        connection->flush(now);
    again = made && room();

    auto next = engine->next_due(now);
    if (flat_out && !made)
        next = std::min(next, now.mono + (room() ? MonoTime::duration(1ms) : MonoTime::duration(throttle_wait)));
    if (std::any_of(connections.begin(), connections.end(), [](auto* c) { return c->throttled(); }))
        next = std::min(next, now.mono + throttle_wait);
    return std::max(next, now.mono + shortest_wait);
}

asio::awaitable<void> BinanceVenue::Impl::pump() {
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

asio::awaitable<void> BinanceVenue::Impl::run_secure() {
    if (secure)
        co_await secure->run();
}

void BinanceVenue::Impl::fault(kit::Fault fault) {
    log::info("venue", "fault", {{"fault", kit::to_string(fault.kind)}, {"value", fault.value}});
    engine->fault(std::move(fault), now());
    apply_refusal();
    timer.cancel();
}

void BinanceVenue::Impl::clear(std::optional<kit::FaultKind> kind) {
    engine->clear_faults(kind);
    apply_refusal();
    timer.cancel();
}

void BinanceVenue::Impl::apply_refusal() {
    const bool refusing = engine->faults().has(kit::FaultKind::refuse);
    plain->refuse_connections(refusing);
    if (secure)
        secure->refuse_connections(refusing);
}

BinanceVenue::BinanceVenue(asio::any_io_executor executor, VenueOptions options)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options))) {}

BinanceVenue::~BinanceVenue() { assert(impl_->connections.empty()); }

error_code BinanceVenue::listen(std::string& problem) { return impl_->listen(problem); }
std::uint16_t BinanceVenue::port() const noexcept { return impl_->plain ? impl_->plain->port() : std::uint16_t{0}; }
std::uint16_t BinanceVenue::tls_port() const noexcept {
    return impl_->secure ? impl_->secure->port() : std::uint16_t{0};
}
std::uint16_t BinanceVenue::control_port() const noexcept {
    return impl_->door ? impl_->door->port() : std::uint16_t{0};
}

asio::awaitable<void> BinanceVenue::run() {
    using namespace asio::experimental::awaitable_operators;
    co_await (impl_->plain->run() && impl_->door->run() && impl_->run_secure() && impl_->pump());
}

void BinanceVenue::stop() {
    impl_->stopping = true;
    impl_->timer.cancel();
    for (auto* server : {impl_->plain.get(), impl_->door.get(), impl_->secure.get()})
        if (server != nullptr)
            server->stop();
}

void BinanceVenue::fault(kit::Fault fault) { impl_->fault(std::move(fault)); }

void BinanceVenue::fault(std::string_view text) {
    std::string problem;
    auto parsed = kit::parse_fault(text, problem);
    assert(parsed);
    if (parsed)
        impl_->fault(std::move(*parsed));
}

void BinanceVenue::clear_faults() { impl_->clear(std::nullopt); }

VenueEngine& BinanceVenue::engine() noexcept { return *impl_->engine; }

} // namespace tickgate::binance_venue
