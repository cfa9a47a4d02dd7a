// What is said to Redis between connecting and publishing, and the lease on the owner key. No I/O, no clock.
#pragma once

#include "redis/reply_scanner.hpp"

#include <tickgate/time.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tickgate::redis {

// Scripts of one key each. They use PEXPIRE and DEL, which work even when Redis is out of memory.
inline constexpr std::string_view renew_script =
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('pexpire',KEYS[1],ARGV[2]) else return 0 end";
inline constexpr std::string_view delete_script =
    "if redis.call('get',KEYS[1])==ARGV[1] then return redis.call('del',KEYS[1]) else return 0 end";

inline constexpr std::chrono::milliseconds owner_ttl{5000}, alive_ttl{3000};

// What an error reply means for a publisher.
enum class ErrorClass : std::uint8_t {
    other,
    access,       // NOAUTH, WRONGPASS, NOPERM: a person must mend it
    not_master,   // READONLY, MASTERDOWN: the wrong server
    loading,      // LOADING: not yet
    not_writable, // OOM, MISCONF: keys cannot be written, PUBLISH works
    max_clients,
};
ErrorClass classify_error(std::string_view text) noexcept;

struct HandshakeOptions {
    std::string username, password; // none: no AUTH
    int database = 0;
    std::string client_name, owner_key, info_key, instance;
    bool has_epoch = false; // from an earlier connection: a kept key needs no new one
};

// Authenticates, selects, checks that the server is a master, and takes the owner key or learns who holds it.
class HandshakeFsm {
public:
    explicit HandshakeFsm(HandshakeOptions options) : options_(std::move(options)) {}

    enum class Status : std::uint8_t {
        send,       // command() is to be sent, its reply given to on_reply()
        owner,      // done: taken or kept
        held,       // another instance holds the key (holder()): again() in a second
        unwritable, // nobody holds the key and Redis takes no writes (error_text()): again() in a second
        failed,     // error_class() and error_text() say why: this connection is of no use
    };
    Status status() const noexcept { return status_; }
    std::vector<std::string> command() const;
    // True while the command to be sent takes or renews the key: the lease counts from the moment it was sent.
    bool starts_lease() const noexcept { return step_ == Step::take || step_ == Step::renew; }
    void on_reply(const Reply& reply);
    void again() noexcept; // after held and unwritable

    const std::string& holder() const noexcept { return holder_; }
    const std::string& found_session() const noexcept { return found_session_; } // in md:info; empty: none
    std::uint64_t epoch() const noexcept { return epoch_; }                      // 0: the one from before holds
    // md:info had no session: this Redis knows nothing.
    bool found_empty() const noexcept { return found_session_.empty(); }
    ErrorClass error_class() const noexcept { return error_class_; }
    const std::string& error_text() const noexcept { return error_text_; }

private:
    enum class Step : std::uint8_t { authenticate, select, set_name, role, take, renew, holder, session, epoch, done };
    void fail(std::string text, ErrorClass c);

    HandshakeOptions options_;
    Step step_ =
        options_.password.empty() ? (options_.database > 0 ? Step::select : Step::set_name) : Step::authenticate;
    Status status_ = Status::send;
    std::string holder_, found_session_, error_text_;
    std::uint64_t epoch_ = 0;
    bool newly_taken_ = false, take_refused_ = false;
    ErrorClass error_class_ = ErrorClass::other;
};

// True for the ROLE reply of a master.
bool is_master(const Reply& role) noexcept;

// Until when this instance may write, by the monotonic clock alone. A renewal counts from the moment it was sent.
class OwnerLease {
public:
    static constexpr std::chrono::milliseconds margin{500}, renew_every{1000};

    void taken(MonoTime sent) noexcept {
        until_ = sent + owner_ttl - margin;
        next_ = sent + renew_every;
        outstanding_ = false;
    }
    bool valid(MonoTime now) const noexcept { return now < until_; }
    bool renewal_due(MonoTime now) const noexcept { return !outstanding_ && now >= next_; }
    void renewal_sent(MonoTime now) noexcept {
        sent_ = now;
        outstanding_ = true;
    }
    // False: the key is gone or another's; nothing may be sent from now on.
    bool renewal_answered(bool renewed) noexcept {
        if (!outstanding_ || !renewed) {
            lost();
            return false;
        }
        taken(sent_);
        return true;
    }
    // Neither granted nor denied: asked again later, the lease runs on.
    void renewal_refused(MonoTime now) noexcept {
        outstanding_ = false;
        next_ = now + renew_every;
    }
    void lost() noexcept {
        until_ = {};
        outstanding_ = false;
    }

private:
    MonoTime until_{}, next_{}, sent_{};
    bool outstanding_ = false;
};

} // namespace tickgate::redis
