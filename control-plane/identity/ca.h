// The certificate of the port proxies connect to. Either the operator supplies one, or the control plane is its own
// authority: it keeps an ECDSA P-256 authority and a server certificate in its work folder, makes what is missing and
// renews what is near its end, at start. Blocks on the disk; used once, before any port is open.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/status.h"

namespace weft::cp {

struct ServerCertificateOptions {
  std::string folder;
  // Supplied by the operator; both or neither.
  std::string certificate_file;
  std::string key_file;
  // Beside localhost, 127.0.0.1 and ::1.
  std::string hostname;
};

struct ServerCertificate {
  std::string certificate_pem;  // the chain, leaf first
  std::string key_pem;
  // The file proxies need to trust this control plane; empty when the operator supplied the certificate.
  std::string authority_file;
};

// Files: ca.crt and cp.crt (0644), ca.key and cp.key (0600). An authority is replaced only when it has run out: proxies
// hold it.
Result<ServerCertificate> load_or_make_server_certificate(const ServerCertificateOptions& options,
                                                          std::chrono::sys_seconds now);

// "SHA256:AB:CD:..." of the (last) certificate in `pem`: what a person compares. Empty when there is none.
std::string certificate_fingerprint(std::string_view pem);

}  // namespace weft::cp
