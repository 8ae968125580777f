// Carries one body from its source to its sink, one piece at a time, so that who takes slowly slows who sends. Part of
// an exchange, which ends it when a deadline passes or an end is gone; worker's thread only.
#pragma once

#include <chrono>

#include "proxy/http/body_stream.h"
#include "proxy/runtime/event_loop.h"
#include "proxy/upstream/stream_limits.h"

namespace weft::proxy {

class BodyCarrier {
 public:
  enum class End : uint8_t { kComplete, kSourceFailed, kSinkFailed, kStopped };

  BodyCarrier(EventLoop& loop, StreamLimits& limits, BodySource& from, BodySink& to)
      : loop_(loop), limits_(limits), from_(from), to_(to) {}

  // Until all of it has left, or something is in the way.
  Task<End> run();
  // All of it that can be moved without waiting. True: the end has left.
  bool try_all();

  // Nothing more moves: run() ends, at once if it waits.
  void stop();
  // Time spent waiting for the source, so far.
  std::chrono::nanoseconds waited() const { return waited_; }

 private:
  bool step();

  EventLoop& loop_;
  StreamLimits& limits_;
  BodySource& from_;
  BodySink& to_;
  size_t size_ = 0;  // of the piece that was put and not taken yet
  bool putting_ = false;
  bool end_put_ = false;
  bool flushed_ = true;
  bool stopped_ = false;
  enum class Waiting : uint8_t { kNo, kForSource, kForSink } waiting_ = Waiting::kNo;
  std::chrono::nanoseconds waited_{0};
};

}  // namespace weft::proxy
