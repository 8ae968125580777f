#include "tools/weftctl/columns.h"

#include <algorithm>

#include "base/text.h"
#include "tools/weftctl/tree.h"

namespace weft::ctl {
namespace {

struct Column {
  std::string_view header;
  std::string (*cell)(const Node& item, UtcSeconds now);
};

constexpr Column kMesh{"MESH", [](const Node& item, UtcSeconds) { return text_at(item, "mesh"); }};
constexpr Column kName{"NAME", [](const Node& item, UtcSeconds) { return text_at(item, "name"); }};
constexpr Column kAge{"AGE",
                      [](const Node& item, UtcSeconds now) { return age(text_at(item, "modificationTime"), now); }};
constexpr Column kTags{"TAGS", [](const Node& item, UtcSeconds) { return tags_text(item, item.find("networking")); }};
constexpr Column kAddress{"ADDRESS", [](const Node& item, UtcSeconds) { return text_at(item, "networking.address"); }};

struct Table {
  std::string_view type;
  std::vector<Column> columns;
};

const std::vector<Column>& columns_of(const Kind& kind) {
  static const std::vector<Table> kTables = {
      {"Dataplane", {kMesh, kName, kTags, kAddress, kAge}},
  };
  static const std::vector<Column> kGlobal = {kName, kAge}, kMeshScoped = {kMesh, kName, kAge};
  for (const Table& table : kTables) {
    if (table.type == kind.type) return table.columns;
  }
  return kind.global ? kGlobal : kMeshScoped;
}

// One value, or a list of them.
std::string values_text(const Node& value) {
  if (!value.is_list()) return value.text;
  std::vector<std::string> out;
  for (const Node& item : value.items) out.push_back(item.text);
  return join(out, ",");
}

}  // namespace

std::string tags_text(const Node& resource, const Node* networking) {
  std::vector<std::string> out;
  if (const Node* labels = resource.find("labels")) {
    for (const Member& label : labels->members) out.push_back(cat(label.key, "=", label.value.text));
  }
  if (const Node* tags = networking == nullptr ? nullptr : at(*networking, "gateway.tags")) {
    for (const Member& tag : tags->members) out.push_back(cat(tag.key, "=", values_text(tag.value)));
  }
  std::sort(out.begin(), out.end());
  return join(out, " ");
}

std::string resource_table(const Kind& kind, const std::vector<Node>& items, UtcSeconds now) {
  const std::vector<Column>& columns = columns_of(kind);
  Row header;
  for (const Column& column : columns) header.emplace_back(column.header);
  std::vector<Row> rows;
  for (const Node& item : items) {
    Row& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(column.cell(item, now));
  }
  return table(header, rows);
}

UtcSeconds current_time() { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }

}  // namespace weft::ctl
