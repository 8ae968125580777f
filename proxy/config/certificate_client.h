// Gets this proxy its certificates: makes a key and a request when there is an identity to be certified, judges the
// answer, asks again in time, backs off when that fails, and says when somebody should look. A state machine without
// clock, stream or log: the time comes in as an argument. Control thread.
//
// Lives are measured from the moment of asking on the clock that runs since boot. The calendar is only compared with
// the control plane's: a machine whose date is wrong, or is set while it runs, neither throws its certificate away nor
// asks with all others at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/random.h"
#include "proxy/tls/certificate.h"
#include "weft/v1/config_service.pb.h"

namespace weft::proxy {

class CertificateClient {
 public:
  using Duration = std::chrono::nanoseconds;
  struct Moment {
    Duration since_boot{0};
    int64_t calendar = 0;  // seconds since 1970, as this machine believes
  };
  // What the control plane says this proxy is.
  struct Wanted {
    std::string spiffe_id;
    uint64_t issuer = 0;
    bool operator==(const Wanted&) const = default;
  };

  explicit CertificateClient(Random random) : random_(random) {}

  // Nothing: this proxy has no identity; the certificate is dropped.
  void want(std::optional<Wanted> wanted, Moment now);
  // A stream is up. What was asked on the last one is not answered any more.
  void connected();
  void disconnected(Moment now);

  // What must be sent now, if anything. Notices, too, that an answer is overdue.
  std::optional<v1::CertificateRequest> ask(Moment now);
  // When to call ask() again at the latest; nothing: when something happens.
  std::optional<Duration> next(Moment now) const;
  // True: certificate() is another one.
  bool answer(const v1::CertificateAnswer& answer, Moment now);

  const std::shared_ptr<const WorkloadCertificate>& certificate() const { return certificate_; }

  // A sentence when somebody should look: no certificate for long, 70 % of the lifetime gone without a new one, an
  // answer that did not fit, a calendar that is off.
  std::optional<std::string> alarm(Moment now) const;
  // How far this machine's calendar is ahead of the control plane's, seconds; 0 without a certificate.
  int64_t calendar_offset(Moment now) const;
  uint64_t renewed() const { return renewed_; }
  uint64_t failed() const { return failed_; }
  // Of the last try, if it failed.
  const std::string& failure() const { return failure_; }

 private:
  struct Asked {
    uint64_t id = 0;
    Wanted wanted;
    std::shared_ptr<const PrivateKey> key;
    Duration at{0};
  };
  int64_t certificate_seconds(Moment now) const;
  Duration lifetime() const;
  bool up_to_date() const;
  Duration due() const;
  Duration pause();
  bool accept(const Asked& asked, const v1::CertificateAnswer& answer, Moment now);
  void fail(std::string why, Moment now);

  Random random_;
  std::optional<Wanted> wanted_;
  Duration wanted_since_{0};
  bool connected_ = false;
  uint64_t last_id_ = 0;
  std::optional<Asked> asked_;

  std::shared_ptr<const WorkloadCertificate> certificate_;
  Wanted certified_;           // what `certificate_` was asked for
  Duration obtained_{0};       // when it was asked for
  double renewal_share_ = 0;   // of its life
  Duration retry_at_{0};       // after a failure; a new stream is a new chance
  Duration refused_until_{0};  // as the control plane wishes
  unsigned failures_ = 0;      // since the last success
  bool misfit_ = false;        // since the last success an answer was not what was asked for
  std::string failure_;
  uint64_t renewed_ = 0;
  uint64_t failed_ = 0;
};

}  // namespace weft::proxy
