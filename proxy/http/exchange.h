// One request and its answer, from the complete head to the last byte: the heart of the proxy. Pins the configuration
// it started with. Made by the served connection for each request; worker's thread only.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "proxy/http/error_reply.h"
#include "proxy/http/http1_attempt.h"
#include "proxy/http/relay.h"
#include "proxy/http/request_stream.h"
#include "proxy/http/tunnel.h"
#include "proxy/upstream/call.h"

namespace weft::proxy {

// What becomes of the client's connection.
enum class AfterExchange : uint8_t {
  kKeep,
  kClose,
  kLinger,  // the client may still be sending: read on for a moment, or it loses the answer (RFC 9112 section 9.6)
  kCut,     // the answer is incomplete and must not look complete
};

// Who is at the other end of a client's connection.
struct Caller {
  Peer peer;
  std::string line;  // the complete header line that tells the application; empty: nothing is known
};

class Exchange final : private Interruptible {
 public:
  struct Client {
    Connection& connection;
    const Caller& caller;
    ReceiveBuffer& inbox;  // begins with the head
    bool last = false;     // the connection is to end after this answer
  };

  Exchange(Worker& worker, Upstreams& upstreams, std::shared_ptr<const Listener> listener, Client client,
           const Head& head);
  ~Exchange();

  Task<AfterExchange> run();

 private:
  bool find_way(ErrorReply& error);
  BadMessage admit();
  std::optional<Refusal> decide(const Route& route);
  void record(Denial denial, std::string_view kind, std::string_view policy);
  Task<AfterExchange> relay(Lease& lease);
  Task<AfterExchange> switch_protocols(Connection& upstream);
  Task<AfterExchange> reply(const ErrorReply& reply);
  AfterExchange after_answer() const;
  std::string_view added_lines();
  bool closing() const;
  void finish();
  void interrupt() override;
  static void on_client_event(void* exchange, Connection& client);

  Worker& worker_;
  Upstreams& upstreams_;
  const std::shared_ptr<const Listener> listener_;
  const Destination& destination_;
  DestinationCounters& counters_;
  Client client_;
  const Head& head_;
  const TimePoint started_;
  AdmittedRequest request_;
  const Route* route_ = nullptr;
  Plan plan_;
  StreamLimits limits_;
  RequestStream stream_;
  Http1Attempt attempt_;
  Call call_;
  Relay* relaying_ = nullptr;
  Tunnel* tunnel_ = nullptr;
  Outcome outcome_;
  std::string default_authority_;
  std::array<char, 96> added_;
};

}  // namespace weft::proxy
