#include "control-plane/secret_keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "control-plane/identity/sealing_key.h"
#include "control-plane/key_program.h"

namespace weft::cp {
namespace {

// What a sealed row is bound to. A NUL is in no name.
std::string place_of_row(const ResourceKey& key) {
  return cat("weft store 1", '\0', key.type, '\0', key.mesh, '\0', key.name);
}

class Vault final : public SecretBox {
 public:
  Vault(std::vector<SealingKey> keys, std::string file_to_make)
      : keys_(std::move(keys)), file_to_make_(std::move(file_to_make)) {}

  Result<std::string> seal(const ResourceKey& key, std::string_view bytes) const override {
    const SealingKey& newest = keys_.front();
    const Result<std::string> sealed = newest.seal(place_of_row(key), bytes);
    if (!sealed.ok()) return sealed;
    return cat(kSealedMark, newest.id(), *sealed);
  }

  Result<std::string> open(const ResourceKey& key, std::string_view sealed) const override {
    const std::string_view id = id_of(sealed);
    for (const SealingKey& one : keys_) {
      if (one.id() != id) continue;
      return one.open(place_of_row(key), sealed.substr(kSealedMark.size() + SealingKey::kIdBytes));
    }
    std::vector<std::string> known;
    for (const SealingKey& one : keys_) known.push_back(one.id_text());
    return invalid(cat("it is encrypted with the key ", hexadecimal(id), "; given ", known.size() == 1 ? "is " : "are ",
                       join(known, ", ")));
  }

  bool is_newest(std::string_view sealed) const override { return id_of(sealed) == keys_.front().id(); }

  Status keep_key() override {
    if (file_to_make_.empty()) return ok();
    if (Status written = write_file(file_to_make_, cat(keys_.front().text(), "\n"), 0600); !written.ok())
      return written;
    log_info("made a key that encrypts the store's secrets; whoever restores the store needs it",
             {{"file", file_to_make_}, {"key_id", keys_.front().id_text()}});
    file_to_make_.clear();
    return ok();
  }

 private:
  static std::string_view id_of(std::string_view sealed) {
    if (sealed.size() < kSealedMark.size() + SealingKey::kIdBytes) return "";
    return sealed.substr(kSealedMark.size(), SealingKey::kIdBytes);
  }

  static std::string hexadecimal(std::string_view bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    for (const char c : bytes) append(out, kDigits[(c >> 4) & 15], kDigits[c & 15]);
    return out;
  }

  const std::vector<SealingKey> keys_;
  std::string file_to_make_;
};

Result<std::vector<SealingKey>> parse_keys(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == ',' || c == ' ' || c == '\t' || c == '\r'; }, '\n');
  std::vector<SealingKey> keys;
  for (const std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    Result<SealingKey> key = SealingKey::parse(line);
    if (!key.ok()) return key.status();
    keys.push_back(*std::move(key));
  }
  if (keys.empty()) return invalid("there is no key in it");
  return keys;
}

Result<std::vector<SealingKey>> keys_in_file(const std::string& file) {
  const Result<std::string> text = read_file(file);
  if (!text.ok()) return text.status();
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return errno_status(cat("look at ", file), errno);
  if ((found.st_mode & 0007) != 0)
    return invalid(cat(file, ": everybody on this machine may read or change the key; its mode should be 0600"));
  Result<std::vector<SealingKey>> keys = parse_keys(*text);
  if (!keys.ok()) return annotate(keys.status(), file);
  return keys;
}

// The file beside the store; a key that is to be written there when it is needed for the first time.
Result<std::vector<SealingKey>> default_keys(const std::string& file, std::string& file_to_make) {
  Result<std::vector<SealingKey>> keys = keys_in_file(file);
  if (!is_not_found(keys.status())) return keys;
  Result<SealingKey> made = SealingKey::generate();
  if (!made.ok()) return made.status();
  file_to_make = file;
  return std::vector{*std::move(made)};
}

Result<std::vector<SealingKey>> printed_keys(const std::string& command, Nanoseconds timeout) {
  Result<std::string> printed = output_of(command, timeout);
  if (!printed.ok()) return printed.status();
  Result<std::vector<SealingKey>> keys = parse_keys(*std::move(printed));
  if (!keys.ok()) return annotate(keys.status(), "what the program printed");
  return keys;
}

Result<std::vector<SealingKey>> environment_keys(const std::string& value) {
  Result<std::vector<SealingKey>> keys = parse_keys(value);
  if (!keys.ok()) return annotate(keys.status(), kStoreKeyVariable);
  return keys;
}

}  // namespace

Result<std::shared_ptr<SecretBox>> open_secret_box(const SecretKeyOptions& options) {
  const int places = int{!options.file.empty()} + int{!options.command.empty()} + int{!options.keys.empty()};
  if (places > 1)
    return invalid(cat("say once where the keys are: in a file, in ", kStoreKeyVariable, ", or printed by a program"));
  std::string file_to_make;
  Result<std::vector<SealingKey>> keys = !options.file.empty()   ? keys_in_file(options.file)
                                         : !options.keys.empty() ? environment_keys(options.keys)
                                         : !options.command.empty()
                                             ? printed_keys(options.command, options.command_timeout)
                                             : default_keys(options.default_file, file_to_make);
  if (!keys.ok()) return annotate(keys.status(), "keys of the store's secrets");
  return std::shared_ptr<SecretBox>(std::make_shared<Vault>(*std::move(keys), std::move(file_to_make)));
}

}  // namespace weft::cp
