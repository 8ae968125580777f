// The order in which one authority may follow another without anybody being refused: first everybody believes the next
// one, then it signs, then certificates of the one before are replaced or run out, and only then is that one no longer
// believed. One pure function says what to do next, from what is stored and what is known of the proxies; each step is
// one transaction of the store, so a crash between any two leaves a state that the function goes on from.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "weft/v1/mesh_identity.pb.h"

namespace weft::cp {

// So long nobody must have been late before a phase ends: a handshake may have begun just before.
inline constexpr std::chrono::seconds kSettleTime{5};

enum class RotationPhase { kNone, kRequested, kTrusting, kRenewing };

// What is stored, in the status of the MeshIdentity.
struct RotationState {
  RotationPhase phase = RotationPhase::kNone;
  uint64_t next = 0;
  std::vector<uint64_t> retiring;
  bool retires = false;  // the one that is replaced joins `retiring`
  bool forced = false;   // not to wait for who is late with this step
  std::chrono::sys_seconds started{};
  std::chrono::sys_seconds phase_started{};
  std::chrono::sys_seconds old_certificates_end{};
  std::chrono::sys_seconds settled{};  // since when nobody is late with this phase; the epoch: somebody is
  bool operator==(const RotationState&) const = default;
};

RotationState read_rotation(const v1::MeshIdentityStatus& status);
void write_rotation(const RotationState& state, v1::MeshIdentityStatus& status);
std::string_view name_of(RotationPhase phase);

// What is known besides.
struct RotationFacts {
  uint64_t wanted = 0;           // the authority that the identity asks for, checked; 0: none that is usable
  uint64_t issuing = 0;          // the one that signs; 0: none yet
  bool makes_its_own = false;    // by autogenerate: a request is answered with a new one
  bool issuing_expired = false;  // and with it every certificate it signed
  bool wanted_is_believed = false;
  // Proxies by name, sorted: connected ones that have not confirmed what is to be believed now; connected ones that
  // show a certificate of an authority other than `issuing`, or none; those that are not connected.
  std::vector<std::string> unconfirmed;
  std::vector<std::string> unrenewed;
  std::vector<std::string> absent;
  std::chrono::sys_seconds now{};
};

enum class RotationAction {
  kNothing,
  kMake,     // a new authority, asked for but not signing; then as kTrust
  kTrust,    // publish the wanted one; proxies are to confirm it
  kSwitch,   // the wanted one signs from now on
  kFinish,   // whatever retires is no longer believed
  kAbandon,  // what was to come is not wanted any more
  kSettle,   // remember that nobody is late any more, or that somebody is again
  kWait,
};

struct RotationStep {
  RotationAction action = RotationAction::kNothing;
  std::string why;  // for kWait: on whom; for a forced step: what it costs
};

RotationStep next_step(const RotationState& state, const RotationFacts& facts);

// The state that is stored with the step. `lifetime`: of the certificates signed until now.
RotationState after(const RotationState& state, const RotationFacts& facts, RotationAction action,
                    std::chrono::seconds lifetime);

}  // namespace weft::cp
