#include "config_test_support.hpp"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace tickgate::config {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr std::string_view canary = "CANARY-7f3a";

class SecretTest : public Fixture {
protected:
    void expect_no_canary(std::string_view text) {
        const Loaded loaded = load(text);
        for (const std::string& line : lines(loaded))
            EXPECT_THAT(line, Not(HasSubstr("CANARY"))) << text;
        for (const std::string& line : loaded.notices)
            EXPECT_THAT(line, Not(HasSubstr("CANARY"))) << text;
        if (!loaded.config)
            return;
        for (const auto& [key, value] : effective_settings(*loaded.config))
            EXPECT_THAT(key + value, Not(HasSubstr("CANARY"))) << text;
    }
};

TEST_F(SecretTest, NeverAppearsInAnyText) {
    environment["C"] = canary;
    files["/c"] = std::string(canary) + "\n";
    for (const char* text : {
             "http: {token: CANARY-7f3a}",
             "http: {token: CANARY-7f3a, listen: x}",
             "http: {token: [CANARY-7f3a]}",
             "http: {token: {CANARY-7f3a: 1}}",
             "http: {token: CANARY-7f3a, token_file: /c}",
             "http: {token: CANARY-7f3a, token: CANARY-7f3a}",
             "http: {token_file: '${C}'}",
             "http: {tokn: CANARY-7f3a}",
             "http: {token: *CANARY-7f3a}",
             "http: {token: !CANARY-7f3a x}",
             "http: {token: \"\\CANARY-7f3a\"}",
             "http: {token: @CANARY-7f3a}",
             "%CANARY-7f3a\n---\n",
             "http: {listen: '${C}'}",
             "http: {token: '${C'}",
             "http: {token_file: /c, listen: CANARY-7f3a}",
             "redis: {url: 'redis://u:CANARY-7f3a@127.0.0.1:1/0'}",
             "redis: {url: 'redis://u:CANARY-7f3a@far.example:1/0'}",
             "redis: {url: 'redis://CANARY-7f3a@far example'}",
             "redis: {url: 'redis:/u:CANARY-7f3a@far'}",
             "redis: {url: 'redis://u:CANARY-7f3a@far', password: CANARY-7f3a}",
             "redis: {url: 'redis://u:${C}@127.0.0.1/x'}",
             "store: {url: 'postgresql://u:CANARY-7f3a@db/x'}",
             "store: {url: 'postgresql://u@db/x?password=CANARY-7f3a'}",
             "store: {url: 'mysql://u:CANARY-7f3a@db/x'}",
             "providers: {binance: {endpoints: {ws: 'wss://u:CANARY-7f3a@h'}}}",
             "providers: {binance: {endpoints: {ws: 'wss://h?key=CANARY-7f3a'}}}",
             "providers: {oanda: {token: CANARY-7f3a}}",
             "providers: {oanda: {token: CANARY-7f3a, environment: CANARY-7f3a}}",
             "providers: {massive: {api_key: '${C}', s3: {secret_key: '${C}', access_key: '${C}'}}}",
             "providers: {tradier: {token: '${C}', token_file: '${C}'}}",
         })
        expect_no_canary(text);
}

TEST_F(SecretTest, IsReadFromItsFile) {
    files = {{"/run/t", "abc-token\n"}, {"/etc/tickgate/t", "relative-token\r\n\r\n"}, {"/sp", " a b \n"}};
    EXPECT_EQ(good("http: {token_file: /run/t}").http.token.reveal(), "abc-token");
    EXPECT_EQ(good("http: {token_file: t}").http.token.reveal(), "relative-token");
    EXPECT_EQ(good("redis: {password_file: /sp}").redis.password.reveal(), " a b ");
    EXPECT_EQ(good("redis: {password_file: /run/t}").redis.password.reveal(), "abc-token");
}

TEST_F(SecretTest, FileFaultsNameTheFile) {
    files = {{"/empty", "\n"}, {"/big", std::string(70000, 'x')}};
    EXPECT_THAT(fault("http:\n  token_file: /none\n"),
        AllOf(HasSubstr(":2:15: http.token_file: cannot read the file: No such file"), HasSubstr("got `/none`")));
    EXPECT_THAT(fault("http: {token_file: /empty}"), HasSubstr("the file is empty (got `/empty`)"));
    EXPECT_THAT(fault("http: {token_file: /big}"), HasSubstr("larger than"));
}

TEST_F(SecretTest, IsSetOnceOnly) {
    files["/c"] = "from-file";
    EXPECT_THAT(fault("http: {token: from-text, token_file: /c}"),
        HasSubstr("http.token_file: the same secret is set by http.token"));
    EXPECT_THAT(fault("http: {token_file: /c, token: from-text}"),
        HasSubstr("http.token: the same secret is set by http.token_file"));
    EXPECT_EQ(good("http: {token: '${NONE:-}', token_file: /c}").http.token.reveal(), "from-file");
    EXPECT_THAT(fault("redis: {url: 'redis://:from-url@127.0.0.1', password: from-text}"),
        HasSubstr("redis.password: is set here and in redis.url"));
}

TEST_F(SecretTest, MovesOutOfTheRedisUrl) {
    const Redis r = good("redis: {url: 'redis://me:p%40ss-word@127.0.0.1:6390/1'}").redis;
    EXPECT_EQ(r.url, "redis://127.0.0.1:6390/1");
    EXPECT_EQ(r.username, "me");
    EXPECT_EQ(r.password.reveal(), "p@ss-word");
    EXPECT_EQ(good("redis: {url: 'redis://:only-password@localhost'}").redis.username, "");
}

TEST_F(SecretTest, WorldReadableFileIsNoted) {
    files["/c"] = "a-token-from-a-file";
    world_readable = "/c";
    const Loaded loaded = load("http: {token_file: /c}\nsymbols: {crypto: [A]}");
    EXPECT_THAT(loaded.notices, ::testing::ElementsAre(AllOf(HasSubstr("http.token_file"), HasSubstr("`/c`"))));
}

class FilesTest : public ::testing::Test {
protected:
    FilesTest() {
        std::string name = (std::filesystem::temp_directory_path() / "tickgate-config-XXXXXX").string();
        if (::mkdtemp(name.data()) != nullptr)
            folder = name;
    }
    ~FilesTest() override { std::filesystem::remove_all(folder); }

    std::string write(const std::string& name, const std::string& text, int mode) {
        const auto path = folder / name;
        std::ofstream(path) << text;
        std::filesystem::permissions(path, static_cast<std::filesystem::perms>(mode));
        return path.string();
    }
    std::filesystem::path folder;
};

TEST_F(FilesTest, LoadsAFileWithItsNeighbours) {
    write("token", "a-real-long-token\n", 0600);
    const auto path = write("t.yaml", "http: {token_file: token}\nsymbols: {crypto: [A]}\n", 0644);
    const Loaded loaded = load_file(path);
    ASSERT_TRUE(loaded.config);
    EXPECT_EQ(loaded.config->http.token.reveal(), "a-real-long-token");
    EXPECT_THAT(loaded.notices, IsEmpty());
}

TEST_F(FilesTest, ReadableSecretsAreNoted) {
    write("token", "a-real-long-token\n", 0644);
    const std::string symbols = "symbols: {crypto: [A]}\n";
    EXPECT_THAT(load_file(write("a.yaml", "http: {token_file: token}\n" + symbols, 0644)).notices, SizeIs(1));
    EXPECT_THAT(load_file(write("b.yaml", "http: {token: token-in-the-clear}\n" + symbols, 0644)).notices,
        Contains(HasSubstr("holds a secret")));
    EXPECT_THAT(load_file(write("c.yaml", "http: {token: token-in-the-clear}\n" + symbols, 0640)).notices, IsEmpty());
    ::setenv("TICKGATE_TEST_TOKEN", "token-from-environment", 1);
    EXPECT_THAT(
        load_file(write("d.yaml", "http: {token: '${TICKGATE_TEST_TOKEN}'}\n" + symbols, 0644)).notices, IsEmpty());
    ::unsetenv("TICKGATE_TEST_TOKEN");
}

TEST_F(FilesTest, WhatCannotBeReadIsOneProblemWithoutALine) {
    for (const std::string& path :
        {folder.string(), (folder / "none.yaml").string(), std::string("/dev/zero"), std::string()}) {
        const Loaded loaded = load_file(path);
        ASSERT_THAT(loaded.problems, SizeIs(1)) << path;
        EXPECT_FALSE(loaded.config);
        EXPECT_THAT(loaded.problems[0].to_string(), ::testing::StartsWith(path + ": cannot read the configuration: "));
    }
    EXPECT_THAT(load_file(write("big.yaml", std::string(max_file_size + 1, ' '), 0600)).problems[0].text,
        HasSubstr("larger than"));
}

} // namespace
} // namespace tickgate::config
