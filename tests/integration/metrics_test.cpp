// What /metrics of a running daemon serves is what the table of metrics says, and what promtool takes; the watchdog
// hears nothing while either loop stands still.
#include "integration/gateway_system.hpp"
#include "metrics/table.hpp"
#include "support/notify_socket.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace tickgate::test {

namespace {

using Labels = std::map<std::string, std::string>;

struct Scraped {
    std::string type, help;
    std::vector<Labels> samples;
};

// The part of a text exposition that the table tells: families, and the labels of their samples.
class Scrape {
public:
    explicit Scrape(const std::string& text) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            if (line.starts_with("# TYPE ") || line.starts_with("# HELP "))
                comment(line);
            else if (!line.empty())
                sample(line);
        }
    }
    const std::map<std::string, Scraped>& families() const { return families_; }

private:
    void comment(const std::string& line) {
        const auto end = line.find(' ', 7);
        auto& family = families_[line.substr(7, end - 7)];
        auto& part = line[2] == 'T' ? family.type : family.help;
        EXPECT_TRUE(part.empty()) << "twice: " << line;
        part = line.substr(end + 1);
    }
    void sample(const std::string& line) {
        const auto end = line.find_first_of("{ ");
        auto name = line.substr(0, end);
        for (const std::string part : {"_bucket", "_sum", "_count"})
            if (const auto base = name.substr(0, name.size() - std::min(part.size(), name.size()));
                name.ends_with(part) && families_.count(base) > 0)
                name = base;
        ASSERT_EQ(families_.count(name), 1u) << line;
        Labels labels;
        for (auto at = end; line[at] == '{' || line[at] == ',';) {
            const auto equals = line.find("=\"", at);
            auto quote = equals + 2;
            while (line[quote] != '"')
                quote += line[quote] == '\\' ? 2u : 1u;
            labels[line.substr(at + 1, equals - at - 1)] = line.substr(equals + 2, quote - equals - 2);
            at = quote + 1;
        }
        labels.erase("le");
        families_[name].samples.push_back(std::move(labels));
    }
    std::map<std::string, Scraped> families_;
};

void expect_labels(const metrics::Row& row, const Labels& labels) {
    std::set<std::string> told, served;
    for (const auto& label : metrics::labels_of(row)) {
        told.emplace(label.name);
        const auto it = labels.find(std::string(label.name));
        if (it == labels.end() || label.values.empty())
            continue;
        EXPECT_NE(std::find(label.values.begin(), label.values.end(), it->second), label.values.end())
            << "the table does not know " << it->first << "=" << it->second;
    }
    for (const auto& [name, value] : labels)
        served.insert(name);
    EXPECT_EQ(told, served);
}

SystemOptions everything() {
    SystemOptions options;
    options.symbols = "crypto: [BTC-USDT, ETH-USDT], future: [ETH-USDT-PERP]";
    options.more = "metrics: {per_symbol: true, per_symbol_max: 2}\n"
                   "collect: {majors: {symbols: [\"crypto:BTC-USDT\"], timeframes: [1m]}}\n";
    return options;
}

std::string scrape(const System& system) { return http_get(system.http_port, "/metrics").body; }

// The number of samples of a family whose labels hold all of these.
std::size_t count(const Scrape& scrape, const std::string& family, const Labels& wanted) {
    const auto& samples = scrape.families().at(family).samples;
    return static_cast<std::size_t>(std::count_if(samples.begin(), samples.end(), [&](const Labels& labels) {
        return std::includes(labels.begin(), labels.end(), wanted.begin(), wanted.end());
    }));
}

} // namespace

TEST(Metrics, AreWhatTheTableSaysInBothDirections) {
    System system(everything());
    ASSERT_TRUE(System::eventually([&] { return system.metric("tickgate_published_total", {"kind=\"bar\""}) > 0; }));
    const Scrape served(scrape(system));
    for (const auto& [name, family] : served.families()) {
        SCOPED_TRACE(name);
        const auto* row = metrics::find(name);
        EXPECT_NE(row, nullptr) << "is served, and not in src/metrics";
        if (row == nullptr)
            continue;
        EXPECT_EQ(family.type, to_string(row->type));
        EXPECT_EQ(family.help, row->help);
        for (const auto& labels : family.samples)
            expect_labels(*row, labels);
    }
    for (const auto& section : metrics::sections())
        for (const auto& row : section.rows)
            EXPECT_EQ(served.families().count(std::string(row.name)), 1u) << row.name << " is not served";
}

TEST(Metrics, ServeInstrumentsUpToTheLimitAndTellTheOthers) {
    System system(everything());
    ASSERT_TRUE(System::eventually([&] { return system.metric("tickgate_symbols_without_series") == 1; }));
    ASSERT_TRUE(System::eventually([&] { return system.metric("tickgate_symbol_state", {"state=\"live\""}) == 2; }));
    ASSERT_TRUE(System::eventually(
        [&] { return system.metric("tickgate_symbol_last_message_timestamp_seconds", {"BTC-USDT"}) > 1.7e9; }));
    const Scrape served(scrape(system));
    EXPECT_EQ(count(served, "tickgate_symbol_state", {}), 2u);
    EXPECT_EQ(count(served, "tickgate_symbol_messages_total", {{"instrument", "crypto:BTC-USDT"}}), 3u);
    EXPECT_EQ(count(served, "tickgate_symbol_messages_total", {{"instrument", "future:ETH-USDT-PERP"}}), 0u);
    EXPECT_TRUE(system.gateway->wait_for_line("event=symbols_without_series count=1 limit=2"));
}

TEST(Metrics, HaveNoSeriesOfInstrumentsUnlessAskedFor) {
    System system;
    ASSERT_TRUE(System::eventually([&] { return system.metric("tickgate_symbols_without_series") == 2; }));
    const Scrape served(scrape(system));
    EXPECT_TRUE(served.families().at("tickgate_symbol_state").samples.empty());
    EXPECT_EQ(count(served, "tickgate_instruments_by_state", {{"class", "crypto"}}), 7u);
    EXPECT_EQ(system.metric("tickgate_instruments_open", {"class=\"crypto\""}), 2);
    EXPECT_EQ(system.metric("tickgate_feed_open_instruments", {"feed=\"binance.spot\""}), 2);
}

TEST(Metrics, PassPromtool) {
    System system(everything());
    const auto file = system.directory.write("metrics.txt", scrape(system));
    const auto done =
        run({"sh", "-c", "command -v promtool >/dev/null || exit 77; exec promtool check metrics <" + file});
    if (done.code == 77)
        GTEST_SKIP() << "promtool is not installed (Debian package prometheus)";
    EXPECT_EQ(done.code, 0) << done.out << done.err;
}

namespace {

// One thread of another process, stopped from outside: a loop that stands still while the other goes round.
class StoppedThread {
public:
    // `hot`, or the first thread, which is the control loop.
    StoppedThread(pid_t process, const std::string& name) : thread_(name == "hot" ? find(process, name) : process) {
        if (thread_ == 0 || ::ptrace(PTRACE_SEIZE, thread_, nullptr, nullptr) != 0)
            return;
        int status = 0;
        stopped_ = ::ptrace(PTRACE_INTERRUPT, thread_, nullptr, nullptr) == 0 &&
                   ::waitpid(thread_, &status, __WALL) == thread_ && WIFSTOPPED(status);
    }
    ~StoppedThread() { go_on(); }
    StoppedThread(const StoppedThread&) = delete;
    StoppedThread& operator=(const StoppedThread&) = delete;

    bool stopped() const { return stopped_; }
    void go_on() {
        if (std::exchange(stopped_, false))
            ::ptrace(PTRACE_DETACH, thread_, nullptr, nullptr);
    }

private:
    static pid_t find(pid_t process, const std::string& name) {
        const auto folder = "/proc/" + std::to_string(process) + "/task";
        for (const auto& task : std::filesystem::directory_iterator(folder)) {
            std::string text;
            std::getline(std::ifstream(task.path() / "comm"), text);
            if (text == name)
                return static_cast<pid_t>(std::stol(task.path().filename()));
        }
        return 0;
    }
    pid_t thread_ = 0;
    bool stopped_ = false;
};

class WatchdogTest : public ::testing::TestWithParam<std::string> {};

} // namespace

TEST_P(WatchdogTest, HearsNothingWhileALoopStandsStill) {
    const TemporaryDirectory directory;
    const std::string path = directory.path() + "/notify";
    NotifySocket notify(path);
    ASSERT_TRUE(notify.bound());
    SystemOptions options;
    options.variables = {{"NOTIFY_SOCKET", path}, {"WATCHDOG_USEC", "400000"}};
    System system(std::move(options));
    ASSERT_TRUE(notify.told("WATCHDOG=1"));
    {
        StoppedThread loop(system.gateway->pid(), GetParam());
        if (!loop.stopped())
            GTEST_SKIP() << "threads of another process cannot be stopped here (ptrace)";
        notify.drain();
        notify.told("WATCHDOG=1", std::chrono::milliseconds(300)); // one that was on its way
        EXPECT_FALSE(notify.told("WATCHDOG=1", std::chrono::milliseconds(1600)));
        loop.go_on();
    }
    EXPECT_TRUE(notify.told("WATCHDOG=1"));
    const auto loop = "loop=\"" + GetParam() + '"';
    EXPECT_GT(system.metric("tickgate_loop_longest_delay_seconds", {loop}), 1.5);
}

INSTANTIATE_TEST_SUITE_P(Loops, WatchdogTest, ::testing::Values("hot", "control"),
    [](const auto& test) { return test.param == "hot" ? "Hot" : "Control"; });

} // namespace tickgate::test
