#include "drivers/ipmi/crypto.hpp"

#include <cassert>
#include <cstdlib>

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "core/secret.hpp"

namespace colony::drivers::ipmi {

namespace {

/// OpenSSL fails here only for want of memory or a broken installation; going on would be unsafe.
void require(bool success) {
  if (!success) std::abort();
}

EVP_MAC* hmac() {
  // Fetching walks the provider tables under a lock: once per process. Immutable after that.
  static EVP_MAC* const fetched = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  require(fetched != nullptr);
  return fetched;
}

}  // namespace

void HmacKey::Free::operator()(evp_mac_ctx_st* context) const {
  EVP_MAC_CTX_free(context);
}

HmacKey::HmacKey(CipherSuite suite, core::ByteView key) : context_(EVP_MAC_CTX_new(hmac())) {
  require(context_ != nullptr);
  char sha1[] = "SHA1";
  char sha256[] = "SHA256";
  const std::array parameters{OSSL_PARAM_construct_utf8_string(
                                  OSSL_MAC_PARAM_DIGEST, suite == CipherSuite::sha1_aes ? sha1 : sha256, 0),
                              OSSL_PARAM_construct_end()};
  // A null key would mean "keep the old one": an empty password is a key of zero bytes.
  static constexpr core::Byte no_key = 0;
  const core::Byte* const bytes = key.empty() ? &no_key : key.data();
  require(EVP_MAC_init(context_.get(), bytes, key.size(), parameters.data()) == 1);
}

Digest HmacKey::mac(std::initializer_list<core::ByteView> parts) const {
  require(EVP_MAC_init(context_.get(), nullptr, 0, nullptr) == 1);
  for (const auto part : parts) require(EVP_MAC_update(context_.get(), part.data(), part.size()) == 1);
  Digest digest;
  require(EVP_MAC_final(context_.get(), digest.octets_.data(), &digest.size_, digest.octets_.size()) == 1);
  return digest;
}

void AesKey::Free::operator()(evp_cipher_ctx_st* context) const {
  EVP_CIPHER_CTX_free(context);
}

AesKey::AesKey(core::ByteView key) : encrypt_(EVP_CIPHER_CTX_new()), decrypt_(EVP_CIPHER_CTX_new()) {
  assert(key.size() >= block);
  require(encrypt_ != nullptr && decrypt_ != nullptr);
  require(EVP_CipherInit_ex(encrypt_.get(), EVP_aes_128_cbc(), nullptr, key.data(), nullptr, 1) == 1);
  require(EVP_CipherInit_ex(decrypt_.get(), EVP_aes_128_cbc(), nullptr, key.data(), nullptr, 0) == 1);
}

core::Bytes AesKey::encrypt(const Block& iv, core::ByteView text) const {
  assert(text.size() % block == 0);
  core::Bytes out(text.size());
  int written = 0;
  require(EVP_CipherInit_ex(encrypt_.get(), nullptr, nullptr, nullptr, iv.data(), 1) == 1);
  EVP_CIPHER_CTX_set_padding(encrypt_.get(), 0);
  require(EVP_CipherUpdate(encrypt_.get(), out.data(), &written, text.data(),
                           static_cast<int>(text.size())) == 1);
  return out;
}

std::optional<core::Bytes> AesKey::decrypt(core::ByteView iv, core::ByteView text) const {
  if (iv.size() != block || text.empty() || text.size() % block != 0) return std::nullopt;
  core::Bytes out(text.size());
  int written = 0;
  require(EVP_CipherInit_ex(decrypt_.get(), nullptr, nullptr, nullptr, iv.data(), 0) == 1);
  EVP_CIPHER_CTX_set_padding(decrypt_.get(), 0);
  require(EVP_CipherUpdate(decrypt_.get(), out.data(), &written, text.data(),
                           static_cast<int>(text.size())) == 1);
  return out;
}

bool equal_codes(core::ByteView a, core::ByteView b) {
  return core::constant_time_equal(core::as_text(a), core::as_text(b));
}

}  // namespace colony::drivers::ipmi
