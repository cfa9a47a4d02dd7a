#include "integration/gateway_system.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>
#include <poll.h>
#include <set>

namespace tickgate::test {

using Clock = std::chrono::steady_clock;

std::string raw_field(std::string_view json, std::string_view key) {
    const auto name = '"' + std::string(key) + "\":";
    auto at = json.find(name);
    if (at == std::string_view::npos)
        return {};
    at += name.size();
    auto end = at;
    if (json[at] == '"') {
        for (++end; end < json.size() && json[end] != '"'; ++end)
            if (json[end] == '\\')
                ++end;
        ++end;
    } else if (json[at] == '[') {
        end = json.find(']', at) + 1;
    } else {
        end = json.find_first_of(",}", at);
    }
    return std::string(json.substr(at, end - at));
}

std::string field(std::string_view json, std::string_view key) {
    auto text = raw_field(json, key);
    return text.size() >= 2 && text.front() == '"' ? text.substr(1, text.size() - 2) : text;
}

std::uint64_t number(std::string_view json, std::string_view key) {
    return std::strtoull(raw_field(json, key).c_str(), nullptr, 10);
}

Listener::Listener(std::uint16_t redis_port, std::string pattern) : client_(redis_port) {
    client_({"PSUBSCRIBE", std::move(pattern)});
}

bool Listener::take(int milliseconds) {
    RedisAnswer answer;
    if (!client_.poll(answer, milliseconds))
        return false;
    if (answer.elements.size() == 4)
        all_.push_back({std::move(answer.elements[2].text), std::move(answer.elements[3].text)});
    return true;
}

bool Listener::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!done()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0)
            return false;
        take(static_cast<int>(std::min<long>(left, 100)));
    }
    return true;
}

bool Listener::until_message(std::string_view channel, std::chrono::milliseconds limit) {
    const auto before = count(channel);
    return until([&] { return count(channel) > before; }, limit);
}

bool Listener::until_event(std::string_view event, std::string_view channel_part, std::chrono::milliseconds limit) {
    return until([&] { return !events(event, channel_part).empty(); }, limit);
}

void Listener::drain() {
    while (take(0)) {
    }
}

std::vector<Published> Listener::on(std::string_view channel) const {
    std::vector<Published> out;
    std::copy_if(
        all_.begin(), all_.end(), std::back_inserter(out), [&](const auto& m) { return m.channel == channel; });
    return out;
}

std::vector<Published> Listener::events(std::string_view event, std::string_view channel_part) const {
    std::vector<Published> out;
    std::copy_if(all_.begin(), all_.end(), std::back_inserter(out), [&](const auto& m) {
        return m.channel.starts_with("md:event:") && m.channel.find(channel_part) != std::string::npos &&
               m.get("event") == event;
    });
    return out;
}

std::size_t Listener::count(std::string_view channel) const {
    return static_cast<std::size_t>(
        std::count_if(all_.begin(), all_.end(), [&](const auto& m) { return m.channel == channel; }));
}

::testing::AssertionResult is_unbroken(const std::vector<Published>& messages) {
    for (std::size_t i = 1; i < messages.size(); ++i) {
        const auto before = number(messages[i - 1].payload, "seq"), now = number(messages[i].payload, "seq");
        if (messages[i - 1].get("session") == messages[i].get("session") && now != before + 1)
            return ::testing::AssertionFailure() << messages[i].channel << ": " << now << " follows " << before;
    }
    if (messages.empty())
        return ::testing::AssertionFailure() << "no message";
    return ::testing::AssertionSuccess();
}

::testing::AssertionResult losses_are_announced(const Listener& listener, std::string_view instrument) {
    const auto trades = listener.on("md:trade:" + std::string(instrument));
    // What was fetched later has its old number; nothing comes twice, and what is live comes in order.
    std::set<std::uint64_t> seen;
    std::uint64_t last_live = 0, announced = 0;
    for (const auto& trade : trades) {
        const auto id = number(trade.payload, "src_seq");
        const bool live = trade.payload.find("\"backfill\"") == std::string::npos;
        if (live && id <= last_live)
            return ::testing::AssertionFailure() << "trade " << id << " follows " << last_live;
        if (!seen.insert(id).second)
            return ::testing::AssertionFailure() << "trade " << id << " came twice";
        last_live = live ? id : last_live;
    }
    const auto missing = seen.empty() ? 0 : *seen.rbegin() - *seen.begin() + 1 - seen.size();
    for (const auto& event : listener.events("gap_closed", instrument))
        if (event.get("kind") == "trade")
            announced += number(event.payload, "lost");
    if (missing != announced)
        return ::testing::AssertionFailure() << missing << " trades are missing, " << announced << " are announced";
    return ::testing::AssertionSuccess() << missing;
}

System::System(SystemOptions options)
    : redis(options.redis),
      venue_port(free_port()),
      control_port(free_port()),
      http_port(free_port()),
      variables_(std::move(options.variables)) {
    std::vector<std::string> command{binary, "venue", "binance", "--port", std::to_string(venue_port), "--control-port",
        std::to_string(control_port)};
    command.insert(command.end(), options.venue.begin(), options.venue.end());
    venue = std::make_unique<Process>(std::move(command));
    if (!venue->wait_for_line("simulated Binance venue"))
        throw std::runtime_error("the venue does not start: " + venue->standard_error());

    const auto port = std::to_string(venue_port);
    config_file = directory.write(
        "tickgate.yaml", "redis: {url: \"" + redis.url() + "\"" + options.redis_more + "}\n" +
                             "http: {listen: \"127.0.0.1:" + std::to_string(http_port) + "\"}\n" + "store: {url: \"" +
                             (options.store.empty() ? "sqlite://" + directory.path() + "/bars.db" : options.store) +
                             "\"}\nproviders:\n  binance:\n    endpoints: {ws: \"ws://127.0.0.1:" + port +
                             "\", rest: \"http://127.0.0.1:" + port + "\", usdm_ws: \"ws://127.0.0.1:" + port +
                             "\", usdm_rest: \"http://127.0.0.1:" + port + "\"}\n" + options.binance_more +
                             "symbols: {" + options.symbols + "}\n" + options.more);
    if (!options.start)
        return;
    start_gateway();
    if (!wait_ready())
        throw std::runtime_error(
            "the gateway is not ready: " + http_get(http_port, "/readyz").body + "\n" + gateway->standard_error());
}

void System::start_gateway() {
    gateway = std::make_unique<Process>(
        std::vector<std::string>{binary, "run", "--config", config_file, "--log-level", "debug"}, variables_);
}

bool System::wait_ready(std::chrono::milliseconds limit) {
    return eventually([&] { return http_get(http_port, "/readyz").status == 200 || !gateway->running(); }, limit) &&
           gateway->running();
}

bool System::eventually(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto deadline = Clock::now() + limit;
    while (!done()) {
        if (Clock::now() > deadline)
            return false;
        ::poll(nullptr, 0, 20);
    }
    return true;
}

void System::fault(std::string_view json) const {
    const auto answer = http(control_port, "POST", "/control/fault", json);
    if (answer.status != 200)
        throw std::runtime_error("the venue refuses the fault: " + answer.body);
}

void System::clear_faults() const {
    if (http(control_port, "POST", "/control/clear").status != 200)
        throw std::runtime_error("the venue does not clear its faults");
}

double System::metric(std::string_view name, std::vector<std::string_view> labels) const {
    const auto text = http_get(http_port, "/metrics").body;
    double sum = 0;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        const auto line = std::string_view(text).substr(at, end - at);
        at = end + 1;
        const auto name_end = line.find_first_of("{ ");
        if (line.substr(0, name_end) != name)
            continue;
        const auto fits = [&](std::string_view part) { return line.find(part) != std::string_view::npos; };
        if (std::all_of(labels.begin(), labels.end(), fits))
            sum += std::atof(std::string(line.substr(line.rfind(' ') + 1)).c_str());
    }
    return sum;
}

std::string System::state_of(std::string_view instrument) const {
    return field(redis.get("md:state:" + std::string(instrument)), "state");
}

std::string System::feed_state(std::string_view feed) const {
    return redis.cli({"HGET", "md:status:" + std::string(feed), "state"}).text;
}

} // namespace tickgate::test
