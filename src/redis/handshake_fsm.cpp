#include "redis/handshake_fsm.hpp"

#include "redis/resp_writer.hpp"

namespace tickgate::redis {

ErrorClass classify_error(std::string_view text) noexcept {
    // Redis 6 wraps what a script met.
    if (text.starts_with("ERR Error running script"))
        for (const std::string_view word : {"READONLY", "MISCONF", "OOM", "MASTERDOWN"})
            if (const auto at = text.find(word); at != std::string_view::npos)
                return classify_error(text.substr(at));
    const auto starts = [&](std::string_view with) { return text.starts_with(with); };
    if (starts("NOAUTH") || starts("WRONGPASS") || starts("NOPERM") || starts("ERR invalid password") ||
        starts("ERR AUTH"))
        return ErrorClass::access;
    if (starts("READONLY") || starts("MASTERDOWN"))
        return ErrorClass::not_master;
    if (starts("LOADING") || starts("BUSY "))
        return ErrorClass::loading;
    if (starts("OOM") || starts("MISCONF"))
        return ErrorClass::not_writable;
    if (starts("ERR max number of clients"))
        return ErrorClass::max_clients;
    return ErrorClass::other;
}

bool is_master(const Reply& role) noexcept {
    return role.type == Reply::Type::array && !role.elements.empty() && role.elements.front().text == "master";
}

std::vector<std::string> HandshakeFsm::command() const {
    const auto ttl = text_of(static_cast<std::uint64_t>(owner_ttl.count()));
    switch (step_) {
    case Step::authenticate:
        return options_.username.empty() ? std::vector<std::string>{"AUTH", options_.password}
                                         : std::vector<std::string>{"AUTH", options_.username, options_.password};
    case Step::select:
        return {"SELECT", std::to_string(options_.database)};
    case Step::set_name:
        return {"CLIENT", "SETNAME", options_.client_name};
    case Step::role:
        return {"ROLE"};
    case Step::take:
        return {"SET", options_.owner_key, options_.instance, "NX", "PX", ttl};
    case Step::renew:
        return {"EVAL", std::string(renew_script), "1", options_.owner_key, options_.instance, ttl};
    case Step::holder:
        return {"GET", options_.owner_key};
    case Step::session:
        return {"HGET", options_.info_key, "session"};
    case Step::epoch:
        return {"HINCRBY", options_.info_key, "epoch", "1"};
    case Step::done:
        break;
    }
    return {};
}

void HandshakeFsm::fail(std::string text, ErrorClass c) {
    status_ = Status::failed;
    step_ = Step::done;
    error_text_ = std::move(text);
    error_class_ = c;
}

void HandshakeFsm::again() noexcept {
    status_ = Status::send;
    step_ = Step::role;
    newly_taken_ = take_refused_ = false;
}

void HandshakeFsm::on_reply(const Reply& reply) {
    if (reply.is_error()) {
        const ErrorClass c = classify_error(reply.text);
        const bool harmless = step_ == Step::set_name && (c == ErrorClass::other || reply.text.starts_with("NOPERM"));
        if (!harmless && !(c == ErrorClass::not_writable && step_ >= Step::take))
            return fail(reply.text, c);
        if (c == ErrorClass::not_writable) {
            error_text_ = reply.text;
            error_class_ = c;
        }
    }
    switch (step_) {
    case Step::authenticate:
        step_ = options_.database > 0 ? Step::select : Step::set_name;
        break;
    case Step::select:
        step_ = Step::set_name;
        break;
    case Step::set_name:
        step_ = Step::role;
        break;
    case Step::role:
        if (!is_master(reply))
            return fail("the server is a replica, not a master", ErrorClass::not_master);
        step_ = Step::take;
        break;
    case Step::take:
        newly_taken_ = reply.type == Reply::Type::status;
        take_refused_ = reply.is_error();
        step_ = newly_taken_ ? Step::session : Step::renew;
        break;
    case Step::renew:
        step_ = reply.type == Reply::Type::integer && reply.integer == 1 ? Step::session : Step::holder;
        break;
    case Step::holder:
        holder_ = reply.text;
        if (!reply.is_nil() && !reply.is_error() && holder_ != options_.instance)
            status_ = Status::held;
        else if (take_refused_ || reply.is_error() || holder_ == options_.instance)
            status_ = Status::unwritable;
        else
            step_ = Step::take; // it expired in between
        break;
    case Step::session:
        found_session_ = reply.type == Reply::Type::text ? reply.text : std::string();
        if (newly_taken_ || !options_.has_epoch)
            step_ = Step::epoch;
        else
            status_ = Status::owner;
        break;
    case Step::epoch:
        epoch_ = reply.type == Reply::Type::integer ? static_cast<std::uint64_t>(reply.integer) : 0;
        status_ = Status::owner;
        break;
    case Step::done:
        break;
    }
}

} // namespace tickgate::redis
