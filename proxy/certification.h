// Joins what gets certificates (config/certificate_client.h) to the stream it asks on, to the clocks, and to the
// activation that makes a certificate count; tells the control plane what is shown to others, and the log when somebody
// should look. Control thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "proxy/activation.h"
#include "proxy/admin/certification_report.h"
#include "proxy/config/certificate_client.h"
#include "proxy/config/control_thread.h"
#include "proxy/config/subscription.h"

namespace weft::proxy {

class Certification {
 public:
  using Clock = CertificateClient::Moment (*)();
  // Since boot and by the calendar.
  static CertificateClient::Moment machine_clocks();

  // Takes the subscription's certificate events. All three outlive this.
  Certification(ControlThread& thread, Activation& activation, Subscription& subscription, Clock clock, Random random);

  // The configuration in use may be another one.
  void configuration_changed();
  CertificationReport report() const;

 private:
  void step();
  void report_status();
  void note_alarm();
  std::optional<std::string> alarm() const;

  ControlThread& thread_;
  Activation& activation_;
  Subscription& subscription_;
  const Clock clock_;
  CertificateClient client_;
  std::shared_ptr<const WorkloadCertificate> handed_over_;  // to the activation
  std::shared_ptr<const WorkloadCertificate> in_use_;
  uint64_t noted_failures_ = 0;
  std::string noted_alarm_;
  ControlThread::Ticket timer_;
};

}  // namespace weft::proxy
