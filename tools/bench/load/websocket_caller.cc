// WebSocket: one connection upgraded once, then one message after the other, each echoed before the next.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tools/bench/load/caller.h"
#include "tools/bench/load/websocket.h"

namespace weft::bench {
namespace {

constexpr std::string_view kKey = "dGhlIHNhbXBsZSBub25jZQ==";

class WebSocketCaller final : public Caller {
 public:
  explicit WebSocketCaller(Calls& calls) : Caller(calls) {
    append(request_, "GET /echo HTTP/1.1\r\nHost: ", calls.options.host, "\r\nConnection: Upgrade\r\n");
    append(request_, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ", kKey, "\r\n\r\n");
    message_ = websocket_message(std::string(calls.options.size, 'm'), true);
  }

  void request(Place& place) override {
    place_ = &place;
    exists() ? send(message_) : open();
  }

 private:
  void opened() override {
    upgraded_ = false;
    unread_.clear();
    left_ = 0;
    send(request_);
  }
  bool idle() const override { return place_ == nullptr; }

  void received(std::string_view bytes) override {
    if (place_ == nullptr) {
      calls_.faults.length += 1;
      return drop();
    }
    if (left_ == 0 && !unread_.empty()) bytes = unread_.append(bytes);
    if (!upgraded_) return read_upgrade(bytes);
    if (left_ == 0) {
      const FrameHead head = read_frame_head(bytes);
      if (!head.whole) {
        if (unread_.empty()) unread_ = bytes;
        return;
      }
      if (!head.binary || head.masked) return fail(calls_.faults.malformed);
      if (head.content != calls_.options.size) return fail(calls_.faults.length);
      bytes.remove_prefix(head.size);
      left_ = head.content;
    }
    if (bytes.size() > left_) return fail(calls_.faults.length);
    left_ -= bytes.size();
    if (left_ > 0) return;
    unread_.clear();
    finish(true);
  }

  // The first message follows once the peer has agreed.
  void read_upgrade(std::string_view bytes) {
    const size_t end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (unread_.empty()) unread_ = bytes;
      return;
    }
    if (int status = 0; !bytes.starts_with("HTTP/1.1 101 ")) {
      parse_number(bytes.substr(0, 12).substr(std::min<size_t>(9, bytes.size())), status);
      bad_status(status);
      return fail(calls_.faults.status);
    }
    if (lower(std::string(bytes)).find(cat("sec-websocket-accept: ", lower(websocket_accept(kKey)))) == bytes.npos ||
        bytes.size() != end + 4) {
      return fail(calls_.faults.malformed);
    }
    upgraded_ = true;
    unread_.clear();
    send(message_);
  }

  void lost(uint64_t& counter) override {
    if (place_ == nullptr) return;
    counter += 1;
    finish(false);
  }

  void finish(bool good) { calls_.finished(*std::exchange(place_, nullptr), good); }

  std::string request_, message_;
  Place* place_ = nullptr;  // null: nothing under way
  bool upgraded_ = false;
  std::string unread_;  // a head that has come in part
  uint64_t left_ = 0;   // content of the message under way
};

}  // namespace

std::unique_ptr<Caller> make_websocket_caller(Calls& calls) { return std::make_unique<WebSocketCaller>(calls); }

}  // namespace weft::bench
