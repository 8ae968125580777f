#include "proxy/inputs.h"

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "proxy/dataplane_file.h"

namespace weft::proxy {
namespace {

Status read_definition(const RunOptions& options, Inputs& inputs) {
  inputs.mesh = options.mesh;
  inputs.name = options.name;
  if (options.dataplane.empty() && options.dataplane_file.empty()) return ok();
  std::string text = options.dataplane;
  const std::string source =
      options.dataplane.empty() ? cat("--dataplane-file ", options.dataplane_file) : "--dataplane";
  if (!options.dataplane_file.empty()) {
    Result<std::string> read = read_dataplane_text(options.dataplane_file);
    if (!read.ok()) return annotate(read.status(), "--dataplane-file");
    text = *std::move(read);
  }
  Result<DataplaneDefinition> definition = parse_dataplane(text, options.dataplane_vars);
  if (!definition.ok()) return annotate(definition.status(), source);
  inputs.mesh = definition->mesh;
  inputs.name = definition->name;
  inputs.dataplane_json = definition->json;
  inputs.low_ports = definition->low_ports;
  return ok();
}

Status read_trust(const RunOptions& options, Inputs& inputs) {
  Result<ControlPlaneAddress> address = parse_control_plane_address(options.control_plane_address);
  if (!address.ok()) return annotate(address.status(), "--cp-address");
  inputs.control_plane.address = *std::move(address);
  inputs.control_plane.ca_pem = options.ca_cert;
  if (!options.ca_cert_file.empty()) {
    Result<std::string> pem = read_file(options.ca_cert_file);
    if (!pem.ok()) return annotate(pem.status(), "--ca-cert-file");
    inputs.control_plane.ca_pem = *std::move(pem);
  }
  const bool given = !options.ca_cert_file.empty() || !options.ca_cert.empty();
  if (given && inputs.control_plane.ca_pem.find("-----BEGIN CERTIFICATE-----") == std::string::npos) {
    const std::string from =
        options.ca_cert_file.empty() ? "KUMA_CONTROL_PLANE_CA_CERT" : cat("--ca-cert-file ", options.ca_cert_file);
    return invalid(cat(from, ": there is no PEM certificate in it"));
  }
  inputs.control_plane.skip_verify = options.skip_verify;
  if (options.skip_verify) log_warning("--skip-verify: anyone can play the control plane of this proxy");
  return ok();
}

}  // namespace

Result<Inputs> read_inputs(const RunOptions& options) {
  Inputs inputs;
  if (Status status = read_definition(options, inputs); !status.ok()) return status;
  if (Status status = read_trust(options, inputs); !status.ok()) return status;
  inputs.token = TokenSource(options.token, options.token_file);
  if (const Result<std::string> token = inputs.token.read(); !token.ok()) {
    return annotate(token.status(), options.token_file.empty() ? "--dataplane-token" : "--dataplane-token-file");
  }
  for (const std::string& flag : options.without_effect) log_warning("has no effect in this version", {{"flag", flag}});
  return inputs;
}

Status WorkDir::prepare(const std::string& wanted) {
  path_ = wanted;
  if (!path_.empty()) return annotate(make_folder(path_, 0700), "--work-dir");
  const char* base = std::getenv("TMPDIR");
  path_ = cat(base == nullptr ? "/tmp" : base, "/weft-proxy-XXXXXX");
  if (mkdtemp(path_.data()) == nullptr) return errno_status(cat("create ", path_), errno);
  temporary_ = true;
  return ok();
}

WorkDir::~WorkDir() {
  std::error_code ignored;
  if (temporary_) std::filesystem::remove_all(path_, ignored);
}

}  // namespace weft::proxy
