// A proxy's side of the configuration stream, and nothing else of a proxy: it says Hello, subscribes to everything,
// remembers what it holds, acknowledges at once, and asks for a certificate if it is told to. Cheap enough for a
// thousand in one process. Thread-safe; served on gRPC's threads.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "weft/v1/config_service.pb.h"

namespace weft::bench {

class LightClient {
 public:
  using ItemName = std::pair<v1::ItemType, std::string>;

  struct Options {
    std::string address;  // "127.0.0.1:5678"
    std::string ca_pem;
    std::string token;
    v1::Hello hello;  // `held` is filled in from what this client holds
    // The reason to refuse an item; empty: accept it. Not set: everything is accepted.
    std::function<std::string(const v1::Item&)> refuse;
    // false: Updates are not answered until acknowledge() is called.
    bool answer = true;
    // false: payloads are dropped as they come.
    bool keep_payloads = true;
    // A certificate request for a SPIFFE ID, DER; sent whenever an identity comes. Not set: no certificate is asked
    // for.
    std::function<std::string(const std::string& spiffe_id)> make_request;
    // false: the first message is whatever send() is called with.
    bool greet = true;
  };

  struct State {
    bool welcomed = false;
    v1::Welcome welcome;
    int updates = 0;
    int items_received = 0;
    uint64_t revision = 0;  // of the newest Update
    std::chrono::steady_clock::time_point last_update{};
    std::map<ItemName, uint64_t> held;         // name -> hash
    std::map<ItemName, std::string> payloads;  // of what came on this or an earlier stream
    int certificates = 0;                      // answers with one
    v1::CertificateAnswer certificate;         // the newest answer
    bool ended = false;
    Status end;
  };

  explicit LightClient(Options options);
  ~LightClient();

  // Opens a stream; after one has ended, another one with what is held.
  void connect();
  void send(const v1::ProxyMessage& message);
  // Answers the newest Update.
  void acknowledge();
  // Ends the stream from this side.
  void disconnect();

  State state() const;
  // Waits until `condition` holds, woken by everything that happens; false when it did not in time.
  bool wait(const std::function<bool(const State&)>& condition,
            std::chrono::milliseconds longest = std::chrono::seconds(30)) const;

 private:
  struct Shared;
  class Stream;
  struct Channel;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<Channel> channel_;
};

}  // namespace weft::bench
