// A task that must not end because something in it threw.
#pragma once

#include <boost/asio/awaitable.hpp>

#include <functional>
#include <string>

namespace tickgate::redis {

namespace asio = boost::asio;

// Does `work` again and again until `stopping`, which outlives it. `||` waits on when one side throws: so what is
// thrown and no cancellation is handed to `failed`, as text, which pauses.
asio::awaitable<void> keep_on(const bool& stopping, std::function<asio::awaitable<void>()> work,
    std::function<asio::awaitable<void>(std::string what)> failed);

} // namespace tickgate::redis
