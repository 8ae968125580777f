// The one list of sub-commands.
#include <array>

#include "tools/weftctl/command.h"

namespace weft::ctl {

using Arguments = std::vector<std::string>;
Status run_apply(const Command&, const Arguments&);
Status run_get(const Command&, const Arguments&);
Status run_delete(const Command&, const Arguments&);
Status run_diff(const Command&, const Arguments&);
Status run_inspect_rules(const Command&, const Arguments&);
Status run_inspect_policies(const Command&, const Arguments&);
Status run_completion(const Command&, const Arguments&);
Status run_complete(const Command&, const Arguments&);
Status run_explain(const Command&, const Arguments&);
Status run_inspect_dataplanes(const Command&, const Arguments&);
Status run_inspect_dataplane(const Command&, const Arguments&);
Status run_inspect_zones(const Command&, const Arguments&);
Status run_inspect_meshes(const Command&, const Arguments&);
Status run_inspect_policy(const Command&, const Arguments&);
Status run_inspect_identities(const Command&, const Arguments&);
Status run_verify_mtls(const Command&, const Arguments&);
Status run_trust_rotate(const Command&, const Arguments&);
Status run_trust_status(const Command&, const Arguments&);
Status run_trust_repair(const Command&, const Arguments&);
Status run_generate_dataplane_token(const Command&, const Arguments&);
Status run_generate_zone_token(const Command&, const Arguments&);
Status run_generate_user_token(const Command&, const Arguments&);
Status run_generate_signing_key(const Command&, const Arguments&);
Status run_generate_public_key(const Command&, const Arguments&);
Status run_generate_tls_certificate(const Command&, const Arguments&);
Status run_export(const Command&, const Arguments&);
Status run_config_view(const Command&, const Arguments&);
Status run_config_list(const Command&, const Arguments&);
Status run_config_add(const Command&, const Arguments&);
Status run_config_switch(const Command&, const Arguments&);
Status run_config_remove(const Command&, const Arguments&);
Status run_version(const Command&, const Arguments&);
Status run_not_here(const Command&, const Arguments&);

std::span<const Command> commands() {
  static constexpr std::array kCommands = {
      Command{"apply", "-f FILE", "Create or update resources", run_apply},
      // Exits as diff does: 0 nothing would change, 1 something would, 2 it cannot be said.
      Command{"diff", "-f FILE", "Show what applying files would change, for every proxy too", run_diff, 2},
      Command{"get", "TYPE [NAME]", "Show resources of a type, or one", run_get},
      Command{"delete", "TYPE NAME", "Delete a resource", run_delete},
      Command{"explain", "[KIND[.field.path]]", "Say what a kind of resource or a field is", run_explain},
      Command{"inspect rules", "DATAPLANE", "Show what holds for a proxy, and which policy said so", run_inspect_rules},
      Command{"inspect policies", "DATAPLANE", "Show which policies are for a proxy, and what of them holds",
              run_inspect_policies},
      Command{"inspect dataplanes", "", "Show proxies and whether they are connected", run_inspect_dataplanes},
      Command{"inspect dataplane", "NAME", "Show what one proxy runs with", run_inspect_dataplane},
      Command{"inspect zones", "", "Show zones and whether they are connected", run_inspect_zones},
      Command{"inspect meshes", "", "Show meshes and how many of their proxies are connected", run_inspect_meshes},
      Command{"inspect identities", "", "Show who holds which certificate, until when, and what is wrong",
              run_inspect_identities},
      Command{"inspect", "POLICY NAME", "Show the proxies that a policy selects", run_inspect_policy},
      Command{"verify mtls", "FROM TO",
              "Open a connection from one proxy to another; show whom it met, what was decided", run_verify_mtls},
      Command{"trust status", "", "Show the authorities of a mesh, and how far a rotation is", run_trust_status},
      Command{"trust rotate", "[IDENTITY]", "Let a new authority follow the one that signs, in the safe order",
              run_trust_rotate},
      Command{"trust repair", "[IDENTITY]", "Let a new authority sign at once, when everything has expired",
              run_trust_repair},
      Command{"generate dataplane-token", "", "Make the token a proxy shows to the control plane",
              run_generate_dataplane_token},
      Command{"generate zone-token", "", "Make the token a zone shows to the global control plane",
              run_generate_zone_token},
      Command{"generate user-token", "", "Make the token a user shows to the control plane", run_generate_user_token},
      Command{"generate signing-key", "", "Make a key that signs tokens", run_generate_signing_key},
      Command{"generate public-key", "", "Show the public half of a signing key", run_generate_public_key},
      Command{"generate tls-certificate", "", "Make a self-signed certificate", run_generate_tls_certificate},
      Command{"export", "", "Show resources as documents for another control plane", run_export},
      Command{"config view", "", "Show the configuration of weftctl", run_config_view},
      Command{"config control-planes list", "", "Show the known control planes", run_config_list},
      Command{"config control-planes add", "", "Add a control plane and make it active", run_config_add},
      Command{"config control-planes switch", "", "Make a control plane active", run_config_switch},
      Command{"config control-planes remove", "", "Forget a control plane", run_config_remove},
      Command{"completion", "bash|zsh|fish", "Print a script that completes commands in a shell", run_completion},
      Command{"__complete", "WORD...", "What the last word may become; for those scripts", run_complete},
      Command{"version", "", "Show the versions of weftctl and the control plane", run_version},
      Command{"install", "", "(not in this version)", run_not_here},
      Command{"uninstall", "", "(not in this version)", run_not_here},
  };
  return kCommands;
}

}  // namespace weft::ctl
