// Checks one HTTP/1.1 answer as its bytes arrive: status, Content-Length against what was asked for, every byte of the
// body. It reads only what a benchmark's answer can hold; anything else is a fault. One per connection; its thread
// only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace weft::bench {

enum class Fault : uint8_t { kNone, kStatus, kLength, kMalformed };

class Answer {
 public:
  void start(uint64_t expected_length);
  // Takes bytes as received. After complete() no byte may follow.
  Fault take(std::string_view bytes);
  bool begun() const { return begun_; }
  bool complete() const { return head_done_ && body_left_ == 0; }
  bool closes() const { return closes_; }  // the peer says it closes after this answer
  int status() const { return status_; }

 private:
  Fault read_head(std::string_view head);

  std::string partial_head_;
  uint64_t expected_length_ = 0;
  uint64_t body_left_ = 0;
  int status_ = 0;
  bool begun_ = false;
  bool head_done_ = false;
  bool closes_ = false;
};

}  // namespace weft::bench
