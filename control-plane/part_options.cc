#include "control-plane/part_options.h"

#include <unistd.h>

#include <chrono>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/identity/jwt.h"

namespace weft::cp {

ServicePlanOptions service_plan_of(const Options& options) {
  GenerateOptions generate{
      .zone = options.zone,
      .deletion_grace_period = std::chrono::duration_cast<std::chrono::seconds>(options.mesh_service_grace),
      .propagate_labels = options.propagate_labels};
  for (const std::string_view key : split(options.propagated_keys, ',')) {
    if (!trim(key).empty()) generate.propagated_keys.emplace_back(trim(key));
  }
  return {.generate = std::move(generate), .generates = options.mesh_service_interval > Nanoseconds::zero()};
}

VipRanges vip_ranges_of(const Options& options) {
  return {VipRange::parse(options.mesh_service_cidr).value(),
          VipRange::parse(options.mesh_external_service_cidr).value(),
          VipRange::parse(options.mesh_multi_zone_service_cidr).value()};
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

Result<std::string> cluster_id(const std::string& work_dir) {
  const std::string path = cat(work_dir, "/cluster-id");
  const Result<std::string> known = read_file(path);
  if (known.ok()) return std::string(trim(*known));
  Result<std::string> id = random_token_id();
  if (!id.ok()) return id;
  if (Status written = write_file(path, *id); !written.ok()) return written;
  return id;
}

Result<std::optional<ApiOptions::Https>> https_options(const Options& options, const ServerCertificate& certificate) {
  if (!options.https_enabled) return std::optional<ApiOptions::Https>();
  ApiOptions::Https https{.interface = options.https_interface,
                          .port = options.api_port == 0 ? uint16_t{0} : uint16_t{5682}};
  parse_number(options.https_port, https.port);
  https.tls.certificate_pem = certificate.certificate_pem;
  // With its authority, which clients that do not know it yet can pin.
  if (!certificate.authority_file.empty())
    append(https.tls.certificate_pem, read_file(certificate.authority_file).value_or(""));
  https.tls.key_pem = certificate.key_pem;
  https.tls.require_client_certificate = options.https_require_client_cert;
  for (const auto& [file, text] : {std::pair{&options.https_cert_file, &https.tls.certificate_pem},
                                   {&options.https_key_file, &https.tls.key_pem},
                                   {&options.https_client_ca_file, &https.tls.client_authority_pem}}) {
    if (file->empty()) continue;
    Result<std::string> read = read_file(*file);
    if (!read.ok()) return annotate(read.status(), "certificate of the REST API");
    *text = *std::move(read);
  }
  log_info("the REST API over TLS shows this authority; weftctl asks for it when it is told of this control plane",
           {{"fingerprint", certificate_fingerprint(https.tls.certificate_pem)}});
  return std::optional(std::move(https));
}

}  // namespace weft::cp
