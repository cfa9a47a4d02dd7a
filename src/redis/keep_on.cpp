#include "redis/keep_on.hpp"

#include <tickgate/error.hpp>

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <exception>
#include <utility>

namespace tickgate::redis {

asio::awaitable<void> keep_on(const bool& stopping, std::function<asio::awaitable<void>()> work,
    std::function<asio::awaitable<void>(std::string what)> failed) {
    while (!stopping) {
        std::string what;
        try {
            auto working = work();
            co_await std::move(working);
        } catch (const boost::system::system_error& e) {
            if (e.code() == asio::error::operation_aborted)
                throw;
            what = describe(e.code());
        } catch (const std::exception& e) {
            what = e.what();
        }
        if (stopping)
            break;
        auto telling = failed(std::move(what));
        co_await std::move(telling);
    }
}

} // namespace tickgate::redis
