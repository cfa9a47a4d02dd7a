// Metrics of what goes to Redis and comes from it.
#include "metrics/table.hpp"

namespace tickgate::metrics {

namespace {

using enum Type;
using enum Unit;

constexpr Row request_rows[] = {
    {"tickgate_requests_total", counter, none, "", "Requests taken from the stream", "requests taken from `md:req`"},
    {"tickgate_requests_answered_total", counter, none, "", "Requests answered without an error",
        "… answered without an error"},
    {"tickgate_request_errors_total", counter, none, "", "Requests answered with an error",
        "… answered with an error, `expired` and `busy` included"},
    {"tickgate_requests_expired_total", counter, none, "", "Requests that came or were begun too late",
        "… that came or were begun too late: the gateway was away, or the deadlines are too short"},
    {"tickgate_requests_busy_total", counter, none, "", "Requests refused because their client has too many waiting",
        "… refused because their client has too many waiting (256)"},
    {"tickgate_requests_malformed_total", counter, none, "", "Requests without a usable id: nobody to answer",
        "… without a usable id: nobody to answer, the log says which entry"},
    {"tickgate_requests_claimed_total", counter, none, "", "Requests taken over from another gateway",
        "… taken over from another gateway that died or handed them on"},
    {"tickgate_requests_handed_on_total", counter, none, "", "Requests left for another gateway",
        "… left for another gateway at our end"},
    {"tickgate_requests_unanswered_total", counter, none, "", "Answers that could not be written in time",
        "answers that could not be written in time: the reader does not fetch, or Redis is away"},
    {"tickgate_reply_chunks_total", counter, none, "", "Chunks of answers written", "chunks of answers written"},
    {"tickgate_reply_bytes_total", counter, bytes, "", "Bytes of answers written", "bytes of answers written"},
    {"tickgate_requests_in_flight", gauge, none, "", "Requests being worked on",
        "requests being worked on, at most 64"},
    {"tickgate_requests_waiting", gauge, none, "", "Requests taken and not yet begun",
        "requests taken and not yet begun; above 0 for long: more is asked than providers allow"},
    {"tickgate_requests_connected", gauge, none, "", "1 while requests are taken", "1 while requests are taken"},
};

constexpr Row latency_rows[] = {
    {"tickgate_venue_to_received_seconds", histogram, seconds, "feed", "Venue event time to our receive time",
        "the venue's event time to our receive time: network and clock difference"},
    {"tickgate_received_to_written_seconds", histogram, seconds, "", "Receive time to the Redis socket",
        "receive time to the Redis socket: the gateway's own share"},
    {"tickgate_redis_round_trip_seconds", histogram, seconds, "", "A command to its answer, one a flush",
        "a command to its answer, one a flush: Redis and the way to it"},
};

constexpr Row publishing_rows[] = {
    {"tickgate_published_total", counter, none, "kind (quote, trade, bar)", "Messages published, by kind",
        "messages published, `md:src` included"},
    {"tickgate_conflated_quotes_total", counter, none, "", "Quotes replaced by newer ones while Redis was away or slow",
        "quotes replaced by newer ones while Redis was away or slow, each announced"},
    {"tickgate_dropped_messages_total", counter, none, "",
        "Messages dropped because the queue was full, each announced",
        "messages dropped because the queue was full, each announced"},
    {"tickgate_gaps_announced_total", counter, none, "", "Holes caused by Redis and announced",
        "holes caused by Redis and announced"},
    {"tickgate_redis_connected", gauge, none, "", "1 while connected", "1 while connected"},
    {"tickgate_redis_writable", gauge, none, "", "1 while Redis takes writes",
        "1 while Redis takes writes; 0 while connected: memory, disk or a replica, `/readyz` says which"},
    {"tickgate_owner", gauge, none, "", "1 while this instance owns the prefix",
        "1 while this instance owns the prefix; the sum over all instances is to be 1"},
    {"tickgate_epoch", gauge, none, "", "Epoch of the ownership",
        "epoch of the ownership; grows with every change of the owner"},
    {"tickgate_redis_queue_bytes", gauge, bytes, "", "Bytes waiting for Redis or its answer",
        "bytes waiting for Redis or its answer; 32 MiB is the end"},
    {"tickgate_redis_queue_commands", gauge, none, "", "Commands waiting for Redis or its answer",
        "commands waiting for Redis or its answer"},
    {"tickgate_redis_unanswered", gauge, none, "", "Commands sent and not answered", "commands sent and not answered"},
    {"tickgate_last_value_lag_seconds", gauge, seconds, "", "Age of the oldest last value not written yet",
        "age of the oldest last value that is not written yet; above `publish.last_value_interval` when very many "
        "channels change at once"},
    {"tickgate_redis_commands_sent_total", counter, none, "", "Commands handed to the Redis socket",
        "commands handed to the socket"},
    {"tickgate_redis_commands_acked_total", counter, none, "", "Commands Redis answered", "commands Redis answered"},
    {"tickgate_redis_command_errors_total", counter, none, "", "Commands Redis answered with an error",
        "… with an error: the ACL, memory or a key of another type; the log has the text"},
    {"tickgate_redis_bytes_sent_total", counter, none, "", "Bytes handed to the Redis socket",
        "bytes handed to the socket"},
    {"tickgate_redis_flushes_total", counter, none, "", "Writes to Redis; commands / flushes is the batch",
        "writes; commands / flushes is the batch"},
    {"tickgate_redis_reconnects_total", counter, none, "", "Connections to Redis replaced",
        "connections to Redis replaced"},
};

} // namespace

const Section request_section{"Requests", {}, request_rows};
const Section latency_section{"Latency", {}, latency_rows};
const Section publishing_section{"Publishing and queues", {}, publishing_rows};

} // namespace tickgate::metrics
