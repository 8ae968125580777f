#include "tools/weftctl/rules_text.h"

#include <algorithm>
#include <vector>

#include "base/document/print.h"
#include "base/text.h"
#include "tools/weftctl/diff_text.h"
#include "tools/weftctl/table.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

constexpr size_t kLongestValue = 60;

const std::vector<Node>& items_of(const Node& node, std::string_view key) {
  static const std::vector<Node> kNone;
  const Node* found = node.find(key);
  return found == nullptr ? kNone : found->items;
}

std::string shortened(const Node& value) {
  std::string text = value.is_string() ? value.text : compact_json(value);
  if (text.size() > kLongestValue) text = cat(text.substr(0, kLongestValue - 3), "...");
  return text;
}

bool is_mesh(const Node& conf) { return text_at(conf, "side") == "outbound" && text_at(conf, "type") == "Mesh"; }

// The places that concern a destination: its own, or where it has none of the kind those of every destination.
bool concerns(const Node& conf, const std::vector<Node>& all, const std::string& to) {
  if (to.empty()) return true;
  const auto is_own = [&](const Node& one) {
    return text_at(one, "side") == "outbound" && !is_mesh(one) && text_at(one, "name") == to &&
           text_at(one, "kind") == text_at(conf, "kind");
  };
  if (is_own(conf)) return true;
  return is_mesh(conf) && std::none_of(all.begin(), all.end(), is_own);
}

std::vector<const Node*> selected(const Node& effective, const RulesFilter& filter) {
  const std::vector<Node>& all = items_of(effective, "confs");
  std::vector<const Node*> out;
  for (const Node& conf : all) {
    if (!filter.kind.empty() && !equal_ignoring_case(filter.kind, text_at(conf, "kind"))) continue;
    if (concerns(conf, all, filter.to)) out.push_back(&conf);
  }
  return out;
}

// Which of the conf's origins a field came from; null when the answer does not say.
const Node* origin_of(const Node& conf, const Node& field) {
  size_t index = 0;
  const std::vector<Node>& origins = items_of(conf, "origins");
  return parse_number(text_at(field, "origin"), index) && index < origins.size() ? &origins[index] : nullptr;
}

void add_rows(const Node& conf, std::vector<Row>& rows) {
  const std::vector<Node>& fields = items_of(conf, "fields");
  if (fields.empty()) rows.push_back({text_at(conf, "kind"), "-", "-", "-"});
  for (const Node& field : fields) {
    const Node* value = field.find("value");
    const Node* origin = origin_of(conf, field);
    rows.push_back({text_at(conf, "kind"), text_at(field, "path"), value == nullptr ? "-" : shortened(*value),
                    origin == nullptr ? "-" : text_at(*origin, "name")});
  }
}

std::string nothing(const Node& effective) {
  return cat("No policy is for the Dataplane ", text_at(effective, "name"), ".\n");
}

}  // namespace

std::string rules_text(const Node& effective, const RulesFilter& filter) {
  std::vector<std::pair<std::string, std::vector<Row>>> places;
  for (const Node* conf : selected(effective, filter)) {
    const std::string place = place_text(*conf);
    auto at = std::find_if(places.begin(), places.end(), [&](const auto& one) { return one.first == place; });
    if (at == places.end()) at = places.insert(places.end(), {place, {}});
    add_rows(*conf, at->second);
  }
  if (places.empty()) return nothing(effective);
  std::string out;
  for (const auto& [place, rows] : places)
    append(out, out.empty() ? "" : "\n", place, "\n", table({"KIND", "FIELD", "VALUE", "POLICY"}, rows));
  return out;
}

std::string policies_text(const Node& effective, const RulesFilter& filter) {
  std::vector<Row> rows;
  for (const Node* conf : selected(effective, filter)) {
    for (const Node& origin : items_of(*conf, "origins")) {
      std::vector<std::string> holds;
      for (const Node& field : items_of(*conf, "fields")) {
        if (origin_of(*conf, field) == &origin) holds.push_back(text_at(field, "path"));
      }
      rows.push_back({text_at(*conf, "kind"), text_at(origin, "name"), place_text(*conf),
                      holds.empty() ? "nothing: overridden" : join(holds, ", ")});
    }
  }
  if (rows.empty()) return nothing(effective);
  std::stable_sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a[0] < b[0]; });
  return table({"KIND", "POLICY", "WHERE", "HOLDS"}, rows);
}

}  // namespace weft::ctl
