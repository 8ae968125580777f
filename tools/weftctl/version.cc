// weftctl version.
#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {

Status run_version(const Command& self, const std::vector<std::string>& arguments) {
  bool detailed = false;
  Globals globals;
  Flags flags;
  flags.add("detailed", 'a', "say all that is known", &detailed);
  const auto rest = parse_arguments(self, flags, arguments, 0, 0, globals);
  if (!rest.ok() || globals.help) return rest.status();
  print("Client: Weft " WEFT_VERSION "\n");
  if (detailed) print("  compiler: " __VERSION__ "\n");
  auto destination = active_destination(globals);
  if (!destination.ok()) return destination.status();
  const auto answer = Client(std::move(destination->plane), globals.api_timeout).get("/");
  const auto body = answer.ok() ? parse_json(answer->body) : Result<Node>(answer.status());
  if (!body.ok()) {
    // Not a failure: the question was also about this program.
    std::fprintf(stderr, "Unable to connect to control plane: %s\n", reason(body.status()).c_str());
    return ok();
  }
  if (detailed) {
    print(cat("Server: ", pretty_json(*body)));
  } else {
    print(cat("Server: ", text_at(*body, "product"), " ", text_at(*body, "version"), "\n"));
  }
  return ok();
}

}  // namespace weft::ctl
