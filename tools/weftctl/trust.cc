// weftctl trust: the authorities of a mesh, and letting a new one follow the one that signs. The control plane does the
// work and keeps how far it is; these commands ask for it and look on, and may be stopped and started again.
#include <chrono>
#include <map>
#include <thread>

#include "base/document/print.h"
#include "base/file.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/pages.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

constexpr std::chrono::milliseconds kLookEvery{500};

struct ChangeOptions {
  std::string identity, mesh, ca_cert, ca_key, timeout = "10m";
  bool force = false, no_wait = false;
};

std::string trust_path(const Client& client, const ChangeOptions& options) {
  return cat("/meshes/", url_part(client.mesh(options.mesh)), "/_trust");
}

Result<std::string> request_body(const ChangeOptions& options) {
  Node body = object();
  if (!options.identity.empty()) put(body, "identity", text(options.identity));
  if (options.force) put(body, "force", boolean(true));
  for (const auto& [key, file] : {std::pair("certificate", &options.ca_cert), std::pair("key", &options.ca_key)}) {
    if (file->empty()) continue;
    const auto pem = read_file(*file);
    if (!pem.ok()) return pem.status();
    put(body, key, text(*pem));
  }
  return pretty_json(body);
}

std::vector<const Node*> chosen(const Node& trust, const std::string& identity) {
  std::vector<const Node*> out;
  for (const Node& item : items_of(trust)) {
    if (identity.empty() || text_at(item, "identity") == identity) out.push_back(&item);
  }
  return out;
}

std::string what_it_does(const Node& item) {
  const std::string phase = text_at(item, "rotation.phase");
  if (phase == "Requested") return "a new authority is being made";
  if (phase == "Trusting") return cat("proxies are told to believe ", text_at(item, "next.id"));
  if (phase == "Renewing") {
    return cat(text_at(item, "issuing.id"), " signs; certificates of the authority before are replaced, and end by ",
               text_at(item, "rotation.oldCertificatesEnd"));
  }
  return cat(text_at(item, "issuing.id"), " signs until ", text_at(item, "issuing.notAfter"));
}

std::string line_of(const Node& item) {
  std::string line = cat(text_at(item, "identity"), ": ");
  if (const std::string phase = text_at(item, "rotation.phase"); !phase.empty()) append(line, phase, ": ");
  append(line, what_it_does(item));
  if (const std::string waits = text_at(item, "rotation.waitingFor"); !waits.empty()) append(line, "; waits: ", waits);
  return line;
}

// What going on without waiting would cost.
std::string cost_of_force(const Node& item) {
  if (text_at(item, "rotation.phase") == "Renewing")
    return "drops the old authority now: proxies that still show its certificates are refused until they renew";
  return "lets the new authority sign now: proxies that have not confirmed it refuse the others until they do";
}

// Prints what changed; true when nothing is under way any more.
bool look(const Node& trust, const std::string& identity, std::map<std::string, std::string>& shown,
          std::string& unfinished) {
  bool done = true;
  unfinished.clear();
  for (const Node* item : chosen(trust, identity)) {
    std::string& last = shown[text_at(*item, "identity")];
    if (const std::string line = line_of(*item); line != last) {
      print(cat(line, "\n"));
      std::fflush(stdout);
      last = line;
    }
    if (at(*item, "rotation") == nullptr) continue;
    done = false;
    append(unfinished, "\n* ", line_of(*item), "\n  --force ", cost_of_force(*item));
  }
  return done;
}

Status watch(Client& client, const ChangeOptions& options, Node trust, Nanoseconds longest) {
  std::map<std::string, std::string> shown;
  std::string unfinished;
  const auto end = std::chrono::steady_clock::now() + longest;
  while (!look(trust, options.identity, shown, unfinished)) {
    if (std::chrono::steady_clock::now() >= end) {
      return deadline(cat("not done after ", options.timeout,
                          "; the control plane goes on by itself, and no step is taken that is not safe:", unfinished));
    }
    std::this_thread::sleep_for(kLookEvery);
    auto next = get_json(client, trust_path(client, options));
    if (!next.ok()) return next.status();
    trust = *std::move(next);
  }
  return ok();
}

Status change(const Command& self, const std::vector<std::string>& arguments, bool repair) {
  ChangeOptions options;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default); alone: every identity of it", &options.mesh);
  flags.add("no-wait", 0, "do not look on; the control plane goes on by itself", &options.no_wait);
  flags.add("timeout", 0, "TIME", "look on for so long (10m)", &options.timeout);
  if (!repair) {
    flags.add("force", 0, "do not wait for proxies that are late with the step under way (they may be cut off)",
              &options.force);
    flags.add("ca-cert", 0, "FILE", "the next authority, when it is supplied: its certificate", &options.ca_cert);
    flags.add("ca-key", 0, "FILE", "and its key", &options.ca_key);
  }
  const auto rest = parse_arguments(self, flags, arguments, 0, 1, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (!rest->empty()) options.identity = rest->front();
  if (options.identity.empty() && options.mesh.empty())
    return invalid("say which: the name of a MeshIdentity, or --mesh for all of a mesh");
  const auto longest = parse_duration(options.timeout);
  if (!longest.ok()) return annotate(longest.status(), "--timeout");
  const auto body = request_body(options);
  if (!body.ok()) return body.status();
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto answer = client->post(cat(trust_path(*client, options), repair ? "/repair" : "/rotate"), *body);
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  auto trust = parse_json(answer->body);
  if (!trust.ok()) return trust.status();
  if (!options.no_wait) return watch(*client, options, *std::move(trust), *longest);
  std::map<std::string, std::string> shown;
  std::string unfinished;
  look(*trust, options.identity, shown, unfinished);
  return ok();
}

// One question about a mesh: as it was answered, or as a table.
Status show(const Command& self, const std::vector<std::string>& arguments, std::string_view question,
            void (*print_as_table)(const Node& answer)) {
  std::string mesh, output = "table";
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto answer = get_json(*client, cat("/meshes/", url_part(client->mesh(mesh)), question));
  if (!answer.ok()) return answer.status();
  if (output == "table") {
    print_as_table(*answer);
  } else {
    print_tree(*answer, output);
  }
  return ok();
}

void print_authorities(const Node& trust) {
  std::vector<Row> rows;
  std::string notes;
  for (const Node& item : items_of(trust)) {
    const std::string phase = text_at(item, "rotation.phase");
    rows.push_back({text_at(item, "identity"), text_at(item, "issuing.id"), date(text_at(item, "issuing.notAfter")),
                    phase.empty() ? "-" : phase, phase.empty() ? "-" : text_at(item, "next.id")});
    if (!phase.empty()) append(notes, line_of(item), "\n");
    if (const Node* problems = item.find("problems")) {
      for (const Node& problem : problems->items) append(notes, text_at(item, "identity"), ": ", problem.text, "\n");
    }
  }
  if (const Node* unknown = trust.find("showUnknownAuthority"); unknown != nullptr && !unknown->items.empty()) {
    append(notes, unknown->items.size(), " proxies show certificates of an authority that is not known here (",
           unknown->items.front().text, "): the store may be older than a rotation; see `weftctl trust repair`\n");
  }
  print(table({"IDENTITY", "AUTHORITY", "UNTIL", "ROTATION", "NEXT"}, rows));
  print(notes);
}

void print_identities(const Node& held) {
  std::vector<Row> rows;
  for (const Node& item : items_of(held)) {
    std::vector<std::string> problems;
    if (const Node* list = item.find("problems")) {
      for (const Node& problem : list->items) problems.push_back(problem.text);
    }
    const bool connected = true_at(item, "connected");
    const std::string shown = text_at(item, "certificate.spiffeId");
    rows.push_back({text_at(item, "dataplane"), shown.empty() ? "-" : shown,
                    shown.empty() ? "-" : text_at(item, "certificate.issuer"),
                    shown.empty() ? "-" : date(text_at(item, "certificate.notAfter")),
                    !connected                        ? "Offline"
                    : true_at(item, "trustConfirmed") ? "Confirmed"
                                                      : "Late",
                    problems.empty() ? "-" : join(problems, "; ")});
  }
  print(table({"DATAPLANE", "SPIFFE ID", "ISSUER", "UNTIL", "TRUST", "PROBLEMS"}, rows));
}

}  // namespace

Status run_trust_rotate(const Command& self, const std::vector<std::string>& arguments) {
  return change(self, arguments, false);
}

Status run_trust_repair(const Command& self, const std::vector<std::string>& arguments) {
  return change(self, arguments, true);
}

Status run_trust_status(const Command& self, const std::vector<std::string>& arguments) {
  return show(self, arguments, "/_trust", print_authorities);
}

Status run_inspect_identities(const Command& self, const std::vector<std::string>& arguments) {
  return show(self, arguments, "/_identities", print_identities);
}

}  // namespace weft::ctl
