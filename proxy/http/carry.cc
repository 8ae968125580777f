#include "proxy/http/carry.h"

namespace weft::proxy {

// Moves one piece. False: that was the last, or one of the two ends holds it up.
bool BodyCarrier::step() {
  if (!putting_ && !end_put_) {
    const std::string_view piece = from_.content();
    end_put_ = from_.ended();
    putting_ = end_put_ || !piece.empty();
    size_ = piece.size();
    if (putting_) to_.put(piece, end_put_, end_put_ ? from_.trailers() : std::string_view());
  }
  flushed_ = to_.flush();
  if (!flushed_ || !putting_) return false;
  from_.taken(size_);
  putting_ = false;
  limits_.activity();
  return !end_put_;
}

bool BodyCarrier::try_all() {
  while (step()) {
  }
  return end_put_ && !putting_;
}

Task<BodyCarrier::End> BodyCarrier::run() {
  for (;;) {
    if (stopped_) co_return End::kStopped;
    if (try_all()) co_return End::kComplete;
    if (to_.failed()) co_return End::kSinkFailed;
    if (!flushed_) {
      waiting_ = Waiting::kForSink;
      co_await to_.wait();
    } else if (from_.failure() != Reason::kNone) {
      co_return End::kSourceFailed;
    } else {
      const TimePoint before = loop_.now();
      waiting_ = Waiting::kForSource;
      co_await from_.wait();
      waited_ += loop_.now() - before;
    }
    waiting_ = Waiting::kNo;
  }
}

void BodyCarrier::stop() {
  stopped_ = true;
  if (waiting_ == Waiting::kForSink) return to_.interrupt();
  if (waiting_ == Waiting::kForSource) from_.interrupt();
}

}  // namespace weft::proxy
