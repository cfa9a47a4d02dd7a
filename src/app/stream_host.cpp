#include "app/stream_host.hpp"

#include "core/clock.hpp"

#include <boost/asio/post.hpp>

namespace tickgate::app {

namespace {

constexpr std::chrono::hours for_good{24 * 365 * 10}; // ended by release()

} // namespace

std::string StreamHost::unservable(const InstrumentName& name) const {
    return parts_.services.route(name).empty() ? "no provider of its route is on and serves this class" : "";
}

std::string_view StreamHost::want(const ops::DataName& name) {
    changed_ = true;
    return parts_.demand.lease(streams_holder, name, mono_now() + for_good);
}

void StreamHost::release(const ops::DataName& name) {
    changed_ = true;
    std::vector<ops::DataName> names;
    names.push_back(name);
    parts_.demand.end_lease(streams_holder, names);
}

void StreamHost::apply() {
    if (std::exchange(changed_, false))
        parts_.demand.apply();
}

void StreamHost::ask(std::shared_ptr<redis::TapSnapshot> snapshot) {
    asio::post(
        parts_.hot, [&publisher = parts_.publisher, snapshot = std::move(snapshot)] { publisher.tell(*snapshot); });
}

asio::awaitable<ops::Outcome<std::vector<InstrumentName>>> StreamHost::resolve(std::vector<std::string> symbols) {
    return parts_.services.resolve_all(std::move(symbols));
}

} // namespace tickgate::app
