#include "net/http_server.hpp"

#include "net/deadline.hpp"
#include "net/http_server_impl.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace tickgate::net {

namespace {

constexpr std::size_t most_turned_away = 64; // further ones are closed without a word

asio::awaitable<void> serve(std::shared_ptr<HttpServer::Impl> server, std::shared_ptr<HttpConnection> connection,
    asio::ip::tcp::socket socket, std::string refused) {
    const auto tls = server->options.tls;
    auto stream = co_await accept_stream(std::move(socket), tls, server->options.head_deadline);
    if (!stream)
        co_return;
    HttpSession session(std::move(server), std::move(connection), std::move(*stream));
    co_await session.run(std::move(refused));
}

std::string network_of(const asio::ip::address& address) {
    return peer_network(address.is_v6() ? "[" + address.to_string() + "]:0" : address.to_string() + ":0");
}

void reset(asio::ip::tcp::socket& socket) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger(true, 0), ignored);
    socket.close(ignored);
}

void log_fault(const std::exception_ptr& fault) {
    try {
        std::rethrow_exception(fault);
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted)
            log::error("net", "http_connection_failed", {{"error", e.what()}});
    } catch (const std::exception& e) {
        log::error("net", "http_connection_failed", {{"error", e.what()}});
    }
}

} // namespace

std::string_view HttpRequest::header(std::string_view lower_name) const noexcept {
    for (const auto& [name, value] : headers)
        if (name == lower_name)
            return value;
    return {};
}

std::string HttpRequest::parameter(std::string_view name) const {
    std::string_view rest = query;
    while (!rest.empty()) {
        const auto end = rest.find('&');
        const auto pair = rest.substr(0, end);
        const auto equals = pair.find('=');
        if (decode_query(pair.substr(0, equals)) == name)
            return equals == std::string_view::npos ? std::string() : decode_query(pair.substr(equals + 1));
        rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    }
    return {};
}

HttpServer::Impl::Impl(asio::any_io_executor e, HttpServerOptions o, HttpHandler h)
    : executor(std::move(e)),
      options(std::move(o)),
      handler(std::move(h)),
      acceptor(executor),
      ended(executor, MonoTime::max()) {}

std::string_view HttpServer::Impl::no_room(const std::string& network) const {
    if (connections.size() - turned_away >= options.max_connections)
        return "too many connections";
    const auto own = by_network.find(network);
    const auto limit = options.max_connections_per_peer;
    return limit > 0 && own != by_network.end() && own->second >= limit ? "too many connections from this address" : "";
}

void HttpServer::Impl::start(asio::ip::tcp::socket socket) {
    error_code ec;
    const auto remote = socket.remote_endpoint(ec);
    if (ec)
        return;
    auto connection = std::make_shared<HttpConnection>();
    connection->network = network_of(remote.address());
    std::string refused(no_room(connection->network));
    connection->served = refused.empty();
    if (!connection->served && (options.tls || turned_away >= most_turned_away)) // no handshake only to say no
        return reset(socket);
    if (connection->served)
        ++by_network[connection->network];
    else
        ++turned_away;
    const auto place = connections.insert(connections.end(), connection);
    auto self = shared_from_this();
    auto done = [self, place](const std::exception_ptr& fault) {
        if (fault)
            log_fault(fault);
        self->end(place);
    };
    auto serving = serve(self, connection, std::move(socket), std::move(refused));
    asio::co_spawn(
        executor, std::move(serving), asio::bind_cancellation_slot(connection->signal.slot(), std::move(done)));
}

void HttpServer::Impl::end(std::list<std::shared_ptr<HttpConnection>>::iterator place) {
    if ((*place)->served) {
        const auto own = by_network.find((*place)->network);
        if (--own->second == 0)
            by_network.erase(own);
    } else {
        --turned_away;
    }
    connections.erase(place);
    ended.cancel();
}

void HttpServer::Impl::stop() {
    stopping = true;
    error_code ignored;
    acceptor.close(ignored);
    ended.cancel();
    const auto all = connections; // an end takes its place out of the list
    for (const auto& connection : all)
        connection->signal.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> HttpServer::Impl::accept_loop() {
    while (!stopping) {
        asio::ip::tcp::socket socket(executor);
        auto [ec] = co_await acceptor.async_accept(socket, use_result);
        if (ec == asio::error::operation_aborted || stopping)
            co_return;
        if (ec == asio::error::connection_aborted)
            continue;
        if (ec) { // out of descriptors, most likely: wait for some to come back
            std::uint64_t suppressed = 0;
            if (accept_problems.allow(mono_now(), suppressed))
                log::warn("net", "accept_failed", {{"error", ec}, {"suppressed", suppressed}});
            asio::steady_timer pause(executor, std::chrono::milliseconds(100));
            auto [aborted] = co_await pause.async_wait(use_result);
            if (aborted)
                co_return;
            continue;
        }
        if (refusing) {
            reset(socket);
            continue;
        }
        start(std::move(socket));
    }
}

HttpServer::HttpServer(asio::any_io_executor executor, HttpServerOptions options, HttpHandler handler)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options), std::move(handler))) {}

HttpServer::~HttpServer() { impl_->stop(); }

void HttpServer::on_admission(AdmissionCheck check) { impl_->admission_check = std::move(check); }

void HttpServer::on_upgrade(UpgradeCheck check, UpgradeHandler handler) {
    impl_->upgrade_check = std::move(check);
    impl_->upgrade_handler = std::move(handler);
}

void HttpServer::on_stream(StreamCheck check, StreamHandler handler) {
    impl_->stream_check = std::move(check);
    impl_->stream_handler = std::move(handler);
}

error_code HttpServer::listen() {
    error_code ec;
    const std::string host = impl_->options.host == "localhost" ? "127.0.0.1" : impl_->options.host;
    const auto address = asio::ip::make_address(host, ec);
    if (ec)
        return errc::configuration;
    const asio::ip::tcp::endpoint endpoint(address, impl_->options.port);
    auto& acceptor = impl_->acceptor;
    acceptor.open(endpoint.protocol(), ec);
    if (!ec)
        acceptor.set_option(asio::socket_base::reuse_address(true), ec);
    if (!ec)
        acceptor.bind(endpoint, ec);
    if (!ec)
        acceptor.listen(asio::socket_base::max_listen_connections, ec);
    if (!ec)
        impl_->port = acceptor.local_endpoint(ec).port();
    if (ec) {
        error_code ignored;
        acceptor.close(ignored);
    }
    return ec;
}

std::uint16_t HttpServer::port() const noexcept { return impl_->port; }

asio::awaitable<void> HttpServer::run() {
    const auto self = impl_;
    co_await self->accept_loop();
    self->stop(); // also when this coroutine was cancelled
    const bool throws = co_await asio::this_coro::throw_if_cancelled();
    co_await asio::this_coro::throw_if_cancelled(false);
    while (!self->connections.empty())
        co_await self->ended.async_wait(use_result);
    co_await asio::this_coro::throw_if_cancelled(throws);
}

void HttpServer::stop() {
    asio::dispatch(impl_->executor, [impl = impl_] { impl->stop(); });
}
void HttpServer::set_tls(std::shared_ptr<TlsContext> tls) { impl_->options.tls = std::move(tls); }

void HttpServer::drop_clients(const std::function<bool(std::string_view client)>& which) {
    for (const auto& connection : impl_->connections)
        if (connection->served && which(connection->client)) {
            connection->dropped = true;
            if (!connection->answering)
                asio::post(
                    impl_->executor, [connection] { connection->signal.emit(asio::cancellation_type::terminal); });
        }
}

std::size_t HttpServer::connections() const noexcept { return impl_->connections.size(); }
void HttpServer::refuse_connections(bool on) { impl_->refusing = on; }

} // namespace tickgate::net
