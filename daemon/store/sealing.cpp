#include "daemon/store/sealing.hpp"

#include <cassert>
#include <memory>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "core/random.hpp"

namespace colony::daemon::store {

namespace {

constexpr core::Byte form = 1;
constexpr std::size_t nonce_bytes = 12;
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t overhead = 1 + nonce_bytes + tag_bytes;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

Sealer::Sealer(core::Secret key) : key_(std::move(key)) {
  assert(key_.reveal().size() == key_bytes);
}

core::Bytes Sealer::seal(std::string_view plain, std::string_view place) const {
  core::Bytes sealed(overhead + plain.size());
  sealed[0] = form;
  core::Byte* const nonce = sealed.data() + 1;
  core::Byte* const body = nonce + nonce_bytes;
  core::SystemRandom random;
  random.fill({nonce, nonce_bytes});
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  [[maybe_unused]] const bool ok =
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), nonce) == 1 &&
      EVP_EncryptUpdate(context.get(), nullptr, &length, bytes_of(place), static_cast<int>(place.size())) ==
          1 &&
      EVP_EncryptUpdate(context.get(), body, &length, bytes_of(plain), static_cast<int>(plain.size())) == 1 &&
      EVP_EncryptFinal_ex(context.get(), body + length, &length) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_bytes),
                          body + plain.size()) == 1;
  assert(ok);  // fails only without memory
  return sealed;
}

core::Result<core::Secret> Sealer::unseal(core::ByteView sealed, std::string_view place) const {
  const auto broken = [place] {
    return core::fail(core::ErrorKind::corrupt, "store.seal_broken",
                      fmt::format("the sealed value of {} does not open with this key", place));
  };
  if (sealed.size() < overhead || sealed[0] != form) return broken();
  const auto nonce = sealed.subspan(1, nonce_bytes);
  const auto body = sealed.subspan(1 + nonce_bytes, sealed.size() - overhead);
  core::Bytes tag(sealed.end() - tag_bytes, sealed.end());
  std::string plain(body.size(), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  const Context context(EVP_CIPHER_CTX_new());
  int length = 0;
  const bool ok =
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key_.reveal()), nonce.data()) ==
          1 &&
      EVP_DecryptUpdate(context.get(), nullptr, &length, bytes_of(place), static_cast<int>(place.size())) ==
          1 &&
      EVP_DecryptUpdate(context.get(), out, &length, body.data(), static_cast<int>(body.size())) == 1 &&
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_bytes), tag.data()) ==
          1 &&
      EVP_DecryptFinal_ex(context.get(), out + length, &length) == 1;
  core::Secret secret(ok ? std::string_view(plain) : std::string_view{});
  core::wipe_text(plain);
  if (!ok) return broken();
  return secret;
}

}  // namespace colony::daemon::store
