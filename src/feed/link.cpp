#include "feed/link.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"

namespace tickgate::feed {

Link::Link(std::unique_ptr<FeedSession> session, EventSink& sink, Hooks hooks)
    : session_(std::move(session)), sink_(sink), hooks_(std::move(hooks)) {}

asio::awaitable<LinkEnd> Link::run(net::ConnectOptions connect, SubscriptionDelta wanted) {
    const auto& plan = session_->plan();
    net::WsConnectOptions options;
    options.connect = std::move(connect);
    options.headers = plan.headers;
    options.max_message = plan.max_message;
    session_->want(wanted, now(), *this, sink_);
    int status = 0;
    std::string detail;
    auto connected = co_await net::ws_connect(plan.url, std::move(options), status, detail);
    LinkEnd end;
    if (!connected) {
        end.reason = connected.error();
        // Who showed no credentials was refused for something else: the address, or the place.
        if (status == 403 && plan.headers.empty())
            end.reason = errc::restricted;
        end.detail = redact(detail);
        co_return end;
    }
    if (closing_) {
        end.reason = errc::stopped;
        co_return end;
    }
    connection_ = std::move(*connected);
    hooks_.up(connection_->peer());
    session_->opened(now(), *this);
    check_end();
    const auto ws_end = co_await connection_->run(*this, plan.silence_limit);
    if (closing_) {
        end.reason = errc::stopped;
    } else if (wanted_end_) {
        end = *wanted_end_;
    } else if (ws_end.error) { // also what we ended ourselves because the peer broke the protocol
        end.reason = ws_end.error;
        end.detail = ws_end.reason;
    } else {
        const auto closed = session_->closed(ws_end.code, ws_end.reason);
        end.reason = closed.reason;
        end.detail = closed.detail;
    }
    end.detail = redact(end.detail);
    co_return end;
}

void Link::want(const SubscriptionDelta& delta, Moment now) {
    session_->want(delta, now, *this, sink_);
    if (connection_)
        check_end();
}

void Link::tick(Moment now) {
    if (!connection_)
        return;
    session_->tick(now, *this, sink_);
    check_end();
}

void Link::close(std::uint16_t code, std::string_view why) {
    closing_ = true;
    if (connection_)
        connection_->close(code, why);
}

void Link::fail(error_code reason, std::string detail) {
    if (!connection_ || wanted_end_ || closing_)
        return;
    wanted_end_ = LinkEnd{reason, std::move(detail)};
    connection_->stop();
}

net::WsStats Link::stats() const noexcept { return connection_ ? connection_->stats() : net::WsStats(); }

void Link::on_message(std::string_view payload, Moment at) { session_->received(payload, at, *this, sink_); }
void Link::on_ping_answered(Moment now) { session_->ponged(now); }

void Link::on_read_done(Moment now) {
    check_end();
    hooks_.flush(now);
}

bool Link::wants_pause() { return hooks_.behind(); }

void Link::send(std::string_view text) {
    if (connection_) // a session has nothing to say before opened()
        connection_->send_text(text);
}

void Link::check_end() {
    const auto& end = session_->ended();
    if (!end || wanted_end_)
        return;
    if (!end->make_before_break)
        fail(end->reason, end->detail);
    else if (!replacement_asked_) {
        replacement_asked_ = true;
        hooks_.replace();
    }
}

} // namespace tickgate::feed
