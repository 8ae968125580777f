// weft-bench-streams: any number of light clients on one control plane. Prints one line when all of them are
// configured, answers every line on standard input with what has come since the last one, and ends with its standard
// input.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>

#include "base/file.h"
#include "base/flags.h"
#include "base/text.h"
#include "proxy/tls/private_key.h"
#include "tools/bench/streams/light_client.h"

namespace weft::bench {
namespace {

using Clock = std::chrono::steady_clock;

struct Settings {
  std::string address;
  std::string ca_file;
  std::string token_file;
  int count = 100;
  int services = 20;
  int outbounds = 5;
  bool certificates = false;
};

// Client i belongs to service i mod services, and reaches the services after its own.
std::string dataplane(const Settings& settings, int number) {
  const int own = number % settings.services;
  std::string outbounds;
  for (int i = 1; i <= settings.outbounds; ++i) {
    append(outbounds, i == 1 ? "" : ",", R"({"port":)", 20'000 + i,
           R"(,"backendRef":{"kind":"MeshService","port":8080,"name":"service-)", (own + i) % settings.services,
           "\"}}");
  }
  return cat(R"({"type":"Dataplane","mesh":"default","name":"light-)", number,
             R"(","labels":{"kuma.io/workload":"service-)", own, R"("},"networking":{"address":"127.)",
             1 + number / 62'500, '.', number / 250 % 250, '.', 1 + number % 250,
             R"(","inbound":[{"port":8080,"protocol":"http"}],"outbound":[)", outbounds, "]}}");
}

void say(std::string line) {
  line += '\n';
  std::fputs(line.c_str(), stdout);
  std::fflush(stdout);
}

int64_t milliseconds_since(Clock::time_point begin) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begin).count();
}

// What weft-proxy does: a new key for every certificate.
std::string certificate_request(const std::string& spiffe_id) {
  const auto key = proxy::PrivateKey::make_p256();
  return key.ok() ? (*key)->csr_der(spiffe_id).value_or("") : "";
}

Status wait_for_certificates(const std::vector<std::unique_ptr<LightClient>>& clients) {
  for (const auto& client : clients) {
    const bool answered = client->wait(
        [](const auto& s) { return s.certificates > 0 || !s.certificate.refused().empty(); }, std::chrono::minutes(2));
    if (!answered) return deadline("not every client was answered within two minutes");
    if (client->state().certificates == 0) return denied(client->state().certificate.refused());
  }
  return ok();
}

Status run(const Settings& settings) {
  const Result<std::string> ca = read_file(settings.ca_file);
  if (!ca.ok()) return ca.status();
  const Result<std::string> token = read_file(settings.token_file);
  if (!token.ok()) return token.status();
  const Clock::time_point begin = Clock::now();
  std::vector<std::unique_ptr<LightClient>> clients;
  for (int i = 0; i < settings.count; ++i) {
    LightClient::Options options{.address = settings.address, .ca_pem = *ca, .token = std::string(trim(*token))};
    options.hello.set_mesh("default");
    options.hello.set_name(cat("light-", i));
    options.hello.set_version("0.1.0");
    options.hello.set_instance(cat(i));
    options.hello.set_dataplane(dataplane(settings, i));
    options.keep_payloads = false;
    if (settings.certificates) options.make_request = certificate_request;
    clients.push_back(std::make_unique<LightClient>(std::move(options)));
    clients.back()->connect();
  }
  for (const auto& client : clients) {
    const bool configured =
        client->wait([](const auto& s) { return s.updates > 0 || s.ended; }, std::chrono::minutes(2));
    if (!configured) return deadline("not every client was configured within two minutes");
    if (client->state().ended) return annotate(client->state().end, "a stream ended");
  }
  say(cat(clients.size(), " clients configured in ", milliseconds_since(begin), " ms"));
  if (settings.certificates) {
    if (Status all = wait_for_certificates(clients); !all.ok()) return all;
    say(cat(clients.size(), " clients hold a certificate after ", milliseconds_since(begin), " ms"));
  }
  int64_t updates = 0, items = 0;
  for (std::string line; std::getline(std::cin, line);) {
    int64_t updates_now = 0, items_now = 0, ended = 0;
    for (const auto& client : clients) {
      const LightClient::State state = client->state();
      updates_now += state.updates;
      items_now += state.items_received;
      ended += state.ended ? 1 : 0;
    }
    say(cat("updates ", updates_now - updates, " items ", items_now - items, " ended ", ended));
    updates = updates_now;
    items = items_now;
  }
  return ok();
}

int start(const std::vector<std::string>& arguments) {
  Settings settings;
  Flags flags;
  flags.add("address", 0, "HOST:PORT", "the control plane's port for proxies", &settings.address);
  flags.add("ca", 0, "FILE", "its authority", &settings.ca_file);
  flags.add("token", 0, "FILE", "a dataplane token that fits every name", &settings.token_file);
  flags.add("count", 0, "N", "clients", &settings.count);
  flags.add("services", 0, "N", "services they belong to", &settings.services);
  flags.add("outbounds", 0, "N", "services each one reaches", &settings.outbounds);
  flags.add("certificates", 0, "they ask for certificates, and it is told when all have one", &settings.certificates);
  Status status = flags.parse(arguments).status();
  if (status.ok()) status = run(settings);
  if (status.ok()) return 0;
  std::fputs(cat("weft-bench-streams: ", reason(status), "\n").c_str(), stderr);
  return 1;
}

}  // namespace
}  // namespace weft::bench

int main(int argc, char** argv) { return weft::bench::start({argv + 1, argv + argc}); }
