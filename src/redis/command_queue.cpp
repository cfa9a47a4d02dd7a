#include "redis/command_queue.hpp"

#include <algorithm>
#include <cstring>

namespace tickgate::redis {

namespace {
constexpr std::size_t kept_free_chunks = 4;
constexpr std::size_t usual_command = 256; // bytes, about; those of messages are longer
} // namespace

struct CommandQueue::Chunk {
    // All its memory at once: a chunk that was hardly used so far must not grow when its turn comes on the hot path.
    explicit Chunk(std::size_t n) : bytes(new char[n]), capacity(n) { commands.reserve(chunk_size / usual_command); }

    std::size_t room() const noexcept { return capacity - size; }
    std::size_t answered_end() const noexcept { return answered == 0 ? 0 : commands[answered - 1].end; }
    void reset() noexcept {
        size = answered = 0;
        commands.clear();
        transient = unnumbered = false;
    }

    std::unique_ptr<char[]> bytes;
    std::size_t capacity, size = 0;
    std::vector<Command> commands;
    std::size_t answered = 0; // commands
    bool transient = false, unnumbered = false;
};

CommandQueue::CommandQueue(Number number) : number_(std::move(number)) { free_.reserve(kept_free_chunks); }
CommandQueue::~CommandQueue() = default;

std::unique_ptr<CommandQueue::Chunk> CommandQueue::take_chunk(std::size_t capacity) {
    if (capacity <= chunk_size && !free_.empty()) {
        auto chunk = std::move(free_.back());
        free_.pop_back();
        return chunk;
    }
    return std::make_unique<Chunk>(std::max(capacity, chunk_size));
}

void CommandQueue::release(std::size_t index) {
    auto chunk = std::move(chain_[index]);
    chain_.erase(chain_.begin() + static_cast<std::ptrdiff_t>(index));
    if (index < touched_)
        --touched_;
    else if (index < touched_ + front_)
        --front_;
    if (index < send_chunk_)
        --send_chunk_;
    if (chunk->capacity == chunk_size && free_.size() < kept_free_chunks) {
        chunk->reset();
        free_.push_back(std::move(chunk));
    }
}

char* CommandQueue::reserve(std::size_t n) {
    if (!chain_.empty() && chain_.back()->room() < n && chain_.back()->size == 0) { // too small for this one
        release(chain_.size() - 1);
        send_offset_ = chain_.empty() ? 0 : send_offset_;
    }
    if (chain_.empty() || chain_.back()->room() < n)
        chain_.push_back(take_chunk(n));
    target_ = chain_.back().get();
    return target_->bytes.get() + target_->size;
}

char* CommandQueue::reserve_front(std::size_t n) {
    if (touched_ == chain_.size())
        return reserve(n);
    if (front_ == 0 || chain_[touched_ + front_ - 1]->room() < n) {
        chain_.insert(chain_.begin() + static_cast<std::ptrdiff_t>(touched_ + front_), take_chunk(n));
        ++front_;
    }
    target_ = chain_[touched_ + front_ - 1].get();
    return target_->bytes.get() + target_->size;
}

void CommandQueue::commit(std::size_t used, const Command& command) {
    Chunk& chunk = *target_;
    char* text = chunk.bytes.get() + chunk.size;
    chunk.size += used;
    // Member by member: a copy of the whole, just written in parts, would have to wait for them.
    Command& c = chunk.commands.emplace_back();
    c.seq = command.seq;
    c.end = static_cast<std::uint32_t>(chunk.size);
    c.channel = command.channel;
    c.tag = command.tag;
    c.unnumbered = command.unnumbered;
    if (c.unnumbered) {
        // In the chunk that is being sent nothing can come in front any more.
        if (touched_ > 0 && chain_[touched_ - 1].get() == target_) {
            number_(text, used, c);
            c.unnumbered = false;
        } else {
            chunk.unnumbered = true;
        }
    }
    chunk.transient |= is_transient(c.tag);
    appended_ += used;
    ++count_;
}

void CommandQueue::touch(Chunk& chunk) {
    ++touched_;
    if (front_ > 0)
        --front_;
    if (!chunk.unnumbered)
        return;
    std::size_t begin = 0;
    for (Command& c : chunk.commands) {
        if (c.unnumbered) {
            number_(chunk.bytes.get() + begin, c.end - begin, c);
            c.unnumbered = false;
        }
        begin = c.end;
    }
    chunk.unnumbered = false;
}

std::string_view CommandQueue::unsent() {
    while (send_chunk_ < chain_.size()) {
        Chunk& chunk = *chain_[send_chunk_];
        if (send_chunk_ == touched_)
            touch(chunk);
        if (send_offset_ < chunk.size)
            return {chunk.bytes.get() + send_offset_, chunk.size - send_offset_};
        if (send_chunk_ + 1 == chain_.size())
            break; // stay: it may grow
        ++send_chunk_;
        send_offset_ = 0;
    }
    return {};
}

bool CommandQueue::front_is_next() const noexcept {
    if (touched_ == chain_.size())
        return true;
    return touched_ == 0 || (send_chunk_ + 1 == touched_ && send_offset_ == chain_[send_chunk_]->size);
}

void CommandQueue::sent(std::size_t n) noexcept {
    send_offset_ += n;
    sent_ += n;
    sent_total_ += n;
}

const Command* CommandQueue::unanswered() const noexcept {
    if (chain_.empty())
        return nullptr;
    const Chunk& chunk = *chain_.front();
    if (chunk.answered == chunk.commands.size())
        return nullptr;
    const Command& c = chunk.commands[chunk.answered];
    return send_chunk_ > 0 || c.end <= send_offset_ ? &c : nullptr;
}

std::size_t CommandQueue::unanswered_commands() const noexcept {
    std::size_t n = 0;
    for (std::size_t i = 0; i <= send_chunk_ && i < chain_.size(); ++i) {
        const auto& commands = chain_[i]->commands;
        const auto end = i < send_chunk_ ? commands.end()
                                         : std::upper_bound(commands.begin(), commands.end(), send_offset_,
                                               [](std::size_t at, const Command& c) { return at < c.end; });
        const auto sent = static_cast<std::size_t>(end - commands.begin());
        n += sent - std::min(sent, chain_[i]->answered);
    }
    return n;
}

void CommandQueue::answered() {
    Chunk& chunk = *chain_.front();
    const std::size_t begin = chunk.answered_end();
    const std::size_t size = chunk.commands[chunk.answered].end - begin;
    ++chunk.answered;
    --count_;
    answered_ += size;
    answered_total_ += size;
    if (chunk.answered < chunk.commands.size())
        return;
    if (chain_.size() > 1 || chunk.capacity > chunk_size) {
        if (send_chunk_ == 0)
            send_offset_ = 0;
        release(0);
    } else {
        chunk.reset(); // the memory that is warm in the cache serves again
        send_offset_ = 0;
    }
}

std::size_t CommandQueue::compact(Chunk& chunk, const std::function<bool(const Command&)>& keep) {
    std::size_t write = 0, begin = chunk.answered_end(), kept = 0;
    const std::size_t before = chunk.size - begin;
    bool transient = false, unnumbered = false;
    for (std::size_t i = chunk.answered; i < chunk.commands.size(); ++i) {
        Command c = chunk.commands[i];
        const std::size_t size = c.end - begin;
        if (keep(c)) {
            std::memmove(chunk.bytes.get() + write, chunk.bytes.get() + begin, size);
            begin = c.end;
            write += size;
            c.end = static_cast<std::uint32_t>(write);
            transient |= is_transient(c.tag);
            unnumbered |= c.unnumbered;
            chunk.commands[kept++] = c;
        } else {
            begin = c.end;
            --count_;
        }
    }
    chunk.commands.resize(kept);
    chunk.size = write;
    chunk.answered = 0;
    chunk.transient = transient;
    chunk.unnumbered = unnumbered;
    appended_ -= before - write;
    return before - write;
}

void CommandQueue::rewind() {
    sent_ = answered_;
    sent_total_ = answered_total_ = 0;
    send_chunk_ = send_offset_ = 0;
    target_ = nullptr;
    const auto stays = [](const Command& c) { return !is_transient(c.tag); };
    for (std::size_t i = 0; i < chain_.size();) {
        Chunk& chunk = *chain_[i];
        if (chunk.transient || chunk.answered > 0)
            compact(chunk, stays);
        if (chunk.commands.empty())
            release(i);
        else
            ++i;
    }
}

void CommandQueue::clear() {
    while (!chain_.empty())
        release(chain_.size() - 1);
    send_chunk_ = send_offset_ = touched_ = front_ = count_ = 0;
    sent_ = answered_ = appended_;
    sent_total_ = answered_total_ = 0;
    target_ = nullptr;
}

// Moves all of chunk `index` behind what chunk `index - 1` holds, if that is one of the compacted ones and has room.
void CommandQueue::merge_into_previous(std::size_t index, std::size_t first) {
    if (index <= first || chain_[index - 1]->room() < chain_[index]->size)
        return;
    Chunk& to = *chain_[index - 1];
    const Chunk& from = *chain_[index];
    std::memcpy(to.bytes.get() + to.size, from.bytes.get(), from.size);
    for (Command c : from.commands) {
        c.end += static_cast<std::uint32_t>(to.size);
        to.commands.push_back(c);
    }
    to.size += from.size;
    to.transient |= from.transient;
    to.unnumbered |= from.unnumbered;
    release(index);
}

std::size_t CommandQueue::drop_oldest(
    std::size_t bytes, bool events_too, const std::function<void(const Command&)>& dropped) {
    const std::size_t first = touched_ + front_;
    const auto stays = [&](const Command& c) {
        if (!is_droppable(c.tag) && !(events_too && (c.tag == Tag::event || c.tag == Tag::event_stream)))
            return true;
        dropped(c);
        return false;
    };
    std::size_t freed = 0;
    for (std::size_t i = first; i + 1 < chain_.size() && freed < bytes;) {
        const std::size_t count = chain_.size();
        freed += compact(*chain_[i], stays);
        if (chain_[i]->commands.empty())
            release(i);
        else
            merge_into_previous(i, first);
        if (chain_.size() == count)
            ++i;
    }
    target_ = nullptr;
    return freed;
}

void CommandQueue::for_each_unanswered(const std::function<void(const Command&)>& visit) const {
    for (const auto& chunk : chain_)
        for (std::size_t i = chunk->answered; i < chunk->commands.size(); ++i)
            visit(chunk->commands[i]);
}

} // namespace tickgate::redis
