// weftctl delete.
#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/delivery.h"
#include "tools/weftctl/kinds.h"

namespace weft::ctl {

Status run_delete(const Command& self, const std::vector<std::string>& arguments) {
  std::string mesh, wait;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add_optional("wait", "30s", "DURATION", "wait until no connected proxy uses it any more", &wait);
  const auto rest = parse_arguments(self, flags, arguments, 2, 2, globals);
  if (!rest.ok() || globals.help) return rest.status();
  const auto longest = parse_wait(wait.empty() ? "0" : wait);
  if (!longest.ok()) return longest.status();
  const std::string& word = (*rest)[0];
  const std::string& name = (*rest)[1];

  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  const auto kinds = Kinds::load(*client);
  if (!kinds.ok()) return kinds.status();
  mesh = client->mesh(mesh);
  const Kind* kind = kinds->by_word(word);
  if (kind == nullptr) return kinds->unknown_word(word);
  if (kind->read_only) return invalid(cat("TYPE: ", word, " is readOnly, can't use it for write action"));
  const auto answer = client->remove(kind->item(mesh, name));
  if (!answer.ok()) return answer.status();
  if (answer->status == 404) return not_found(cat("there is no ", kind->type, " with name \"", name, "\""));
  if (!answer->ok()) return error_status(*answer);
  print(cat("deleted ", kind->type, " \"", name, "\"\n"));
  if (wait.empty() || kind->global) return ok();
  return wait_for_delivery(*client, {{mesh, answer->revision}}, *longest);
}

}  // namespace weft::ctl
