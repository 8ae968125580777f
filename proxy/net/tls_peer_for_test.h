// The far end of a connection that speaks the mesh's TLS, on a blocking socket. For tests.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "proxy/runtime/test_sockets.h"
#include "proxy/tls/stream.h"

namespace weft::proxy::test {

class TlsPeer {
 public:
  using Step = TlsStream::Step;
  TlsPeer(Socket connected, std::unique_ptr<TlsStream> made) : socket(std::move(connected)), stream(std::move(made)) {
    stream->pipe.out = room_;
  }

  // True: the peer is known on both sides, as far as this one can tell.
  bool shake() {
    for (;;) {
      const Step step = stream->handshake();
      flush();
      if (step == Step::kDone) return true;
      if (step != Step::kWantInput || !receive_some()) return false;
    }
  }
  // As shake() and send(), but nothing leaves before the last of both.
  bool shake_and_send(std::string_view text) {
    for (;;) {
      const Step step = stream->handshake();
      if (step == Step::kDone) break;
      flush();
      if (step != Step::kWantInput || !receive_some()) return false;
    }
    for (size_t taken = 0; !text.empty(); text.remove_prefix(taken)) {
      if (stream->write({text.data(), text.size()}, taken) != Step::kDone) return false;
    }
    flush();
    return true;
  }
  void send(std::string_view text) {
    while (!text.empty()) {
      size_t taken = 0;
      if (stream->write({text.data(), text.size()}, taken) != Step::kDone) return;
      text.remove_prefix(taken);
      flush();
    }
  }
  // Until `size` bytes, the end, or a failure; `ended` says that the peer has said goodbye.
  std::string receive(size_t size) {
    std::string all;
    std::array<char, 16384> plain;
    while (all.size() < size) {
      size_t got = 0;
      const Step step = stream->read({plain.data(), std::min(plain.size(), size - all.size())}, got);
      all.append(plain.data(), got);
      ended = step == Step::kClosed;
      if (step == Step::kDone) continue;
      if (step != Step::kWantInput || !receive_some()) break;
    }
    return all;
  }
  std::string receive_until(std::string_view end) {
    std::string all;
    while (all.find(end) == std::string::npos) {
      const std::string more = receive(1);
      if (more.empty()) break;
      all += more;
    }
    return all;
  }
  void end() {
    stream->close_notify();
    flush();
    shutdown(socket.get(), SHUT_WR);
  }

  Socket socket;
  std::unique_ptr<TlsStream> stream;
  bool ended = false;

 private:
  void flush() {
    if (stream->pipe.out_size > 0) {
      const ssize_t sent = ::send(socket.get(), room_.data(), stream->pipe.out_size, MSG_NOSIGNAL);
      static_cast<void>(sent);  // a peer that has gone shows when it is read
    }
    stream->pipe.out_size = 0;
  }
  bool receive_some() {
    const ssize_t got = recv(socket.get(), in_.data(), in_.size(), 0);
    if (got <= 0) return false;
    stream->pipe.in = {in_.data(), static_cast<size_t>(got)};
    return true;
  }
  std::array<char, 65536> room_;
  std::array<char, 65536> in_;
};

}  // namespace weft::proxy::test
