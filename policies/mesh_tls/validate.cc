#include "policies/mesh_tls/validate.h"

#include <algorithm>
#include <string>

#include "base/text.h"
#include "policies/schema_words.h"
#include "policies/target_ref.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft::mesh_tls {
namespace {

using Conf = v1::MeshTLSConf;

constexpr std::string_view kOnlyForMesh = " can only be defined with top level targetRef kind: Mesh";
constexpr std::string_view kAuto = "TLSAuto";

// Ciphers and versions are used on the caller's side too, where the rules of no single inbound hold.
void validate_ciphers(const Conf& conf, const std::string& field, bool whole_mesh, Violations& violations) {
  if (conf.tls_ciphers().empty()) return;
  if (!whole_mesh) return violations.add(field, cat("tlsCiphers", kOnlyForMesh));
  const Words& known = allowed_words(conf, "tls_ciphers");
  for (const std::string& cipher : conf.tls_ciphers()) {
    if (!is_one_of(known, cipher)) violations.add(field, must_be_one_of("tlsCiphers", known));
  }
}

void validate_version(const Conf::Version& version, const std::string& field, Violations& violations) {
  const Words& known = allowed_words(version, "min");
  const auto place = [&](const std::string& word) { return std::find(known.begin(), known.end(), word); };
  const bool min_known = version.min().empty() || place(version.min()) != known.end();
  const bool max_known = version.max().empty() || place(version.max()) != known.end();
  if (!min_known) violations.add(field + ".min", must_be_one_of("min", known));
  if (!max_known) violations.add(field + ".max", must_be_one_of("max", known));
  const auto specific = [](const std::string& word) { return !word.empty() && word != kAuto; };
  if (!min_known || !max_known || !specific(version.min()) || !specific(version.max())) return;
  if (place(version.min()) > place(version.max())) {
    violations.add(field + ".min", "min version must be lower than max");
  }
}

void validate_conf(const Conf& conf, const std::string& field, bool whole_mesh, Violations& violations) {
  const Words& modes = allowed_words(conf, "mode");
  if (!conf.mode().empty() && !is_one_of(modes, conf.mode())) {
    violations.add(field + ".mode", must_be_one_of("mode", modes));
  }
  validate_ciphers(conf, field + ".tlsCiphers", whole_mesh, violations);
  if (!conf.has_tls_version()) return;
  if (!whole_mesh) return violations.add(field + ".tlsVersion", cat("tlsVersion", kOnlyForMesh));
  validate_version(conf.tls_version(), field + ".tlsVersion", violations);
}

}  // namespace

void validate(const google::protobuf::Message& message, Violations& violations) {
  const auto& spec = static_cast<const v1::MeshTLS&>(message);
  validate_targets(spec, violations);
  const bool whole_mesh = !spec.has_target_ref() || spec.target_ref().kind() == "Mesh";
  for (int i = 0; i < spec.rules_size(); ++i) {
    validate_conf(spec.rules(i).default_(), cat("spec.rules[", i, "].default"), whole_mesh, violations);
  }
}

}  // namespace weft::mesh_tls
