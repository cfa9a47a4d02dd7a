#include "support/postgres_server.hpp"

#include "support/process.hpp"
#include "support/redis_server.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <sstream>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::test {

namespace {

// Debian keeps the server's programs of each version apart from the path.
std::string find_binaries() {
    std::vector<std::string> found;
    std::error_code ignored;
    for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", ignored))
        if (std::filesystem::exists(version.path() / "bin" / "initdb", ignored))
            found.push_back((version.path() / "bin").string());
    std::sort(found.begin(), found.end());
    return found.empty() ? std::string() : found.back();
}

const passwd* other_user() { return ::geteuid() == 0 ? ::getpwnam("nobody") : nullptr; }

} // namespace

bool PostgresServer::installed() { return !find_binaries().empty(); }

PostgresServer::PostgresServer() : binaries_(find_binaries()), port_(free_port()) {
    std::string name = (std::filesystem::temp_directory_path() / "tickgate-postgres-XXXXXX").string();
    if (binaries_.empty() || ::mkdtemp(name.data()) == nullptr)
        throw std::runtime_error("no postgresql, or no temporary directory");
    directory_ = name;
    if (const auto* user = other_user(); user != nullptr && ::chown(name.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("cannot give the directory away");
    if (run({binaries_ + "/initdb", "-D", directory_ + "/data", "-A", "trust", "-U", "tickgate", "--no-sync", "-E",
            "UTF8", "--locale=C"}) != 0)
        throw std::runtime_error("initdb failed");
    start();
}

PostgresServer::~PostgresServer() {
    kill();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

pid_t PostgresServer::spawn(const std::vector<std::string>& command) const {
    std::vector<char*> argv;
    for (const auto& a : command)
        argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    const auto log = directory_ + "/log";
    const auto* user = other_user();
    const pid_t pid = ::fork();
    if (pid != 0)
        return pid;
    ::setpgid(0, 0);
    if (user != nullptr && (::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 || ::setuid(user->pw_uid) != 0))
        ::_exit(126);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::chdir(directory_.c_str()) != 0)
        ::_exit(126);
    ::dup2(::open("/dev/null", O_RDONLY), 0);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(out, 1);
    ::dup2(out, 2);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
}

int PostgresServer::run(const std::vector<std::string>& command) const {
    int status = -1;
    ::waitpid(spawn(command), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void PostgresServer::start() {
    // What a test writes need not survive the machine.
    pid_ = spawn({binaries_ + "/postgres", "-D", directory_ + "/data", "-p", std::to_string(port_), "-c",
        "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "max_connections=30", "-k", directory_});
    for (int i = 0; i < 2000; ++i) {
        int status = 0;
        if (::waitpid(pid_, &status, WNOHANG) == pid_) {
            pid_ = -1;
            throw std::runtime_error("postgres ended, see " + directory_ + "/log");
        }
        if (run({binaries_ + "/pg_isready", "-q", "-h", "127.0.0.1", "-p", std::to_string(port_)}) == 0)
            return;
        ::poll(nullptr, 0, 10); // a bounded poll: there is nothing to be told by
    }
    throw std::runtime_error("postgres does not answer");
}

void PostgresServer::stop() {
    if (pid_ <= 0)
        return;
    ::kill(pid_, SIGINT);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void PostgresServer::signal(int number) const {
    // Each of its processes leads a group of its own.
    const auto parent = std::to_string(pid_);
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto pid = std::atoi(entry.path().filename().c_str());
        if (pid <= 0)
            continue;
        std::error_code ignored;
        const int fd = ::open((entry.path() / "stat").c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            continue;
        char text[512] = {};
        const auto n = ::read(fd, text, sizeof text - 1);
        ::close(fd);
        const std::string line(text, n > 0 ? static_cast<std::size_t>(n) : 0);
        const auto after = line.rfind(") ");
        if (after != std::string::npos && line.compare(after + 4, parent.size() + 1, parent + " ") == 0)
            ::kill(pid, number);
    }
    ::kill(pid_, number);
}

void PostgresServer::kill() {
    if (pid_ <= 0)
        return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
}

void PostgresServer::freeze() const { signal(SIGSTOP); }
void PostgresServer::resume() const { signal(SIGCONT); }

std::string PostgresServer::url(const std::string& database) const {
    return "postgresql://tickgate@127.0.0.1:" + std::to_string(port_) + "/" + database;
}

std::string PostgresServer::make_database() {
    auto name = "test_" + std::to_string(::getpid()) + "_" + std::to_string(++databases_);
    sql("postgres", "CREATE DATABASE " + name);
    return name;
}

std::vector<std::vector<std::string>> PostgresServer::sql(
    const std::string& database, const std::string& statement) const {
    const auto done = test::run({binaries_ + "/psql", "-X", "-q", "-A", "-t", "-F", "|", "-v", "ON_ERROR_STOP=1", "-d",
        url(database), "-c", statement});
    if (done.code != 0)
        throw std::runtime_error("psql: " + done.err);
    std::vector<std::vector<std::string>> rows;
    std::istringstream lines(done.out);
    for (std::string line; std::getline(lines, line);) {
        if (line.empty())
            continue;
        auto& row = rows.emplace_back();
        for (std::size_t at = 0; at <= line.size();) {
            const auto end = std::min(line.find('|', at), line.size());
            row.push_back(line.substr(at, end - at));
            at = end + 1;
        }
    }
    return rows;
}

} // namespace tickgate::test
