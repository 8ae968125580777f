// weftctl explain: what a kind or one of its fields is, without asking a control plane.
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "api/reference/explain.h"
#include "tools/weftctl/command.h"
#include "tools/weftctl/terminal.h"

namespace weft::ctl {
namespace {

constexpr size_t kWidest = 120, kNarrowest = 40;

reference::TextStyle style_of_terminal() {
  reference::TextStyle style;
  if (::isatty(STDOUT_FILENO) == 0) return style;
  style.colour = has_colour(stdout);
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    style.width = std::clamp<size_t>(size.ws_col, kNarrowest, kWidest);
  return style;
}

}  // namespace

Status run_explain(const Command& self, const std::vector<std::string>& arguments) {
  reference::TextStyle style = style_of_terminal();
  Globals globals;
  Flags flags;
  flags.add("recursive", 0, "all fields below, not only the next ones", &style.recursive);
  const auto rest = parse_arguments(self, flags, arguments, 0, 1, globals);
  if (!rest.ok() || globals.help) return rest.status();
  const reference::Schema& schema = reference::Schema::embedded();
  if (rest->empty()) {
    print(reference::explain_kinds(schema, style));
    return ok();
  }
  const auto place = reference::find_place(schema, rest->front());
  if (!place.ok()) return place.status();
  print(reference::explain(*place, style));
  return ok();
}

}  // namespace weft::ctl
