#include "proxy/http/http2_server.h"

#include <coroutine>
#include <memory>
#include <string>
#include <utility>

#include "proxy/http/error_reply.h"
#include "proxy/http/exchange.h"
#include "proxy/http/http2_client.h"
#include "proxy/http/refused_request.h"
#include "proxy/http/send.h"
#include "proxy/http/standing.h"
#include "proxy/http2/session.h"
#include "proxy/runtime/tls_layer.h"

namespace weft::proxy {
namespace {

// RFC 9113 section 7.
constexpr uint32_t kRefusedStream = 7;

class Http2Server final : private Http2Session::Keeper, private Timer {
 public:
  Http2Server(Worker& worker, Upstreams& upstreams, const ListenerView& view, Connection& connection,
              const Caller& caller)
      : worker_(worker),
        upstreams_(upstreams),
        view_(view),
        connection_(connection),
        caller_(caller),
        from_proxy_(connection.tls() != nullptr && connection.tls()->stream().speaks_http2()),
        session_(Http2Session::make(worker, connection, Http2Session::Side::kServer,
                                    Http2Limits::of(worker, peer_of(view)), *this)) {}

  Task<void> serve(ReceiveBuffer received);

 private:
  // Until the last exchange has ended.
  struct Idle {
    Http2Server& server;
    bool await_ready() const noexcept { return server.exchanges_ == 0; }
    void await_suspend(std::coroutine_handle<> waiter) noexcept { server.waiter_ = waiter; }
    void await_resume() const noexcept {}
  };

  void on_request(Http2StreamPtr stream) override;
  void on_refused(Http2StreamPtr stream, uint16_t status, std::string_view why) override;
  void on_nudge() override;
  void on_timer() override { session_->drain(); }  // it has lived long enough
  Task<void> answer(Http2StreamPtr stream);
  Task<void> refuse(Http2StreamPtr stream, uint16_t status, std::string why);
  Task<void> send_refusal(Http2Client& client, uint16_t status, std::string_view why);

  Http2Peer peer_of(const ListenerView& view) const {
    const bool local = view.current()->destination->direction == Direction::kOutbound;
    return from_proxy_ || local ? Http2Peer::kOwn : Http2Peer::kStranger;
  }
  void ended();

  Worker& worker_;
  Upstreams& upstreams_;
  const ListenerView& view_;
  Connection& connection_;
  const Caller& caller_;
  const bool from_proxy_;  // a sidecar of ours: they agreed on HTTP/2 by a name that nobody else uses
  const std::unique_ptr<Http2Session> session_;
  size_t exchanges_ = 0;
  std::coroutine_handle<> waiter_;
};

Task<void> Http2Server::serve(ReceiveBuffer received) {
  Http2Times times{.head = kDefaultHeadersTimeout};
  {
    const std::shared_ptr<const Listener> listener = view_.current();
    const ConnectionPlan& plan = listener->destination->connection;
    times.idle = plan.idle_timeout;
    if (plan.request_headers_timeout.count() > 0) times.head = plan.request_headers_timeout;
    if (plan.max_connection_duration.count() > 0) {
      worker_.loop.arm(*this, connection_.opened() + plan.max_connection_duration);
    }
  }
  const std::string_view first = received.pending();
  co_await session_->run(first, times, std::move(received.buffer));
  worker_.loop.disarm(*this);
  co_await Idle{*this};
}

void Http2Server::ended() {
  if (--exchanges_ == 0 && waiter_) std::exchange(waiter_, nullptr).resume();
}

void Http2Server::on_nudge() {
  const std::shared_ptr<const Listener> listener = view_.current();
  const Destination& destination = *listener->destination;
  const bool makes_room = worker_.closing_idle && exchanges_ == 0;
  if (makes_room) worker_.counters.connections_shed.add();
  if (makes_room || is_draining(worker_, destination) || !is_welcome(worker_, destination, connection_)) {
    session_->drain();
  }
}

void Http2Server::on_request(Http2StreamPtr stream) {
  const bool stays = connection_.tls() == nullptr || is_welcome(worker_, *view_.current()->destination, connection_);
  if (!stays) {
    stream->reset(kRefusedStream);
    return session_->drain();
  }
  // One that came during the drain is served what it asked so far.
  if (is_draining(worker_, *view_.current()->destination)) session_->drain();
  spawn(answer(std::move(stream)));
}

void Http2Server::on_refused(Http2StreamPtr stream, uint16_t status, std::string_view why) {
  spawn(refuse(std::move(stream), status, std::string(why)));
}

Task<void> Http2Server::answer(Http2StreamPtr stream) {
  ++exchanges_;
  {
    Http2Client client(worker_, *stream, connection_, caller_, from_proxy_);
    Head head;
    const HeadStatus status = head.parse_request(stream->head());
    if (status == HeadStatus::kComplete) {
      Exchange exchange(worker_, upstreams_, view_.current(), client, head);
      co_await exchange.run();
    } else {
      const uint16_t code = status == HeadStatus::kLineTooLong ? 414 : status == HeadStatus::kTooLarge ? 431 : 400;
      co_await send_refusal(client, code, head.error());
    }
    stream.reset();
    if (client.last) session_->drain();
  }
  ended();
}

Task<void> Http2Server::refuse(Http2StreamPtr stream, uint16_t status, std::string why) {
  ++exchanges_;
  {
    Http2Client client(worker_, *stream, connection_, caller_, false);
    co_await send_refusal(client, status, why);
    stream.reset();
  }
  ended();
}

Task<void> Http2Server::send_refusal(Http2Client& client, uint16_t status, std::string_view why) {
  const std::shared_ptr<const Listener> listener = view_.current();
  const ErrorReply error = reply_to_bad_request(status, why);
  count_refused(worker_, *listener, error);
  log_refused(worker_, caller_, connection_.peer_address(), error);
  ReplyContext context;
  context.direction = listener->destination->direction;
  const std::string text = write_reply(error, context);
  co_await client.send_whole(text, worker_.loop.now() + kReplyTime);
}

}  // namespace

Task<void> serve_http2(Worker& worker, Upstreams& upstreams, const ListenerView& listener, Connection& connection,
                       const Caller& caller, ReceiveBuffer received) {
  Http2Server server(worker, upstreams, listener, connection, caller);
  co_await server.serve(std::move(received));
}

}  // namespace weft::proxy
