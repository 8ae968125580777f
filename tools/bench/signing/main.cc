// weft-bench-signing: certificate requests checked and signed on one core, for some seconds of CPU time, with an
// authority as the control plane makes them.
#include <sys/resource.h>

#include <cstdio>

#include "base/flags.h"
#include "base/text.h"
#include "control-plane/identity/issuer.h"
#include "proxy/tls/private_key.h"

namespace weft::bench {
namespace {

constexpr int kRequests = 200;

std::chrono::sys_seconds now() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
         static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
}

std::string spiffe_id(int number) { return cat("spiffe://default.east.mesh.local/workload/service-", number); }

Result<std::vector<std::string>> make_requests() {
  std::vector<std::string> requests;
  for (int i = 0; i < kRequests; ++i) {
    const auto key = proxy::PrivateKey::make_p256();
    if (!key.ok()) return key.status();
    Result<std::string> request = (*key)->csr_der(spiffe_id(i));
    if (!request.ok()) return request.status();
    requests.push_back(*std::move(request));
  }
  return requests;
}

Result<double> certificates_a_second(const std::vector<std::string>& requests, double seconds) {
  const Result<cp::MeshAuthority> authority = cp::make_mesh_authority("default.east.mesh.local", now());
  if (!authority.ok()) return authority.status();
  const auto issuer = cp::Issuer::read(*authority);
  if (!issuer.ok()) return issuer.status();
  int signed_ones = 0;
  const double begin = cpu_seconds();
  while (cpu_seconds() - begin < seconds) {
    for (int i = 0; i < kRequests; ++i, ++signed_ones) {
      const auto request = cp::CertificateRequest::parse(requests[static_cast<size_t>(i)]);
      if (!request.ok()) return request.status();
      if (request->uri() != spiffe_id(i)) return internal("another name than was asked for");
      const auto issued = (*issuer)->issue(*request, std::chrono::hours(120), now());
      if (!issued.ok()) return issued.status();
    }
  }
  return signed_ones / (cpu_seconds() - begin);
}

Status run(int seconds) {
  const Result<std::vector<std::string>> requests = make_requests();
  if (!requests.ok()) return requests.status();
  const Result<double> rate = certificates_a_second(*requests, seconds);
  if (!rate.ok()) return rate.status();
  std::fputs(cat(R"({"certificates_a_second":)", static_cast<int64_t>(*rate), "}\n").c_str(), stdout);
  return ok();
}

int start(const std::vector<std::string>& arguments) {
  int seconds = 5;
  Flags flags;
  flags.add("seconds", 0, "N", "CPU time", &seconds);
  Status status = flags.parse(arguments).status();
  if (status.ok()) status = run(seconds);
  if (status.ok()) return 0;
  std::fputs(cat("weft-bench-signing: ", reason(status), "\n").c_str(), stderr);
  return 1;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) { return weft::bench::start({argv + 1, argv + argc}); }
