// Whatever bytes a peer sends to an HTTP/2 session, a server's or a client's: it does not crash, every stream has an
// end once the connection has one, heads that are handed on are heads for the HTTP/1 parser too, no buffer is kept, and
// what is said stays in proportion to what was heard. The first byte: odd for a client's session, +2 for narrow
// limits, +4 for an owner that lets go of streams early, +8 for bytes in two pieces.
#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "proxy/http/head_parser.h"
#include "proxy/http2/session.h"
#include "proxy/runtime/test_sockets.h"
#include "proxy/runtime/worker.h"
#include "tests/fuzz/must.h"

namespace weft::proxy {
namespace {

using weft::test::must;

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);
constexpr size_t kContent = 1000;
const std::string kBody(kContent, 'b');

// A stream and how far its owner is with it.
struct Held {
  Http2StreamPtr stream;
  bool head_sent = false;
  bool body_sent = false;
  bool ended = false;  // our side
  size_t heads = 0;
};

class Owner final : public Http2Session::Keeper {
 public:
  Owner(Worker& worker, int descriptor, char how)
      : client_((how & 1) != 0),
        hasty_((how & 4) != 0),
        connection_(worker.loop, descriptor),
        session_(Http2Session::make(worker, connection_,
                                    client_ ? Http2Session::Side::kClient : Http2Session::Side::kServer,
                                    limits((how & 2) != 0), *this)) {
    spawn(run());
    if (client_) ask();
  }
  bool over() const { return over_; }
  size_t streams() const { return count_; }

  void on_request(Http2StreamPtr stream) override {
    must(!client_, "a request came to a client");
    check_head(*stream, true);
    hold(std::move(stream));
  }
  void on_refused(Http2StreamPtr stream, uint16_t status, std::string_view) override {
    must(stream->head().empty() && status >= 400, "what is refused has no head");
    hold(std::move(stream));
  }

  // One step with every stream.
  void act() {
    for (size_t i = 0; i < held_.size(); ++i) {
      Held& held = held_[i];
      if (hasty_ && i % 3 == 2) held.stream.reset();
      if (held.stream) step(held, i);
    }
  }
  // Once the connection is over.
  void check_ends() const {
    for (const Held& held : held_) {
      if (!held.stream || held.stream->end() != StreamEnd::kNone) continue;
      must(held.stream->peer_ended() && held.ended, "a stream without an end");
    }
  }

 private:
  static Http2Limits limits(bool narrow) {
    if (!narrow) return {.glitches = 10'000};
    return {
        .max_streams = 3, .stream_window = 500, .connection_window = 65'535, .max_head_bytes = 300, .max_headers = 8};
  }
  Task<void> run() {
    co_await session_->run({}, {});
    over_ = true;
  }
  void hold(Http2StreamPtr stream) {
    ++count_;
    held_.push_back({std::move(stream)});
  }
  void ask() {
    for (int i = 0; i < 3; ++i) {
      Http2StreamPtr stream = session_->open();
      if (!stream) return;
      const std::vector<Header> fields{
          {":method", i == 0 ? "GET" : "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/"}};
      stream->send_head(fields, i == 0);
      hold(std::move(stream));
      held_.back().head_sent = true;
      held_.back().body_sent = held_.back().ended = i == 0;
    }
  }
  static void check_head(const Http2Stream& stream, bool request) {
    const std::string_view text = stream.head();
    Head head;
    const HeadStatus status = request ? head.parse_request(text) : head.parse_response(text);
    if (status == HeadStatus::kLineTooLong || status == HeadStatus::kTooLarge) return;
    must(status == HeadStatus::kComplete && head.size() == text.size(), cat("no head of HTTP/1: ", head.error()), text);
    must(request || (head.status() != 101 && head.status() >= 100), "an answer that is none", text);
  }
  void step(Held& held, size_t number) {
    Http2Stream& stream = *held.stream;
    if (client_ && !stream.head().empty() && held.heads == 0) {
      check_head(stream, false);
      if (stream.head().starts_with("HTTP/1.1 1")) {
        stream.next_head();
      } else {
        held.heads = 1;
      }
    }
    while (!stream.pending().empty()) stream.consume(stream.pending().size());
    if (!held.head_sent) {
      held.head_sent = true;
      const std::vector<Header> fields{{":status", "200"}, {"X-Case", "kept"}};
      held.ended = held.body_sent = number % 4 == 3;
      stream.send_head(fields, held.ended);
    } else if (!held.body_sent) {
      held.body_sent = true;
      held.ended = number % 2 == 0;
      stream.send_body(kBody, held.ended);
    } else if (!held.ended && stream.drained()) {
      held.ended = true;
      const std::vector<Header> fields{{"grpc-status", "0"}};
      stream.send_trailers(fields);
    }
  }

  const bool client_;
  const bool hasty_;
  Connection connection_;
  std::unique_ptr<Http2Session> session_;
  std::vector<Held> held_;
  size_t count_ = 0;
  bool over_ = false;
};

// What has come, and is taken.
size_t drain(int descriptor) {
  char bytes[65536];
  size_t size = 0;
  for (ssize_t some = 1; some > 0; size += some > 0 ? static_cast<size_t>(some) : 0) {
    some = recv(descriptor, bytes, sizeof bytes, MSG_DONTWAIT);
  }
  return size;
}

void check(std::string_view input) {
  static Worker worker;
  if (input.empty()) return;
  const char how = input[0];
  std::string bytes = (how & 1) != 0 ? cat(kSettings, input.substr(1)) : cat(kPreface, kSettings, input.substr(1));
  int ends[2];
  must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends) == 0, "a socket pair");
  test::Socket peer(ends[1]);
  {
    Owner owner(worker, ends[0], how);
    size_t said = 0;
    std::string_view left = bytes;
    for (int idle = 0; idle < 6 && !owner.over();) {
      const size_t piece = (how & 8) != 0 ? bytes.size() / 2 + 1 : bytes.size();
      const ssize_t sent = send(peer.get(), left.data(), std::min(left.size(), piece), MSG_NOSIGNAL);
      if (sent > 0) left.remove_prefix(static_cast<size_t>(sent));
      worker.loop.turn(std::chrono::milliseconds(0));
      owner.act();
      worker.loop.turn(std::chrono::milliseconds(0));
      const size_t heard = drain(peer.get());
      said += heard;
      idle = heard > 0 || sent > 0 ? 0 : idle + 1;
    }
    must(said <= 4096 + 32 * bytes.size() + owner.streams() * (kContent + 500), "more was said than heard", input);
    peer.close();
    must(test::turn_until(worker.loop, [&] { return owner.over(); }), "the session goes on without its peer", input);
    owner.act();
    owner.check_ends();
  }
  worker.loop.turn(std::chrono::milliseconds(0));
  must(worker.buffers.mapped_bytes() == worker.buffers.free_bytes(), "a buffer is kept", input);
}

}  // namespace
}  // namespace weft::proxy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::proxy::check({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
