#pragma once
// SHA-256 (FIPS 180-4) as a value, one-shot and incremental. OpenSSL underneath.

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"

namespace colony::core {

class Sha256Digest {
 public:
  using Octets = std::array<Byte, 32>;
  Sha256Digest() = default;
  explicit Sha256Digest(Octets octets) : octets_(octets) {}
  /// 64 hex digits.
  [[nodiscard]] static std::optional<Sha256Digest> parse(std::string_view text);
  [[nodiscard]] const Octets& octets() const { return octets_; }
  [[nodiscard]] std::string to_string() const { return hex(octets_); }
  friend auto operator<=>(const Sha256Digest&, const Sha256Digest&) = default;

 private:
  Octets octets_{};
};

[[nodiscard]] Sha256Digest sha256(ByteView bytes);
[[nodiscard]] inline Sha256Digest sha256(std::string_view text) {
  return sha256(as_bytes(text));
}

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  void update(ByteView bytes);
  /// Ends the computation; update() must not be called afterwards.
  [[nodiscard]] Sha256Digest finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace colony::core

template <>
struct std::hash<colony::core::Sha256Digest> {
  std::size_t operator()(const colony::core::Sha256Digest& digest) const noexcept {
    return std::hash<std::string_view>{}(colony::core::as_text(digest.octets()));
  }
};
