// config/redis-acl.conf in a real Redis: both users do all that they are there for, and nothing else.
#include "integration/gateway_system.hpp"

#include <csignal>
#include <fstream>
#include <sstream>

namespace tickgate::test {
namespace {

const std::string gateway_password = "acl-gateway-password-1", strategy_password = "acl-strategy-password-1";

// The lines of the sample that are an ACL file, with passwords of ours.
std::string acl_lines() {
    std::ifstream in(std::string(TICKGATE_SOURCE) + "/config/redis-acl.conf");
    std::string out;
    for (std::string line; std::getline(in, line);) {
        if (!line.starts_with("user "))
            continue;
        for (const auto& [mark, password] : {std::pair<std::string, std::string>("change-me-gateway", gateway_password),
                 std::pair<std::string, std::string>("change-me-strategy", strategy_password)})
            if (const auto at = line.find(mark); at != std::string::npos)
                line.replace(at, mark.size(), password);
        out += line + "\n";
    }
    return out;
}

// What Redis refused to this user, one line each.
std::string refused_to(const RedisServer& redis, const std::string& user) {
    std::string out;
    for (const auto& entry : redis.cli({"ACL", "LOG", "100"}).elements) {
        std::string line;
        bool own = false;
        for (std::size_t i = 0; i + 1 < entry.elements.size(); i += 2) {
            line += entry.elements[i].text + "=" + entry.elements[i + 1].text + " ";
            own = own || (entry.elements[i].text == "username" && entry.elements[i + 1].text == user);
        }
        if (own)
            out += line + "\n";
    }
    return out;
}

class Strategy {
public:
    explicit Strategy(const RedisServer& redis) : client_(redis.port()) {
        EXPECT_EQ(client_({"AUTH", "strategy", strategy_password}).text, "OK");
    }
    RedisAnswer operator()(const std::vector<std::string>& command) { return client_(command); }
    RedisClient& client() { return client_; }

private:
    RedisClient client_;
};

TEST(RedisAcl, TheSampleLetsTheGatewayAndAStrategyDoAllTheirWork) {
    const TemporaryDirectory directory;
    SystemOptions options;
    options.redis = {"--aclfile", directory.write("users.acl", acl_lines())};
    options.redis_more = ", username: tickgate, password: " + gateway_password;
    options.symbols = "crypto: [BTC-USDT]";
    options.more = "publish: {streams: true, sources: true, timeframes: [1s, 1m], linger: 1s}\n"
                   "history: {shared_budget: true}\n";
    System system(options);
    Strategy strategy(system.redis);
    {
        // Demand by subscription.
        Strategy listener(system.redis);
        listener.client().send({"SUBSCRIBE", "md:quote:crypto:ETH-USDT", "md:bar:1s:crypto:BTC-USDT"});
        std::size_t messages = 0;
        EXPECT_TRUE(System::eventually([&] {
            RedisAnswer answer;
            if (listener.client().poll(answer, 50) && answer.elements.size() == 3 &&
                answer.elements[0].text == "message")
                ++messages;
            return messages > 3 && system.state_of("crypto:ETH-USDT") == "live";
        }));
    }
    // Last values, lists, hashes, streams.
    EXPECT_TRUE(System::eventually([&] { return !strategy({"GET", "md:last:quote:crypto:BTC-USDT"}).is_nil(); }));
    EXPECT_FALSE(strategy({"HGETALL", "md:info"}).elements.empty());
    EXPECT_FALSE(strategy({"HGETALL", "md:status:binance.spot"}).elements.empty());
    EXPECT_FALSE(strategy({"SMEMBERS", "md:symbols:crypto"}).elements.empty());
    EXPECT_FALSE(strategy({"MGET", "md:alive", "md:owner"}).elements.empty());
    EXPECT_EQ(strategy({"EXISTS", "md:alive"}).text, "1");
    EXPECT_TRUE(System::eventually([&] {
        return !strategy({"XREAD", "COUNT", "1", "STREAMS", "md:stream:quote:crypto:BTC-USDT", "0"}).is_nil();
    }));
    EXPECT_FALSE(strategy({"XRANGE", "md:stream:quote:crypto:BTC-USDT", "-", "+", "COUNT", "1"}).elements.empty());
    // Requests: one that is answered at once, one that asks the venue and so the shared budget.
    for (const std::string op : {"status", "quote"}) {
        std::vector<std::string> ask{"XADD", "md:req", "*", "id", "acl-request-" + op, "op", op};
        if (op == "quote")
            ask.insert(ask.end(), {"symbols", "crypto:BTC-USDT,crypto:ETH-USDT"});
        EXPECT_FALSE(strategy(ask).is_error());
        const auto reply = strategy({"BLPOP", "md:rep:acl-request-" + op, "8"});
        ASSERT_EQ(reply.elements.size(), 2u) << op << refused_to(system.redis, "tickgate");
        EXPECT_NE(reply.elements[1].text.find("\"done\":true"), std::string::npos) << reply.elements[1].text;
    }
    EXPECT_TRUE(System::eventually([&] { return !system.redis.cli({"KEYS", "md:budget:*"}).elements.empty(); }));
    EXPECT_TRUE(System::eventually([&] { return system.state_of("crypto:ETH-USDT").empty(); })) << "released";
    system.gateway->signal(SIGTERM);
    EXPECT_EQ(system.gateway->exit_code(), 0);
    EXPECT_TRUE(system.redis.cli({"GET", "md:owner"}).is_nil());
    EXPECT_EQ(refused_to(system.redis, "tickgate"), "");
    EXPECT_EQ(refused_to(system.redis, "strategy"), "");
    EXPECT_EQ(system.gateway->standard_error().find("_refused"), std::string::npos);
}

TEST(RedisAcl, NeitherUserMayDoMore) {
    const TemporaryDirectory directory;
    const RedisServer redis({"--aclfile", directory.write("users.acl", acl_lines())});
    const auto may = [&](const std::string& user, const std::string& command) {
        std::vector<std::string> words{"ACL", "DRYRUN", user};
        std::istringstream in(command);
        for (std::string word; in >> word;)
            words.push_back(word);
        return redis.cli(words).text == "OK";
    };
    EXPECT_TRUE(may("tickgate", "SET md:owner x"));
    EXPECT_TRUE(may("strategy", "XADD md:req * id x"));
    EXPECT_TRUE(may("strategy", "SUBSCRIBE md:quote:crypto:BTC-USDT"));
    for (const std::string user : {"tickgate", "strategy"})
        for (const char* command : {"CONFIG GET *", "CONFIG SET dir /tmp", "KEYS *", "FLUSHALL", "FLUSHDB", "SHUTDOWN",
                 "MONITOR", "DEBUG SLEEP 1", "CLIENT LIST", "CLIENT KILL ID 1", "ACL LIST", "ACL SETUSER x on",
                 "REPLICAOF h 1", "SLAVEOF h 1", "MODULE LIST", "SCRIPT FLUSH", "FUNCTION LIST", "SAVE", "BGSAVE",
                 "MIGRATE h 1 k 0 1", "RESTORE md:x 0 v", "SORT md:x", "GET other", "SET other x", "PUBLISH other x",
                 "SUBSCRIBE other", "PSUBSCRIBE *", "XADD other * a b", "HGETALL other", "OBJECT HELP", "SLOWLOG GET",
                 "LATENCY HELP", "SWAPDB 0 1", "RENAME md:x md:y"})
            EXPECT_FALSE(may(user, command)) << user << ": " << command;
    for (const char* command :
        {"PUBLISH md:quote:crypto:BTC-USDT x", "SET md:last:quote:crypto:BTC-USDT x", "DEL md:owner",
            "PEXPIRE md:owner 1", "EVAL return 0", "XADD md:stream:event * a b", "XDEL md:req 1-1", "HSET md:info a b",
            "SADD md:symbols:crypto X", "XGROUP CREATE md:req g $", "XREADGROUP GROUP g c STREAMS md:req >",
            "BLPOP md:last:quote:crypto:BTC-USDT 1", "RPUSH md:rep:x a", "PUBSUB CHANNELS", "ROLE", "SCAN 0"})
        EXPECT_FALSE(may("strategy", command)) << command;
    // Without a password nobody becomes one of them.
    EXPECT_TRUE(redis.cli({"AUTH", "tickgate", "change-me-gateway"}).is_error());
    EXPECT_TRUE(redis.cli({"AUTH", "strategy", ""}).is_error());
}

} // namespace
} // namespace tickgate::test
