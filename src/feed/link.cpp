#include "feed/link.hpp"

#include "core/clock.hpp"
#include "core/secret.hpp"
#include "net/http_stream.hpp"
#include "net/ws_connection.hpp"

#include <utility>

namespace tickgate::feed {

namespace {
constexpr std::chrono::seconds renewal_spacing{1}; // between an answer and the next question
} // namespace

Link::Link(std::unique_ptr<FeedSession> session, EventSink& sink, Hooks hooks)
    : session_(std::move(session)), sink_(sink), hooks_(std::move(hooks)) {}

asio::awaitable<result<std::unique_ptr<net::Transport>>> Link::connect_to(
    net::ConnectOptions connect, int& status, std::string& detail) {
    const auto& plan = session_->plan();
    if (plan.transport == ConnectionPlan::Transport::http_stream) {
        net::HttpStreamOptions options;
        options.connect = std::move(connect);
        options.headers = plan.headers;
        options.form = plan.form;
        auto stream = co_await net::http_stream_connect(plan.url, std::move(options), status, detail);
        if (!stream)
            co_return stream.error();
        co_return std::unique_ptr<net::Transport>(std::move(*stream));
    }
    net::WsConnectOptions options;
    options.connect = std::move(connect);
    options.headers = plan.headers;
    options.max_message = plan.max_message;
    auto connection = co_await net::ws_connect(plan.url, std::move(options), status, detail);
    if (!connection)
        co_return connection.error();
    (*connection)->ping_every(plan.ping_interval);
    co_return std::unique_ptr<net::Transport>(std::move(*connection));
}

asio::awaitable<LinkEnd> Link::run(net::ConnectOptions connect, SubscriptionDelta wanted) {
    session_->want(wanted, now(), *this, sink_);
    LinkEnd end;
    if (const auto& ended = session_->ended()) { // there is nothing it could connect to
        end.reason = ended->reason;
        end.detail = redact(ended->detail);
        end.pause = ended->pause;
        co_return end;
    }
    int status = 0;
    std::string detail;
    auto connected = co_await connect_to(std::move(connect), status, detail);
    if (!connected) {
        end.reason = connected.error();
        // Who showed no credentials was refused for something else: the address, or the place.
        if (status == 403 && session_->plan().headers.empty() && session_->plan().form.empty())
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
    for (const auto& delta : std::exchange(early_, {}))
        session_->want(delta, now(), *this, sink_);
    check(now());
    const auto transport_end = co_await connection_->run(*this, session_->plan().silence_limit);
    if (closing_) {
        end.reason = errc::stopped;
    } else if (wanted_end_) {
        end = *wanted_end_;
    } else if (transport_end.error) { // also what we ended ourselves because the peer broke the protocol
        end.reason = transport_end.error;
        end.detail = transport_end.reason;
    } else {
        auto closed = session_->closed(transport_end.code, transport_end.reason);
        end.reason = closed.reason;
        end.detail = std::move(closed.detail);
        end.pause = closed.pause;
    }
    end.detail = redact(end.detail);
    co_return end;
}

void Link::want(const SubscriptionDelta& delta, Moment now) {
    if (!connection_) {
        early_.push_back(delta);
        return;
    }
    session_->want(delta, now, *this, sink_);
    check(now);
}

void Link::tick(Moment now) {
    if (!connection_)
        return;
    session_->tick(now, *this, sink_);
    check(now);
}

void Link::renewed(result<std::string> token, Moment now) {
    renewing_ = false;
    next_renewal_ = now.mono + renewal_spacing;
    session_->renewed(std::move(token), now, *this, sink_);
    check(now);
}

void Link::close(std::uint16_t code, std::string_view why) {
    closing_ = true;
    if (connection_)
        connection_->close(code, why);
}

void Link::fail(error_code reason, std::string detail) {
    LinkEnd end;
    end.reason = reason;
    end.detail = std::move(detail);
    end_with(std::move(end), true); // nothing is wrong with the connection itself
}

// In order where that can be: a venue that counts sessions must see that this one is over.
void Link::end_with(LinkEnd end, bool in_order) {
    if (!connection_ || wanted_end_ || closing_)
        return;
    wanted_end_ = std::move(end);
    if (in_order)
        connection_->close(1000, "");
    else
        connection_->stop();
}

net::WsStats Link::stats() const noexcept { return connection_ ? connection_->stats() : net::WsStats(); }

void Link::on_message(std::string_view payload, Moment at) { session_->received(payload, at, *this, sink_); }
void Link::on_ping_answered(Moment now) {
    sent_.record(1, now.mono);
    session_->ponged(now);
}

void Link::on_read_done(Moment now) {
    check(now);
    hooks_.flush(now);
}

bool Link::wants_pause() { return hooks_.behind(); }

void Link::send(std::string_view text) {
    if (!connection_) // a session has nothing to say before opened()
        return;
    sent_.record(1, mono_now());
    connection_->send_text(text);
}

void Link::check(Moment now) {
    if (!renewing_ && session_->wants_renewal() && now.mono >= next_renewal_) [[unlikely]] {
        renewing_ = true;
        hooks_.renew();
    }
    const auto& end = session_->ended();
    if (!end || wanted_end_)
        return;
    if (!end->make_before_break) {
        LinkEnd wanted;
        wanted.reason = end->reason;
        wanted.detail = end->detail;
        wanted.pause = end->pause;
        const bool planned = wanted.reason == errc::planned_shutdown;
        end_with(std::move(wanted), planned);
    } else if (!replacement_asked_) {
        replacement_asked_ = true;
        hooks_.replace(end->pause);
    }
}

} // namespace tickgate::feed
