// One connection of the load process with or without TLS: reads and writes that never wait, with the same meaning as
// recv and send. Certificates are files in PEM; both sides show theirs and check the other's against one authority.
// Owned by whoever made it; one thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::bench {

struct TlsFiles {
  std::string certificate;  // the chain, leaf first
  std::string key;
  std::string authority;
};

// What all connections of one process share. Must outlive them.
class Tls {
 public:
  static Result<std::unique_ptr<Tls>> load(const TlsFiles& files);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

 private:
  friend class Stream;
  struct State;
  explicit Tls(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

class Stream {
 public:
  enum class Role : uint8_t { kClient, kServer };
  enum class Handshake : uint8_t { kDone, kUnderWay, kFailed };

  // Takes over a non-blocking descriptor. Without `tls` it is a plain socket.
  explicit Stream(int descriptor, Tls* tls = nullptr, Role role = Role::kServer);
  ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  int descriptor() const { return descriptor_; }
  // For a client, before the handshake: offers the session of the last connection that got one.
  void resume_last_session();
  Handshake handshake();
  bool resumed() const;

  // As recv and send: bytes; 0: closed by the peer; negative with errno, EAGAIN when it would wait.
  ssize_t read(char* buffer, size_t size);
  ssize_t write(std::string_view bytes);
  // Bytes wait here that no event will tell of.
  bool has_pending() const;

 private:
  ssize_t result_of(int result);
  const int descriptor_;
  Tls* const tls_;
  void* session_ = nullptr;  // SSL
};

}  // namespace weft::bench
