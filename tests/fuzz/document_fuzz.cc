// The readers of documents: no input may crash them, exceed their bounds, or give a tree that does not print and read
// back the same.
#include <cstdint>
#include <cstdlib>

#include "base/document/document.h"
#include "base/document/print.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  if (const auto json = weft::parse_json(text); json.ok()) {
    const std::string printed = weft::compact_json(*json);
    const auto again = weft::parse_json(printed);
    must(again.ok() && weft::compact_json(*again) == printed);
  }
  const auto documents = weft::parse_yaml(text);
  if (!documents.ok()) return 0;
  for (const weft::Node& document : *documents) {
    weft::locate(document, "spec.to[0].default");
    const std::string json = weft::compact_json(document);
    const auto again = weft::parse_yaml(weft::yaml_text(document));
    // Bytes that are not UTF-8 have no written form.
    if (again.ok() && again->size() == 1) must(weft::compact_json(again->front()) == json);
  }
  return 0;
}
