#include "proxy/tls/failure.h"

#include <array>

namespace weft::proxy {

std::string_view tls_failure_word(TlsFailure failure) {
  constexpr std::array<std::string_view, static_cast<size_t>(TlsFailure::kCount)> kWords = {"none",
                                                                                            "not_tls",
                                                                                            "no_certificate",
                                                                                            "expired",
                                                                                            "not_yet_valid",
                                                                                            "unknown_authority",
                                                                                            "bad_certificate",
                                                                                            "no_identity",
                                                                                            "wrong_identity",
                                                                                            "refused",
                                                                                            "protocol",
                                                                                            "own_certificate",
                                                                                            "timeout",
                                                                                            "closed",
                                                                                            "overloaded"};
  return kWords[static_cast<size_t>(failure)];
}

}  // namespace weft::proxy
