// weftctl generate signing-key, public-key, tls-certificate: keys made here, with no control plane.
#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/certificate.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/token.h"

namespace weft::ctl {
namespace {

// "-" is standard output. What is secret is readable by its owner only.
Status deliver(const std::string& path, const std::string& bytes, unsigned mode) {
  if (path != "-") return write_file(path, bytes, mode);
  print(bytes);
  return ok();
}

}  // namespace

Status run_generate_signing_key(const Command& self, const std::vector<std::string>& arguments) {
  std::string format = "pem-base64";
  Globals globals;
  Flags flags;
  flags.add("format", 0, "FORMAT", "pem-base64 (as a Secret holds it) or pem", &format);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (format != "pem" && format != "pem-base64")
    return invalid(cat("--format: \"", format, "\" is none of pem-base64, pem"));
  const auto key = make_signing_key();
  if (!key.ok()) return key.status();
  print(format == "pem" ? *key : base64(*key) + "\n");
  return ok();
}

Status run_generate_public_key(const Command& self, const std::vector<std::string>& arguments) {
  std::string path;
  Globals globals;
  Flags flags;
  flags.add("signing-key-path", 0, "FILE", "the signing key (required)", &path);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (path.empty()) return invalid("--signing-key-path: a value is needed");
  const auto pem = read_file(path);
  if (!pem.ok()) return pem.status();
  const auto key = public_key_of(*pem);
  if (!key.ok()) return annotate(key.status(), path);
  print(*key);
  return ok();
}

Status run_generate_tls_certificate(const Command& self, const std::vector<std::string>& arguments) {
  std::string type, key_type = "rsa", key_file = "key.pem", certificate_file = "cert.pem";
  std::vector<std::string> given_names;
  Globals globals;
  Flags flags;
  flags.add("type", 0, "TYPE", "server or client (required)", &type);
  flags.add("hostname", 0, "NAME", "whom it is for; repeatable (required for a server)", &given_names);
  flags.add("key-type", 0, "TYPE", "rsa or ecdsa", &key_type);
  flags.add("key-file", 0, "FILE", "where the key goes (key.pem); - is standard output", &key_file);
  flags.add("cert-file", 0, "FILE", "where the certificate goes (cert.pem); - is standard output", &certificate_file);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (type != "server" && type != "client") return invalid(cat("--type: \"", type, "\" is none of server, client"));
  if (key_type != "rsa" && key_type != "ecdsa")
    return invalid(cat("--key-type: \"", key_type, "\" is none of rsa, ecdsa"));
  CertificateRequest request{type == "server", key_type == "ecdsa", {}};
  for (const std::string& given : given_names) {
    for (const std::string_view name : split(given, ',')) request.names.emplace_back(name);
  }
  if (request.server && request.names.empty()) return invalid("--hostname: a value is needed for a server");
  const auto pair = make_certificate(request);
  if (!pair.ok()) return pair.status();
  if (Status status = deliver(key_file, pair->key, 0600); !status.ok()) return status;
  if (Status status = deliver(certificate_file, pair->certificate, 0644); !status.ok()) return status;
  for (const auto& [what, path] : {std::pair("Private key", &key_file), std::pair("Certificate", &certificate_file)}) {
    if (*path != "-") print(cat(what, " saved in ", *path, "\n"));
  }
  return ok();
}

}  // namespace weft::ctl
