// The two clocks a certificate's life is measured with. The calendar (seconds since 1970) may be wrong, and may jump
// when somebody sets it; the time since boot runs evenly, while the machine sleeps too, and means nothing by itself.
// Any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <ctime>

#include "proxy/tls/certificate.h"

namespace weft::proxy {

inline std::chrono::nanoseconds since_boot() {
  timespec time{};
  clock_gettime(CLOCK_BOOTTIME, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

inline int64_t boot_seconds() { return std::chrono::duration_cast<std::chrono::seconds>(since_boot()).count(); }

// What time it is for the certificates of this proxy and of its peers.
inline int64_t certificate_time(const WorkloadCertificate& own) {
  return own.clock_origin == 0 ? std::time(nullptr) : boot_seconds() + own.clock_origin;
}

}  // namespace weft::proxy
