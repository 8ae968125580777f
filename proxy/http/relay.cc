#include "proxy/http/relay.h"

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "base/text.h"
#include "proxy/http/error_reply.h"
#include "proxy/http/grpc.h"
#include "proxy/http/head_writer.h"

namespace weft::proxy {
namespace {

// What a client over HTTP/2 is told of an answer that broke off: the service's own word, if it gave one.
uint32_t cut_code(const Lease& lease) {
  const bool said = lease.stream != nullptr && lease.stream->end() == StreamEnd::kReset;
  return said ? lease.stream->error_code() : kInternalError;
}

}  // namespace

Relay::Mode Relay::choose_mode() const {
  switch (attempt_.answer().admitted.body.kind) {
    case BodyFraming::Kind::kChunked: return request_.http10 ? Mode::kToClose : Mode::kAsIs;
    case BodyFraming::Kind::kUntilClose: return request_.http10 ? Mode::kToClose : Mode::kToChunks;
    default: return Mode::kAsIs;
  }
}

void Relay::write_head(Mode mode, bool keep_alive) {
  const Answer& answer = attempt_.answer();
  ResponseHeadEdits edits;
  edits.drop_transfer_encoding = mode == Mode::kToClose;
  char added[96];
  size_t size = 0;
  const auto add = [&](std::string_view line) {
    line.copy(added + size, line.size());
    size += line.size();
  };
  if (answer.admitted.status == 101) {
    add("connection: upgrade\r\n");
  } else if (!keep_alive) {
    add("connection: close\r\n");
  } else if (request_.http10) {
    add("connection: keep-alive\r\n");
  }
  if (mode == Mode::kToChunks) add("transfer-encoding: chunked\r\n");
  edits.added = {added, size};
  edits.policy_line = request_.answer_line;
  write_response_head(answer.head, answer.bytes.base(), answer.admitted, edits, out_);
}

// Adds what of `bytes` belongs to the body to what is sent next.
Reason Relay::add_body(std::string_view bytes, size_t& taken) {
  taken = 0;
  if (mode_ == Mode::kAsIs) {
    taken = body_.take(bytes);
    out_.refer(bytes.substr(0, taken));
  } else {
    for (;;) {
      const BodyReader::Stretch stretch = body_.next(bytes.substr(taken));
      if (stretch.size == 0) break;
      const std::string_view piece = bytes.substr(taken, stretch.size);
      if (mode_ == Mode::kToChunks) {
        char size[20];
        const auto end = std::to_chars(size, size + 16, piece.size(), 16).ptr;
        out_.copy({size, static_cast<size_t>(end - size)});
        out_.copy("\r\n");
      }
      if (stretch.content) out_.refer(piece);
      if (mode_ == Mode::kToChunks) out_.copy("\r\n");
      taken += stretch.size;
    }
  }
  return body_.malformed() ? Reason::kUpstreamProtocolError : Reason::kNone;
}

Task<Reason> Relay::send(Connection& client) {
  while (!out_.empty()) {
    const IoResult io = client.try_write(out_.left());
    out_.consume(io.bytes);
    bytes_sent_ += io.bytes;
    if (io.error != 0) co_return Reason::kDownstreamClosed;
    if (io.bytes > 0) limits_.activity();
    if (out_.empty()) break;
    waits_on_ = &client;
    if (io.would_block) co_await client.writable(kNever);
    waits_on_ = nullptr;
    const Reason reason = attempt_.interruption();
    if (reason != Reason::kNone) co_return reason;
  }
  out_.clear();
  co_return Reason::kNone;
}

void Relay::rest_after_much(Connection& upstream) {
  if (bytes_sent_ < rest_at_) return;
  rest_at_ = bytes_sent_ + kBytesPerTurn;
  upstream.rest();
}

// The next body bytes, added to what is sent next; or the body's end.
Task<Reason> Relay::receive(Connection& upstream) {
  ReceiveBuffer& in = attempt_.answer().bytes;
  rest_after_much(upstream);
  for (;;) {
    if (upstream.maybe_readable()) {
      in.clear();
      in.take_from(worker_.buffers);
      const IoResult io = upstream.try_read(room_for_body(in.room(), bytes_sent_));
      if (io.bytes > 0) {
        limits_.activity();
        in.end = io.bytes;
        size_t taken = 0;
        const Reason reason = add_body(in.pending(), taken);
        in.begin = taken;
        co_return reason;
      }
      if (io.closed) co_return fill_at_end();
      if (io.error != 0) co_return Reason::kUpstreamReset;
      in.release();
    }
    const TimePoint before = worker_.loop.now();
    waits_on_ = &upstream;
    co_await upstream.readable(kNever);
    waits_on_ = nullptr;
    attempt_.waited += worker_.loop.now() - before;
    const Reason reason = attempt_.interruption();
    if (reason != Reason::kNone) co_return reason;
  }
}

// Content that nobody looks at, from socket to socket. All of it, or as much as pipes take (spliceable_).
Task<Reason> Relay::pass_content(Connection& client, Connection& upstream, Pipe& pipe) {
  while (body_.content_left() > 0 || pipe.held > 0) {
    Connection& busy = pipe.held > 0 ? client : upstream;
    if (pipe.held > 0) {
      const IoResult put = client.splice_from(pipe.out(), pipe.held);
      if (put.error != 0) co_return Reason::kDownstreamClosed;
      pipe.held -= put.bytes;
      bytes_sent_ += put.bytes;
      if (put.bytes > 0) limits_.activity();
      if (pipe.held == 0 && body_.content_left() > 0) rest_after_much(upstream);
      if (!put.would_block) continue;
    } else if (upstream.maybe_readable()) {
      const uint64_t limit = std::min<uint64_t>(body_.content_left(), PipePool::kPipeBytes);
      const IoResult got = upstream.splice_into(pipe.in(), limit);
      spliceable_ = got.error != EINVAL;
      if (!spliceable_) co_return Reason::kNone;
      if (got.closed) co_return Reason::kUpstreamClosed;
      if (got.error != 0) co_return Reason::kUpstreamReset;
      pipe.held = got.bytes;
      body_.skip(got.bytes);
      worker_.counters.bytes_spliced.add(got.bytes);
      if (got.bytes > 0) limits_.activity();
      if (!got.would_block) continue;
    }
    const TimePoint before = worker_.loop.now();
    waits_on_ = &busy;
    if (&busy == &client) co_await client.writable(kNever);
    if (&busy == &upstream) co_await upstream.readable(kNever);
    waits_on_ = nullptr;
    if (&busy == &upstream) attempt_.waited += worker_.loop.now() - before;
    const Reason reason = attempt_.interruption();
    if (reason != Reason::kNone) co_return reason;
  }
  // Its readiness is not known, and what comes unasked is nobody's answer.
  char next;
  if (!upstream.peek({&next, 1}).would_block) surplus_ = true;
  co_return Reason::kNone;
}

Reason Relay::fill_at_end() {
  if (!body_.close()) return Reason::kUpstreamClosed;
  if (mode_ == Mode::kToChunks) out_.copy("0\r\n\r\n");
  return Reason::kNone;
}

Task<Reason> Relay::run(Lease& lease, bool& keep_alive) {
  Http1Client* const client = client_.http1();
  Reason reason = Reason::kNone;
  if (client != nullptr && lease.connection != nullptr) {
    reason = co_await run_fused(client->connection(), *lease.connection, keep_alive);
    client->count_sent(bytes_sent_);
  } else if (attempt_.answer().admitted.status == 101) {
    reason = co_await run_switch(keep_alive);
  } else {
    reason = co_await run_unframed(lease, keep_alive);
  }
  co_return reason;
}

Task<Reason> Relay::run_unframed(Lease& lease, bool& keep_alive) {
  Answer& answer = attempt_.answer();
  std::optional<Http1Source> from_connection;
  std::optional<Http2Source> from_stream;
  BodySource* from = nullptr;
  if (lease.stream != nullptr) {
    from = &from_stream.emplace(*lease.stream, answer.admitted.body.kind == BodyFraming::Kind::kNone);
  } else {
    answer.bytes.begin += answer.head.size();
    from = &from_connection.emplace(*lease.connection, worker_.buffers, answer.bytes, answer.admitted.body);
  }
  // Over HTTP/1.1 the source is not asked before the head has gone: they share a buffer, which goes with its last byte.
  const BodyFraming& body = answer.admitted.body;
  const bool complete = from_connection ? body.kind == BodyFraming::Kind::kNone ||
                                              (body.kind == BodyFraming::Kind::kLength && body.length == 0)
                                        : from->ended() && from->content().empty() && from->trailers().empty();
  BodySink& to = client_.send_head(answer, request_, complete, keep_alive);
  carrier_.emplace(worker_.loop, limits_, *from, to);
  const BodyCarrier::End end = co_await carrier_->run();
  attempt_.waited += carrier_->waited();
  Reason reason = Reason::kNone;
  switch (end) {
    case BodyCarrier::End::kComplete: break;
    case BodyCarrier::End::kSourceFailed: reason = from->failure(); break;
    case BodyCarrier::End::kSinkFailed: reason = Reason::kDownstreamClosed; break;
    case BodyCarrier::End::kStopped: reason = attempt_.interruption(); break;
  }
  // What is on loan to the client's stream goes with the service's.
  if (reason != Reason::kNone && !end_call(to, reason)) client_.cut(cut_code(lease));
  if (reason == Reason::kNone && request_.grpc) grpc_status_ = grpc_status_in(from->trailers());
  reusable_ = from_connection && from_connection->clean() && answer.admitted.keep_alive && attempt_.sent();
  co_return reason;
}

// A gRPC call that we end in the middle of its answer: its caller is told why, in the way it expects. A service's own
// reset has a meaning for it, and passes. False: it is not for us to say, or there is no room to.
bool Relay::end_call(BodySink& to, Reason reason) {
  const bool ours = reason != Reason::kUpstreamReset && reason != Reason::kDownstreamClosed &&
                    reason != Reason::kDownstreamProtocolError;
  if (!request_.grpc || !ours || client_.http1() != nullptr || !to.flush()) return false;
  const ErrorReply reply = reply_to_failure(reason, false, true, {});
  grpc_status_ = grpc_status_for(reply.status, reason);
  to.put({}, true,
         cat("grpc-status: ", static_cast<unsigned>(grpc_status_), "\r\ngrpc-message: ", grpc_message(reply.body),
             "\r\n"));
  return true;
}

// The head alone: what follows goes through the tunnel.
Task<Reason> Relay::run_switch(bool& keep_alive) {
  BodySink& to = client_.send_head(attempt_.answer(), request_, false, keep_alive);
  if (client_.http1() == nullptr) co_return Reason::kNone;
  carrier_.emplace(worker_.loop, limits_, no_body, to);
  const BodyCarrier::End ended = co_await carrier_->run();
  if (ended == BodyCarrier::End::kComplete) co_return Reason::kNone;
  co_return ended == BodyCarrier::End::kStopped ? attempt_.interruption() : Reason::kDownstreamClosed;
}

Task<Reason> Relay::run_fused(Connection& client, Connection& upstream, bool& keep_alive) {
  Answer& answer = attempt_.answer();
  mode_ = choose_mode();
  if (mode_ == Mode::kToClose) keep_alive = false;
  write_head(mode_, keep_alive);
  spliceable_ = client.tls() == nullptr && upstream.tls() == nullptr;
  body_ = BodyReader(answer.admitted.body);
  size_t taken = 0;
  Reason reason = add_body(answer.bytes.pending().substr(answer.head.size()), taken);
  const size_t head_and_body = answer.head.size() + taken;
  bool leftover = answer.bytes.begin + head_and_body < answer.bytes.end;
  if (reason != Reason::kNone) co_return reason;
  for (;;) {
    reason = co_await send(client);
    if (reason != Reason::kNone) co_return reason;
    if (body_.complete()) break;
    if (spliceable_ && body_.content_left() >= kWorthAPipe) {
      Pipe pipe = worker_.pipes.take();
      if (pipe) {
        answer.bytes.release();
        reason = co_await pass_content(client, upstream, pipe);
        if (reason != Reason::kNone) co_return reason;
        if (body_.complete()) break;
      }
    }
    reason = co_await receive(upstream);
    // What came before the failure still goes out, so that the client has all there was.
    if (reason != Reason::kNone && out_.empty()) co_return reason;
    if (reason != Reason::kNone) {
      co_await send(client);
      co_return reason;
    }
    leftover = !answer.bytes.empty();
  }
  reusable_ = answer.admitted.keep_alive && !leftover && !surplus_ && attempt_.sent();
  co_return Reason::kNone;
}

}  // namespace weft::proxy
