#include "control-plane/serve/wire.h"

#include "weft/v1/config_service.pb.h"

namespace weft::cp {
namespace {

// Payloads up to this size are copied: a reference of their own would cost more.
constexpr size_t kCopiedPayloadBytes = 256;

void append_varint(std::string& out, uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

// The start of a field that has a length (wire type 2).
void append_length_tag(std::string& out, int field, size_t size) {
  append_varint(out, static_cast<uint64_t>(field) << 3 | 2);
  append_varint(out, size);
}

size_t length_tag_size(int field, size_t size) {
  std::string tag;
  append_length_tag(tag, field, size);
  return tag.size();
}

// Everything of an Item before the bytes of its payload, which is its last field.
std::string item_head(const CompiledItem& item) {
  v1::Item head;
  head.set_type(item.type);
  head.set_name(item.name);
  head.set_hash(item.hash);
  std::string bytes = head.SerializeAsString();
  append_length_tag(bytes, v1::Item::kPayloadFieldNumber, item.bytes->size());
  return bytes;
}

std::string update_head(const Update& update) {
  v1::Update head;
  head.set_nonce(update.nonce);
  head.set_revision(update.revision);
  for (const ItemName& name : update.removed) {
    v1::HeldItem* removed = head.add_removed();
    removed->set_type(name.type);
    removed->set_name(name.name);
  }
  return head.SerializeAsString();
}

}  // namespace

std::vector<Piece> encode_update(const Update& update) {
  const std::string head = update_head(update);
  std::vector<std::string> item_heads;
  size_t size = head.size();
  for (const CompiledItemPtr& item : update.changed) {
    item_heads.push_back(item_head(*item));
    const size_t item_size = item_heads.back().size() + item->bytes->size();
    size += length_tag_size(v1::Update::kChangedFieldNumber, item_size) + item_size;
  }
  std::vector<Piece> pieces;
  std::string run;
  append_length_tag(run, v1::ControlMessage::kUpdateFieldNumber, size);
  run += head;
  for (size_t i = 0; i < update.changed.size(); ++i) {
    const std::shared_ptr<const std::string>& payload = update.changed[i]->bytes;
    append_length_tag(run, v1::Update::kChangedFieldNumber, item_heads[i].size() + payload->size());
    run += item_heads[i];
    if (payload->size() <= kCopiedPayloadBytes) {
      run += *payload;
    } else {
      pieces.emplace_back(std::move(run));
      pieces.emplace_back(payload);
      run.clear();
    }
  }
  if (!run.empty()) pieces.emplace_back(std::move(run));
  return pieces;
}

}  // namespace weft::cp
