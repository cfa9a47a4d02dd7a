#include "support/process.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::test {

using namespace std::chrono_literals;

namespace {

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (auto& text : texts)
        out.push_back(text.data());
    out.push_back(nullptr);
    return out;
}

std::vector<std::string> environment_with(const Process::Variables& variables) {
    std::vector<std::string> out;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!variables.contains(std::string(text.substr(0, text.find('=')))))
            out.emplace_back(text);
    }
    for (const auto& [name, value] : variables)
        out.push_back(name + "=" + value);
    return out;
}

} // namespace

Process::Process(std::vector<std::string> command, const Variables& variables) {
    int out[2], err[2];
    if (::pipe2(out, O_CLOEXEC) != 0 || ::pipe2(err, O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    auto environment = environment_with(variables);
    const auto argv = pointers(command);
    const auto envp = pointers(environment);
    pid_ = ::fork();
    if (pid_ < 0)
        throw std::runtime_error("no fork");
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        ::dup2(::open("/dev/null", O_RDONLY | O_CLOEXEC), 0);
        ::dup2(out[1], 1);
        ::dup2(err[1], 2);
        ::execvpe(argv[0], argv.data(), envp.data());
        ::_exit(127);
    }
    ::close(out[1]);
    ::close(err[1]);
    out_ = out[0];
    err_ = err[0];
    reader_ = std::thread([this] { read_outputs(); });
}

Process::~Process() {
    if (!exit_) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    reader_.join();
    ::close(out_);
    ::close(err_);
}

void Process::read_outputs() {
    pollfd fds[2] = {{out_, POLLIN, 0}, {err_, POLLIN, 0}};
    while (fds[0].fd >= 0 || fds[1].fd >= 0) {
        if (::poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        for (std::size_t i = 0; i < 2; ++i) {
            if (fds[i].fd < 0 || fds[i].revents == 0)
                continue;
            char chunk[16384];
            const auto n = ::read(fds[i].fd, chunk, sizeof chunk);
            const std::lock_guard lock(mutex_);
            if (n > 0)
                texts_[i].append(chunk, static_cast<std::size_t>(n));
            else
                fds[i].fd = -1;
            changed_.notify_all();
        }
    }
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
}

void Process::signal(int number) const {
    if (!exit_)
        ::kill(pid_, number);
}

std::optional<int> Process::exit_code(std::chrono::milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!exit_) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_)
            exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        else if (std::chrono::steady_clock::now() >= deadline)
            return std::nullopt;
        else
            ::poll(nullptr, 0, 5);
    }
    // What it wrote is complete once its outputs are at their end.
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, 1s, [this] { return ended_; });
    return exit_;
}

std::optional<std::string> Process::wait_for_line(std::string_view part, std::chrono::milliseconds limit) {
    const auto find = [&]() -> std::optional<std::string> {
        for (const auto& text : texts_) {
            const auto at = text.find(part);
            const auto end = at == std::string::npos ? at : text.find('\n', at);
            if (end == std::string::npos)
                continue;
            const auto begin = text.rfind('\n', at);
            const auto from = begin == std::string::npos ? 0 : begin + 1;
            return text.substr(from, end - from);
        }
        return std::nullopt;
    };
    std::optional<std::string> line;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] { return (line = find()) || ended_; });
    return line;
}

std::string Process::standard_output() const {
    const std::lock_guard lock(mutex_);
    return texts_[0];
}

std::string Process::standard_error() const {
    const std::lock_guard lock(mutex_);
    return texts_[1];
}

Finished run(std::vector<std::string> command, const Process::Variables& variables) {
    Process process(std::move(command), variables);
    const auto code = process.exit_code();
    return {code.value_or(-1), process.standard_output(), process.standard_error()};
}

HttpAnswer http(std::uint16_t port, std::string_view method, std::string_view path, std::string_view body,
    std::string_view headers) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    HttpAnswer answer;
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return answer;
    }
    std::string request(method);
    request.append(" ").append(path).append(" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: ");
    request.append(std::to_string(body.size())).append("\r\n").append(headers).append("\r\n").append(body);
    std::string text;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) {
        pollfd p{fd, POLLIN, 0};
        char chunk[16384];
        while (::poll(&p, 1, 10000) > 0) {
            const auto n = ::recv(fd, chunk, sizeof chunk, 0);
            if (n <= 0)
                break;
            text.append(chunk, static_cast<std::size_t>(n));
        }
    }
    ::close(fd);
    const auto end = text.find("\r\n\r\n");
    if (end == std::string::npos || text.size() < 12)
        return answer;
    answer.status = std::atoi(text.c_str() + 9);
    answer.head = text.substr(0, end);
    answer.body = text.substr(end + 4);
    return answer;
}

TemporaryDirectory::TemporaryDirectory() {
    path_ = (std::filesystem::temp_directory_path() / "tickgate-test-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr)
        throw std::runtime_error("no temporary directory");
}

TemporaryDirectory::~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::write(const std::string& name, std::string_view text) const {
    const auto file = path_ + "/" + name;
    std::ofstream(file, std::ios::binary) << text;
    return file;
}

} // namespace tickgate::test
