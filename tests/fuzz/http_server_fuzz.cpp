// Bytes of a client as the HTTP door takes them: framing, head, target, who may enter, query and JSON fields, WebSocket
// actions. Whatever they are, the session ends, nothing malformed reaches a handler, and how the bytes are cut into
// reads changes nothing of what is served.
#include "api/access.hpp"
#include "api/exposition.hpp"
#include "api/parameters.hpp"
#include "core/log.hpp"
#include "net/http_server_impl.hpp"
#include "ops/operation_table.hpp"
#include "stream/protocol.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>

// Of the operations and the metrics only what the door needs is here.
namespace tickgate {
const ops::OperationSpec* ops::Operations::find(std::string_view name) {
    static const auto table = operation_table();
    const auto found = std::find_if(table.begin(), table.end(), [&](const auto& op) { return op.name == name; });
    return found == table.end() ? nullptr : &*found;
}
std::string ops::to_json(const Error& error) { return error.code; }
api::Family api::family_of(std::string_view name) {
    Family family;
    family.name = name;
    return family;
}
} // namespace tickgate

namespace {

using namespace tickgate;

void require(bool holds) {
    if (!holds)
        std::abort();
}

// Gives the input in pieces of `step` bytes, then the end; keeps what is written.
class Script final : public net::ByteStream {
public:
    Script(asio::io_context& loop, std::string_view input, std::size_t step, std::string& output)
        : loop_(loop), input_(input), step_(step), output_(output) {}

    asio::awaitable<result<std::size_t>> read_some(std::span<char> into) override {
        const std::size_t n = std::min({step_, input_.size(), into.size()});
        if (n == 0 || closed_)
            co_return error_code(asio::error::eof);
        std::memcpy(into.data(), input_.data(), n);
        input_.remove_prefix(n);
        co_return n;
    }
    asio::awaitable<error_code> write(std::string_view data) override {
        output_ += data;
        co_return error_code();
    }
    std::size_t try_write(std::string_view, error_code& ec) noexcept override {
        ec.clear();
        return 0;
    }
    void cancel() noexcept override {}
    void shutdown_write() noexcept override {}
    void close() noexcept override { closed_ = true; }
    void abort() noexcept override { closed_ = true; }
    std::string peer() const override { return "127.0.0.1:5000"; }
    int native_handle() const noexcept override { return -1; }
    asio::any_io_executor executor() override { return loop_.get_executor(); }

private:
    asio::io_context& loop_;
    std::string_view input_;
    std::size_t step_;
    std::string& output_;
    bool closed_ = false;
};

constexpr std::size_t max_body = 2000, max_head = 1500, max_target = 900;

bool one_line(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check_request(const net::HttpRequest& r) {
    require(!r.method.empty() && one_line(r.method));
    require((r.path.starts_with('/') || r.path == "*") && one_line(r.path));
    require(one_line(r.query) && r.path.size() + r.query.size() <= max_target + 1);
    require(r.body.size() <= max_body);
    int hosts = 0, lengths = 0, codings = 0;
    for (const auto& [name, value] : r.headers) {
        require(!name.empty() && one_line(name) && one_line(value));
        hosts += name == "host";
        lengths += name == "content-length";
        codings += name == "transfer-encoding";
    }
    require(hosts <= 1 && lengths + codings <= 1);
}

// What an endpoint does with it before an operation is asked.
void read_fields(const net::HttpRequest& r) {
    (void)r.parameter("symbols");
    (void)api::format_of(r, r.body.empty());
    const std::string_view path = r.path;
    if (!path.starts_with("/api/v1"))
        return;
    const auto match = api::match_endpoint(path.substr(7), r.method);
    if (match.endpoint == nullptr)
        return;
    const auto parameters = api::read_parameters(*match.endpoint, match.value, r);
    require(!parameters.error || parameters.status >= 400);
    require(parameters.deadline.count() >= 1);
}

void read_action(std::string_view text) {
    stream::Action action;
    if (const auto fault = stream::parse_action(text, action))
        require(!fault->code.empty() && !stream::error_text(action, *fault).empty());
    else
        require(action.symbols.size() <= stream::most_symbols_an_action);
}

struct Served {
    std::vector<std::string> requests;
    std::string output;
};

Served serve(std::string_view input, std::size_t step, api::Access& access) {
    Served served;
    asio::io_context loop(1);
    net::HttpServerOptions options;
    options.max_body = max_body;
    options.max_head = max_head;
    options.max_target = max_target;
    auto handler = [&](net::HttpRequest r) -> asio::awaitable<net::HttpResponse> {
        check_request(r);
        read_fields(r);
        read_action(r.body);
        served.requests.push_back(
            r.method + " " + r.path + "?" + r.query + "\n" + std::string(r.header("host")) + "\n" + r.body);
        net::HttpResponse response;
        response.body = "ok";
        co_return response;
    };
    auto server = std::make_shared<net::HttpServer::Impl>(loop.get_executor(), options, std::move(handler));
    server->admission_check = [&](const net::HttpRequest& r) {
        require(r.body.empty());
        return access.admit(r, MonoTime(std::chrono::hours(1)), "id");
    };
    auto connection = std::make_shared<net::HttpConnection>();
    net::HttpSession session(server, connection, std::make_unique<Script>(loop, input, step, served.output));
    bool ended = false;
    asio::co_spawn(loop, session.run(std::string()), [&](const std::exception_ptr& fault) {
        require(!fault);
        ended = true;
    });
    loop.run();
    require(ended);
    return served;
}

// Every answer begins as one, and there is one for each request that was served.
void check_output(const Served& served) {
    require(served.output.empty() || served.output.starts_with("HTTP/1.1 "));
    std::size_t good = 0;
    for (std::size_t at = served.output.find("HTTP/1.1 200 "); at != std::string::npos;
         at = served.output.find("HTTP/1.1 200 ", at + 1))
        ++good;
    require(good >= served.requests.size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const bool quiet = [] {
        log::capture([](log::Level, const std::string&) {});
        return true;
    }();
    if (size < 2 || !quiet)
        return 0;
    api::AccessOptions options;
    if ((data[0] & 1) != 0)
        options.tokens = {{"desk", api::Scope::read, Secret("desk-token-0123456789")}};
    if ((data[0] & 2) != 0)
        options.cors = {"https://desk.example"};
    const std::size_t step = 1 + data[1] % 40u;
    const std::string_view input(reinterpret_cast<const char*>(data + 2), size - 2);
    api::Access first(options), second(options);
    const auto whole = serve(input, input.size() + 1, first);
    const auto cut = serve(input, step, second);
    check_output(whole);
    require(whole.requests == cut.requests);
    read_action(input);
    return 0;
}
