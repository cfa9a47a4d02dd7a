#include "net/resolver.hpp"

#include "net/deadline.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <netdb.h>

#include <cctype>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>

namespace tickgate::net {

namespace {

using Endpoints = std::vector<asio::ip::tcp::endpoint>;

// Between the waiting coroutine and the thread. The coroutine leaves (done, deadline, cancelled, destroyed) by setting
// `timer` to null under the mutex; from then on the thread touches nothing of the loop.
struct Lookup {
    std::mutex mutex;
    asio::steady_timer* timer = nullptr;
    bool done = false;
    result<Endpoints> outcome = errc::unavailable;
};

struct Leave {
    explicit Leave(std::shared_ptr<Lookup> l) : lookup(std::move(l)) {}
    ~Leave() {
        const std::lock_guard lock(lookup->mutex);
        lookup->timer = nullptr;
    }
    Leave(const Leave&) = delete;
    Leave& operator=(const Leave&) = delete;
    std::shared_ptr<Lookup> lookup;
};

bool is_localhost(std::string_view host) noexcept {
    constexpr std::string_view name = "localhost";
    if (host.ends_with('.'))
        host.remove_suffix(1);
    if (host.size() != name.size())
        return false;
    for (std::size_t i = 0; i < name.size(); ++i)
        if (std::tolower(static_cast<unsigned char>(host[i])) != name[i])
            return false;
    return true;
}

// IPv4 and IPv6 in turn, beginning with what the system put first.
Endpoints interleave(const Endpoints& in) {
    Endpoints v4;
    Endpoints v6;
    for (const auto& e : in)
        (e.address().is_v4() ? v4 : v6).push_back(e);
    const bool four_first = in.empty() || in.front().address().is_v4();
    const Endpoints& first = four_first ? v4 : v6;
    const Endpoints& second = four_first ? v6 : v4;
    Endpoints out;
    for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
        if (i < first.size())
            out.push_back(first[i]);
        if (i < second.size())
            out.push_back(second[i]);
    }
    return out;
}

result<Endpoints> blocking_lookup(const std::string& host, std::uint16_t port) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0)
        return errc::unavailable;
    Endpoints out;
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
        asio::ip::tcp::endpoint endpoint;
        if (a->ai_addrlen > endpoint.capacity())
            continue;
        std::memcpy(endpoint.data(), a->ai_addr, a->ai_addrlen);
        endpoint.resize(a->ai_addrlen);
        endpoint.port(port);
        out.push_back(endpoint);
    }
    ::freeaddrinfo(found);
    if (out.empty())
        return errc::unavailable;
    return interleave(out);
}

void run_lookup(const std::shared_ptr<Lookup>& lookup, const std::string& host, std::uint16_t port,
    const asio::any_io_executor& executor) {
    auto outcome = blocking_lookup(host, port);
    const std::lock_guard lock(lookup->mutex);
    lookup->outcome = std::move(outcome);
    lookup->done = true;
    if (lookup->timer == nullptr)
        return;
    // Under the mutex: as long as the coroutine waits, its loop exists.
    asio::post(executor, [lookup] {
        const std::lock_guard inner(lookup->mutex);
        if (lookup->timer != nullptr)
            lookup->timer->cancel();
    });
}

} // namespace

asio::awaitable<result<Endpoints>> resolve(std::string host, std::uint16_t port, std::chrono::milliseconds deadline) {
    error_code literal;
    const auto address = asio::ip::make_address(host, literal);
    if (!literal)
        co_return Endpoints(1, asio::ip::tcp::endpoint(address, port));
    if (is_localhost(host)) {
        Endpoints loopback(1, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), port));
        loopback.emplace_back(asio::ip::address_v6::loopback(), port);
        co_return loopback;
    }

    auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, deadline);
    auto lookup = std::make_shared<Lookup>();
    lookup->timer = &timer;
    const Leave leave(lookup);
    try {
        std::thread([lookup, host, port, executor] { run_lookup(lookup, host, port, executor); }).detach();
    } catch (const std::system_error&) { // no thread to be had
        co_return errc::unavailable;
    }
    auto [ec] = co_await timer.async_wait(use_result);
    const std::lock_guard lock(lookup->mutex);
    if (lookup->done)
        co_return std::move(lookup->outcome);
    co_return ec ? error_code(asio::error::operation_aborted) : make_error_code(errc::timed_out);
}

} // namespace tickgate::net
