// The sending side of one gRPC stream. gRPC allows one write at a time, wants exactly one Finish, and may delete the
// stream's reactor as soon as everything it was asked to do is done; and it may call back from inside any call. So:
// state under a lock, calls outside of it, and Finish only when no other call is on its way in. Included by this
// folder's .cc files alone. Thread-safe.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/server_callback.h>

#include <deque>
#include <mutex>
#include <optional>

#include "control-plane/serve/stream_session.h"

namespace weft::cp {

class GrpcLink : public StreamLink {
 public:
  using Reactor = grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>;
  explicit GrpcLink(Reactor& reactor) : reactor_(reactor) {}

  void send(const Update& update) override;
  void welcome(const v1::ControlMessage& message) override;
  void ask(const v1::ControlMessage& question) override { welcome(question); }
  void close(const Status& status) override;

  // Asks for the next message, unless the stream is ending.
  void read_next();
  // What was read last; valid from OnReadDone to read_next().
  const grpc::ByteBuffer& received() const { return received_; }
  // From the reactor's OnWriteDone.
  void written(bool sent);

 private:
  void write(grpc::ByteBuffer message);
  // With the lock held; the action follows with it released.
  bool may_call() const { return !end_.has_value(); }
  void leave(std::unique_lock<std::mutex> lock);

  Reactor& reactor_;
  grpc::ByteBuffer received_;
  grpc::ByteBuffer outgoing_;  // the write under way
  std::mutex mutex_;
  std::deque<grpc::ByteBuffer> waiting_;
  int calls_ = 0;  // calls into the reactor that have not returned, and the write under way
  bool writing_ = false;
  std::optional<grpc::Status> end_;  // the stream shall end with this
  bool finished_ = false;            // Finish was called
};

}  // namespace weft::cp
