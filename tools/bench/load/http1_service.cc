#include <algorithm>
#include <utility>

#include "base/text.h"
#include "tools/bench/load/service.h"
#include "tools/bench/load/websocket.h"

namespace weft::bench {
namespace {

// The value of a field; empty when there is none.
std::string_view field_of(std::string_view head, std::string_view name) {
  for (size_t start = head.find("\r\n"); start != head.npos; start = head.find("\r\n", start)) {
    start += 2;
    const std::string_view line = head.substr(start, head.find("\r\n", start) - start);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equal_ignoring_case(line.substr(0, name.size()), name)) {
      return trim(line.substr(name.size() + 1));
    }
  }
  return {};
}

class Http1Service final : public Service {
 public:
  explicit Http1Service(Answers& answers) : answers_(answers) {}

  bool take(std::string_view bytes) override {
    if (upgraded_) return upgraded_->take(bytes);
    const size_t content = std::min<uint64_t>(left_, bytes.size());
    left_ -= content;
    unread_.append(bytes.substr(content));
    return !odd_;
  }

  // Answers one whole request of what came.
  std::string_view output() override {
    if (upgraded_) return upgraded_->output();
    if (answer_.empty() && !read_request()) return {};
    if (left_ > 0) return {};  // its content has not come
    ++answers_.given;
    return std::exchange(answer_, {});
  }

 private:
  // "GET /4096 HTTP/1.1", or POST with content. False: not whole yet, or something else.
  bool read_request() {
    const size_t end = unread_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string_view head(unread_.data(), end + 2);
    if (const auto key = field_of(head, "sec-websocket-key"); !key.empty()) return upgrade(key);
    std::string_view target = head.substr(std::min(head.find('/'), head.size() - 1) + 1);
    uint64_t size = 0;
    odd_ = !parse_number(target.substr(0, target.find(' ')), size) || size > Answers::kMaxSize;
    if (odd_) return false;
    left_ = 0;
    parse_number(field_of(head, "content-length"), left_);
    const size_t content = std::min<uint64_t>(left_, unread_.size() - end - 4);
    left_ -= content;
    unread_.erase(0, end + 4 + content);
    answer_ = answers_.bytes_for(size);
    return true;
  }

  bool upgrade(std::string_view key) {
    agreement_ = cat("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n",
                     "Sec-WebSocket-Accept: ", websocket_accept(key), "\r\n\r\n");
    unread_.erase(0, unread_.find("\r\n\r\n") + 4);
    upgraded_ = make_websocket_service(answers_);
    upgraded_->take(std::exchange(unread_, {}));
    answer_ = agreement_;
    return true;
  }

  Answers& answers_;
  std::string unread_;
  std::string_view answer_;  // goes out once the request's content has come
  uint64_t left_ = 0;        // content still to come
  bool odd_ = false;
  std::string agreement_;
  std::unique_ptr<Service> upgraded_;
};

// Echoes whole messages of one frame.
class WebSocketService final : public Service {
 public:
  explicit WebSocketService(Answers& answers) : answers_(answers) {}

  bool take(std::string_view bytes) override {
    unread_.append(bytes);
    const FrameHead head = read_frame_head(unread_);
    return !head.whole || (head.binary && head.masked && head.content <= Answers::kMaxSize);
  }

  std::string_view output() override {
    const FrameHead head = read_frame_head(unread_);
    if (!head.whole || !head.binary || unread_.size() - head.size < head.content) return {};
    std::string content = unread_.substr(head.size, head.content);
    for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(content[i] ^ head.mask[i % 4]);
    unread_.erase(0, head.size + head.content);
    output_ = websocket_message(content, false);
    ++answers_.given;
    return output_;
  }

 private:
  Answers& answers_;
  std::string unread_, output_;
};

}  // namespace

const std::string& Answers::bytes_for(uint64_t size) {
  std::string& bytes = made_[size];
  if (bytes.empty()) {
    append(bytes, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ", size, "\r\n\r\n",
           std::string(size, 'w'));
  }
  return bytes;
}

std::unique_ptr<Service> make_http1_service(Answers& answers) { return std::make_unique<Http1Service>(answers); }
std::unique_ptr<Service> make_websocket_service(Answers& answers) {
  return std::make_unique<WebSocketService>(answers);
}

}  // namespace weft::bench
