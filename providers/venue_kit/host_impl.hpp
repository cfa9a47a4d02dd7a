// Inside of VenueHost.
#pragma once

#include "net/http_server.hpp"
#include "venue_kit/hosted_client.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <list>
#include <memory>
#include <optional>

namespace tickgate::venue_kit {

inline constexpr auto use_result = asio::as_tuple(asio::use_awaitable);

struct VenueHost::Impl {
    Impl(asio::any_io_executor e, HostOptions o) : executor(std::move(e)), timer(executor) {
        state.options = std::move(o);
    }

    asio::any_io_executor executor;
    asio::steady_timer timer;
    HostState state;
    VenueBrain* brain = nullptr;
    std::unique_ptr<net::HttpServer> plain, secure, door;
    std::list<HostedClient*> clients;
    std::uint64_t next_id = 1;
    MonoTime next_tick{};
    bool stopping = false;
    Admission decided; // of the request that on_stream() just asked about
    bool is_decided = false;

    std::unique_ptr<net::HttpServer> server(
        std::uint16_t port, std::shared_ptr<net::TlsContext> tls, bool control_only);
    error_code listen(std::string& problem);
    net::HttpResponse control(const net::HttpRequest& request);
    bool delayed(const net::HttpRequest& request) const noexcept;
    asio::awaitable<void> wait_out(std::string path);
    Admission admit(net::HttpRequest request, bool upgrade, bool over_tls);
    asio::awaitable<net::HttpResponse> handle(net::HttpRequest request, bool control_only);
    bool check_stream(const net::HttpRequest& request, bool over_tls);
    net::HttpResponse check_upgrade(const net::HttpRequest& request, bool over_tls);
    asio::awaitable<void> serve(net::HttpRequest request, std::unique_ptr<net::WsConnection> ws);
    asio::awaitable<void> serve_stream(
        net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> stream, bool over_tls);
    asio::awaitable<void> keep(net::HttpRequest request, std::unique_ptr<HostedClient> client);
    asio::awaitable<void> pump();
    asio::awaitable<void> run_secure();
    MonoTime round(Moment now, bool& again);
    void carry_out(const Fault& fault, Moment now);
    void begin_faults(Moment now);
    void clear(std::optional<FaultKind> kind);
    void apply_refusal();
    std::string state_json(Moment now) const;
};

} // namespace tickgate::venue_kit
