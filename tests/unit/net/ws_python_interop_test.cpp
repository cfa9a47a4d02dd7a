// Our ends against python3-websockets. Skipped where that is not installed.
#include "ws_fixture.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::net {
namespace {

// The interpreter that has the module; empty if none has.
const std::string& python() {
    static const std::string found = [] {
        for (const std::string name : {"/usr/bin/python3", "python3"})
            if (std::system((name + " -c 'import websockets' 2>/dev/null").c_str()) == 0)
                return name;
        return std::string();
    }();
    return found;
}

// The script with its output on a pipe; it ends when its input closes.
class Script {
public:
    explicit Script(std::vector<std::string> arguments) {
        int in[2];
        int out[2];
        EXPECT_EQ(::pipe(in), 0);
        EXPECT_EQ(::pipe(out), 0);
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            for (const int fd : {in[0], in[1], out[0], out[1]})
                ::close(fd);
            std::vector<std::string> all{python(), TICKGATE_SOURCE "/tests/unit/net/ws_peer.py"};
            all.insert(all.end(), arguments.begin(), arguments.end());
            std::vector<char*> pointers;
            for (auto& a : all)
                pointers.push_back(a.data());
            pointers.push_back(nullptr);
            ::execvp(pointers[0], pointers.data());
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = ::fdopen(out[0], "r");
    }
    ~Script() {
        ::close(in_);
        std::fclose(out_);
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    Script(const Script&) = delete;
    Script& operator=(const Script&) = delete;

    std::string line() {
        char text[256] = {};
        if (std::fgets(text, sizeof text, out_) == nullptr)
            return {};
        std::string out(text);
        return out.substr(0, out.find('\n'));
    }

private:
    pid_t pid_ = -1;
    int in_ = -1;
    std::FILE* out_ = nullptr;
};

TEST_F(WsTest, PythonServerEchoesOurClient) {
    if (python().empty())
        GTEST_SKIP() << "no python3-websockets";
    Script script({"server"});
    const std::string port = script.line();
    run([&]() -> asio::awaitable<void> {
        auto connection = co_await open("ws://127.0.0.1:" + port + "/x");
        EXPECT_TRUE(connection) << detail;
        std::vector<std::string> wanted;
        for (const std::size_t n : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 300000U})
            wanted.emplace_back(n, 'p');
        for (const auto& text : wanted)
            (*connection)->send_text(text);
        (*connection)->send_text("fragments");
        wanted.emplace_back("one two three");
        (*connection)->send_ping("ping");
        (*connection)->send_text("close");
        Recorder got;
        const WsEnd end = co_await (*connection)->run(got, 10s);
        EXPECT_TRUE(got.messages == wanted);
        EXPECT_EQ(got.pongs, std::vector<std::string>{"ping"});
        EXPECT_EQ(end.code, 4001);
        EXPECT_EQ(end.reason, "as you wish");
        EXPECT_FALSE(end.error) << end.error.message();
    });
}

TEST_F(WsTest, OurServerEchoesAPythonClient) {
    if (python().empty())
        GTEST_SKIP() << "no python3-websockets";
    bool ended = false;
    WsEnd end;
    auto http = server([&](HttpRequest, std::unique_ptr<WsConnection> connection) -> asio::awaitable<void> {
        Recorder got;
        got.then = [&](std::string_view text) { connection->send_text(text); };
        end = co_await connection->run(got, 10s);
        ended = true;
    });
    spawn([&]() -> asio::awaitable<void> { co_await http->run(); });
    Script script({"client", std::to_string(http->port())});
    run([&]() -> asio::awaitable<void> {
        asio::steady_timer turn(loop);
        for (int i = 0; i < 10000 && !ended; ++i) {
            turn.expires_after(1ms);
            co_await turn.async_wait(use_result);
        }
        http->stop();
    });
    EXPECT_EQ(script.line(), "1000");
    EXPECT_EQ(end.code, 1000);
    EXPECT_FALSE(end.error) << end.error.message();
}

} // namespace
} // namespace tickgate::net
