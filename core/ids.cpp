#include "core/ids.hpp"

#include <algorithm>

#include "core/bytes.hpp"

namespace colony::core {

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) digits.push_back(text[i]);
  }
  const auto bytes = parse_hex(digits);
  if (!bytes) return std::nullopt;
  Octets octets;
  std::copy(bytes->begin(), bytes->end(), octets.begin());
  return Uuid(octets);
}

Uuid Uuid::random_v4(Octets random) {
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0f) | 0x40);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3f) | 0x80);
  return Uuid(random);
}

Uuid Uuid::swapped() const {
  Octets octets = octets_;
  std::reverse(octets.begin(), octets.begin() + 4);
  std::reverse(octets.begin() + 4, octets.begin() + 6);
  std::reverse(octets.begin() + 6, octets.begin() + 8);
  return Uuid(octets);
}

std::string Uuid::to_string() const {
  const std::string digits = hex(octets_);
  return digits.substr(0, 8) + "-" + digits.substr(8, 4) + "-" + digits.substr(12, 4) + "-" +
         digits.substr(16, 4) + "-" + digits.substr(20);
}

}  // namespace colony::core
