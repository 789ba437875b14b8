#include "workflows/boot/tokens.hpp"

#include <algorithm>
#include <array>

namespace colony::workflows {

namespace {

constexpr std::size_t claims_size = 6 + 16 + 8 + 8;
constexpr std::size_t token_size = claims_size + 32;
constexpr std::size_t hmac_block = 64;

void put_u64(core::ByteWriter& out, std::uint64_t value) {
  out.u32be(static_cast<std::uint32_t>(value >> 32));
  out.u32be(static_cast<std::uint32_t>(value));
}

std::uint64_t take_u64(core::ByteReader& in) {
  const std::uint64_t high = in.u32be().value_or(0);
  return high << 32 | in.u32be().value_or(0);
}

core::Bytes encode(const BootClaims& claims) {
  core::ByteWriter out(claims_size);
  out.bytes(claims.mac.octets());
  out.bytes(claims.intent.uuid().octets());
  put_u64(out, claims.number);
  put_u64(out, claims.epoch.value);
  return std::move(out).finish();
}

}  // namespace

core::Sha256Digest hmac_sha256(std::string_view key, core::ByteView message) {
  std::array<core::Byte, hmac_block> inner_pad{};
  if (key.size() > hmac_block) {
    std::ranges::copy(core::sha256(key).octets(), inner_pad.begin());
  } else {
    std::ranges::copy(core::as_bytes(key), inner_pad.begin());
  }
  std::array<core::Byte, hmac_block> outer_pad = inner_pad;
  for (auto& byte : inner_pad) byte ^= 0x36;
  for (auto& byte : outer_pad) byte ^= 0x5c;
  core::Sha256 inner;
  inner.update(inner_pad);
  inner.update(message);
  core::Sha256 outer;
  outer.update(outer_pad);
  outer.update(inner.finish().octets());
  core::wipe_memory(inner_pad.data(), inner_pad.size());
  core::wipe_memory(outer_pad.data(), outer_pad.size());
  return outer.finish();
}

std::string Tokens::boot(const BootClaims& claims) const {
  const core::Bytes bytes = encode(claims);
  return core::hex(bytes) + hmac_sha256(key_.reveal(), bytes).to_string();
}

std::optional<BootClaims> Tokens::verify_boot(std::string_view token) const {
  if (token.size() != 2 * token_size) return std::nullopt;
  const auto bytes = core::parse_hex(token);
  if (!bytes) return std::nullopt;
  const core::ByteView claimed = core::ByteView(*bytes).first(claims_size);
  const core::ByteView proof = core::ByteView(*bytes).subspan(claims_size);
  const core::Sha256Digest expected = hmac_sha256(key_.reveal(), claimed);
  if (!core::constant_time_equal(core::as_text(proof), core::as_text(expected.octets()))) return std::nullopt;
  core::ByteReader in(claimed);
  BootClaims claims;
  core::MacAddress::Octets mac{};
  core::Uuid::Octets intent{};
  if (const auto view = in.take(mac.size())) std::ranges::copy(*view, mac.begin());
  if (const auto view = in.take(intent.size())) std::ranges::copy(*view, intent.begin());
  claims.mac = core::MacAddress(mac);
  claims.intent = core::IntentId(core::Uuid(intent));
  claims.number = take_u64(in);
  claims.epoch.value = take_u64(in);
  return claims;
}

std::string Tokens::of_intent(std::string_view purpose, const core::IntentId& intent) const {
  core::Bytes message(core::as_bytes(purpose).begin(), core::as_bytes(purpose).end());
  message.push_back(0);
  message.insert(message.end(), intent.uuid().octets().begin(), intent.uuid().octets().end());
  return hmac_sha256(key_.reveal(), message).to_string();
}

}  // namespace colony::workflows
