// HTTP/1.1: one request after the other, keep-alive or a connection each, with or without content.
#include <utility>

#include "base/text.h"
#include "tools/bench/load/answer.h"
#include "tools/bench/load/caller.h"

namespace weft::bench {
namespace {

class Http1Caller final : public Caller {
 public:
  explicit Http1Caller(Calls& calls) : Caller(calls) {
    const LoadOptions& options = calls.options;
    append(request_, options.upload > 0 ? "POST " : "GET ", path_of(options), " HTTP/1.1\r\nHost: ", options.host);
    append(request_, "\r\nUser-Agent: weft-bench-load\r\nAccept: */*\r\nX-Padding: ", padding_of(options), "\r\n");
    if (options.upload > 0) append(request_, "Content-Length: ", options.upload, "\r\n");
    request_ += "\r\n" + std::string(options.upload, 'u');
  }

  void request(Place& place) override {
    place_ = &place;
    answer_.start(calls_.options.size);
    exists() ? send(request_) : open();
  }

 private:
  void opened() override { send(request_); }
  bool idle() const override { return place_ == nullptr; }

  void received(std::string_view bytes) override {
    if (place_ == nullptr) {  // nobody asked for this
      calls_.faults.length += 1;
      return drop();
    }
    switch (answer_.take(bytes)) {
      case Fault::kNone: break;
      case Fault::kStatus: bad_status(answer_.status()); return fail(calls_.faults.status);
      case Fault::kLength: return fail(calls_.faults.length);
      case Fault::kMalformed: return fail(calls_.faults.malformed);
    }
    if (!answer_.complete()) return;
    if (answer_.closes() || calls_.options.reconnect || sending()) drop();
    finish(true);
  }

  void lost(uint64_t& counter) override {
    if (place_ == nullptr) return;
    counter += 1;
    finish(false);
  }

  void finish(bool good) { calls_.finished(*std::exchange(place_, nullptr), good); }

  std::string request_;
  Place* place_ = nullptr;  // null: nothing under way
  Answer answer_;
};

}  // namespace

std::unique_ptr<Caller> make_http1_caller(Calls& calls) { return std::make_unique<Http1Caller>(calls); }

}  // namespace weft::bench
