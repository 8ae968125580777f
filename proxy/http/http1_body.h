// Bodies of HTTP/1.1 without their framing: taken off what a connection brings, made for what it is to send. Parts of
// one exchange; worker's thread only.
#pragma once

#include <cstdint>
#include <string_view>

#include "proxy/http/body.h"
#include "proxy/http/body_stream.h"
#include "proxy/http/gather.h"
#include "proxy/http/receive_buffer.h"
#include "proxy/runtime/connection.h"

namespace weft::proxy {

// The body of an answer.
class Http1Source final : public BodySource {
 public:
  // `bytes`: what came behind the head; more is received into it.
  Http1Source(Connection& service, BufferPool& buffers, ReceiveBuffer& bytes, BodyFraming framing)
      : service_(service), buffers_(buffers), bytes_(bytes), reader_(framing) {}

  std::string_view content() override;
  void taken(size_t bytes) override { piece_.remove_prefix(bytes); }
  bool ended() const override { return reader_.complete(); }
  std::string_view trailers() const override { return reader_.trailers(); }
  Reason failure() const override { return failure_; }
  Task<void> wait() override;
  void interrupt() override { service_.interrupt(); }

  // It ended, and nothing came behind it.
  bool clean() const { return reader_.complete() && bytes_.empty(); }

 private:
  void receive();

  Connection& service_;
  BufferPool& buffers_;
  ReceiveBuffer& bytes_;
  ContentReader reader_;
  std::string_view piece_;  // not taken
  Reason failure_ = Reason::kNone;
};

// What goes to a service or to a client.
class Http1Sink final : public BodySink {
 public:
  Http1Sink(Connection& peer, BodyFraming framing) : peer_(peer), kind_(framing.kind), left_(framing.length) {}

  // Too large to be a part of every exchange; from the thread's free list.
  static void* operator new(size_t size) { return allocate_frame(size); }
  static void operator delete(void* sink, size_t size) { free_frame(sink, size); }

  // Where the head goes that leaves with the first of the body.
  Gather& start() { return out_; }
  void put(std::string_view content, bool end, std::string_view trailers) override;
  bool flush() override;
  bool failed() const override { return failed_; }
  Task<void> wait() override;
  void interrupt() override { peer_.interrupt(); }
  uint64_t bytes_sent() const { return bytes_sent_; }

 private:
  Connection& peer_;
  const BodyFraming::Kind kind_;
  uint64_t left_;  // of kLength
  Gather out_;
  uint64_t bytes_sent_ = 0;
  bool failed_ = false;
};

}  // namespace weft::proxy
