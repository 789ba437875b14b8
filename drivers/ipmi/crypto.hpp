#pragma once
// HMAC and AES-CBC with their keys set up once: a session makes a few HMACs per datagram, and setting up a
// key costs five times a MAC.

#include <array>
#include <initializer_list>
#include <memory>
#include <optional>

#include "core/bytes.hpp"
#include "drivers/ipmi/cipher_suite.hpp"

struct evp_mac_ctx_st;
struct evp_cipher_ctx_st;

namespace colony::drivers::ipmi {

/// A MAC result of 20 or 32 bytes.
class Digest {
 public:
  Digest() = default;
  [[nodiscard]] core::ByteView view() const { return {octets_.data(), size_}; }
  /// The first `count` bytes; count <= size.
  [[nodiscard]] core::ByteView first(std::size_t count) const { return view().first(count); }

 private:
  friend class HmacKey;
  std::array<core::Byte, 32> octets_{};
  std::size_t size_ = 0;
};

/// HMAC with the suite's hash (SHA-1 or SHA-256) under one key.
class HmacKey {
 public:
  HmacKey(CipherSuite suite, core::ByteView key);
  /// MAC over the parts, one after the other.
  [[nodiscard]] Digest mac(std::initializer_list<core::ByteView> parts) const;

 private:
  struct Free {
    void operator()(evp_mac_ctx_st* context) const;
  };
  std::unique_ptr<evp_mac_ctx_st, Free> context_;
};

/// AES-128-CBC without padding of its own.
class AesKey {
 public:
  static constexpr std::size_t block = 16;
  using Block = std::array<core::Byte, block>;

  explicit AesKey(core::ByteView key);  // the first 16 bytes count
  /// `text` is a multiple of the block size.
  [[nodiscard]] core::Bytes encrypt(const Block& iv, core::ByteView text) const;
  /// nullopt when `text` is not a multiple of the block size.
  [[nodiscard]] std::optional<core::Bytes> decrypt(core::ByteView iv, core::ByteView text) const;

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> encrypt_;
  std::unique_ptr<evp_cipher_ctx_st, Free> decrypt_;
};

/// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_codes(core::ByteView a, core::ByteView b);

}  // namespace colony::drivers::ipmi
