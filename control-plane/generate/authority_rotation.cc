#include "control-plane/generate/authority_rotation.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/hash.h"
#include "base/text.h"

namespace weft::cp {
namespace {

using std::chrono::sys_seconds;

// Clocks of proxies differ from ours.
constexpr std::chrono::seconds kClockSlack{60};
constexpr size_t kNamesShown = 10;

struct Named {
  RotationPhase phase;
  std::string_view name;
};
constexpr Named kPhases[] = {{RotationPhase::kRequested, "Requested"},
                             {RotationPhase::kTrusting, "Trusting"},
                             {RotationPhase::kRenewing, "Renewing"}};

uint64_t from_hexadecimal(const std::string& text) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return value;
}

sys_seconds read_time(const google::protobuf::Timestamp& time) {
  return sys_seconds(std::chrono::seconds(time.seconds()));
}

// "web-1, web-2 and 3 more"
std::string listed(const std::vector<std::string>& names) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string text = join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(shown)}, ", ");
  if (names.size() > shown) append(text, " and ", names.size() - shown, " more");
  return text;
}

std::string who(const std::vector<std::string>& late, std::string_view verb, const std::vector<std::string>& absent) {
  std::string text;
  if (!late.empty()) append(text, late.size(), " of the connected proxies ", verb, ": ", listed(late));
  if (!absent.empty()) append(text, text.empty() ? "" : "; ", absent.size(), " not connected: ", listed(absent));
  return text;
}

// Everything is as it should be for the next action; is it so long enough?
RotationStep when_settled(const RotationState& state, const RotationFacts& facts, RotationAction action) {
  if (state.settled == sys_seconds()) return {RotationAction::kSettle, ""};
  if (facts.now - state.settled < kSettleTime)
    return {RotationAction::kWait, "handshakes under way are given a moment"};
  return {action, ""};
}

RotationStep wait_for(const RotationState& state, std::string late) {
  const bool was_settled = state.settled != sys_seconds();
  return {was_settled ? RotationAction::kSettle : RotationAction::kWait, std::move(late)};
}

bool somebody_is_late(const RotationState& state, const RotationFacts& facts) {
  return !facts.absent.empty() ||
         !(state.phase == RotationPhase::kTrusting ? facts.unconfirmed : facts.unrenewed).empty();
}

RotationStep trusting(const RotationState& state, const RotationFacts& facts) {
  if (facts.wanted == facts.issuing) return {RotationAction::kAbandon, "the authority that signs is wanted again"};
  if (facts.wanted != state.next || !facts.wanted_is_believed) return {RotationAction::kTrust, ""};
  const std::string late = who(facts.unconfirmed, "have not confirmed the new authority", facts.absent);
  if (facts.issuing_expired) return {RotationAction::kSwitch, "the authority before has expired"};
  if (state.forced) return {RotationAction::kSwitch, cat("forced; these refuse others until they connect: ", late)};
  return late.empty() ? when_settled(state, facts, RotationAction::kSwitch) : wait_for(state, late);
}

RotationStep renewing(const RotationState& state, const RotationFacts& facts) {
  if (facts.wanted != facts.issuing) return {RotationAction::kTrust, ""};
  const std::string late = who(facts.unrenewed, "do not show a certificate of the new authority", facts.absent);
  if (facts.now >= state.old_certificates_end)
    return {RotationAction::kFinish, "certificates of the authority before have run out"};
  if (state.forced) return {RotationAction::kFinish, cat("forced; these are refused until they renew: ", late)};
  return late.empty() ? when_settled(state, facts, RotationAction::kFinish) : wait_for(state, late);
}

}  // namespace

std::string_view name_of(RotationPhase phase) {
  for (const Named& named : kPhases) {
    if (named.phase == phase) return named.name;
  }
  return "";
}

RotationState read_rotation(const v1::MeshIdentityStatus& status) {
  RotationState state;
  if (!status.has_rotation()) return state;
  const v1::MeshIdentityStatus::Rotation& stored = status.rotation();
  for (const Named& named : kPhases) {
    if (named.name == stored.phase()) state.phase = named.phase;
  }
  state.next = from_hexadecimal(stored.next());
  for (const std::string& hash : stored.retiring()) state.retiring.push_back(from_hexadecimal(hash));
  state.retires = stored.retires();
  state.forced = stored.forced();
  state.started = read_time(stored.started());
  state.phase_started = read_time(stored.phase_started());
  state.old_certificates_end = read_time(stored.old_certificates_end());
  state.settled = read_time(stored.settled());
  return state;
}

void write_rotation(const RotationState& state, v1::MeshIdentityStatus& status) {
  if (state.phase == RotationPhase::kNone) return status.clear_rotation();
  v1::MeshIdentityStatus::Rotation rotation;
  rotation.set_phase(std::string(name_of(state.phase)));
  if (state.next != 0) rotation.set_next(hex64(state.next));
  for (const uint64_t hash : state.retiring) rotation.add_retiring(hex64(hash));
  rotation.set_retires(state.retires);
  rotation.set_forced(state.forced);
  rotation.mutable_started()->set_seconds(state.started.time_since_epoch().count());
  rotation.mutable_phase_started()->set_seconds(state.phase_started.time_since_epoch().count());
  if (state.old_certificates_end != sys_seconds())
    rotation.mutable_old_certificates_end()->set_seconds(state.old_certificates_end.time_since_epoch().count());
  if (state.settled != sys_seconds()) rotation.mutable_settled()->set_seconds(state.settled.time_since_epoch().count());
  *status.mutable_rotation() = std::move(rotation);
}

RotationStep next_step(const RotationState& state, const RotationFacts& facts) {
  if (facts.issuing == 0) return {};
  const bool may_make = state.phase == RotationPhase::kRequested && facts.makes_its_own;
  // One that cannot be used changes nothing: the one before goes on.
  if (facts.wanted == 0) return may_make ? RotationStep{RotationAction::kMake, ""} : RotationStep{};
  switch (state.phase) {
    case RotationPhase::kRequested:
      if (facts.wanted != facts.issuing) return {RotationAction::kTrust, ""};
      return facts.makes_its_own ? RotationStep{RotationAction::kMake, ""}
                                 : RotationStep{RotationAction::kAbandon, "there is no other authority to go to"};
    case RotationPhase::kNone:
      return facts.wanted != facts.issuing ? RotationStep{RotationAction::kTrust, ""} : RotationStep{};
    case RotationPhase::kTrusting: return trusting(state, facts);
    case RotationPhase::kRenewing: return renewing(state, facts);
  }
  return {};
}

RotationState after(const RotationState& state, const RotationFacts& facts, RotationAction action,
                    std::chrono::seconds lifetime) {
  RotationState next = state;
  next.settled = {};
  switch (action) {
    case RotationAction::kSettle:
      if (!somebody_is_late(state, facts)) next.settled = facts.now;
      break;
    case RotationAction::kMake:
    case RotationAction::kTrust:
      if (state.phase == RotationPhase::kNone) next.started = facts.now;
      // Force is for one step: it carries from the request to the first, no further.
      if (state.phase == RotationPhase::kRenewing) next.forced = false;
      if (state.phase != RotationPhase::kTrusting) next.phase_started = facts.now;
      next.phase = RotationPhase::kTrusting;
      next.next = facts.wanted;
      break;
    case RotationAction::kSwitch:
      next.phase = RotationPhase::kRenewing;
      next.phase_started = facts.now;
      next.forced = false;
      next.old_certificates_end = std::max(state.old_certificates_end, facts.now + lifetime + kClockSlack);
      if (state.retires && std::find(next.retiring.begin(), next.retiring.end(), facts.issuing) == next.retiring.end())
        next.retiring.push_back(facts.issuing);
      std::erase(next.retiring, facts.wanted);
      break;
    case RotationAction::kFinish: return {};
    case RotationAction::kAbandon:
      // What the change interrupted goes on.
      if (state.old_certificates_end == sys_seconds()) return {};
      next.phase = RotationPhase::kRenewing;
      next.phase_started = facts.now;
      next.next = facts.issuing;
      next.forced = false;
      break;
    case RotationAction::kNothing:
    case RotationAction::kWait: return state;
  }
  return next;
}

}  // namespace weft::cp
