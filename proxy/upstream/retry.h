// Whether, when and why a failed attempt is repeated: pure decisions over what a RetryRule says and what the attempt
// gave. No I/O, no clock; time and randomness come in as arguments. One RetryState per request; its thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "policies/outcome.h"
#include "policies/plan.h"

namespace weft::proxy {

// The headers of a message, for rules that look at them. All values of a name count.
class HeaderSource {
 public:
  // Appends the values of `lower_case_name`.
  virtual void values(std::string_view lower_case_name, std::vector<std::string_view>& out) const = 0;

 protected:
  ~HeaderSource() = default;
};

// True when the rule holds; with several values, when it holds for one of them (kAbsent: for none).
bool header_matches(const HeaderRule& rule, const HeaderSource& headers);

// What one attempt gave: an answer's head (failure == kNone), or why not.
struct AttemptResult {
  Reason failure = Reason::kNone;
  uint16_t status = 0;
  // The service provably did nothing: no connection, nothing accepted, or nothing of the request acknowledged before
  // the peer closed in an orderly way.
  bool not_processed = false;
  // It said so itself (HTTP/2: REFUSED_STREAM, or a GOAWAY that leaves this request out).
  bool refused = false;
  // Died before the first byte of an answer, on a connection that had served before.
  bool died_on_reused = false;
  // The answer was made by the service's own proxy: why the service gave none. Counts like the failure it names.
  Reason reported = Reason::kNone;
  // The exchange as a whole is over: a deadline other than the per-try one, the client gone, or the proxy refused the
  // answer.
  bool final = false;
};

// RFC 9110 section 9.2.2. Unknown methods are not.
bool is_idempotent(std::string_view method);

enum class Verdict : uint8_t {
  kDone,             // pass the answer, or the failure, on
  kFreshConnection,  // the same endpoint at once, not from the pool; does not count as a retry
  kRetry,            // after delay()
  kExhausted,        // would be retried, but no retry is left
};

class RetryState {
 public:
  // `rule` may be null. `request`: the request's headers.
  RetryState(const RetryRule* rule, std::string_view method, const HeaderSource& request);

  // `replayable`: the whole request can be sent again. `answer`: headers of the answer, when there is one.
  Verdict judge(const AttemptResult& result, bool replayable, const HeaderSource& answer);

  // After kRetry: how long to wait. `now_unix`: seconds since 1970, for reset headers that hold a time.
  std::chrono::nanoseconds delay(Random& random, const HeaderSource& answer, bool has_answer, int64_t now_unix) const;

  // On to the retry after the one that was due, which could not be made; it is due after back_off(). False: no retry
  // is left.
  bool next();
  std::chrono::nanoseconds back_off(Random& random) const;

  uint32_t retries() const { return retries_; }

 private:
  bool covers(Reason failure) const;
  bool condition_holds(const AttemptResult& result, const HeaderSource& answer) const;

  const RetryRule* rule_;
  bool idempotent_;
  bool request_allows_ = true;  // methods and request headers of the rule
  bool fresh_used_ = false;
  uint32_t retries_ = 0;
};

}  // namespace weft::proxy
