// Follows channels of Tickgate: joins late, proves that nothing is missing, keeps prices as they were sent.
//
//     g++ -std=c++20 subscriber.cpp -o subscriber -lhiredis
//     ./subscriber 127.0.0.1 6379 md:quote:crypto:BTC-USDT md:trade:crypto:BTC-USDT
//
// Needs Debian's libhiredis-dev. Prices stay texts here: give them to a decimal type, not to a double.
#include <hiredis/hiredis.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Connection = std::unique_ptr<redisContext, decltype(&redisFree)>;
using Reply = std::unique_ptr<redisReply, decltype(&freeReplyObject)>;

// The value of a key of a flat object as it stands there; strings without their quotes. Empty: null, or no such key.
std::string_view field(std::string_view json, std::string_view key) {
    const std::string mark = '"' + std::string(key) + "\":";
    const auto at = json.find(mark);
    if (at == std::string_view::npos)
        return {};
    json.remove_prefix(at + mark.size());
    const bool text = json.starts_with('"');
    if (text)
        json.remove_prefix(1);
    json = json.substr(0, json.find_first_of(text ? "\"" : ",}]"));
    return json == "null" ? std::string_view() : json;
}

struct Place { // where a channel is
    std::string session;
    std::uint64_t seq = 0;
};
Place place_of(std::string_view json) {
    return {std::string(field(json, "session")), std::strtoull(std::string(field(json, "seq")).c_str(), nullptr, 10)};
}

class Follower {
public:
    void on_last_value(const std::string& channel, std::string_view json) {
        floor_[channel] = place_of(json);
        std::cout << "last value " << channel << " seq " << field(json, "seq") << std::endl;
    }

    void on_message(const std::string& channel, std::string_view json) {
        const Place now = place_of(json);
        const auto last = seen_.find(channel);
        const bool first = last == seen_.end() || now.session > last->second.session;
        if (last != seen_.end() && now.session < last->second.session)
            return; // an older publisher
        if (last != seen_.end() && first)
            std::cout << channel << " new session " << now.session << std::endl; // the check starts with this message
        const Place& floor = floor_[channel];
        if (now.session < floor.session || (now.session == floor.session && now.seq <= floor.seq))
            return; // older than the last value
        if (!first && now.seq <= last->second.seq)
            return; // sent again after a reconnect of the gateway
        if (!first && now.seq != last->second.seq + 1)
            std::cout << channel << " gap: missing " << last->second.seq + 1 << " to " << now.seq - 1 << std::endl;
        seen_[channel] = now; // md:event:… says why something is missing
        const auto type = field(json, "type");
        const auto values = type == "trade" ? std::pair("price", "size")
                            : type == "bar" ? std::pair("open", "close")
                                            : std::pair("bid", "ask");
        std::cout << channel << " seq " << now.seq << ' ' << field(json, values.first) << ' '
                  << field(json, values.second) << std::endl;
    }

private:
    std::map<std::string, Place> seen_;  // the newest message
    std::map<std::string, Place> floor_; // the last value that was read after subscribing
};

Connection connect(const char* host, const char* port) {
    Connection connection(redisConnect(host, std::atoi(port)), &redisFree);
    if (!connection || connection->err) {
        std::cerr << "redis: " << (connection ? connection->errstr : "no memory") << std::endl;
        std::exit(1);
    }
    return connection;
}

std::string text_of(const redisReply* reply) {
    return reply != nullptr && reply->str != nullptr ? std::string(reply->str, reply->len) : std::string();
}

} // namespace

int main(int argc, char** argv) {
    if (argc < 4) {
        std::cerr << "usage: subscriber HOST PORT CHANNEL…" << std::endl;
        return 2;
    }
    const Connection listener = connect(argv[1], argv[2]);
    const Connection asker = connect(argv[1], argv[2]); // a connection that listens answers nothing else
    std::vector<const char*> command{"SUBSCRIBE"};
    command.insert(command.end(), argv + 3, argv + argc);
    redisAppendCommandArgv(listener.get(), static_cast<int>(command.size()), command.data(), nullptr);

    Follower follower;
    void* raw = nullptr;
    while (redisGetReply(listener.get(), &raw) == REDIS_OK) {
        const Reply reply(static_cast<redisReply*>(raw), &freeReplyObject);
        if (reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
            continue;
        const std::string kind = text_of(reply->element[0]), channel = text_of(reply->element[1]);
        if (kind == "subscribe") { // … then the last value: a state, not a link in the chain
            const std::string key = "md:last:" + channel.substr(3);
            const Reply last(
                static_cast<redisReply*>(redisCommand(asker.get(), "GET %s", key.c_str())), &freeReplyObject);
            if (const std::string json = text_of(last.get()); !json.empty())
                follower.on_last_value(channel, json);
        } else if (kind == "message") {
            follower.on_message(channel, text_of(reply->element[2]));
        }
    }
    std::cerr << "redis: " << listener->errstr << std::endl; // connect again and begin anew
    return 1;
}
