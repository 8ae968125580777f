// Where the keys that encrypt the store's secrets come from: a file, the environment, a program that prints them (a KMS
// client), or, when nothing is said, a file that is made beside the store. The first key encrypts, all decrypt. Read
// once at start; blocks on the disk and on the program, for a bounded time. No key, and nothing a program printed,
// reaches a log or an error.
#pragma once

#include <memory>
#include <string>

#include "base/duration.h"
#include "base/status.h"
#include "control-plane/store/secret_box.h"

namespace weft::cp {

// The keys in base64, the first one encrypts; separated by commas, spaces or line ends.
inline constexpr char kStoreKeyVariable[] = "WEFT_STORE_KEY";

struct SecretKeyOptions {
  std::string file;          // one key a line
  std::string command;       // words separated by spaces, no shell; prints one key a line
  std::string keys;          // the value of kStoreKeyVariable
  std::string default_file;  // made (0600) when none of the above is given
  Nanoseconds command_timeout = std::chrono::seconds(10);
};

// Error: more than one place is given; the file is readable by everybody; no key is in it; the program failed or did
// not end.
Result<std::shared_ptr<SecretBox>> open_secret_box(const SecretKeyOptions& options);

}  // namespace weft::cp
