#include "weft/v1/mesh_trust.pb.h"

#include "base/text.h"
#include "control-plane/resource/special_forms.h"
#include "control-plane/resource/validate/validate.h"
#include "control-plane/resource/validate/words.h"

namespace weft::cp {
namespace {

constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
constexpr size_t kMaxTrustDomain = 253;

// One certificate or more, each in base64 between its lines. What the bytes hold is the business of those who trust.
bool is_pem_of_certificates(std::string_view text) {
  bool any = false;
  for (text = trim(text); !text.empty(); text = trim(text)) {
    if (!text.starts_with(kBegin)) return false;
    text.remove_prefix(kBegin.size());
    const size_t end = text.find(kEnd);
    if (end == std::string_view::npos) return false;
    std::string body(text.substr(0, end));
    std::erase_if(body, [](char c) { return c == '\n' || c == '\r' || c == ' ' || c == '\t'; });
    std::string bytes;
    if (body.empty() || !read_base64(body, bytes)) return false;
    text.remove_prefix(end + kEnd.size());
    any = true;
  }
  return any;
}

}  // namespace

void validate_mesh_trust(const Resource& resource, Violations& violations) {
  const auto& trust = *google::protobuf::DynamicCastToGenerated<const v1::MeshTrust>(resource.spec.get());
  if (trust.ca_bundles().empty()) violations.add("spec.caBundles", reason_text::kMustNotBeEmpty);
  for (int i = 0; i < trust.ca_bundles_size(); ++i) {
    const v1::MeshTrust::CaBundle& bundle = trust.ca_bundles(i);
    const std::string field = cat("spec.caBundles[", i, "]");
    if (bundle.type() != "Pem") {
      check_word(cat(field, ".type"), "type", bundle.type(), {"Pem"}, violations);
    } else if (!bundle.has_pem()) {
      violations.add(cat(field, ".pem"), reason_text::kMustBeDefined);
    } else if (!is_pem_of_certificates(bundle.pem().value())) {
      violations.add(cat(field, ".pem.value"), "provided certificate has incorrect format");
    }
  }
  if (trust.trust_domain().empty()) {
    violations.add("spec.trustDomain", "trustDomain needs to be defined");
  } else if (trust.trust_domain().size() > kMaxTrustDomain) {
    violations.add("spec.trustDomain", cat("must not be longer than ", kMaxTrustDomain, " characters"));
  }
}

}  // namespace weft::cp
