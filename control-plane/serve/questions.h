// Questions to proxies that are not answered yet. Part of Delivery, on its thread; answers may be functions of anybody.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/status.h"
#include "control-plane/serve/progress.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {

using SessionId = uint64_t;

class Questions {
 public:
  // Called once: with the proxy's text, or why there is none (unavailable).
  using Answer = std::function<void(Result<std::string>)>;

  // The number of the question.
  uint64_t add(SessionId session, SteadyTime deadline, Answer answer);
  // An answer that nobody waits for, or from another session than was asked, is dropped.
  void answered(SessionId session, const v1::ProxyAnswer& answer);
  void session_ended(SessionId session);
  void expire(SteadyTime now);
  std::optional<SteadyTime> next_deadline() const;

 private:
  struct Open {
    SessionId session;
    SteadyTime deadline;
    Answer answer;
  };
  template <typename Predicate>
  void fail_where(const Predicate& predicate, const Status& status);

  uint64_t last_ = 0;
  std::map<uint64_t, Open> open_;
};

}  // namespace weft::cp
