// What stands behind a TlsMaterial: OpenSSL's contexts for both sides and what is remembered of peers. For proxy/tls
// alone. Immutable after it was made; any thread.
#pragma once

#include <cstdint>
#include <memory>

#include "proxy/tls/clock.h"
#include "proxy/tls/material.h"
#include "proxy/tls/server_sessions.h"
#include "proxy/tls/trust.h"

struct ssl_ctx_st;

namespace weft::proxy {

// Of all materials with one version of trust: a renewed certificate does not make peers start anew.
struct Remembered {
  std::shared_ptr<const Trust> trust;
  ServerSessions sessions;
};

class TlsContexts final : public TlsMaterial {
 public:
  TlsContexts(std::shared_ptr<const WorkloadCertificate> certificate, std::shared_ptr<Remembered> remembered);
  ~TlsContexts() override;
  Status build(const TlsRule& own_connections);

  const WorkloadCertificate& certificate() const override { return *certificate_; }
  uint64_t trust_version() const override { return remembered_->trust->version(); }

  const Trust& trust() const { return *remembered_->trust; }
  ServerSessions& sessions() const { return remembered_->sessions; }
  ssl_ctx_st* server() const { return server_; }
  ssl_ctx_st* client() const { return client_; }
  // By which certificates are judged.
  int64_t now() const { return certificate_time(*certificate_); }
  bool certificate_holds_at(int64_t now) const {
    return certificate_->not_before <= now && now < certificate_->not_after;
  }

 private:
  Status show_certificate(ssl_ctx_st* context) const;

  const std::shared_ptr<const WorkloadCertificate> certificate_;
  const std::shared_ptr<Remembered> remembered_;
  ssl_ctx_st* server_ = nullptr;
  ssl_ctx_st* client_ = nullptr;
};

// The part of a rule that OpenSSL enforces: OpenSSL's numbers of versions.
int lowest_version(const TlsRule& rule);
int highest_version(const TlsRule& rule);

}  // namespace weft::proxy
