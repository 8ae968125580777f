// What one connection of the backend speaks: takes what came, gives what is to be sent. HTTP/1.1 (and WebSocket once
// upgraded) or HTTP/2 (and gRPC), told apart by the first bytes. Owned by its connection; its thread only.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace weft::bench {

// Answers of HTTP/1.1, made once per size; and how many were given.
class Answers {
 public:
  static constexpr uint64_t kMaxSize = 64 * 1024 * 1024;
  const std::string& bytes_for(uint64_t size);
  uint64_t given = 0;

 private:
  std::map<uint64_t, std::string> made_;
};

class Service {
 public:
  virtual ~Service() = default;
  // False: that is not what a benchmark sends, and the connection ends.
  virtual bool take(std::string_view bytes) = 0;
  // What is to be sent next; empty: nothing now. Stays valid until the next call.
  virtual std::string_view output() = 0;
};

std::unique_ptr<Service> make_http1_service(Answers& answers);
std::unique_ptr<Service> make_http2_service(Answers& answers);
std::unique_ptr<Service> make_websocket_service(Answers& answers);

}  // namespace weft::bench
