#include "control-plane/serve/grpc_link.h"

#include <utility>

namespace weft::cp {
namespace {

// Error messages travel in a header.
constexpr size_t kMaxReasonBytes = 2000;

grpc::Slice slice(std::string bytes) {
  auto* owned = new std::string(std::move(bytes));
  return grpc::Slice(
      owned->data(), owned->size(), [](void* text) { delete static_cast<std::string*>(text); }, owned);
}

grpc::Slice slice(const std::shared_ptr<const std::string>& bytes) {
  using Shared = std::shared_ptr<const std::string>;
  auto* reference = new Shared(bytes);
  return grpc::Slice(
      const_cast<char*>(bytes->data()), bytes->size(), [](void* shared) { delete static_cast<Shared*>(shared); },
      reference);
}

}  // namespace

void GrpcLink::send(const Update& update) {
  std::vector<grpc::Slice> slices;
  for (Piece& piece : encode_update(update)) {
    slices.push_back(std::visit([](auto& bytes) { return slice(std::move(bytes)); }, piece));
  }
  write(grpc::ByteBuffer(slices.data(), slices.size()));
}

void GrpcLink::welcome(const v1::ControlMessage& message) {
  const grpc::Slice bytes = slice(message.SerializeAsString());
  write(grpc::ByteBuffer(&bytes, 1));
}

void GrpcLink::write(grpc::ByteBuffer message) {
  std::unique_lock lock(mutex_);
  if (!may_call()) return;
  if (writing_) {
    waiting_.push_back(std::move(message));
    return;
  }
  writing_ = true;
  ++calls_;
  outgoing_ = std::move(message);
  lock.unlock();
  reactor_.StartWrite(&outgoing_);  // `calls_` stays up until written()
}

void GrpcLink::written(bool sent) {
  std::unique_lock lock(mutex_);
  if (!sent || !may_call()) waiting_.clear();
  if (!waiting_.empty()) {
    outgoing_ = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    reactor_.StartWrite(&outgoing_);
    return;
  }
  writing_ = false;
  outgoing_.Clear();
  leave(std::move(lock));
}

void GrpcLink::read_next() {
  std::unique_lock lock(mutex_);
  if (!may_call()) return;
  ++calls_;
  lock.unlock();
  reactor_.StartRead(&received_);
  lock.lock();
  leave(std::move(lock));
}

void GrpcLink::close(const Status& status) {
  std::unique_lock lock(mutex_);
  if (end_.has_value()) return;
  end_ = grpc::Status(static_cast<grpc::StatusCode>(status.code()), reason(status).substr(0, kMaxReasonBytes));
  ++calls_;
  leave(std::move(lock));
}

// One call into the reactor has returned; the last one out ends the stream if that is wanted.
void GrpcLink::leave(std::unique_lock<std::mutex> lock) {
  --calls_;
  if (calls_ > 0 || !end_.has_value() || std::exchange(finished_, true)) return;
  const grpc::Status end = *end_;
  lock.unlock();
  reactor_.Finish(end);
}

}  // namespace weft::cp
