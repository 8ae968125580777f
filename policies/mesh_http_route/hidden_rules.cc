#include "policies/mesh_http_route/hidden_rules.h"

#include <algorithm>
#include <optional>

#include <google/protobuf/util/message_differencer.h>

#include "policies/mesh_http_route/route_order.h"
#include "policies/written_lists.h"

namespace weft::mesh_http_route {
namespace {

using google::protobuf::util::MessageDifferencer;
using Rule = v1::MeshHTTPRouteRule;

// One match of one rule.
struct Entry {
  size_t conf = 0;
  int rule = 0;
  const Rule* said = nullptr;
  const v1::HttpRouteMatch* match = nullptr;

  bool same_rule(const Entry& other) const { return conf == other.conf && rule == other.rule; }
};

bool same_matches(const Rule& a, const Rule& b) {
  return std::equal(a.matches().begin(), a.matches().end(), b.matches().begin(), b.matches().end(),
                    [](const auto& x, const auto& y) { return MessageDifferencer::Equals(x, y); });
}

// Rules with the same matches are merged: nothing is left of the weaker when the stronger sets what it sets.
bool overrides(const Rule& stronger, const Rule& weaker) {
  const auto sets = [](const Rule& rule, const char* list, int size) {
    return size > 0 || is_written_empty(rule.default_(), list);
  };
  const auto overridden = [&](const char* list, int theirs, int ours) {
    return sets(stronger, list, theirs) || !sets(weaker, list, ours);
  };
  return overridden("filters", stronger.default_().filters_size(), weaker.default_().filters_size()) &&
         overridden("backend_refs", stronger.default_().backend_refs_size(), weaker.default_().backend_refs_size());
}

bool hides(const Entry& earlier, const Entry& entry) {
  if (earlier.same_rule(entry) || !covers(*earlier.match, *entry.match)) return false;
  return !same_matches(*earlier.said, *entry.said) || overrides(*earlier.said, *entry.said);
}

// All matches in the order in which they are tried.
std::vector<Entry> tried(std::span<const google::protobuf::Message* const> confs) {
  std::vector<Entry> entries;
  for (size_t conf = 0; conf < confs.size(); ++conf) {
    const auto& rules = static_cast<const v1::MeshHTTPRouteConf*>(confs[conf])->rules();
    for (int rule = 0; rule < rules.size(); ++rule) {
      for (const v1::HttpRouteMatch& match : rules[rule].matches()) {
        entries.push_back({conf, rule, &rules[rule], &match});
      }
    }
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return is_tried_before(*a.match, *b.match); });
  return entries;
}

}  // namespace

std::vector<HiddenRule> hidden_rules(std::span<const google::protobuf::Message* const> confs, size_t own) {
  const std::vector<Entry> entries = tried(confs);
  const auto& rules = static_cast<const v1::MeshHTTPRouteConf*>(confs[own])->rules();
  std::vector<HiddenRule> hidden;
  for (int rule = 0; rule < rules.size(); ++rule) {
    std::optional<HiddenRule> by;
    bool reached = rules[rule].matches().empty();
    for (auto entry = entries.begin(); entry != entries.end() && !reached; ++entry) {
      if (entry->conf != own || entry->rule != rule) continue;
      const auto earlier =
          std::find_if(entries.begin(), entry, [&](const Entry& other) { return hides(other, *entry); });
      reached = earlier == entry;
      if (!reached) by = HiddenRule{rule, earlier->conf, earlier->rule};
    }
    if (!reached && by) hidden.push_back(*by);
  }
  return hidden;
}

}  // namespace weft::mesh_http_route
