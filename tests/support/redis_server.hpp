// A private redis-server for one test: free port, temporary directory, gone at the end.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace tickgate::test {

struct RedisAnswer {
    char type = '_';  // '+', '-', ':', '$', '*', or '_' for nil
    std::string text; // of integers the digits
    std::vector<RedisAnswer> elements;

    bool is_nil() const { return type == '_'; }
    bool is_error() const { return type == '-'; }
};

// A blocking client with a deadline of 10 s, for asking what a server holds. Throws std::runtime_error when it is cut.
class RedisClient {
public:
    explicit RedisClient(std::uint16_t port);
    ~RedisClient();
    RedisClient(const RedisClient&) = delete;
    RedisClient& operator=(const RedisClient&) = delete;

    RedisAnswer operator()(const std::vector<std::string>& command);
    void send(const std::vector<std::string>& command);
    RedisAnswer receive();
    // One answer if it is there or comes within the time.
    bool poll(RedisAnswer& answer, int milliseconds);

private:
    std::string line();
    bool fill(int milliseconds);

    int fd_ = -1;
    std::string buffer_;
    std::size_t at_ = 0;
};

class RedisServer {
public:
    struct Tls {
        std::string cert, key, ca;
    };
    explicit RedisServer(std::vector<std::string> arguments = {});
    RedisServer(std::vector<std::string> arguments, Tls tls); // TLS on tls_port(), plain on port()
    ~RedisServer();
    RedisServer(const RedisServer&) = delete;
    RedisServer& operator=(const RedisServer&) = delete;

    void start(); // on the same port, empty; returns when it answers
    void stop();  // SIGTERM, waits
    void kill();  // SIGKILL, waits
    void freeze() const;
    void resume() const;
    bool running() const { return pid_ > 0; }

    std::uint16_t port() const { return port_; }
    std::uint16_t tls_port() const { return tls_port_; }
    std::string unix_path() const { return directory_ + "/redis.sock"; }
    std::string url() const { return "redis://127.0.0.1:" + std::to_string(port_); }
    // Each call connects anew, sends AUTH first if a password was given to the constructor (`--requirepass x`).
    RedisAnswer cli(const std::vector<std::string>& command) const;
    std::string get(const std::string& key) const { return cli({"GET", key}).text; }

private:
    void wait_ready();

    std::vector<std::string> arguments_;
    Tls tls_;
    std::string directory_;
    std::uint16_t port_ = 0, tls_port_ = 0;
    pid_t pid_ = -1;
};

std::uint16_t free_port();

} // namespace tickgate::test
