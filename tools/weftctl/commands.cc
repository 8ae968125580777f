// The one list of sub-commands.
#include <array>

#include "tools/weftctl/command.h"

namespace weft::ctl {

using Arguments = std::vector<std::string>;
Status run_apply(const Command&, const Arguments&);
Status run_get(const Command&, const Arguments&);
Status run_delete(const Command&, const Arguments&);
Status run_explain(const Command&, const Arguments&);
Status run_inspect_dataplanes(const Command&, const Arguments&);
Status run_generate_dataplane_token(const Command&, const Arguments&);
Status run_generate_signing_key(const Command&, const Arguments&);
Status run_generate_public_key(const Command&, const Arguments&);
Status run_config_view(const Command&, const Arguments&);
Status run_config_list(const Command&, const Arguments&);
Status run_config_add(const Command&, const Arguments&);
Status run_config_switch(const Command&, const Arguments&);
Status run_config_remove(const Command&, const Arguments&);
Status run_version(const Command&, const Arguments&);

std::span<const Command> commands() {
  static constexpr std::array kCommands = {
      Command{"apply", "-f FILE", "Create or update resources", run_apply},
      Command{"get", "TYPE [NAME]", "Show resources of a type, or one", run_get},
      Command{"delete", "TYPE NAME", "Delete a resource", run_delete},
      Command{"explain", "[KIND[.field.path]]", "Say what a kind of resource or a field is", run_explain},
      Command{"inspect dataplanes", "", "Show proxies and whether they are connected", run_inspect_dataplanes},
      Command{"generate dataplane-token", "", "Make the token a proxy shows to the control plane",
              run_generate_dataplane_token},
      Command{"generate signing-key", "", "Make a key that signs tokens", run_generate_signing_key},
      Command{"generate public-key", "", "Show the public half of a signing key", run_generate_public_key},
      Command{"config view", "", "Show the configuration of weftctl", run_config_view},
      Command{"config control-planes list", "", "Show the known control planes", run_config_list},
      Command{"config control-planes add", "", "Add a control plane and make it active", run_config_add},
      Command{"config control-planes switch", "", "Make a control plane active", run_config_switch},
      Command{"config control-planes remove", "", "Forget a control plane", run_config_remove},
      Command{"version", "", "Show the versions of weftctl and the control plane", run_version},
  };
  return kCommands;
}

}  // namespace weft::ctl
