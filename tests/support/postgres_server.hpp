// A private PostgreSQL for tests: free port, temporary directory, gone at the end.
#pragma once

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace tickgate::test {

// The server refuses to run as root: then it runs as `nobody`. Throws std::runtime_error if it does not start.
class PostgresServer {
public:
    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    static bool installed(); // the package postgresql is there

    void start();        // on the same port, with what was there; returns when it answers
    void stop();         // as a fast shutdown: connections are cut
    void kill();         // SIGKILL to the server and all its processes, waits
    void freeze() const; // all its processes: connected, and silent
    void resume() const;

    std::uint16_t port() const { return port_; }
    std::string make_database(); // a new one, returns its name
    std::string url(const std::string& database) const;
    // What psql answers: rows of columns, without a head. Throws if it fails.
    std::vector<std::vector<std::string>> sql(const std::string& database, const std::string& statement) const;

private:
    pid_t spawn(const std::vector<std::string>& command) const;
    int run(const std::vector<std::string>& command) const;
    void signal(int number) const;

    std::string binaries_, directory_;
    std::uint16_t port_ = 0;
    pid_t pid_ = -1;
    int databases_ = 0;
};

} // namespace tickgate::test
