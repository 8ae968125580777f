// For tests of sessions: two of them back to back over a socket pair, or one and a peer whose frames a test writes by
// hand. Everything turns on one loop.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/text.h"
#include "proxy/http2/session.h"
#include "proxy/runtime/test_sockets.h"
#include "proxy/runtime/worker.h"

namespace weft::proxy::test {

inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// RFC 9113 section 4.1.
inline std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = {}) {
  const auto byte = [](size_t value, unsigned shift) { return static_cast<char>((value >> shift) & 0xff); };
  std::string text{byte(payload.size(), 16), byte(payload.size(), 8),  byte(payload.size(), 0),
                   static_cast<char>(type),  static_cast<char>(flags), byte(stream, 24),
                   byte(stream, 16),         byte(stream, 8),          byte(stream, 0)};
  return text += payload;
}
inline std::string settings(std::string_view entries = {}) { return frame(4, 0, 0, entries); }
inline std::string number(uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16), static_cast<char>(value >> 8),
          static_cast<char>(value)};
}
// A field as HPACK says it without its tables: a literal, never indexed (RFC 7541 section 6.2.3).
inline std::string field(std::string_view name, std::string_view value) {
  const auto length = [](size_t size) {
    std::string text;
    if (size < 127) return text += static_cast<char>(size);
    text += static_cast<char>(127);
    for (size -= 127; size >= 128; size >>= 7) text += static_cast<char>((size & 127) | 128);
    return text += static_cast<char>(size);
  };
  return cat(std::string(1, '\x10'), length(name.size()), name, length(value.size()), value);
}
inline std::string get_fields(std::string_view more = {}) {
  return cat(field(":method", "GET"), field(":scheme", "http"), field(":authority", "a"), field(":path", "/"), more);
}
inline std::string post_fields(std::string_view more = {}) {
  return cat(field(":method", "POST"), field(":scheme", "http"), field(":authority", "a"), field(":path", "/"), more);
}
constexpr uint8_t kEndStream = 1, kEndHeaders = 4;
constexpr uint8_t kDataFrame = 0, kHeadersFrame = 1, kPriorityFrame = 2, kResetFrame = 3, kSettingsFrame = 4,
                  kPingFrame = 6, kGoawayFrame = 7, kWindowFrame = 8, kContinuationFrame = 9;
inline std::string request(uint32_t stream, std::string_view fields, bool end = true) {
  return frame(kHeadersFrame, kEndHeaders | (end ? kEndStream : 0), stream, fields);
}

struct Frame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  std::string payload;
  // Of RST_STREAM and GOAWAY.
  uint32_t code() const {
    const size_t at = type == kGoawayFrame ? 4 : 0;
    uint32_t value = 0;
    for (size_t i = at; i < at + 4 && i < payload.size(); ++i) value = value << 8 | static_cast<uint8_t>(payload[i]);
    return value;
  }
};

// Cuts the frames off the front of `bytes`.
inline std::vector<Frame> frames_in(std::string& bytes) {
  std::vector<Frame> frames;
  for (;;) {
    if (bytes.size() < 9) return frames;
    const auto at = [&](size_t i) { return static_cast<uint32_t>(static_cast<uint8_t>(bytes[i])); };
    const size_t size = at(0) << 16 | at(1) << 8 | at(2);
    if (bytes.size() < 9 + size) return frames;
    frames.push_back({static_cast<uint8_t>(at(3)), static_cast<uint8_t>(at(4)),
                      at(5) << 24 | at(6) << 16 | at(7) << 8 | at(8), bytes.substr(9, size)});
    bytes.erase(0, 9 + size);
  }
}

// One end: keeps what its session hands it.
struct End final : Http2Session::Keeper {
  End(Worker& worker, int descriptor, Http2Session::Side side, const Http2Limits& limits = {})
      : connection(worker.loop, descriptor), session(Http2Session::make(worker, connection, side, limits, *this)) {}
  ~End() {
    streams.clear();
    refused.clear();
  }
  void on_request(Http2StreamPtr stream) override {
    if (on_stream) return on_stream(std::move(stream));
    streams.push_back(std::move(stream));
  }
  void on_refused(Http2StreamPtr stream, uint16_t status, std::string_view) override {
    refused.emplace_back(status, std::move(stream));
  }
  void on_room() override { ++rooms; }
  void on_nudge() override { ++nudges; }
  void start(std::string_view received = {}, Http2Times times = {}) { spawn(run(std::string(received), times)); }
  Task<void> run(std::string received, Http2Times times) {
    co_await session->run(received, times);
    ended = true;
  }

  Connection connection;
  std::unique_ptr<Http2Session> session;
  std::deque<Http2StreamPtr> streams;
  std::vector<std::pair<uint16_t, Http2StreamPtr>> refused;
  std::function<void(Http2StreamPtr)> on_stream;
  int rooms = 0;
  int nudges = 0;
  bool ended = false;
};

inline int non_blocking(Socket& socket) {
  const int on = 1;
  setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (fcntl(socket.get(), F_SETFL, O_NONBLOCK) != 0) std::abort();
  return socket.release();
}

// A client's session and a server's.
struct BackToBack : testing::Test {
  explicit BackToBack(const Http2Limits& limits = {})
      : server(worker, non_blocking(pair.accepted), Http2Session::Side::kServer, limits),
        client(worker, non_blocking(pair.opened), Http2Session::Side::kClient, limits) {}
  ~BackToBack() override {
    for (End* end : {&client, &server}) {
      end->connection.cancel();
      turn_until(worker.loop, [&] { return !started || end->ended; });
    }
  }
  void start(Http2Times times = {}) {
    started = true;
    server.start({}, times);
    client.start({}, {});
  }
  bool until(const std::function<bool()>& holds) { return turn_until(worker.loop, holds); }
  // A request has reached the server; its stream there.
  Http2Stream& asked(Http2Stream& stream, std::string_view path = "/", bool end = true, std::vector<Header> more = {}) {
    const size_t before = server.streams.size();
    std::vector<Header> fields{
        {":method", end ? "GET" : "POST"}, {":scheme", "http"}, {":authority", "a"}, {":path", path}};
    fields.insert(fields.end(), more.begin(), more.end());
    stream.send_head(fields, end);
    EXPECT_TRUE(until([&] { return server.streams.size() > before; }));
    return *server.streams.back();
  }

  Worker worker;
  TcpPair pair;
  bool started = false;
  End server;
  End client;
};

// A server's session, and a client that is written by hand.
struct ByHand : testing::Test {
  explicit ByHand(const Http2Limits& limits = {})
      : peer(std::move(pair.accepted)),
        server(worker, non_blocking(pair.opened), Http2Session::Side::kServer, limits) {}
  ~ByHand() override {
    server.connection.cancel();
    turn_until(worker.loop, [&] { return server.ended; });
  }
  void SetUp() override {
    peer = Socket(non_blocking(peer));
    server.start({}, times);
    peer.send(cat(kPreface, settings()));
  }
  void send(std::string_view bytes) { peer.send(bytes); }
  // Turns until a frame of this kind has come.
  bool got(uint8_t type, uint32_t code = ~0u, uint32_t stream = ~0u) {
    return until([&] { return got_already(type, code, stream); });
  }
  bool got_already(uint8_t type, uint32_t code = ~0u, uint32_t stream = ~0u) const {
    return std::any_of(seen.begin(), seen.end(), [&](const Frame& frame) {
      return frame.type == type && (code == ~0u || frame.code() == code) && (stream == ~0u || frame.stream == stream);
    });
  }
  bool until(const std::function<bool()>& holds) {
    return turn_until(worker.loop, [&] {
      read();
      return holds();
    });
  }
  void read() {
    char buffer[65536];
    for (;;) {
      const ssize_t size = recv(peer.get(), buffer, sizeof buffer, 0);
      if (size == 0 || (size < 0 && errno != EAGAIN)) closed = true;
      if (size <= 0) break;
      bytes.append(buffer, static_cast<size_t>(size));
    }
    for (Frame& frame : frames_in(bytes)) seen.push_back(std::move(frame));
  }

  Worker worker;
  TcpPair pair;
  Socket peer;
  Http2Times times;
  End server;
  std::string bytes;
  std::vector<Frame> seen;
  bool closed = false;
};

}  // namespace weft::proxy::test
