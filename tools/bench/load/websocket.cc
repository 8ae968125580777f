#include "tools/bench/load/websocket.h"

#include <openssl/evp.h>

namespace weft::bench {
namespace {

constexpr uint8_t kFinalBinary = 0x82;
constexpr uint8_t kMask[4] = {0x21, 0x43, 0x65, 0x87};

uint8_t byte_at(std::string_view bytes, size_t index) { return static_cast<uint8_t>(bytes[index]); }

}  // namespace

std::string websocket_message(std::string_view content, bool masked) {
  std::string out(1, static_cast<char>(kFinalBinary));
  const int length_bytes = content.size() < 126 ? 0 : content.size() < 65536 ? 2 : 8;
  const size_t length = length_bytes == 0 ? content.size() : length_bytes == 2 ? 126 : 127;
  out += static_cast<char>(length | (masked ? 0x80 : 0));
  for (int i = length_bytes - 1; i >= 0; --i) out += static_cast<char>(content.size() >> (8 * i));
  if (!masked) return out.append(content);
  out.append(reinterpret_cast<const char*>(kMask), sizeof kMask);
  for (size_t i = 0; i < content.size(); ++i) out += static_cast<char>(content[i] ^ kMask[i % 4]);
  return out;
}

FrameHead read_frame_head(std::string_view bytes) {
  FrameHead head;
  if (bytes.size() < 2) return head;
  const uint8_t length = byte_at(bytes, 1) & 0x7f;
  const size_t length_bytes = length < 126 ? 0 : length == 126 ? 2 : 8;
  head.masked = byte_at(bytes, 1) & 0x80;
  head.size = 2 + length_bytes + (head.masked ? 4 : 0);
  if (bytes.size() < head.size) return head;
  head.whole = true;
  head.binary = byte_at(bytes, 0) == kFinalBinary;
  head.content = length_bytes == 0 ? length : 0;
  for (size_t i = 0; i < length_bytes; ++i) head.content = head.content << 8 | byte_at(bytes, 2 + i);
  for (size_t i = 0; head.masked && i < 4; ++i) head.mask[i] = byte_at(bytes, 2 + length_bytes + i);
  return head;
}

std::string websocket_accept(std::string_view key) {
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  unsigned char digest[EVP_MAX_MD_SIZE], encoded[64];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha1(), nullptr);
  const int length = EVP_EncodeBlock(encoded, digest, static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded), static_cast<size_t>(length)};
}

}  // namespace weft::bench
