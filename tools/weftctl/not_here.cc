// Commands that users of Kuma's client look for and that have nothing to do here.
#include "base/text.h"
#include "tools/weftctl/command.h"

namespace weft::ctl {

Status run_not_here(const Command& self, const std::vector<std::string>&) {
  return invalid(cat("`weftctl ", self.words,
                     "`: this version of Weft is not installed into Kubernetes and takes no traffic transparently. "
                     "weft-cp and weft-proxy are started as programs; README.md of the project shows how"));
}

}  // namespace weft::ctl
