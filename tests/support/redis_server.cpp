#include "support/redis_server.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::test {

namespace {

constexpr int patience_ms = 10000;

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

} // namespace

std::uint16_t free_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    auto a = loopback(0);
    socklen_t size = sizeof a;
    if (::bind(fd, reinterpret_cast<sockaddr*>(&a), size) != 0 ||
        ::getsockname(fd, reinterpret_cast<sockaddr*>(&a), &size) != 0)
        throw std::runtime_error("no free port");
    ::close(fd);
    return ntohs(a.sin_port);
}

RedisClient::RedisClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    auto a = loopback(port);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&a), sizeof a) != 0) {
        ::close(fd_);
        throw std::runtime_error("no connection to redis");
    }
}
RedisClient::~RedisClient() { ::close(fd_); }

bool RedisClient::fill(int milliseconds) {
    pollfd p{fd_, POLLIN, 0};
    if (::poll(&p, 1, milliseconds) <= 0)
        return false;
    char chunk[16384];
    const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0)
        throw std::runtime_error("redis closed the connection");
    if (at_ == buffer_.size()) {
        buffer_.clear();
        at_ = 0;
    }
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
}

std::string RedisClient::line() {
    while (true) {
        const auto end = buffer_.find("\r\n", at_);
        if (end != std::string::npos) {
            std::string out = buffer_.substr(at_, end - at_);
            at_ = end + 2;
            return out;
        }
        if (!fill(patience_ms))
            throw std::runtime_error("redis does not answer");
    }
}

RedisAnswer RedisClient::receive() {
    const std::string head = line();
    RedisAnswer a;
    a.type = head.at(0);
    a.text = head.substr(1);
    if (a.type != '$' && a.type != '*')
        return a;
    const int n = std::stoi(a.text);
    a.text.clear();
    if (n < 0) {
        a.type = '_';
        return a;
    }
    if (a.type == '*') {
        for (int i = 0; i < n; ++i)
            a.elements.push_back(receive());
        return a;
    }
    while (buffer_.size() - at_ < static_cast<std::size_t>(n) + 2)
        if (!fill(patience_ms))
            throw std::runtime_error("redis does not answer");
    a.text = buffer_.substr(at_, static_cast<std::size_t>(n));
    at_ += static_cast<std::size_t>(n) + 2;
    return a;
}

bool RedisClient::poll(RedisAnswer& answer, int milliseconds) {
    if (at_ == buffer_.size() && !fill(milliseconds))
        return false;
    answer = receive();
    return true;
}

void RedisClient::send(const std::vector<std::string>& command) {
    std::string text = "*" + std::to_string(command.size()) + "\r\n";
    for (const auto& c : command)
        text += "$" + std::to_string(c.size()) + "\r\n" + c + "\r\n";
    if (::send(fd_, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
        throw std::runtime_error("redis closed the connection");
}

RedisAnswer RedisClient::operator()(const std::vector<std::string>& command) {
    send(command);
    return receive();
}

RedisServer::RedisServer(std::vector<std::string> arguments) : RedisServer(std::move(arguments), Tls{}) {}

RedisServer::RedisServer(std::vector<std::string> arguments, Tls tls)
    : arguments_(std::move(arguments)), tls_(std::move(tls)), port_(free_port()) {
    std::string name = (std::filesystem::temp_directory_path() / "tickgate-redis-XXXXXX").string();
    if (!::mkdtemp(name.data()))
        throw std::runtime_error("no temporary directory");
    directory_ = name;
    if (!tls_.cert.empty())
        tls_port_ = free_port();
    start();
}

RedisServer::~RedisServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void RedisServer::start() {
    std::vector<std::string> args{"redis-server", "--port", std::to_string(port_), "--bind", "127.0.0.1", "--save", "",
        "--appendonly", "no", "--dir", directory_, "--unixsocket", unix_path(), "--logfile", directory_ + "/log"};
    if (tls_port_ != 0)
        args.insert(
            args.end(), {"--tls-port", std::to_string(tls_port_), "--tls-cert-file", tls_.cert, "--tls-key-file",
                            tls_.key, "--tls-ca-cert-file", tls_.ca, "--tls-auth-clients", "no"});
    args.insert(args.end(), arguments_.begin(), arguments_.end());
    std::vector<char*> argv;
    for (auto& a : args)
        argv.push_back(a.data());
    argv.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        const int null = ::open("/dev/null", O_RDWR);
        ::dup2(null, 0);
        ::dup2(null, 1);
        ::dup2(null, 2);
        ::execvp("redis-server", argv.data());
        ::_exit(127);
    }
    wait_ready();
}

void RedisServer::wait_ready() {
    for (int i = 0; i < 2000; ++i) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            throw std::runtime_error("redis-server ended, see " + directory_ + "/log");
        }
        try {
            if (RedisClient(port_)({"PING"}).type != '_')
                return;
        } catch (const std::runtime_error&) {
            ::poll(nullptr, 0, 5); // a bounded poll: there is nothing to be told by
        }
    }
    throw std::runtime_error("redis-server does not answer");
}

void RedisServer::stop() {
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void RedisServer::kill() {
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void RedisServer::freeze() const { ::kill(pid_, SIGSTOP); }
void RedisServer::resume() const { ::kill(pid_, SIGCONT); }

RedisAnswer RedisServer::cli(const std::vector<std::string>& command) const {
    RedisClient client(port_);
    const auto at = std::find(arguments_.begin(), arguments_.end(), "--requirepass");
    if (at != arguments_.end() && at + 1 != arguments_.end())
        client({"AUTH", *(at + 1)});
    return client(command);
}

} // namespace tickgate::test
