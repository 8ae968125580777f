// What probes are told: READY only while a configuration is active on every worker and nobody has asked to stop.
// Control thread.
#pragma once

#include "proxy/admin/http_server.h"

namespace weft::proxy {

class Readiness {
 public:
  // A configuration is active on every worker.
  void set_configured() { configured_ = true; }
  // The proxy was told who it is and cannot prove it yet: it lets nothing in.
  void set_without_certificate(bool without) { without_certificate_ = without; }
  // For ever.
  void set_terminating() { terminating_ = true; }
  // Somebody wants the probes to fail while the proxy goes on working.
  void set_failed() { failed_ = true; }
  bool ready() const { return configured_ && !failed_ && !terminating_; }

  AdminReply reply() const {
    if (terminating_) return {503, "TERMINATING"};
    if (ready()) return {200, "READY"};
    return {503, without_certificate_ ? "NOT_READY: waiting for a certificate" : "NOT_READY"};
  }

 private:
  bool configured_ = false;
  bool without_certificate_ = false;
  bool terminating_ = false;
  bool failed_ = false;
};

// For the readiness port, which serves nothing else.
inline AdminReply answer_probe(const Readiness& readiness, const AdminRequest& request) {
  if (request.path != "/ready") return {404, "only /ready is served here\n"};
  if (request.method != "GET" && request.method != "HEAD") return {405, "GET only\n"};
  return readiness.reply();
}

}  // namespace weft::proxy
