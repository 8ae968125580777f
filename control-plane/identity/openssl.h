// Ownership of OpenSSL's objects and its error queue as a sentence. Included by this folder's .cc files alone.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/text.h"

namespace weft::cp {

template <auto kFree>
struct OpensslDeleter {
  template <typename T>
  void operator()(T* object) const {
    kFree(object);
  }
};

using BioPtr = std::unique_ptr<BIO, OpensslDeleter<BIO_free_all>>;
using KeyPtr = std::unique_ptr<EVP_PKEY, OpensslDeleter<EVP_PKEY_free>>;
using DigestContextPtr = std::unique_ptr<EVP_MD_CTX, OpensslDeleter<EVP_MD_CTX_free>>;
using CertificatePtr = std::unique_ptr<X509, OpensslDeleter<X509_free>>;

// What the library last complained about on this thread; empties its queue.
inline Status openssl_error(std::string_view attempt) {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return internal(cat(attempt, ": ", words == nullptr ? "failed" : words));
}

inline BioPtr reading_from(std::string_view bytes) {
  return BioPtr(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

inline std::string written_to(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return std::string(bytes, size > 0 ? static_cast<size_t>(size) : 0);
}

// Never asks a terminal for a password: an encrypted key fails instead.
inline int no_password(char*, int, int, void*) { return -1; }

}  // namespace weft::cp
