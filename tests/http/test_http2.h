// For tests of the request path: clients and services that speak HTTP/2, on a loop of the test's own, against the data
// plane's thread. They turn only while a test waits for something.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/http2/session_for_test.h"
#include "tests/http/test_exchange.h"

namespace weft::proxy::test {

using Fields = std::vector<Header>;

inline Fields get(std::string_view path = "/") {
  return {{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", path}};
}
inline Fields post(std::string_view path = "/") {
  Fields fields = get(path);
  fields[0].value = "POST";
  return fields;
}
inline Fields status(std::string_view code) { return {{":status", code}}; }

struct Http2Test : HttpTest {
  Worker worker;

  bool until(const std::function<bool()>& holds) { return turn_until(worker.loop, holds); }
  // What was handed over leaves.
  void flush() {
    for (int i = 0; i < 3; ++i) worker.loop.turn(std::chrono::milliseconds(0));
  }

  // A connection with HTTP/2 on the test's side.
  struct Wire {
    Wire(Http2Test& stage, Socket socket, Http2Session::Side side, const Http2Limits& limits)
        : test(stage), end(stage.worker, non_blocking(socket), side, limits) {
      end.start();
      test.flush();
    }
    ~Wire() {
      end.connection.cancel();
      test.until([&] { return end.ended; });
    }
    Http2Test& test;
    End end;
  };
  std::unique_ptr<Wire> service2(const Http2Limits& limits = {}) {
    return std::make_unique<Wire>(*this, service.accept(), Http2Session::Side::kServer, limits);
  }
  std::unique_ptr<Wire> client2() {
    return std::make_unique<Wire>(*this, dial(port), Http2Session::Side::kClient, Http2Limits{});
  }

  Http2StreamPtr ask(Wire& client, const Fields& fields, bool end = true) {
    Http2StreamPtr stream = client.end.session->open();
    if (stream != nullptr) stream->send_head(fields, end);
    flush();
    return stream;
  }
  // The next request that comes to a service.
  Http2StreamPtr next(Wire& service) {
    until([&] { return !service.end.streams.empty(); });
    if (service.end.streams.empty()) return nullptr;
    Http2StreamPtr stream = std::move(service.end.streams.front());
    service.end.streams.pop_front();
    return stream;
  }
  std::string head_of(Http2Stream& stream) {
    until([&] { return !stream.head().empty() || stream.end() != StreamEnd::kNone; });
    return std::string(stream.head());
  }
  // Content through `size`, or to the end.
  std::string content_of(Http2Stream& stream, size_t size = ~size_t{0}) {
    std::string content;
    until([&] {
      while (!stream.pending().empty() && content.size() < size) {
        const std::string_view piece = stream.pending().substr(0, size - content.size());
        content += piece;
        stream.consume(piece.size());
      }
      return content.size() == size || stream.peer_ended() || stream.end() != StreamEnd::kNone;
    });
    return content;
  }
  bool ended(Http2Stream& stream, StreamEnd how) {
    return until([&] { return stream.end() != StreamEnd::kNone; }) && stream.end() == how;
  }
  void answer(Http2Stream& stream, std::string_view code = "200", std::string_view body = {}) {
    stream.send_head(status(code), body.empty());
    if (!body.empty()) stream.send_body(body, true);
    until([&] { return stream.drained() || stream.end() != StreamEnd::kNone; });
    flush();
  }
};

}  // namespace weft::proxy::test
