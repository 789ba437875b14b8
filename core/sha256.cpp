#include "core/sha256.hpp"

#include <algorithm>
#include <cassert>

#include <openssl/evp.h>

namespace colony::core {

std::optional<Sha256Digest> Sha256Digest::parse(std::string_view text) {
  const auto bytes = parse_hex(text);
  if (!bytes || bytes->size() != 32) return std::nullopt;
  Octets octets{};
  std::copy(bytes->begin(), bytes->end(), octets.begin());
  return Sha256Digest(octets);
}

struct Sha256::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  [[maybe_unused]] const int ok = EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
  assert(ok == 1);
}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(ByteView bytes) {
  [[maybe_unused]] const int ok = EVP_DigestUpdate(state_->context, bytes.data(), bytes.size());
  assert(ok == 1);
}

Sha256Digest Sha256::finish() {
  Sha256Digest::Octets octets{};
  [[maybe_unused]] const int ok = EVP_DigestFinal_ex(state_->context, octets.data(), nullptr);
  assert(ok == 1);
  return Sha256Digest(octets);
}

Sha256Digest sha256(ByteView bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.finish();
}

}  // namespace colony::core
