#include "control-plane/serve/issuers.h"

#include "base/hash.h"
#include "base/text.h"

namespace weft::cp {

Result<std::shared_ptr<const Issuer>> Issuers::of(const World& world, const ResourcePtr& identity, SteadyTime now) {
  const std::shared_ptr<const World::Table> secrets = world.table("Secret", identity->key.mesh);
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [&](const auto& entry) {
    return entry.first.mesh == identity->key.mesh && world.find(entry.first) == nullptr;
  });
  Entry& entry = entries_[identity->key];
  const bool same = entry.identity == identity && entry.secrets == secrets;
  if (entry.issuer != nullptr && same && now - entry.fetched < kFetchAgainAfter) return entry.issuer;
  const Result<MeshAuthority> authority = fetch_(world, *identity);
  if (!authority.ok()) return authority.status();
  const uint64_t texts = content_hash(cat(authority->certificate_pem, '\n', authority->key_pem));
  if (entry.issuer == nullptr || entry.texts != texts) {
    Result<std::shared_ptr<const Issuer>> read = Issuer::read(*authority);
    if (!read.ok()) return read.status();
    entry.issuer = *std::move(read);
    entry.texts = texts;
  }
  entry.identity = identity;
  entry.secrets = secrets;
  entry.fetched = now;
  return entry.issuer;
}

}  // namespace weft::cp
