// weftctl export: the resources of a control plane as documents that can be applied to another one.
#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/exported.h"
#include "tools/weftctl/kinds.h"
#include "tools/weftctl/pages.h"
#include "tools/weftctl/terminal.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

// The lists that hold a kind: one, or one a mesh.
std::vector<std::string> collections(const Kind& kind, const std::vector<Node>& meshes) {
  if (kind.global) return {kind.collection("")};
  std::vector<std::string> out;
  for (const Node& mesh : meshes) out.push_back(kind.collection(text_at(mesh, "name")));
  return out;
}

Result<std::vector<Node>> gather(Client& client, const std::vector<const Kind*>& kinds, ExportProfile profile) {
  const auto meshes = get_list(client, "/meshes", {});
  if (!meshes.ok()) return meshes.status();
  std::vector<Node> out;
  Progress progress("exported", 0);
  for (const Kind* kind : kinds) {
    for (const std::string& path : collections(*kind, items_of(*meshes))) {
      const auto page = get_list(client, path, {});
      if (!page.ok()) return annotate(page.status(), kind->type);
      for (const Node& item : items_of(*page)) {
        if (is_exported(item)) out.push_back(prepare_for_apply(item, profile));
      }
      progress.step(out.size());
    }
  }
  return out;
}

// Replaces each document by what the control plane says it is in Kubernetes.
Status to_kubernetes(Client& client, const Kinds& kinds, ExportProfile profile, const std::string& system_namespace,
                     std::vector<Node>& documents) {
  std::vector<Node> objects;
  Query query;
  query.add("format", "k8s");
  query.add("namespace", system_namespace);
  for (const Node& document : documents) {
    const Kind* kind = kinds.by_type(text_at(document, "type"));
    if (kind == nullptr) continue;
    const auto object =
        get_json(client, kind->item(text_at(document, "mesh"), text_at(document, "name")) + query.text());
    if (!object.ok()) return annotate(object.status(), cat(kind->type, " ", text_at(document, "name")));
    if (is_exported_to(*object, profile, system_namespace)) objects.push_back(prepare_object(*object, profile));
  }
  documents = std::move(objects);
  return ok();
}

// "# Product: Weft, Version: ..."
std::string heading(const Node& index) {
  return cat("# Product: ", text_at(index, "product"), ", Version: ", text_at(index, "version"),
             ", Hostname: ", text_at(index, "hostname"), ", ClusterId: ", text_at(index, "clusterId"),
             ", InstanceId: ", text_at(index, "instanceId"), "\n");
}

}  // namespace

Status run_export(const Command& self, const std::vector<std::string>& arguments) {
  std::string profile_word = "federation", format = "universal", system_namespace = "kuma-system";
  bool include_admin = false;
  Globals globals;
  Flags flags;
  flags.add("profile", 'p', "PROFILE", "federation, federation-with-policies, all or no-dataplanes", &profile_word);
  flags.add("format", 'f', "FORMAT", "universal or kubernetes", &format);
  flags.add("system-namespace", 'n', "NAME", "for --format kubernetes: where objects go that have no namespace",
            &system_namespace);
  flags.add("include-admin", 'a', "with Secrets and GlobalSecrets, whatever the profile", &include_admin);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  const auto profile = read_profile(profile_word);
  if (!profile.ok()) return profile.status();
  if (format != "universal" && format != "kubernetes")
    return invalid(cat("--format: \"", format, "\" is none of universal, kubernetes"));
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto index = get_json(*client, "/");
  if (!index.ok()) return index.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  auto documents = gather(*client, exported_kinds(kinds->all(), *profile, include_admin), *profile);
  if (!documents.ok()) return documents.status();
  sort_for_apply(*documents);
  if (format == "kubernetes") {
    const Status converted = to_kubernetes(*client, *kinds, *profile, system_namespace, *documents);
    if (!converted.ok()) return converted;
  }
  print(heading(*index));
  for (const Node& document : *documents) print(cat("---\n", yaml_text(document)));
  return ok();
}

}  // namespace weft::ctl
