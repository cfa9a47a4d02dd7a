#include "api/api.hpp"

#include "api/api_impl.hpp"
#include "api/problem.hpp"
#include "core/clock.hpp"

namespace tickgate::api {

namespace {

constexpr std::string_view api_folder = "/api/v1";

// What the server answers before or instead of our handler.
net::HttpResponse server_error(int status, std::string_view text) {
    const std::string id = request_id_of(net::HttpRequest());
    std::string_view code = "bad_request";
    if (status == 408)
        code = "timed_out";
    else if (status == 413 || status == 431)
        code = "too_large";
    else if (status == 426)
        code = "upgrade_required";
    else if (status == 429)
        code = "too_many_requests";
    else if (status == 503)
        code = "too_many_connections";
    else if (status >= 500)
        code = "internal_error";
    const Problem problem{status, code, text};
    auto response = problem_response(problem, id);
    response.headers.emplace_back("X-Request-Id", id);
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

} // namespace

bool is_below(std::string_view path, std::string_view folder) noexcept {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

Route route_of(std::string_view path) noexcept {
    if (path == "/healthz")
        return Route::healthz;
    if (path == "/readyz")
        return Route::readyz;
    if (path == "/metrics")
        return Route::metrics;
    if (path == "/openapi.json")
        return Route::openapi;
    if (is_below(path, "/docs"))
        return Route::docs;
    if (is_below(path, "/api/v1") || is_below(path, "/ws"))
        return Route::api;
    return Route::other;
}

Api::Impl::Impl(asio::any_io_executor control, ApiOptions o, Source& source, ops::Operations* operations)
    : options(std::move(o)),
      readiness(control, [&source] { return source.readiness(); }),
      metrics(control, [&source] { return source.metrics(); }),
      access(access_options()),
      server(control, server_options(), [this](net::HttpRequest r) { return handle(std::move(r)); }) {
    for (const auto name : route_names)
        counts.know(name);
    server.on_admission([this](const net::HttpRequest& r) { return admit(r); });
    if (operations == nullptr)
        return;
    for (const auto& e : endpoints())
        counts.know(e.route);
    data = std::make_unique<DataApi>(*operations);
    serve_streams();
}

void Api::Impl::serve_streams() {
    server.on_stream([this](const net::HttpRequest& r) { return is_stream(r); },
        [this](net::HttpRequest r, std::unique_ptr<net::HttpStreamResponse> response) {
            return is_event_stream(r) ? stream_events(std::move(r), std::move(response))
                                      : stream(std::move(r), std::move(response));
        });
}

void Api::Impl::attach(Live& l) {
    live = &l;
    counts.know("ws");
    counts.know("stream");
    serve_streams();
    server.on_upgrade([this](const net::HttpRequest& r) { return may_upgrade(r); },
        [this](net::HttpRequest r, std::unique_ptr<net::WsConnection> connection) {
            return live->websocket(std::move(r), std::move(connection));
        });
}

net::HttpServerOptions Api::Impl::server_options() const {
    net::HttpServerOptions o;
    o.host = options.host;
    o.port = options.port;
    o.max_connections = options.max_connections;
    o.max_connections_per_peer = options.max_connections_per_peer;
    o.error_answer = server_error;
    return o;
}

AccessOptions Api::Impl::access_options() {
    AccessOptions out = options.access;
    out.metrics_open = out.metrics_open || options.metrics_open;
    if (!options.token.empty())
        out.tokens.push_back({"default", Scope::admin, options.token});
    return out;
}

net::Admission Api::Impl::admit(const net::HttpRequest& request) {
    const MonoTime begin = mono_now();
    const std::string id = request_id_of(request);
    auto admission = access.admit(request, begin, id);
    if (!admission.refusal)
        return admission;
    admission.refusal->headers.emplace_back("X-Request-Id", id);
    admission.refusal->headers.emplace_back("Cache-Control", "no-store");
    const Route route = route_of(request.path);
    const auto match = match_of(route, request);
    const auto label = match.endpoint != nullptr ? match.endpoint->route : route_names[std::size_t(route)];
    auto named = request;
    named.client = admission.client;
    count(label, named, admission.refusal->status, begin, admission.refusal->body.size(), id);
    return admission;
}

Match Api::Impl::match_of(Route route, const net::HttpRequest& request) const {
    if (route != Route::api || !data || !is_below(request.path, api_folder))
        return {};
    return match_endpoint(std::string_view(request.path).substr(api_folder.size()), request.method);
}

bool Api::Impl::is_stream(const net::HttpRequest& request) const {
    if (is_event_stream(request))
        return true;
    const Route route = route_of(request.path);
    if (route != Route::api)
        return false;
    const auto match = match_of(route, request);
    return match.endpoint != nullptr && DataApi::streams(*match.endpoint, request);
}

void Api::Impl::count(std::string_view route, const net::HttpRequest& request, int status, MonoTime begin,
    std::uint64_t out, std::string_view id) {
    RequestCounts::Request done;
    done.route = route;
    done.status = status;
    done.took = mono_now() - begin;
    done.bytes_in = request.body.size();
    done.bytes_out = request.method == "HEAD" ? 0 : out;
    counts.add(done);
    if (!log::enabled(log::Level::debug))
        return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(mono_now() - begin).count();
    log::debug("api", "http_request",
        {{"method", request.method}, {"path", request.path.substr(0, 200)}, {"status", status}, {"took_us", took},
            {"peer", request.peer}, {"client", request.client}, {"request_id", id}});
}

error_code Api::Impl::load_certificate(
    const std::string& cert_file, const std::string& key_file, std::string& problem) {
    if (const auto ec = certificate.load(cert_file, key_file, problem))
        return ec;
    server.set_tls(certificate.tls());
    return {};
}

Api::Api(asio::any_io_executor control, ApiOptions options, Source& source, ops::Operations* operations)
    : impl_(std::make_shared<Impl>(std::move(control), std::move(options), source, operations)) {}

Api::~Api() = default;

error_code Api::listen() {
    const auto& o = impl_->options;
    const bool public_address = !(o.loopback && is_loopback_host(o.host));
    if (o.token.empty() && o.access.tokens.empty() && public_address) {
        log::error("api", "public_without_token",
            {{"listen", o.host}, {"hint", "set http.token_file, or listen on 127.0.0.1"}});
        return errc::configuration;
    }
    std::string problem;
    if (!o.cert_file.empty() && impl_->load_certificate(o.cert_file, o.key_file, problem)) {
        log::error("api", "certificate_refused", {{"problem", problem}, {"hint", "see http.tls"}});
        return errc::configuration;
    }
    return impl_->server.listen();
}

error_code Api::set_access(AccessOptions access) {
    auto& o = impl_->options;
    if (access.tokens.empty() && !(o.loopback && is_loopback_host(o.host)))
        return errc::configuration;
    o.metrics_open = access.metrics_open;
    impl_->access.replace(std::move(access));
    impl_->server.drop_clients([this](std::string_view client) { return !impl_->access.keeps(client); });
    return {};
}

error_code Api::reload_tls(const std::string& cert_file, const std::string& key_file, std::string& problem) {
    if (!impl_->certificate.tls()) {
        problem = "TLS is turned on and off at the start only";
        return errc::configuration;
    }
    const auto ec = impl_->load_certificate(cert_file, key_file, problem);
    if (ec)
        log::error("api", "certificate_refused", {{"problem", problem}, {"hint", "the one before stays in force"}});
    else
        log::info("api", "certificate_loaded", {{"file", cert_file}});
    return ec;
}

void Api::attach(Live& live) { impl_->attach(live); }

std::uint16_t Api::port() const noexcept { return impl_->server.port(); }

asio::awaitable<void> Api::run() {
    const auto impl = impl_;
    co_await impl->server.run();
    const bool readiness_ended = co_await impl->readiness.finish(impl->options.source_deadline);
    const bool metrics_ended = co_await impl->metrics.finish(impl->options.source_deadline);
    if (!readiness_ended || !metrics_ended)
        log::warn("api", "source_hangs", {{"readiness", !readiness_ended}, {"metrics", !metrics_ended}});
}

void Api::stop() { impl_->server.stop(); }

} // namespace tickgate::api
