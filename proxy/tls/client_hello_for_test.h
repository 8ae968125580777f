// ClientHellos of strangers. For tests.
#pragma once

#include <string>

namespace weft::proxy::test {

// A ClientHello in one record, with one server_name extension that holds `list`.
inline std::string hello_asking(const std::string& list) {
  const auto sized = [](const std::string& bytes, size_t width) {
    std::string size;
    for (size_t i = width; i-- > 0;) size += static_cast<char>(bytes.size() >> (8 * i));
    return size + bytes;
  };
  const std::string extension = std::string(2, '\0') + sized(list, 2);
  const std::string hello = std::string(34, '\3') + sized("", 1) + sized("\x13\x01", 2) +
                            sized(std::string(1, '\0'), 1) + sized(extension, 2);
  return "\x16\x03\x01" + sized("\x01" + sized(hello, 3), 2);
}

// Of one host name.
inline std::string name_list(const std::string& name) {
  const auto size = [](size_t bytes) { return std::string{static_cast<char>(bytes >> 8), static_cast<char>(bytes)}; };
  return size(name.size() + 3) + std::string(1, '\0') + size(name.size()) + name;
}

}  // namespace weft::proxy::test
