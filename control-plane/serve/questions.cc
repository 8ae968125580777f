#include "control-plane/serve/questions.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/text.h"

namespace weft::cp {

uint64_t Questions::add(SessionId session, SteadyTime deadline, Answer answer) {
  open_.emplace(++last_, Open{session, deadline, std::move(answer)});
  return last_;
}

void Questions::answered(SessionId session, const v1::ProxyAnswer& answer) {
  const auto found = open_.find(answer.id());
  if (found == open_.end() || found->second.session != session) return;
  const Answer tell = std::move(found->second.answer);
  open_.erase(found);
  if (answer.refused().empty()) return tell(answer.text());
  tell(unavailable(cat("the proxy does not answer: ", answer.refused())));
}

template <typename Predicate>
void Questions::fail_where(const Predicate& predicate, const Status& status) {
  std::vector<Answer> failed;
  std::erase_if(open_, [&](auto& entry) {
    if (!predicate(entry.second)) return false;
    failed.push_back(std::move(entry.second.answer));
    return true;
  });
  for (const Answer& tell : failed) tell(status);
}

void Questions::session_ended(SessionId session) {
  fail_where([&](const Open& open) { return open.session == session; }, unavailable("the proxy went away"));
}

void Questions::expire(SteadyTime now) {
  fail_where([&](const Open& open) { return open.deadline <= now; }, unavailable("the proxy did not answer in time"));
}

std::optional<SteadyTime> Questions::next_deadline() const {
  std::optional<SteadyTime> next;
  for (const auto& [id, open] : open_) next = std::min(next.value_or(open.deadline), open.deadline);
  return next;
}

}  // namespace weft::cp
