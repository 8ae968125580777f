// weftctl verify mtls: whether one workload can talk to another, found out by doing it: the first one's proxy opens a
// connection to the inbound of the second one's.
#include <chrono>

#include "base/text.h"
#include "tools/weftctl/api_error.h"
#include "tools/weftctl/client.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/pages.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

std::string time_of(const Node& node, std::string_view key) {
  int64_t seconds = 0;
  if (!parse_number(text_at(node, key), seconds)) return "-";
  const UtcSeconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(time - day);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02d:%02d:%02d", int{date.year()}, unsigned{date.month()},
                unsigned{date.day()}, static_cast<int>(clock.hours().count()),
                static_cast<int>(clock.minutes().count()), static_cast<int>(clock.seconds().count()));
  return text;
}

std::string words_of(const Node* list) {
  std::vector<std::string> words;
  if (list != nullptr) {
    for (const Node& item : list->items) words.push_back(item.text);
  }
  return words.empty() ? "none" : join(words, ", ");
}

// What came of it in one word, and the sentence about it; true: they can talk.
bool verdict(const Node& answer, std::string& text) {
  const std::string failure = text_at(answer, "connection.failure");
  const std::string status = text_at(answer, "connection.status"), why = text_at(answer, "connection.reason");
  if (!failure.empty()) {
    text = cat("no: ", failure);
    return false;
  }
  if (status.empty()) {
    text = "yes: the handshake succeeded; nothing is sent to a TCP service";
    return true;
  }
  const bool denied = status == "403" && !why.empty();
  text = denied ? cat("denied: ", why)
                : cat("yes: GET / was answered with ", status, why.empty() ? "" : cat(" (", why, ")"));
  return !denied;
}

}  // namespace

Status run_verify_mtls(const Command& self, const std::vector<std::string>& arguments) {
  std::string mesh, output = "table", port;
  Globals globals;
  Flags flags;
  flags.add("mesh", 'm', "MESH", "(that of the context, or default)", &mesh);
  flags.add("port", 0, "PORT", "inbound of the second one; without it the first that it has", &port);
  flags.add("output", 'o', "FORMAT", "table, yaml or json", &output);
  const auto rest = parse_arguments(self, flags, arguments, 2, 2, globals);
  if (!rest.ok() || globals.help) return rest.status();
  if (Status status = check_output(output); !status.ok()) return status;
  auto client = make_client(globals);
  if (!client.ok()) return client.status();
  Query query;
  query.add("to", rest->at(1));
  if (!port.empty()) query.add("port", port);
  const auto answer = client->get(cat("/meshes/", url_part(client->mesh(mesh)), "/dataplanes/", url_part(rest->at(0)),
                                      "/_verify-mtls", query.text()));
  if (!answer.ok()) return answer.status();
  if (!answer->ok()) return error_status(*answer);
  const auto tree = parse_json(answer->body);
  if (!tree.ok()) return tree.status();
  std::string sentence;
  const bool can_talk = verdict(*tree, sentence);
  if (!can_talk) set_exit_code(1);
  if (output != "table") {
    print_tree(*tree, output);
    return ok();
  }
  print(cat("from       ", text_at(*tree, "connection.own"), "\nto         ", text_at(*tree, "address"), " as ",
            text_at(*tree, "connection.serverName"), "\n"));
  if (const Node* chain = at(*tree, "connection.peer.chain")) {
    for (const Node& one : chain->items) {
      print(cat(true_at(one, "authority") ? "authority  " : "met        ", text_at(one, "uris"), ", serial ",
                text_at(one, "serial"), ", until ", time_of(one, "notAfter"), "\n"));
    }
  }
  print(cat("permitted  ", words_of(tree->find("permissions")), "\nresult     ", sentence, "\n"));
  return ok();
}

}  // namespace weft::ctl
