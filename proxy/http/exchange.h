// One request and its answer, from the complete head to the last byte, whatever protocols its two ends speak: the heart
// of the proxy. Pins the configuration it started with. Made for each request by who serves the client's connection;
// worker's thread only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/client_end.h"
#include "proxy/http/error_reply.h"
#include "proxy/http/http_attempt.h"
#include "proxy/http/relay.h"
#include "proxy/http/tunnel.h"
#include "proxy/upstream/call.h"

namespace weft::proxy {

class Exchange final : private Interruptible {
 public:
  // `client` and `head`, its request's, outlive it.
  Exchange(Worker& worker, Upstreams& upstreams, std::shared_ptr<const Listener> listener, ClientEnd& client,
           const Head& head);
  ~Exchange();

  Task<AfterExchange> run();

 private:
  bool find_way(ErrorReply& error);
  BadMessage admit();
  std::optional<Refusal> decide(const Route& route);
  void record(Denial denial, std::string_view kind, std::string_view policy);
  Task<AfterExchange> relay(Lease& lease);
  Task<AfterExchange> switch_protocols(Lease& lease);
  Task<AfterExchange> reply(const ErrorReply& reply);
  AfterExchange after_answer() const;
  std::string_view added_lines();
  void tell_withheld(std::string_view limit);
  bool closing() const;
  void finish();
  void interrupt() override;

  Worker& worker_;
  Upstreams& upstreams_;
  const std::shared_ptr<const Listener> listener_;
  const Destination& destination_;
  DestinationCounters& counters_;
  ClientEnd& client_;
  RequestBody& body_;
  const Head& head_;
  const TimePoint started_;
  AdmittedRequest request_;
  const Route* route_ = nullptr;
  Plan plan_;
  StreamLimits limits_;
  HttpAttempt attempt_;
  Call call_;
  Relay* relaying_ = nullptr;
  Tunnel* tunnel_ = nullptr;
  Outcome outcome_;
  std::string default_authority_;
  std::string answer_lines_;
  std::array<char, 96> added_;
};

}  // namespace weft::proxy
