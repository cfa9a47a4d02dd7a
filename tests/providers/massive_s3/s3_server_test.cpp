// Downloads from a server that recomputes our signatures with python3-botocore. Skipped where that is not installed.
#include "massive/provider.hpp"

#include "providers/massive/flat_test_data.hpp"
#include "providers/massive/http_rest.hpp"
#include "support/process.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

namespace tickgate::massive {
namespace {

using namespace std::chrono;
using test::FlatRecorder;
using test::HttpRest;

// The interpreter that has the module; empty if none has.
const std::string& python() {
    static const std::string found = [] {
        for (const std::string name : {"/usr/bin/python3", "python3"})
            if (std::system((name + " -c 'import botocore' 2>/dev/null").c_str()) == 0)
                return name;
        return std::string();
    }();
    return found;
}

// The server; lines go to its input and each is answered by one.
class Server {
public:
    explicit Server(const std::string& folder) {
        int in[2], out[2];
        EXPECT_EQ(::pipe(in), 0);
        EXPECT_EQ(::pipe(out), 0);
        const std::string script = TICKGATE_SOURCE "/tests/providers/massive_s3/s3_server.py";
        pid_ = ::fork();
        if (pid_ == 0) {
            ::dup2(in[0], 0);
            ::dup2(out[1], 1);
            for (const int fd : {in[0], in[1], out[0], out[1]})
                ::close(fd);
            ::execlp(python().c_str(), python().c_str(), script.c_str(), folder.c_str(), nullptr);
            ::_exit(127);
        }
        ::close(in[0]);
        ::close(out[1]);
        in_ = in[1];
        out_ = ::fdopen(out[0], "r");
        port = line();
    }
    ~Server() {
        ::close(in_);
        std::fclose(out_);
        ::kill(pid_, SIGTERM);
        ::waitpid(pid_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void fault(std::string text) {
        text += '\n';
        ASSERT_EQ(::write(in_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
        ASSERT_EQ(line(), "done");
    }

    std::string port;

private:
    std::string line() {
        char text[256] = {};
        if (std::fgets(text, sizeof text, out_) == nullptr)
            return {};
        const std::string got(text);
        return got.substr(0, got.find('\n'));
    }
    pid_t pid_ = -1;
    int in_ = -1;
    std::FILE* out_ = nullptr;
};

struct BotocoreTest : testing::Test {
    void SetUp() override {
        if (python().empty())
            GTEST_SKIP() << "no python3-botocore";
        std::string text = "ticker,volume,open,close,high,low,window_start,transactions\n";
        for (int i = 0; i < 3000; ++i)
            text += std::string(i % 3 == 0 ? "A," : "AAPL,") + std::to_string(i * 7919 % 100003) + ",1.5,2,3,0.5," +
                    std::to_string(1709888400000000000 + i / 3 * 60000000000) + ",7\n";
        for (const char* day : {"05", "06", "07", "08"})
            put(std::string("us_stocks_sip/minute_aggs_v1/2024/03/2024-03-") + day + ".csv.gz", test::gzip(text));
        server = std::make_unique<Server>(folder.path());
        ASSERT_FALSE(server->port.empty());
    }
    void put(const std::string& key, const std::string& body) {
        const std::filesystem::path path = std::filesystem::path(folder.path()) / key;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path, std::ios::binary) << body;
    }
    std::unique_ptr<MassiveProvider> provider(
        const std::string& secret = "python/secret+key=", std::string id = "AKIDPYTHON") {
        std::string problem;
        auto settings =
            read_settings({{"api_key", "massive-test-key-11"}, {"s3.access_key", std::move(id)},
                              {"s3.secret_key", secret}, {"endpoints.s3", "http://127.0.0.1:" + server->port}},
                problem);
        EXPECT_TRUE(settings) << problem;
        settings->s3_retry_pause = milliseconds(1);
        return std::make_unique<MassiveProvider>(std::move(*settings));
    }
    template <class T>
    T run(asio::awaitable<T> task) {
        std::optional<T> out;
        std::exception_ptr thrown;
        asio::co_spawn(loop, std::move(task), [&](std::exception_ptr failure, T value) {
            thrown = failure;
            out.emplace(std::move(value));
        });
        loop.restart();
        loop.run_for(seconds(60));
        if (thrown)
            std::rethrow_exception(thrown);
        return std::move(out.value());
    }
    result<std::vector<BulkFile>> list(MassiveProvider& p) {
        BulkRequest request;
        request.from = UnixNanos(sys_days(2024y / March / 5)) + hours(12);
        request.to = UnixNanos(sys_days(2024y / March / 8)) + hours(12);
        return run(p.bulk_files(request, rest));
    }
    error_code read(MassiveProvider& p, FlatRecorder& sink, const char* day = "08") {
        BulkFile file;
        file.key = std::string("us_stocks_sip/minute_aggs_v1/2024/03/2024-03-") + day + ".csv.gz";
        const std::vector<InstrumentName> wanted{{AssetClass::equity, "A"}};
        return run(p.read_bulk_file(file, wanted, sink, rest));
    }

    tickgate::test::TemporaryDirectory folder;
    std::unique_ptr<Server> server;
    asio::io_context loop;
    HttpRest rest{loop.get_executor()};
};

TEST_F(BotocoreTest, OurSignaturesAreItsOwn) {
    const auto p = provider();
    server->fault("page 2"); // continuation tokens need encoding
    const auto files = list(*p);
    ASSERT_TRUE(files) << rest.detail;
    ASSERT_EQ(files->size(), 4u);
    FlatRecorder sink;
    ASSERT_FALSE(read(*p, sink)) << rest.detail;
    ASSERT_EQ(sink.bars.size(), 1000u);
    EXPECT_EQ(sink.bars[999].open_time, UnixNanos(nanoseconds(1709888400000000000)) + minutes(999));
    for (const int status : rest.statuses)
        EXPECT_EQ(status / 100, 2);
    EXPECT_EQ(read(*p, sink, "09"), errc::venue_error) << "no such file";
}

TEST_F(BotocoreTest, AWrongKeyOrSecretIsRefused) {
    FlatRecorder sink;
    const auto wrong = provider("python/secret+key");
    EXPECT_EQ(list(*wrong).error(), errc::unauthorized);
    EXPECT_EQ(read(*wrong, sink), errc::unauthorized);
    const auto unknown = provider("python/secret+key=", "AKIDOTHER");
    EXPECT_EQ(read(*unknown, sink), errc::unauthorized);
}

TEST_F(BotocoreTest, AClockThatIsWrongIsItsOwnError) {
    FlatRecorder sink;
    const auto p = provider();
    server->fault("skew 1000");
    EXPECT_EQ(list(*p).error(), errc::configuration);
    EXPECT_EQ(read(*p, sink), errc::configuration);
    server->fault("skew 600");
    EXPECT_TRUE(list(*p));
}

TEST_F(BotocoreTest, BrokenDownloadsGoOn) {
    const auto p = provider();
    for (const char* cut : {"cut 1", "cut 100", "cut 5000"}) {
        server->fault(cut);
        server->fault("slow 2");
        FlatRecorder sink;
        rest.statuses.clear();
        ASSERT_FALSE(read(*p, sink)) << rest.detail;
        EXPECT_EQ(sink.bars.size(), 1000u) << cut;
        EXPECT_EQ(std::count(rest.statuses.begin(), rest.statuses.end(), 503), 2);
        EXPECT_EQ(std::count(rest.statuses.begin(), rest.statuses.end(), 0), 1) << "one broke";
    }
    FlatRecorder sink;
    server->fault("etag \"0123456789abcdef0123456789abcdef\"");
    EXPECT_EQ(read(*p, sink), errc::malformed_payload) << "not the sum of what came";
}

} // namespace
} // namespace tickgate::massive
