#pragma once
// Identifiers. Each is its own type, so that an asset is never passed where a workflow is meant.

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace colony::core {

/// RFC 4122 UUID, octets in wire (big-endian) order. SMBIOS before 2.6 and IPMI send the first three fields
/// little-endian: swapped() gives the other reading of the same bytes.
class Uuid {
 public:
  using Octets = std::array<std::uint8_t, 16>;
  Uuid() = default;
  explicit Uuid(Octets octets) : octets_(octets) {}

  /// 8-4-4-4-12 hex, either case.
  [[nodiscard]] static std::optional<Uuid> parse(std::string_view text);
  /// Version 4 from 16 random octets.
  [[nodiscard]] static Uuid random_v4(Octets random);
  [[nodiscard]] const Octets& octets() const { return octets_; }
  [[nodiscard]] Uuid swapped() const;
  [[nodiscard]] bool is_zero() const { return octets_ == Octets{}; }
  [[nodiscard]] std::string to_string() const;

  friend auto operator<=>(const Uuid&, const Uuid&) = default;

 private:
  Octets octets_{};
};

/// A UUID with a meaning. Tag is only a name.
template <class Tag>
class UuidId {
 public:
  UuidId() = default;
  explicit UuidId(Uuid uuid) : uuid_(uuid) {}
  [[nodiscard]] static std::optional<UuidId> parse(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    if (!uuid) return std::nullopt;
    return UuidId(*uuid);
  }
  [[nodiscard]] const Uuid& uuid() const { return uuid_; }
  [[nodiscard]] std::string to_string() const { return uuid_.to_string(); }
  friend auto operator<=>(const UuidId&, const UuidId&) = default;

 private:
  Uuid uuid_;
};

using AssetId = UuidId<struct AssetIdTag>;
using WorkflowId = UuidId<struct WorkflowIdTag>;
using IntentId = UuidId<struct IntentIdTag>;

/// A number with a meaning (sequence, generation, epoch, attempt).
template <class Tag>
struct Ordinal {
  std::uint64_t value = 0;
  friend auto operator<=>(const Ordinal&, const Ordinal&) = default;
};

using EventSeq = Ordinal<struct EventSeqTag>;      // gapless, of the outbox
using Epoch = Ordinal<struct EpochTag>;            // changes when the store changes owner or is restored
using Attempt = Ordinal<struct AttemptTag>;        // of one destructive order, from 1
using Generation = Ordinal<struct GenerationTag>;  // of a hosted operation

}  // namespace colony::core

template <class Tag>
struct std::hash<colony::core::UuidId<Tag>> {
  std::size_t operator()(const colony::core::UuidId<Tag>& id) const noexcept {
    return std::hash<std::string_view>{}(std::string_view(
        reinterpret_cast<const char*>(id.uuid().octets().data()), id.uuid().octets().size()));
  }
};
