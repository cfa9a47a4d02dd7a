#include "cli/tail_impl.hpp"

#include "core/clock.hpp"
#include "core/log.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <ostream>

namespace tickgate::cli {

namespace {

constexpr auto use_result = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t lines_at_once = 64u << 10, warnings_kept = 100;
constexpr int exit_unexpected = 1, exit_usage = 2, exit_unavailable = 69;

} // namespace

Tail::Impl::Impl(asio::any_io_executor e, TailOptions o, std::ostream& output, std::ostream& errors)
    : executor_(std::move(e)), options_(std::move(o)), out_(output), err_(errors), ended_(executor_, MonoTime::max()) {}

std::string Tail::Impl::address() const { return redact(options_.redis.url); }

// `text` is one line for people.
void Tail::Impl::say(std::string text, bool warning) {
    if (model_)
        model_->note(text, warning);
    if (warning)
        text.insert(0, "warning: ");
    if (screen_ && options_.warn_on_screen) {
        kept_.push_back(std::move(text));
        if (kept_.size() > warnings_kept) {
            kept_.pop_front();
            ++unkept_;
        }
        return;
    }
    err_ << text << '\n' << std::flush;
}

void Tail::Impl::explain_unreachable(const error_code& ec, const std::string& detail) {
    const std::string why = detail.empty() ? describe(ec) : redact(detail);
    if (ec == errc::unauthorized)
        err_
            << "Redis at " << address() << " refuses us: " << why
            << "\nhint: check redis.username and redis.password (or password_file) of the configuration, and the ACL\n";
    else
        err_ << "Redis at " << address() << " cannot be reached: " << why
             << "\nhint: is it running there? The address is redis.url of the configuration\n";
    err_ << std::flush;
}

// Also ends when it is cancelled: the loops look at stopping_.
asio::awaitable<void> Tail::Impl::pause(std::chrono::milliseconds length) {
    asio::steady_timer timer(executor_, length);
    co_await timer.async_wait(use_result);
}

asio::awaitable<void> Tail::Impl::listen() {
    while (!stopping_) {
        redis::Subscriber subscriber;
        std::string detail;
        redis::ClientOptions how = options_.redis;
        auto ec = co_await subscriber.connect(std::move(how), detail);
        if (!ec) {
            std::vector<std::string> channels = pattern_.channels;
            ec = co_await subscriber.subscribe(std::move(channels));
        }
        if (!ec) {
            on_connected();
            ec = co_await read_messages(subscriber);
            if (!stopping_)
                say("connection to Redis at " + address() + " lost (" + describe(ec) + "), trying again");
        } else if (!ever_connected_ && !stopping_) {
            explain_unreachable(ec, detail);
            finish(exit_unavailable);
        }
        if (stopping_)
            co_return;
        co_await pause(options_.reconnect_pause);
    }
}

void Tail::Impl::on_connected() {
    if (ever_connected_) {
        say("connected to Redis at " + address() + " again", false);
        return;
    }
    ever_connected_ = true;
    if (!pattern_.prefix.empty())
        start(asking, watch_alive());
    if (table())
        screen_.emplace(out_);
    if (table() || options_.reader_gone)
        start(drawing, watch_output());
}

asio::awaitable<error_code> Tail::Impl::read_messages(redis::Subscriber& subscriber) {
    while (!stopping_) {
        auto message = co_await subscriber.next();
        if (!message)
            co_return message.error();
        on_message(*message);
    }
    co_return errc::stopped;
}

void Tail::Impl::on_message(const redis::Message& message) {
    ++messages_;
    bool droppable = false;
    if (parser_.parse(message.payload, fields_))
        check(message, droppable);
    else
        fields_ = Message();
    if (!table())
        print(message.payload);
    else if (!droppable)
        show(message.channel);
    if (options_.count > 0 && messages_ >= options_.count)
        finish(0);
}

void Tail::Impl::check(const redis::Message& message, bool& droppable) {
    if (fields_.session.empty() || fields_.seq == 0)
        return;
    const auto verdict = seq_.check(message.channel, fields_.session, fields_.seq);
    droppable = verdict.droppable();
    if (verdict.session_changed)
        say("a new session has begun: " + harmless(fields_.session) +
            " (the gateway was restarted, or another one took over)");
    if (verdict.kind != SeqChecker::Kind::gap)
        return;
    const auto count = verdict.to - verdict.from + 1;
    say(harmless(message.channel) + ": seq jumps from " + std::to_string(verdict.from - 1) + " to " +
        std::to_string(fields_.seq) + ", " + std::to_string(count) + (count == 1 ? " message" : " messages") +
        " missing (session " + harmless(fields_.session) + ")");
}

void Tail::Impl::show(const std::string& channel) {
    if (fields_.type == "heartbeat") {
        if (alive_ != Alive::no)
            model_->set_status("gateway " + fields_.state + ", session " + fields_.session, false);
    } else if (fields_.type == "event") {
        const auto subject = channel.substr(std::min(channel.find(":event:") + 7, channel.size()));
        std::string text = "event " + fields_.event + " " + subject;
        for (const auto& [name, value] : {std::pair(" kind=", &fields_.kind), std::pair(" from=", &fields_.provider),
                 std::pair(" to=", &fields_.to_provider), std::pair(" from_seq=", &fields_.from_seq),
                 std::pair(" to_seq=", &fields_.to_seq), std::pair(" lost=", &fields_.lost),
                 std::pair(" cause=", &fields_.cause), std::pair(" ", &fields_.text)})
            if (!value->empty())
                text += name + *value;
        model_->note(std::move(text), false);
    } else {
        model_->apply(channel, fields_, mono_now());
    }
}

// Written when nothing more has come, or much has: one write a burst, none later than its message.
void Tail::Impl::print(const std::string& payload) {
    const auto begin = lines_.size();
    lines_ += payload;
    for (auto i = begin; i < lines_.size(); ++i)
        if (lines_[i] == '\n' || lines_[i] == '\r') // white space in JSON; a line must stay one
            lines_[i] = ' ';
    lines_ += '\n';
    if (lines_.size() >= lines_at_once) {
        write_lines();
    } else if (!write_posted_) {
        write_posted_ = true;
        asio::post(executor_, [this, exists = std::weak_ptr<bool>(exists_)] {
            if (exists.expired())
                return;
            write_posted_ = false;
            write_lines();
        });
    }
}

bool Tail::Impl::write_lines() {
    if (lines_.empty())
        return true;
    errno = 0;
    out_.write(lines_.data(), static_cast<std::streamsize>(lines_.size())).flush();
    const int cause = errno;
    lines_.clear();
    if (out_.good())
        return true;
    const bool reader_gone = cause == EPIPE || cause == 0;
    if (!reader_gone && !stopping_)
        say(std::string("cannot write: ") + std::strerror(cause), false);
    finish(reader_gone ? 0 : exit_unexpected);
    return false;
}

asio::awaitable<result<redis::Reply>> Tail::Impl::ask_alive(std::optional<redis::Client>& client) {
    if (!client) {
        client.emplace();
        std::string detail;
        redis::ClientOptions how = options_.redis;
        const auto ec = co_await client->connect(std::move(how), detail);
        if (ec) {
            client.reset();
            co_return ec;
        }
    }
    std::vector<std::string> command;
    command.emplace_back("GET");
    command.push_back(pattern_.prefix + ":alive");
    auto reply = co_await client->command(std::move(command));
    if (!reply)
        client.reset();
    co_return reply;
}

asio::awaitable<void> Tail::Impl::watch_alive() {
    std::optional<redis::Client> client;
    bool silent = false;
    while (!stopping_) {
        const auto reply = co_await ask_alive(client);
        if (reply && reply->is_error()) {
            say("cannot read " + pattern_.prefix + ":alive: " + harmless(reply->text) +
                "; whether a gateway lives is unknown");
            co_return;
        }
        if (reply)
            on_alive(*reply);
        else if (!silent && !stopping_)
            say("Redis at " + address() + " does not answer (" + describe(reply.error()) + ")");
        silent = !reply;
        if (stopping_)
            co_return;
        co_await pause(options_.alive_interval);
    }
}

void Tail::Impl::on_alive(const redis::Reply& reply) {
    const Alive now = reply.is_nil() ? Alive::no : Alive::yes;
    const std::string session = harmless(reply.text);
    const std::string dead =
        "no gateway is alive on this prefix: " + pattern_.prefix + ":alive is missing, nothing is live";
    if (model_)
        model_->set_status(now == Alive::no ? dead : "session " + session, now == Alive::no);
    if (now == alive_)
        return;
    if (now == Alive::no && !(table() && options_.warn_on_screen)) // there the status says it
        say(dead);
    else if (alive_ == Alive::no)
        say("a gateway is alive on prefix " + pattern_.prefix + ", session " + session, false);
    alive_ = now;
}

asio::awaitable<void> Tail::Impl::watch_output() {
    while (!stopping_) {
        if (table())
            redraw();
        if (options_.reader_gone && options_.reader_gone())
            finish(0);
        if (stopping_)
            co_return;
        co_await pause(options_.refresh);
    }
}

void Tail::Impl::redraw() {
    const auto size = options_.terminal ? options_.terminal() : terminal_size();
    if (!screen_->draw(model_->render(size, mono_now())))
        finish(0); // the terminal is gone
}

void Tail::Impl::start(Task task, asio::awaitable<void> work) {
    ++running_;
    auto done = [this](const std::exception_ptr& fault) {
        --running_;
        ended_.cancel();
        if (!fault)
            return;
        try {
            std::rethrow_exception(fault);
        } catch (const boost::system::system_error& e) {
            if (e.code() == asio::error::operation_aborted && stopping_)
                return;
            say(std::string("unexpected: ") + e.what(), false);
        } catch (const std::exception& e) {
            say(std::string("unexpected: ") + e.what(), false);
        }
        finish(exit_unexpected);
    };
    asio::co_spawn(executor_, std::move(work), asio::bind_cancellation_slot(signals_[task].slot(), std::move(done)));
}

void Tail::Impl::finish(int code) {
    if (stopping_)
        return;
    stopping_ = true;
    code_ = code;
    // Not from here: this may be the stack of a task, and one that is cancelled before its first wait would throw into
    // the loop.
    asio::post(executor_, [this, exists = std::weak_ptr<bool>(exists_)] {
        if (exists.expired())
            return;
        for (auto& signal : signals_)
            signal.emit(asio::cancellation_type::terminal);
    });
}

asio::awaitable<int> Tail::Impl::run() {
    std::string problem;
    auto pattern = parse_tail_pattern(options_.pattern, options_.prefix, problem);
    if (!pattern) {
        err_ << problem << '\n' << std::flush;
        co_return exit_usage;
    }
    pattern_ = std::move(*pattern);
    if (options_.view == TailOptions::View::table)
        model_.emplace("tickgate tail " + (options_.pattern.empty() ? pattern_.prefix : options_.pattern), mono_now());
    if (!stopping_)
        start(listening, listen());
    co_await asio::this_coro::throw_if_cancelled(false);
    while (running_ > 0) {
        co_await ended_.async_wait(use_result);
        const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
        if (cancelled != asio::cancellation_type::none)
            finish(0);
    }
    write_lines();
    screen_.reset(); // the terminal is itself again
    if (unkept_ > 0)
        err_ << unkept_ << " earlier lines are not shown\n";
    for (const auto& text : kept_)
        err_ << text << '\n';
    if (model_ && ever_connected_)
        err_ << messages_ << " messages on " << seq_.channels() << (seq_.channels() == 1 ? " channel, " : " channels, ")
             << seq_.missing() << " missing in " << seq_.gaps() << (seq_.gaps() == 1 ? " gap\n" : " gaps\n");
    err_ << std::flush;
    co_return code_;
}

Tail::Tail(asio::any_io_executor executor, TailOptions options, std::ostream& out, std::ostream& err)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(options), out, err)) {}

Tail::~Tail() = default;

asio::awaitable<int> Tail::run() { return impl_->run(); }
void Tail::stop() { impl_->finish(0); }

int run_tail(TailOptions options, std::ostream& out, std::ostream& err) {
    std::signal(SIGPIPE, SIG_IGN);
    if (options.view == TailOptions::View::automatic)
        options.view = stdout_is_terminal() ? TailOptions::View::table : TailOptions::View::lines;
    if (!options.reader_gone)
        options.reader_gone = stdout_reader_gone;
    options.warn_on_screen = stdout_is_terminal() && stderr_is_terminal();
    asio::io_context loop(1);
    asio::signal_set signals(loop, SIGINT, SIGTERM);
    Tail tail(loop.get_executor(), std::move(options), out, err);
    signals.async_wait([&tail](const error_code& ec, int) {
        if (!ec)
            tail.stop();
    });
    int code = exit_unexpected;
    asio::co_spawn(loop, tail.run(), [&](const std::exception_ptr& fault, int result) {
        signals.cancel();
        if (!fault) {
            code = result;
            return;
        }
        try {
            std::rethrow_exception(fault);
        } catch (const std::exception& e) {
            err << "unexpected: " << e.what() << '\n' << std::flush;
        }
    });
    loop.run();
    return code;
}

} // namespace tickgate::cli
