// Child processes and plain HTTP for tests that run the real programs.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace tickgate::test {

// How long a test waits for what should come at once: generous, since machines are busy.
inline constexpr std::chrono::milliseconds patience{20000};

// A program with its output collected. Killed at the end, and by the kernel when the test program dies.
class Process {
public:
    using Variables = std::map<std::string, std::string>; // added to the environment

    explicit Process(std::vector<std::string> command, const Variables& variables = {});
    ~Process();
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    pid_t pid() const noexcept { return pid_; }
    void signal(int number) const;
    // 128 + number for a process that a signal ended. Empty: still running.
    std::optional<int> exit_code(std::chrono::milliseconds limit = patience);
    bool running() { return !exit_code(std::chrono::milliseconds(0)); }

    // The first whole line, of either output, that holds `part`. Empty if none came in time.
    std::optional<std::string> wait_for_line(std::string_view part, std::chrono::milliseconds limit = patience);
    std::string standard_output() const;
    std::string standard_error() const;

private:
    void read_outputs();

    pid_t pid_ = -1;
    int out_ = -1, err_ = -1;
    std::optional<int> exit_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string texts_[2];
    bool ended_ = false; // both outputs
    std::thread reader_;
};

// Runs a command to its end.
struct Finished {
    int code = -1; // -1: it did not end in time
    std::string out, err;
};
Finished run(std::vector<std::string> command, const Process::Variables& variables = {});

struct HttpAnswer {
    int status = 0; // 0: no answer
    std::string head, body;
};
HttpAnswer http(std::uint16_t port, std::string_view method, std::string_view path, std::string_view body = {},
    std::string_view headers = {}); // `headers`: whole lines, each with its CRLF
inline HttpAnswer http_get(std::uint16_t port, std::string_view path) { return http(port, "GET", path); }

// A directory that goes with it.
class TemporaryDirectory {
public:
    TemporaryDirectory();
    ~TemporaryDirectory();
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

    std::string write(const std::string& name, std::string_view text) const; // returns the path
    const std::string& path() const noexcept { return path_; }

private:
    std::string path_;
};

} // namespace tickgate::test
