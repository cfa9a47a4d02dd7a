#include "stream/ws_door.hpp"

#include "api/endpoints.hpp"
#include "core/clock.hpp"
#include "net/deadline.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>

namespace tickgate::stream {

using net::use_result;

namespace {

// The name in `/ws/{client_id}`; empty: the path is none of these.
std::string client_id_of(std::string_view path) {
    if (!path.starts_with(api::websocket_folder) || path.size() <= api::websocket_folder.size() + 1 ||
        path[api::websocket_folder.size()] != '/')
        return {};
    return api::percent_decoded(path.substr(api::websocket_folder.size() + 1));
}

std::string_view reason_of(const net::WsEnd& end) noexcept {
    if (!end.error || end.error == asio::error::eof)
        return "disconnected";
    if (end.error == errc::silent)
        return "silent";
    if (end.error == errc::protocol_error)
        return "protocol";
    if (end.error == errc::message_too_large)
        return "too_large";
    return end.error == errc::stopped ? "dropped" : "error";
}

// The client is forgotten however its coroutine ends.
class Leave {
public:
    Leave(Hub& hub, Hub::ClientRef client) : hub_(hub), client_(std::move(client)) {}
    ~Leave() { hub_.disconnect(client_, reason); }
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;

    std::string_view reason = "dropped";

private:
    Hub& hub_;
    Hub::ClientRef client_;
};

class Deaf final : public net::WsHandler {
public:
    void on_message(std::string_view, Moment) override {}
};

constexpr std::string_view id_taken = "a client of another token has this client id";

asio::awaitable<void> turn_away(net::WsConnection& connection, std::uint16_t code, std::string why) {
    Deaf deaf;
    connection.close(code, why); // waits at most 2 s for the answer
    auto ending = connection.run(deaf, std::chrono::milliseconds(0));
    (void)co_await std::move(ending);
}

} // namespace

api::Live::Verdict Streams::may_connect(const net::HttpRequest& request) {
    const auto id = client_id_of(request.path);
    if (id.empty())
        return {404, "not_found", "a WebSocket is at /ws/{client_id}"};
    if (!is_client_id(id))
        return {400, "bad_client_id", "a client id has 1 to 64 characters of A-Z a-z 0-9 . _ -"};
    if (hub_.taken(id, request.client))
        return {409, "client_id_taken", std::string(id_taken)};
    if (auto why = refusal(); !why.empty())
        return {503, stopping_ ? "stopping" : "too_many_clients", std::move(why)};
    return {};
}

asio::awaitable<void> Streams::websocket(net::HttpRequest request, std::unique_ptr<net::WsConnection> connection) {
    using namespace asio::experimental::awaitable_operators;
    const auto id = client_id_of(request.path);
    const bool taken = hub_.taken(id, request.client); // others came while the upgrade was answered
    const auto why = taken ? std::string(id_taken) : refusal();
    if (!why.empty()) {
        std::uint16_t code = 1013;
        if (stopping_ || taken)
            code = stopping_ ? 1001 : 1008;
        auto ending = turn_away(*connection, code, why);
        co_await std::move(ending);
        co_return;
    }
    WsDoor door(*this, *connection);
    auto client = hub_.connect(id, request.client, Carrier::websocket, request.peer, door, mono_now());
    Leave leave(hub_, client);
    door.begin(client);
    request = net::HttpRequest(); // not needed as long as the connection lasts
    connection->ping_every(options_.ping);
    auto reading = connection->run(door, options_.silence);
    auto working = door.work();
    const auto first = co_await (std::move(reading) || std::move(working));
    if (const auto* end = std::get_if<0>(&first))
        leave.reason = reason_of(*end);
}

WsDoor::WsDoor(Streams& streams, net::WsConnection& connection)
    : streams_(streams),
      connection_(connection),
      wake_(streams.timer_.get_executor(), MonoTime::max()),
      tokens_(streams.options_.burst) {}

void WsDoor::on_message(std::string_view payload, Moment at) {
    const auto& o = streams_.options_;
    if (payload.size() > o.message_bytes)
        return streams_.hub_.close(
            client_, 1009, "a message may have " + std::to_string(o.message_bytes) + " bytes", "too_large");
    if (refilled_ != MonoTime())
        tokens_ =
            std::min(o.burst, tokens_ + std::chrono::duration<double>(at.mono - refilled_).count() * o.actions_per_s);
    refilled_ = at.mono;
    tokens_ -= 1;
    if (tokens_ < 0 || tasks_.size() >= o.backlog)
        return streams_.hub_.close(client_, 1008, "too many messages: at most 20 a second, 32 at once", "flooding");
    Task task;
    task.fault = parse_action(payload, task.action);
    tasks_.push_back(std::move(task));
    wake_.cancel();
}

asio::awaitable<void> WsDoor::work() {
    while (true) {
        if (tasks_.empty()) {
            co_await wake_.async_wait(use_result);
            const auto state = co_await asio::this_coro::cancellation_state;
            if (state.cancelled() != asio::cancellation_type::none)
                break;
            continue;
        }
        Task task = std::move(tasks_.front());
        tasks_.pop_front();
        auto performing = perform(std::move(task));
        co_await std::move(performing);
    }
    throw boost::system::system_error(asio::error::operation_aborted); // the reader tells how it ended
}

asio::awaitable<void> WsDoor::perform(Task task) {
    Hub& hub = streams_.hub_;
    if (hub.end_if_slow(client_))
        co_return;
    if (task.fault) {
        hub.send(client_, error_text(task.action, *task.fault));
        co_return;
    }
    if (task.action.what == Action::What::ping) {
        hub.send(client_, pong_text(task.action, to_micros(wall_now())));
        co_return;
    }
    std::vector<InstrumentName> names;
    std::vector<SymbolFault> faults;
    auto finding = streams_.find_names(task.action.symbols, names, faults);
    co_await std::move(finding);
    const bool subscribes = task.action.what == Action::What::subscribe;
    const bool all = !subscribes && task.action.symbols.empty();
    Acknowledgement answer;
    if (subscribes)
        answer = hub.subscribe(client_, names, task.action.channels, task.action.format.value_or(Format::native));
    else if (all || !names.empty())
        answer = hub.unsubscribe(client_, names, task.action.channels);
    answer.faults.insert(answer.faults.begin(), faults.begin(), faults.end());
    hub.send(client_, subscribes ? subscribed_text(task.action, answer) : unsubscribed_text(task.action, answer));
}

} // namespace tickgate::stream
