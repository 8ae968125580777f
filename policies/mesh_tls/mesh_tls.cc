#include "policies/mesh_tls/mesh_tls.h"

#include <climits>
#include <utility>

#include "base/text.h"
#include "policies/mesh_tls/validate.h"
#include "policies/unknown_fields.h"
#include "weft/v1/mesh_tls.pb.h"

namespace weft {
namespace {

class MeshTLSPolicy final : public Policy {
 public:
  explicit MeshTLSPolicy(TlsRule rule) : rule_(std::move(rule)) {}
  void prepare_connection(ConnectionPlan& plan) const override { plan.tls = rule_; }

 private:
  TlsRule rule_;
};

// False: an unknown word.
bool read_version(const std::string& word, TlsRule::Version& version) {
  using Version = TlsRule::Version;
  constexpr std::pair<std::string_view, Version> kWords[] = {{"", Version::kDefault},    {"TLSAuto", Version::kDefault},
                                                             {"TLS10", Version::kTls10}, {"TLS11", Version::kTls11},
                                                             {"TLS12", Version::kTls12}, {"TLS13", Version::kTls13}};
  for (const auto& [name, meaning] : kWords) {
    if (word != name) continue;
    version = meaning;
    return true;
  }
  return false;
}

// OpenSSL calls these ciphers what the schema calls them; nothing else may get into the list it is given.
bool is_cipher(std::string_view name) {
  return name.starts_with("ECDHE-") && name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-") == name.npos;
}

}  // namespace

Result<TlsRule> tls_rule(std::string_view bytes) {
  v1::MeshTLSConf conf;
  if (bytes.size() > INT_MAX || !conf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid("MeshTLS: the conf cannot be read");
  }
  if (std::string unknown = unknown_field(conf); !unknown.empty()) return invalid(cat("MeshTLS: ", unknown));
  TlsRule rule;
  if (conf.mode() == "Permissive") {
    rule.mode = TlsRule::Mode::kPermissive;
  } else if (!conf.mode().empty() && conf.mode() != "Strict") {
    return invalid(cat("MeshTLS: mode: \"", conf.mode(), "\" is not known"));
  }
  if (!read_version(conf.tls_version().min(), rule.min_version)) {
    return invalid(cat("MeshTLS: tlsVersion.min: \"", conf.tls_version().min(), "\" is not known"));
  }
  if (!read_version(conf.tls_version().max(), rule.max_version)) {
    return invalid(cat("MeshTLS: tlsVersion.max: \"", conf.tls_version().max(), "\" is not known"));
  }
  for (const std::string& cipher : conf.tls_ciphers()) {
    if (!is_cipher(cipher)) return invalid(cat("MeshTLS: tlsCiphers: \"", cipher, "\" is not known"));
    append(rule.ciphers, rule.ciphers.empty() ? "" : ":", cipher);
  }
  return rule;
}

namespace {

// It is meant for the days of a migration, and easily forgotten.
void remark(const google::protobuf::Message& message, std::vector<std::string>& remarks) {
  const auto& spec = static_cast<const v1::MeshTLS&>(message);
  for (int i = 0; i < spec.rules_size(); ++i) {
    if (spec.rules(i).default_().mode() != "Permissive") continue;
    remarks.push_back(cat("spec.rules[", i,
                          "].default.mode is Permissive: callers without mutual TLS of the mesh are let in, and no "
                          "MeshTrafficPermission is asked about them"));
  }
}

Result<std::unique_ptr<const Policy>> make(std::string_view bytes, bool) {
  Result<TlsRule> rule = tls_rule(bytes);
  if (!rule.ok()) return rule.status();
  return std::unique_ptr<const Policy>(std::make_unique<MeshTLSPolicy>(*std::move(rule)));
}

}  // namespace

PolicyKind mesh_tls_kind() {
  return {.name = "MeshTLS",
          .validate = mesh_tls::validate,
          .remark = remark,
          .make = make,
          .speaks_of_connections = true,
          .guards = true,
          .remembers_nothing = true};
}

}  // namespace weft
