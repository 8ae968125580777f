#include "proxy/certification.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "proxy/tls/clock.h"

namespace weft::proxy {
namespace {

// How late an alarm may be.
constexpr std::chrono::nanoseconds kLook = std::chrono::seconds(5);

}  // namespace

CertificateClient::Moment Certification::machine_clocks() { return {since_boot(), std::time(nullptr)}; }

Certification::Certification(ControlThread& thread, Activation& activation, Subscription& subscription, Clock clock,
                             Random random)
    : thread_(thread), activation_(activation), subscription_(subscription), clock_(clock), client_(random) {
  subscription_.serve_certificates({[this](bool connected) {
                                      connected ? client_.connected() : client_.disconnected(clock_());
                                      step();
                                    },
                                    [this](const v1::CertificateAnswer& answer) {
                                      client_.answer(answer, clock_());
                                      step();
                                    }});
}

void Certification::configuration_changed() {
  const Configuration& current = activation_.builder().current();
  std::optional<CertificateClient::Wanted> wanted;
  if (const DecodedIdentity* identity = identity_of(current)) wanted = {identity->spiffe_id, identity->issuer};
  client_.want(std::move(wanted), clock_());
  if (in_use_ != current.tls.certificate) {
    in_use_ = current.tls.certificate;
    if (in_use_ != nullptr) {
      log_info("certificate in use", {{"spiffe_id", in_use_->spiffe_id},
                                      {"serial", in_use_->serial},
                                      {"lifetime_seconds", in_use_->not_after - in_use_->not_before}});
    }
  }
  step();
}

void Certification::step() {
  const CertificateClient::Moment now = clock_();
  if (auto request = client_.ask(now)) subscription_.send(*std::move(request));
  if (std::exchange(noted_failures_, client_.failed()) != client_.failed())
    log_warning("no new certificate", {{"reason", client_.failure()}});
  if (handed_over_ != client_.certificate()) {
    handed_over_ = client_.certificate();
    activation_.set_certificate(handed_over_);
  }
  report_status();
  note_alarm();
  timer_.reset();
  if (identity_of(activation_.builder().current()) == nullptr) return;
  timer_ = thread_.after(std::min(client_.next(now).value_or(kLook), kLook), [this] { step(); });
}

void Certification::report_status() {
  if (in_use_ == nullptr && client_.failure().empty()) return subscription_.set_certificate(std::nullopt);
  v1::CertificateState state;
  if (in_use_ != nullptr) {
    state.set_spiffe_id(in_use_->spiffe_id);
    state.set_serial(in_use_->serial);
    state.set_issuer(in_use_->issuer);
    state.set_not_before(in_use_->not_before);
    state.set_not_after(in_use_->not_after);
  }
  state.set_renewal_failure(client_.failure());
  subscription_.set_certificate(std::move(state));
}

void Certification::note_alarm() {
  const std::string alarm = this->alarm().value_or("");
  // Its kind stands before the colon; what changes with every try behind it.
  const std::string kind = alarm.substr(0, alarm.find(':'));
  if (std::exchange(noted_alarm_, kind) == kind) return;
  alarm.empty() ? log_info("certificate alarm is over") : log_error("certificate alarm", {{"reason", alarm}});
}

std::optional<std::string> Certification::alarm() const {
  const std::string& unusable = activation_.builder().current().tls_failure;
  return unusable.empty() ? client_.alarm(clock_()) : unusable;
}

CertificationReport Certification::report() const {
  return {in_use_, client_.renewed(), client_.failed(), client_.failure(), alarm(), client_.calendar_offset(clock_())};
}

}  // namespace weft::proxy
