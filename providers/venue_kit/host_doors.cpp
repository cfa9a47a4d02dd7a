// The requests of a host: who gets what, and when.
#include "core/clock.hpp"
#include "core/log.hpp"
#include "venue_kit/control.hpp"
#include "venue_kit/host_impl.hpp"

namespace tickgate::venue_kit {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_connections = 20'000;

void spoil_body(net::HttpResponse& response, std::string_view how, const VenueBrain& brain) {
    if (how == "truncated") {
        response.body.resize(response.body.size() / 2);
        return;
    }
    std::erase_if(response.headers, [](const auto& header) { return header.first == "Content-Encoding"; });
    if (how == "html") {
        response.content_type = "text/html";
        response.body = "<html><body><h1>Service temporarily unavailable</h1></body></html>";
    } else {
        response.body = how == "empty" ? std::string() : brain.garbage("types");
    }
}

} // namespace

std::unique_ptr<net::HttpServer> VenueHost::Impl::server(
    std::uint16_t port, std::shared_ptr<net::TlsContext> tls, bool control_only) {
    net::HttpServerOptions settings;
    settings.host = state.options.host;
    settings.port = port;
    const bool over_tls = tls != nullptr;
    settings.tls = std::move(tls);
    settings.max_connections = most_connections;
    auto made = std::make_unique<net::HttpServer>(executor, std::move(settings),
        [this, control_only](net::HttpRequest request) { return handle(std::move(request), control_only); });
    if (control_only)
        return made;
    made->on_upgrade([this, over_tls](const net::HttpRequest& request) { return check_upgrade(request, over_tls); },
        [this](net::HttpRequest request, std::unique_ptr<net::WsConnection> ws) {
            return serve(std::move(request), std::move(ws));
        });
    made->on_stream([this, over_tls](const net::HttpRequest& request) { return check_stream(request, over_tls); },
        [this, over_tls](net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> stream) {
            return serve_stream(std::move(request), std::move(stream), over_tls);
        });
    return made;
}

error_code VenueHost::Impl::listen(std::string& problem) {
    const auto& options = state.options;
    std::shared_ptr<net::TlsContext> tls;
    if (options.tls) {
        auto made = net::TlsContext::server(options.cert_file, options.key_file, problem);
        if (!made)
            return made.error();
        tls = *made;
    }
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
    for (const auto& fault : options.faults)
        state.faults.add(fault, mono_now());
    begin_faults(now());
    return {};
}

net::HttpResponse VenueHost::Impl::control(const net::HttpRequest& request) {
    ControlTarget target;
    target.add = [this](Fault f) {
        log::info("venue", "fault", {{"fault", to_string(f.kind)}, {"value", f.value}});
        state.faults.add(std::move(f), mono_now());
        begin_faults(now());
    };
    target.clear = [this](std::optional<FaultKind> kind) { clear(kind); };
    target.state = [this] { return state_json(now()); };
    const auto answer = venue_kit::control(request.method, request.path, request.body, target);
    net::HttpResponse response;
    response.status = answer.status;
    response.body = answer.body;
    return response;
}

bool VenueHost::Impl::delayed(const net::HttpRequest& request) const noexcept {
    return state.faults.has(FaultKind::half_open) || state.faults.find(FaultKind::latency, request.path) != nullptr;
}

// A peer that is half open does not answer, and a slow one later.
asio::awaitable<void> VenueHost::Impl::wait_out(std::string path) {
    asio::steady_timer wait(executor);
    if (const auto* slow = state.faults.find(FaultKind::latency, path)) {
        wait.expires_after(std::chrono::milliseconds(slow->fault.value));
        co_await wait.async_wait(use_result);
    }
    while (state.faults.has(FaultKind::half_open) && !stopping) {
        wait.expires_after(20ms);
        co_await wait.async_wait(use_result);
    }
}

Admission VenueHost::Impl::admit(net::HttpRequest request, bool upgrade, bool over_tls) {
    const auto at = now();
    if (over_tls)
        request.headers.emplace_back("x-forwarded-proto", "https");
    state.requests.push_back({at, request});
    if (state.requests.size() > HostState::kept)
        state.requests.pop_front();
    Admission out;
    if (const auto* hit = state.faults.find(FaultKind::http_status, request.path)) {
        ++state.counters.hit;
        out.response.status = static_cast<int>(hit->fault.value);
        out.response.body = brain->refusal_body(out.response.status);
        if (out.response.body.starts_with('<'))
            out.response.content_type = "text/html";
        if (hit->fault.retry_after_s > 0)
            out.response.headers.emplace_back("Retry-After", std::to_string(hit->fault.retry_after_s));
        state.faults.use(FaultKind::http_status);
        return out;
    }
    out = brain->request(request, upgrade, at);
    if (out.kind == Admission::Kind::websocket && !upgrade) {
        out.kind = Admission::Kind::answer;
        out.response.status = 426;
        out.response.headers.emplace_back("Upgrade", "websocket");
    }
    if (out.kind != Admission::Kind::answer)
        return out;
    ++state.counters.requests;
    const auto* spoiled = state.faults.find(FaultKind::bad_body, request.path);
    if (spoiled != nullptr && out.response.status == 200) {
        spoil_body(out.response, spoiled->fault.text, *brain);
        state.faults.use(FaultKind::bad_body);
    }
    return out;
}

asio::awaitable<net::HttpResponse> VenueHost::Impl::handle(net::HttpRequest request, bool control_only) {
    if (control_only || is_control_path(request.path))
        co_return control(request);
    is_decided = false;
    co_return std::move(decided.response);
}

// Decides what the request is. A delayed one is taken over in any case: its decision is still to come.
bool VenueHost::Impl::check_stream(const net::HttpRequest& request, bool over_tls) {
    is_decided = false;
    if (is_control_path(request.path))
        return false;
    if (delayed(request))
        return true;
    decided = admit(request, false, over_tls);
    is_decided = true;
    return decided.kind == Admission::Kind::stream;
}

asio::awaitable<void> VenueHost::Impl::serve_stream(
    net::HttpRequest request, std::unique_ptr<net::HttpStreamResponse> stream, bool over_tls) {
    Admission admission;
    if (is_decided) {
        is_decided = false;
        admission = std::move(decided);
    } else {
        co_await wait_out(request.path);
        if (stopping)
            co_return;
        admission = admit(request, false, over_tls);
    }
    if (admission.kind != Admission::Kind::stream) {
        stream->send_answer(admission.response);
        stream->close();
        co_return co_await stream->run();
    }
    stream->send_head(admission.response);
    auto client = std::make_unique<HostedClient>(state, next_id++, std::move(stream));
    co_await keep(std::move(request), std::move(client));
}

net::HttpResponse VenueHost::Impl::check_upgrade(const net::HttpRequest& request, bool over_tls) {
    auto admission = admit(request, true, over_tls);
    if (admission.kind == Admission::Kind::websocket)
        admission.response.status = 101;
    else if (admission.response.status == 101 || admission.kind == Admission::Kind::stream)
        admission.response.status = 404;
    return std::move(admission.response);
}

asio::awaitable<void> VenueHost::Impl::serve(net::HttpRequest request, std::unique_ptr<net::WsConnection> ws) {
    auto client = std::make_unique<HostedClient>(state, next_id++, std::move(ws));
    co_await keep(std::move(request), std::move(client));
}

asio::awaitable<void> VenueHost::Impl::keep(net::HttpRequest request, std::unique_ptr<HostedClient> client) {
    struct Listed { // also when cancelled
        Listed(std::list<HostedClient*>& l, HostedClient* c) : list(l), place(l.insert(l.end(), c)) {}
        ~Listed() { list.erase(place); }
        std::list<HostedClient*>& list;
        std::list<HostedClient*>::iterator place;
    };
    client->attach(brain->open(request, *client, client->opened()));
    const Listed listed(clients, client.get());
    client->flush(client->opened());
    timer.cancel(); // it may be due to send already
    co_await client->run();
}

} // namespace tickgate::venue_kit
