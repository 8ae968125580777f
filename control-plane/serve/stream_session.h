// One proxy's stream, apart from gRPC: what it may say and when, from Hello to the end. Calls come from the stream's
// threads, one at a time; what a proxy reports goes to the delivery thread.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/status.h"
#include "control-plane/serve/admission.h"
#include "control-plane/serve/certificate_desk.h"
#include "control-plane/serve/delivery_thread.h"
#include "weft/v1/config_service.pb.h"

namespace weft::cp {

// What all streams share. Owned by main.cc.
struct StreamContext {
  Admission& admission;
  DeliveryThread& delivery;
  CertificateDesk& certificates;
  ServeMetrics& metrics;
  std::string instance;  // of this control plane process
  std::string version;
  // Proxies whose token file changes are to show the new one at once.
  bool reloadable_tokens = false;
  std::atomic<SessionId> next_session{1};
};

// The way to a proxy as a session sees it.
class StreamLink : public ProxyLink {
 public:
  virtual void welcome(const v1::ControlMessage& message) = 0;
};

class StreamSession {
 public:
  // `token`: the stream's metadata `authorization`.
  StreamSession(StreamContext& context, std::string token, std::shared_ptr<StreamLink> link);
  ~StreamSession();

  // Takes one message; calls `next` when it is ready for another one, at once or later on another thread. A message
  // that is not acceptable closes the link, and `next` is called no more.
  void on_message(const v1::ProxyMessage& message, absl::AnyInvocable<void()> next);
  // Nothing more will come.
  void on_closed();

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with an admission under way
};

}  // namespace weft::cp
