// What goes out: whoever has something waiting is served in turn, with one write, as fast as all together may be.
#include "stream/hub_impl.hpp"

#include <algorithm>

namespace tickgate::stream {

void Hub::mark(Client& client) {
    if (client.dirty || client.blocked || client.outlet == nullptr)
        return;
    client.dirty = true;
    s_->dirty.push_back(client.shared_from_this());
}

bool Hub::waiting() const noexcept { return !s_->dirty.empty() || !s_->blocked.empty() || !s_->doomed.empty(); }

void Hub::deliver(MonoTime now) {
    close_doomed();
    if (s_->refilled != MonoTime()) {
        const double seconds = std::chrono::duration<double>(now - s_->refilled).count();
        s_->tokens = std::min(s_->tokens + seconds * options_.messages_per_s, options_.messages_per_s / 10);
    }
    s_->refilled = now;
    if (s_->level_all)
        request_snapshot();
    std::erase_if(s_->blocked, [&](const ClientRef& client) {
        if (client->outlet != nullptr && client->outlet->queued() > 0)
            return false;
        client->blocked = false;
        if (!client->queue.empty() || client->skipped > 0)
            mark(*client);
        return true;
    });
    for (std::size_t left = s_->dirty.size(); left > 0; --left) {
        // Out of breath: quotes wait for their turn, and conflate; the rest goes, though not in single pieces.
        const bool quotes = s_->tokens > 0;
        if (!quotes && s_->plain == 0)
            break;
        const ClientRef client = std::move(s_->dirty.front());
        s_->dirty.pop_front();
        client->dirty = false;
        if (client->outlet == nullptr)
            continue;
        if (quotes || (client->plain > 0 && now - client->served >= options_.pace))
            flush(*client, quotes, now);
        if (!client->queue.empty() || client->skipped > 0)
            mark(*client);
    }
    close_doomed();
}

void Hub::flush(Client& client, bool quotes, MonoTime now) {
    if (client.outlet->queued() == 0) {
        put_batch(client, quotes);
        if (s_->batch.empty())
            return;
        client.served = now;
        stats_.bytes[static_cast<std::size_t>(client.carrier)] += s_->batch.size();
        client.outlet->send(s_->batch);
        if (client.outlet->queued() == 0)
            return;
    }
    client.blocked = true;
    client.blocked_since = now;
    s_->blocked.push_back(client.shared_from_this());
}

void Hub::put_batch(Client& client, bool quotes) {
    auto& batch = s_->batch;
    batch.clear();
    std::size_t count = 0;
    if (client.skipped > 0 && (quotes || !client.lost.empty())) { // told before what comes next
        append_framed(batch, client.carrier, conflated_text(client.skipped, client.lost));
        client.skipped = 0;
        client.lost.clear();
        ++count;
    }
    std::size_t kept = 0;
    for (auto& item : client.queue) {
        const bool conflates = !item.message;
        if ((conflates && !quotes) || batch.size() >= options_.batch_bytes) {
            if (&client.queue[kept] != &item)
                client.queue[kept] = std::move(item);
            ++kept;
            continue;
        }
        MessageRef message = std::move(item.message);
        if (conflates) {
            message = item.entry->channel->last;
            item.entry->waiting = 0;
            if (!message)
                continue; // a new session has begun
        } else {
            --client.plain;
            --s_->plain;
            client.plain_bytes -= item.bytes;
            if (item.entry != nullptr && item.bytes == 0)
                item.entry->first_waits = false;
        }
        batch += message->frame(client.carrier, item.entry != nullptr ? item.entry->format : Format::native);
        if (item.entry != nullptr)
            item.entry->sent = message->seq();
        ++count;
    }
    client.queue.resize(kept);
    if (count > 0 && client.carrier == Carrier::sse && !client.entries.empty())
        batch.append("id: ").append(resume_id(client)).append("\n\n");
    s_->tokens = std::max(s_->tokens - static_cast<double>(count), -options_.messages_per_s);
    stats_.messages[static_cast<std::size_t>(client.carrier)] += count;
}

void Hub::sweep(MonoTime now) {
    const auto blocked = s_->blocked;
    for (const auto& client : blocked)
        if (client->outlet != nullptr && client->outlet->queued() > 0 &&
            now - client->blocked_since >= options_.stalled)
            close(client, 1013, "stalled: nothing was taken for " + std::to_string(options_.stalled.count()) + " s",
                "stalled");
}

// Those that cannot be served. Not while the lists that they are in are walked through.
void Hub::close_doomed() {
    for (auto& doomed : std::exchange(s_->doomed, {}))
        close(doomed.client, doomed.code, doomed.reason, doomed.label);
}

} // namespace tickgate::stream
