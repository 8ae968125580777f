// How it stands with this proxy's certificate, for metrics and people. Values; control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/tls/certificate.h"

namespace weft::proxy {

struct CertificationReport {
  std::shared_ptr<const WorkloadCertificate> certificate;  // in use; may be null
  uint64_t renewed = 0;
  uint64_t failed = 0;
  std::string failure;               // of the last try
  std::optional<std::string> alarm;  // why somebody should look
  int64_t calendar_offset = 0;       // how far the calendar here is ahead of the control plane's, seconds
};

}  // namespace weft::proxy
