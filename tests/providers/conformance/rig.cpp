#include "rig.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"
#include "support/redis_server.hpp"

#include <boost/asio/post.hpp>

#include <iostream>

namespace tickgate::test {

std::ostream& operator<<(std::ostream& out, const Card& card) { return out << card.provider << '.' << card.part; }

Conformance::Conformance() {
    options.seed = 11;
    options.timings.back_off = {5ms, 50ms, 300ms};
    options.timings.overlap_limit = 3s;
    log::capture([this](log::Level, const std::string& line) { log_lines.push_back(line); });
}

Conformance::~Conformance() { log::capture({}); }

void Conformance::TearDown() {
    stop_feed();
    venue.reset();
    EXPECT_FALSE(logged("event=task_failed"));
    if (failure)
        std::rethrow_exception(failure);
    if (HasFailure())
        for (const auto& line : log_lines)
            std::cerr << line << '\n';
}

void Conformance::start_venue(std::vector<std::string> more) {
    const auto number = free_port();
    port = std::to_string(number);
    std::vector<std::string> command{TICKGATE_BINARY, "venue", card().provider, "--port", port};
    command.insert(command.end(), card().venue.begin(), card().venue.end());
    command.insert(command.end(), more.begin(), more.end());
    venue = std::make_unique<Process>(command);
    const auto end = mono_now() + patience;
    while (http_get(number, "/control/state").status != 200) {
        ASSERT_TRUE(venue->running()) << venue->standard_error();
        ASSERT_LT(mono_now(), end) << "the venue does not answer";
    }
}

void Conformance::fault(std::string_view json) const {
    const auto answer = http(static_cast<std::uint16_t>(std::stoi(port)), "POST", "/control/fault", json);
    ASSERT_EQ(answer.status, 200) << json << ": " << answer.body;
}

void Conformance::clear_faults() const {
    ASSERT_EQ(http(static_cast<std::uint16_t>(std::stoi(port)), "POST", "/control/clear", "{}").status, 200);
}

std::string Conformance::venue_state() const {
    return http_get(static_cast<std::uint16_t>(std::stoi(port)), "/control/state").body;
}

std::unique_ptr<DataProvider> Conformance::make_provider(bool right_credentials, const ProviderSettings& more) {
    ProviderRegistry registry;
    card().add(registry);
    const auto* factory = registry.find(card().provider);
    EXPECT_NE(factory, nullptr);
    auto settings = right_credentials ? card().settings(port) : card().wrong_settings(port);
    for (const auto& [key, value] : more)
        settings[key] = value;
    std::string problem;
    auto made = factory->make(settings, problem);
    EXPECT_TRUE(made) << problem;
    return made;
}

void Conformance::start_feed(bool right_credentials, ProviderSettings more) {
    auto made = make_provider(right_credentials, more);
    ASSERT_TRUE(made);
    provider = std::make_unique<TunedProvider>(std::move(made));
    provider->tuning = tuning;
    rest = std::make_unique<app::ProviderRest>(loop.get_executor(), card().provider, nullptr);
    rest->attach(*provider);
    bool found = false;
    for (const auto& spec : provider->capabilities().feeds)
        if (spec.part == card().part) {
            options.spec = spec;
            found = true;
        }
    ASSERT_TRUE(found) << "no feed " << card().part;
    options.provider = card().provider;
    options.spec.connect_spacing = 5ms;
    options.spec.overlap = std::min<std::chrono::milliseconds>(options.spec.overlap, 500ms);
    const auto executor = loop.get_executor();
    feed = std::make_unique<feed::Feed>(executor, executor, *provider, *rest, table, seen, options);
    feed_running = true;
    asio::co_spawn(loop, feed->run(), [this](std::exception_ptr thrown) {
        feed_running = false;
        failure = failure ? failure : thrown;
    });
}

std::vector<Wanted> Conformance::look_up(const std::vector<std::string>& names) {
    std::vector<InstrumentName> asked;
    for (const auto& name : names)
        asked.push_back(*InstrumentName::parse(name));
    const auto found = ask(provider->find_instruments(asked, *rest));
    EXPECT_TRUE(found) << (found ? "" : describe(found.error()));
    std::vector<Wanted> wanted;
    if (!found)
        return wanted;
    for (const auto& info : *found) {
        EXPECT_EQ(info.feed, card().part);
        for (const auto kind : card().kinds) {
            Wanted w;
            w.what.instrument = table.intern(info.name);
            w.what.kind = kind;
            w.native = info.native;
            wanted.push_back(std::move(w));
        }
    }
    return wanted;
}

std::vector<Wanted> Conformance::subscribe(const std::vector<std::string>& names) {
    auto wanted = look_up(names);
    EXPECT_EQ(wanted.size(), names.size() * card().kinds.size());
    feed->subscribe(wanted);
    return wanted;
}

void Conformance::stop_feed() {
    if (!feed || !feed_running)
        return;
    asio::post(loop, [this] { feed->stop(); });
    EXPECT_TRUE(until([&] { return !feed_running; }, 20s)) << "the feed does not end";
}

bool Conformance::until(const std::function<bool()>& done, std::chrono::milliseconds limit) {
    const auto end = mono_now() + limit;
    while (!done()) {
        if (mono_now() >= end)
            return false;
        loop.restart();
        loop.run_one_for(20ms);
    }
    return true;
}

bool Conformance::live(const std::vector<Wanted>& wanted) {
    return until([&] {
        for (const auto& w : wanted)
            if (seen.state_of(w.what.instrument) != InstrumentState::live ||
                (w.what.kind == Kind::quote && seen.messages(w.what).empty()))
                return false;
        return true;
    });
}

bool Conformance::flows(const std::vector<Wanted>& wanted, std::size_t more) {
    std::vector<std::size_t> goal;
    for (const auto& w : wanted)
        goal.push_back(count(w) + more);
    return until([&] {
        for (std::size_t i = 0; i < wanted.size(); ++i)
            if (wanted[i].what.kind == Kind::quote && count(wanted[i]) < goal[i])
                return false;
        return true;
    });
}

bool Conformance::logged(std::string_view part) const {
    for (const auto& line : log_lines)
        if (line.find(part) != std::string::npos)
            return true;
    return false;
}

void Conformance::expect_breaks_announced(const std::vector<Wanted>& wanted) const {
    const auto breaks = seen.count("link_down");
    for (const auto& w : wanted) {
        const auto opened = seen.events_of("gap_opened", w.what).size();
        EXPECT_GE(opened, std::min<std::size_t>(breaks, 1)) << w.native;
        if (w.what.kind == Kind::quote) {
            EXPECT_EQ(seen.events_of("gap_closed", w.what).size(), opened) << w.native;
        }
    }
}

} // namespace tickgate::test
