// How the sample server answers: well, or badly in the way it was told. Counting is exact: "every tenth" is the 10th,
// 20th, ... request, whoever sends it. Owned by the server, used on its only thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/duration.h"
#include "base/status.h"

namespace weft::sample {

// What to do with one request.
struct Answer {
  bool close = false;  // close the connection instead of answering
  int status = 200;
  Nanoseconds delay{0};
  uint64_t bytes = 0;  // size of the body; 0: a small JSON document
};

class Behaviour {
 public:
  // Settings as a query, "fail-every=10&status=503&delay=200ms". Known: fail-every (0: never), status (of the failures,
  // 500), close-every, delay, bytes. What is not named stays; "reset" puts all back. Error: names the setting; nothing
  // has changed.
  Status set(std::string_view query);

  // Counts a request and says how it is answered. Path /bytes/N, /status/N and /delay/D and the query's status, delay,
  // bytes and close say it for this request alone. Error: names what is wrong with them.
  Result<Answer> next(std::string_view target);

  uint64_t requests() const { return requests_; }
  uint64_t failed() const { return failed_; }
  // {"failEvery":10,...}
  std::string json() const;

 private:
  struct Settings {
    uint64_t fail_every = 0;
    uint64_t close_every = 0;
    int status = 500;
    Nanoseconds delay{0};
    uint64_t bytes = 0;
  };
  Settings settings_;
  uint64_t requests_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace weft::sample
