#include "tools/weftctl/pinning.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>

#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/certificate.h"
#include "tools/weftctl/client.h"

namespace weft::ctl {
namespace {

// Without "SHA256:" and colons, in lower case.
std::string bare(std::string_view text) {
  std::string out;
  std::string lowered = lower(trim(text));
  if (lowered.starts_with("sha256")) lowered.erase(0, 6);
  for (const char c : lowered) {
    if (c != ':' && c != '=' && c != ' ') out += c;
  }
  return out;
}

// From a terminal only: what is piped in is not an answer to this.
bool says_yes(const std::string& question) {
  std::fputs(question.c_str(), stderr);
  char answer[16] = {};
  return std::fgets(answer, sizeof answer, stdin) != nullptr && (answer[0] == 'y' || answer[0] == 'Y');
}

Status accept(const std::string& expected, const ControlPlane& plane, const std::string& authority) {
  const std::string print = fingerprint(authority);
  if (!expected.empty()) {
    if (bare(expected) == bare(print)) return ok();
    return invalid(cat("--ca-fingerprint: ", plane.url, " shows an authority with the fingerprint ", print));
  }
  const std::string what =
      cat("the authority of ", plane.url, " is not known here:\n  ", subject(authority), "\n  ", print, "\n");
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1) {
    const bool yes = says_yes(cat(what,
                                  "The control plane prints this fingerprint when it starts. Trust it from now "
                                  "on? [y/N] "));
    return yes ? ok() : invalid("not trusted, not added");
  }
  return unavailable(
      cat("could not connect to the Control Plane API Server: TLS handshake: certificate verify failed: ", what,
          "The control plane prints its fingerprint when it starts; if it is this one, add "
          "--ca-fingerprint with it, or name the authority with --ca-cert-file"));
}

// Beside the configuration, by the control plane's name.
Result<std::string> pin_file(const Globals& globals, const std::string& name) {
  const auto config = config_path(globals);
  if (!config.ok()) return config.status();
  const std::string folder = cat(std::filesystem::path(*config).parent_path().string(), "/authorities");
  if (Status made = make_folder(folder, 0700); !made.ok()) return made;
  return cat(folder, "/", url_part(name), ".pem");
}

}  // namespace

Status pin_authority(const Globals& globals, const std::string& expected, ControlPlane& plane) {
  const auto presented = presented_chain(plane, globals.api_timeout);
  if (!presented.ok()) return annotate(presented.status(), "could not connect to the Control Plane API Server");
  if (presented->known && expected.empty()) return ok();
  if (presented->chain.empty()) return invalid(cat(plane.url, " shows no certificate"));
  const std::string& authority = presented->chain.back();
  if (Status accepted = accept(expected, plane, authority); !accepted.ok()) return accepted;
  const auto file = pin_file(globals, plane.name);
  if (!file.ok()) return file.status();
  if (Status written = write_file(*file, authority, 0600); !written.ok()) return written;
  plane.ca_cert_file = *file;
  return ok();
}

}  // namespace weft::ctl
