// One connection's TLS as a transformation of bytes: whoever owns it moves ciphertext between `pipe` and a socket. It
// authenticates the peer, on the first handshake by its certificate and on a resumed one by what the session remembers.
// Owned by a connection; worker's thread only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "policies/plan.h"
#include "proxy/tls/client_session.h"
#include "proxy/tls/failure.h"
#include "proxy/tls/material.h"
#include "proxy/tls/trust.h"

struct ssl_st;

namespace weft::proxy {

// What is spoken inside, named in ALPN beside "kuma", which says that the caller is a proxy of a mesh. kHttp: HTTP/2 or
// HTTP/1.1, the server chooses.
enum class TlsApplication : uint8_t { kTcp, kHttp1, kHttp };

class TlsContexts;

class TlsStream {
 public:
  enum class Step : uint8_t {
    kDone,
    kWantInput,  // all of pipe.in was used
    kWantRoom,   // pipe.out is full
    kClosed,     // the peer has said that it sends no more
    kFailed,
  };
  // A record is written only when there is room for it.
  static constexpr size_t kRecord = 16 * 1024;
  static constexpr size_t kRecordRoom = kRecord + 512;

  struct Pipe {
    std::span<const char> in;  // received, not used yet; steps take from its front
    std::span<char> out;       // room for what is to be sent; steps append
    size_t out_size = 0;
  };

  static std::unique_ptr<TlsStream> accept(std::shared_ptr<const TlsMaterial> material, const TlsRule& rule,
                                           TlsApplication application);
  // `session`: resumed from, and where the next one goes; may be null.
  static std::unique_ptr<TlsStream> connect(std::shared_ptr<const TlsMaterial> material,
                                            std::shared_ptr<const PeerNames> names, TlsApplication application,
                                            std::shared_ptr<ClientSession> session);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  Step handshake();
  // One record, or part of it.
  Step read(std::span<char> plain, size_t& got);
  // At most one record; all of `plain` up to kRecord bytes, given kRecordRoom.
  Step write(std::span<const char> plain, size_t& taken);
  // Says that nothing more is sent. Nothing happens before the handshake is done, and the second time.
  void close_notify();

  bool established() const { return established_; }
  bool resumed() const { return resumed_; }
  // Bytes of a record that came before are still in here, decrypted or not.
  bool holds_bytes() const;

  TlsFailure failure() const { return failure_; }
  std::string_view detail() const { return detail_; }  // static text; more about the failure
  // The peer ended an established stream with an alert before it sent anything: it does not accept our certificate.
  bool refused_us() const { return failure_ == TlsFailure::kRefused && !received_; }
  // For its owner: what ends a handshake from outside (a timeout).
  void fail(TlsFailure failure, std::string_view detail);

  // The peer, once established.
  const PeerIdentity& peer() const { return *peer_; }
  // The certificates it showed, DER, its own first; for people. Empty when the session was resumed.
  std::vector<std::string> peer_chain() const;
  const std::string& server_name() const { return server_name_; }
  TlsSide side() const { return side_; }
  TlsApplication application() const { return application_; }
  // Both ends are proxies of ours and agreed on HTTP/2; known once established.
  bool speaks_http2() const { return http2_; }
  uint64_t trust_version() const { return material_->trust_version(); }
  // The peer's chain is good by this material too (its trust may be another).
  bool vouched_by(const TlsMaterial& material) const;

  Pipe pipe;

 private:
  friend struct TlsStreamAccess;  // callbacks.cc
  TlsStream(std::shared_ptr<const TlsMaterial> material, TlsSide side, TlsApplication application);
  bool start(ssl_st* ssl);
  Step failed(int error, TlsFailure otherwise);
  Step finish();
  bool names_peer(const PeerIdentity& peer) const;

  const std::shared_ptr<const TlsMaterial> material_;
  const TlsContexts& contexts_;
  ssl_st* ssl_ = nullptr;
  std::shared_ptr<const PeerNames> names_;  // of the server
  std::shared_ptr<ClientSession> session_;
  std::shared_ptr<const PeerIdentity> peer_;
  std::string server_name_;
  std::string_view detail_;
  const TlsSide side_;
  const TlsApplication application_;
  TlsFailure failure_ = TlsFailure::kNone;
  bool established_ = false;
  bool resumed_ = false;
  bool http2_ = false;
  bool received_ = false;  // application bytes from the peer: it has accepted us
};

}  // namespace weft::proxy
