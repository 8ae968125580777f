#include "proxy/config/certificate_client.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "base/duration.h"
#include "base/text.h"
#include "proxy/tls/certificate_facts.h"

namespace weft::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Duration = CertificateClient::Duration;

// The first try to renew comes 15 to 30 % of the life before 80 % of it are over, so that some tries fit in before the
// alarm.
constexpr double kRenewalShare = 0.80;
constexpr double kLeastJitter = 0.15;
constexpr double kMostJitter = 0.30;
constexpr double kAlarmShare = 0.70;
constexpr Duration kFirstPause = seconds(5);
constexpr Duration kLongestPause = minutes(5);
// However short a certificate lives, some tries fit into a tenth of its life.
constexpr double kPauseShare = 0.10;
constexpr Duration kShortestLongPause = seconds(1);
// What a control plane may ask for.
constexpr Duration kLongestRetryAfter = minutes(15);
constexpr Duration kAnswerTimeout = seconds(20);
// To have no certificate at all is normal for so long after the identity was told.
constexpr Duration kFirstWait = seconds(30);
// Certificates begin this long before they are signed (the contract, defaults.md 4.5).
constexpr int64_t kBackdated = 10;
// Calendars that are less apart than this agree.
constexpr int64_t kCalendarTolerance = 60;
// What other proxies take from a peer.
constexpr int kMaxChain = 6;
constexpr size_t kMaxBytes = 16 * 1024;

Duration share_of(Duration whole, double share) {
  return Duration(static_cast<int64_t>(static_cast<double>(whole.count()) * share));
}

int64_t whole_seconds(Duration duration) { return std::chrono::duration_cast<seconds>(duration).count(); }

// Error: what is wrong with the chain as an answer to a request for `id` with `key`.
Result<CertificateFacts> check_chain(const v1::CertificateAnswer& answer, const std::string& id,
                                     const PrivateKey& key) {
  if (answer.chain_size() == 0) return invalid("the answer holds no certificate");
  if (answer.chain_size() > kMaxChain) return invalid(cat("the chain has ", answer.chain_size(), " certificates"));
  for (const std::string& der : answer.chain()) {
    if (der.size() > kMaxBytes) return invalid(cat("a certificate of ", der.size(), " bytes"));
    if (const auto facts = read_certificate(der); !facts.ok()) return annotate(facts.status(), "the chain");
  }
  Result<CertificateFacts> leaf = read_certificate(answer.chain(0));
  if (!leaf.ok()) return leaf;
  if (!is_pair(answer.chain(0), key)) return invalid("the certificate does not fit the key it was asked for with");
  if (leaf->authority) return invalid("the certificate is an authority's");
  if (leaf->uris.size() != 1 || leaf->other_names || leaf->uris[0] != id)
    return invalid(cat("the certificate is not for ", id));
  if (leaf->not_after <= leaf->not_before) return invalid("the certificate is never valid");
  return leaf;
}

}  // namespace

void CertificateClient::want(std::optional<Wanted> wanted, Moment now) {
  if (wanted == wanted_) return;
  if (!wanted) {
    certificate_ = nullptr;
    asked_.reset();
    misfit_ = false;
    failure_.clear();
  }
  if (!wanted_) wanted_since_ = now.since_boot;
  wanted_ = std::move(wanted);
  // Another question than the one that failed.
  failures_ = 0;
  retry_at_ = Duration{0};
}

void CertificateClient::connected() {
  connected_ = true;
  asked_.reset();
  retry_at_ = Duration{0};
}

void CertificateClient::disconnected(Moment now) {
  connected_ = false;
  if (std::exchange(asked_, std::nullopt)) fail("the stream to the control plane broke off", now);
}

// Of what is left of it when it is asked for: that it begins earlier than that is no use.
Duration CertificateClient::lifetime() const {
  return seconds(certificate_->not_after - certificate_->clock_origin) - obtained_;
}

int64_t CertificateClient::certificate_seconds(Moment now) const {
  return whole_seconds(now.since_boot) + certificate_->clock_origin;
}

// A signer that is not the one named is not asked again and again.
bool CertificateClient::up_to_date() const {
  if (certificate_->spiffe_id != wanted_->spiffe_id) return false;
  return certificate_->issuer == wanted_->issuer || certified_ == *wanted_;
}

Duration CertificateClient::due() const {
  const bool in_time = certificate_ != nullptr && up_to_date();
  const Duration due = in_time ? obtained_ + share_of(lifetime(), renewal_share_) : Duration{0};
  return std::max({due, retry_at_, refused_until_});
}

std::optional<Duration> CertificateClient::next(Moment now) const {
  if (!wanted_ || !connected_) return std::nullopt;
  const Duration at = asked_ ? asked_->at + kAnswerTimeout : due();
  return std::max(at - now.since_boot, Duration{0});
}

std::optional<v1::CertificateRequest> CertificateClient::ask(Moment now) {
  if (asked_ && now.since_boot - asked_->at >= kAnswerTimeout) {
    asked_.reset();
    fail(cat("no answer within ", format_duration(kAnswerTimeout)), now);
  }
  if (!wanted_ || !connected_ || asked_ || now.since_boot < due()) return std::nullopt;
  const auto key = PrivateKey::make_p256();
  if (!key.ok()) return fail(reason(key.status()), now), std::nullopt;
  Result<std::string> csr = (*key)->csr_der(wanted_->spiffe_id);
  if (!csr.ok()) return fail(reason(csr.status()), now), std::nullopt;
  asked_ = Asked{++last_id_, *wanted_, *key, now.since_boot};
  v1::CertificateRequest request;
  request.set_id(asked_->id);
  request.set_csr(*std::move(csr));
  return request;
}

bool CertificateClient::answer(const v1::CertificateAnswer& answer, Moment now) {
  if (!asked_ || answer.id() != asked_->id) return false;
  const Asked asked = *std::exchange(asked_, std::nullopt);
  if (!answer.refused().empty()) {
    fail(answer.refused(), now);
    refused_until_ =
        now.since_boot + std::min<Duration>(milliseconds(answer.retry_after_milliseconds()), kLongestRetryAfter);
    return false;
  }
  return accept(asked, answer, now);
}

bool CertificateClient::accept(const Asked& asked, const v1::CertificateAnswer& answer, Moment now) {
  const Result<CertificateFacts> leaf = check_chain(answer, asked.wanted.spiffe_id, *asked.key);
  if (!leaf.ok()) {
    misfit_ = true;
    fail(reason(leaf.status()), now);
    return false;
  }
  // Two clocks against one: while a certificate lives that was judged good, a new one from another day is not believed.
  const bool alive = certificate_ != nullptr && certificate_seconds(now) < certificate_->not_after;
  if (alive && (certificate_seconds(now) + kCalendarTolerance < leaf->not_before ||
                certificate_seconds(now) >= leaf->not_after)) {
    misfit_ = true;
    fail(cat("the certificate begins ", leaf->not_before - certificate_seconds(now),
             " s from now: the control plane's calendar is not what it was"),
         now);
    return false;
  }
  auto certificate = std::make_shared<WorkloadCertificate>();
  certificate->spiffe_id = asked.wanted.spiffe_id;
  certificate->chain.assign(answer.chain().begin(), answer.chain().end());
  certificate->key = asked.key;
  certificate->serial = leaf->serial;
  certificate->issuer = answer.issuer() == 0 ? asked.wanted.issuer : answer.issuer();
  certificate->not_before = leaf->not_before;
  certificate->not_after = leaf->not_after;
  // It was signed just now, so its beginning tells what time it is where it was signed. This machine's calendar is
  // finer, if it agrees.
  const bool agrees =
      now.calendar >= leaf->not_before && now.calendar <= leaf->not_before + kBackdated + kCalendarTolerance;
  const int64_t signed_at = agrees ? now.calendar : leaf->not_before + kBackdated;
  certificate->clock_origin = signed_at - whole_seconds(now.since_boot);

  certificate_ = std::move(certificate);
  certified_ = asked.wanted;
  obtained_ = asked.at;
  renewal_share_ = kRenewalShare - kLeastJitter - (kMostJitter - kLeastJitter) * random_.fraction();
  retry_at_ = Duration{0};
  failures_ = 0;
  misfit_ = false;
  failure_.clear();
  ++renewed_;
  return true;
}

void CertificateClient::fail(std::string why, Moment now) {
  failure_ = std::move(why);
  ++failed_;
  ++failures_;
  retry_at_ = now.since_boot + pause();
}

// Between a half and one and a half of a doubling pause.
Duration CertificateClient::pause() {
  Duration longest = kLongestPause;
  if (certificate_ != nullptr)
    longest = std::clamp(share_of(lifetime(), kPauseShare), kShortestLongPause, kLongestPause);
  Duration pause = kFirstPause;
  for (unsigned i = 1; i < failures_ && pause < longest; ++i) pause *= 2;
  return share_of(std::min(pause, longest), 0.5 + random_.fraction());
}

std::optional<std::string> CertificateClient::alarm(Moment now) const {
  if (!wanted_) return std::nullopt;
  const std::string why = failure_.empty() ? "" : cat(": ", failure_);
  if (certificate_ == nullptr) {
    if (now.since_boot - wanted_since_ < kFirstWait && !misfit_) return std::nullopt;
    return cat("there is no certificate yet", why);
  }
  if (certificate_seconds(now) >= certificate_->not_after) return cat("the certificate has run out", why);
  if (misfit_) return cat("the certificate in use stays", why);
  if (now.since_boot - obtained_ >= share_of(lifetime(), kAlarmShare))
    return cat("more than 70 % of the certificate's life are over", why);
  if (const int64_t offset = calendar_offset(now); std::abs(offset) > kCalendarTolerance)
    return cat("this machine's calendar is not the control plane's: ", offset, " s ahead");
  return std::nullopt;
}

int64_t CertificateClient::calendar_offset(Moment now) const {
  return certificate_ == nullptr ? 0 : now.calendar - certificate_seconds(now);
}

}  // namespace weft::proxy
