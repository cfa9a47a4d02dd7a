// Server-sent events.
#include "api/problem.hpp"
#include "core/clock.hpp"
#include "net/deadline.hpp"
#include "net/http_stream_response.hpp"
#include "ops/fields.hpp"
#include "ops/json_text.hpp"
#include "stream/streams.hpp"

namespace tickgate::stream {

using net::use_result;

namespace {

class EventOutlet final : public Outlet {
public:
    EventOutlet(net::HttpStreamResponse& response, api::Live::Streamed& done) : response_(response), done_(done) {}

    void send(std::string_view bytes) override {
        done_.bytes += bytes.size();
        response_.send_chunk(bytes);
    }
    std::size_t queued() const override { return response_.queued(); }
    void close(std::uint16_t code, std::string_view reason) override {
        std::string last;
        append_framed(last, Carrier::sse,
            ops::JsonObject().text("type", "closed").integer("code", std::int64_t{code}).text("reason", reason).take());
        send(last);
        response_.finish();
    }

private:
    net::HttpStreamResponse& response_;
    api::Live::Streamed& done_;
};

class Leave {
public:
    Leave(Hub& hub, Hub::ClientRef client) : hub_(hub), client_(std::move(client)) {}
    ~Leave() { hub_.disconnect(client_, "disconnected"); }
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;

private:
    Hub& hub_;
    Hub::ClientRef client_;
};

void answer_problem(
    net::HttpStreamResponse& response, int status, const Fault& fault, std::string_view id, api::Live::Streamed& done) {
    const api::Problem problem{status, fault.code, fault.detail};
    auto answer = api::problem_response(problem, id);
    answer.headers.emplace_back("X-Request-Id", id);
    answer.headers.emplace_back("Cache-Control", "no-store");
    if (status == 503)
        answer.headers.emplace_back("Retry-After", "5");
    done.status = status;
    done.bytes = answer.body.size();
    response.send_answer(answer);
    response.close();
}

// What the query asks for.
std::optional<Fault> read_query(const net::HttpRequest& request, Action& out) {
    out.what = Action::What::subscribe;
    const std::string symbols = request.parameter("symbols");
    for (const auto symbol : ops::split_list(symbols))
        out.symbols.emplace_back(symbol);
    if (out.symbols.empty())
        return Fault{"bad_request", "symbols is needed, as ?symbols=crypto:BTC-USDT,fx:EUR-USD"};
    if (out.symbols.size() > most_symbols_an_action)
        return Fault{"bad_request", "at most " + std::to_string(most_symbols_an_action) + " symbols"};
    if (auto fault = wanted_kinds_from(request.parameter("channels"), out.channels))
        return fault;
    const auto format = request.parameter("format");
    if (format.empty())
        return std::nullopt;
    out.format = format_from(format);
    return out.format ? std::nullopt : std::optional(Fault{"bad_request", "format is native or market_data"});
}

} // namespace

asio::awaitable<void> Streams::events(
    net::HttpRequest request, net::HttpStreamResponse& response, std::string request_id, Streamed& done) {
    Action action;
    if (const auto fault = read_query(request, action)) {
        answer_problem(response, 400, *fault, request_id, done);
        co_return;
    }
    if (const auto why = refusal(); !why.empty()) {
        const Fault fault{stopping_ ? "stopping" : "too_many_clients", why};
        answer_problem(response, 503, fault, request_id, done);
        co_return;
    }
    std::vector<InstrumentName> names;
    std::vector<SymbolFault> faults;
    auto finding = find_names(action.symbols, names, faults);
    co_await std::move(finding);
    if (names.empty()) {
        Fault fault = faults.front().fault;
        fault.detail = ops::shown(faults.front().symbol) + ": " + fault.detail;
        answer_problem(response, 400, fault, request_id, done);
        co_return;
    }
    if (const auto why = refusal(); !why.empty()) { // others came while the names were looked up
        const Fault fault{stopping_ ? "stopping" : "too_many_clients", why};
        answer_problem(response, 503, fault, request_id, done);
        co_return;
    }

    net::HttpResponse head;
    head.content_type = "text/event-stream";
    head.headers.emplace_back("Cache-Control", "no-store");
    head.headers.emplace_back("X-Accel-Buffering", "no"); // or a proxy in between keeps it
    head.headers.emplace_back("X-Request-Id", request_id);
    done.status = 200;
    response.send_head(head);
    EventOutlet outlet(response, done);
    outlet.send("retry: " + std::to_string(options_.retry.count()) + "\n\n");
    auto client = hub_.connect(
        "sse-" + std::to_string(++event_streams_), request.client, Carrier::sse, request.peer, outlet, mono_now());
    const Leave leave(hub_, client);
    if (const auto before = request.header("last-event-id"); !before.empty())
        hub_.resume(client, std::string(before));
    auto answer = hub_.subscribe(client, names, action.channels, action.format.value_or(Format::native));
    answer.faults.insert(answer.faults.begin(), faults.begin(), faults.end());
    hub_.send(client, subscribed_text(action, answer));
    asio::steady_timer beat(timer_.get_executor());
    while (true) {
        beat.expires_after(options_.heartbeat);
        co_await beat.async_wait(use_result);
        if (response.queued() == 0)
            outlet.send(": heartbeat\n\n");
    }
}

} // namespace tickgate::stream
