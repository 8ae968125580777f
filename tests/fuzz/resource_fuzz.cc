// From any text to a resource and back: no input may crash the decoder or the checks, and what is accepted must print
// as a document that reads back the same, without a complaint.
#include <cstdint>
#include <cstdlib>

#include <google/protobuf/util/message_differencer.h>

#include "base/document/document.h"
#include "control-plane/resource/check.h"
#include "control-plane/resource/encode.h"

namespace weft::cp {
namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

void check(const Node& document) {
  const Checked checked = check_document(document, "default");
  must((checked.resource != nullptr) == checked.errors.empty());
  if (checked.resource == nullptr) return;
  const Result<Node> printed = parse_json(encode(*checked.resource));
  must(printed.ok());
  const Checked again = check_document(*printed, "");
  must(again.resource != nullptr && again.warnings.empty());
  must(again.resource->key == checked.resource->key && again.resource->labels == checked.resource->labels);
  must(google::protobuf::util::MessageDifferencer::Equals(*again.resource->spec, *checked.resource->spec));
}

void check_text(std::string_view text) {
  if (const Result<Node> document = parse_json(text); document.ok()) check(*document);
  const Result<std::vector<Node>> documents = parse_yaml(text);
  if (!documents.ok()) return;
  for (const Node& document : *documents) check(document);
}

}  // namespace
}  // namespace weft::cp

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  weft::cp::check_text({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
