#include "ramdisk/machine/in_band_bmc.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::ramdisk {

using core::ByteView;

namespace {

constexpr std::uint8_t app = 0x06, transport = 0x0c;
constexpr std::uint8_t get_device_id = 0x01, get_system_guid = 0x37, get_channel_info = 0x42;
constexpr std::uint8_t get_lan_parameter = 0x02;
constexpr std::uint8_t lan_ip_address = 3, lan_mac_address = 5;
constexpr std::uint8_t medium_802_3 = 0x04;  // table 6-3
constexpr std::uint8_t last_channel = 0x0b;

/// The data behind a completion code 0, at least `least` bytes of it.
std::optional<core::Bytes> ask(const IpmiCommand& send, const IpmiRequest& request, std::size_t least) {
  auto response = send(request);
  if (!response || response->empty() || response->front() != 0 || response->size() < least + 1)
    return std::nullopt;
  response->erase(response->begin());
  return response;
}

/// `count` bytes of a LAN parameter, behind its revision byte.
std::optional<core::Bytes> lan_parameter(const IpmiCommand& send, std::uint8_t channel,
                                         std::uint8_t parameter, std::size_t count) {
  auto data = ask(send, {transport, get_lan_parameter, {channel, parameter, 0, 0}}, count + 1);
  if (!data) return std::nullopt;
  data->erase(data->begin());
  data->resize(count);
  return data;
}

bool is_lan(const IpmiCommand& send, std::uint8_t channel) {
  const auto info = ask(send, {app, get_channel_info, {channel}}, 2);
  return info && ((*info)[1] & 0x7f) == medium_802_3;
}

std::optional<core::Ipv4Address> read_address(ByteView bytes) {
  core::ByteReader reader(bytes);
  const auto value = reader.u32be();
  if (!value || *value == 0) return std::nullopt;
  return core::Ipv4Address(*value);
}

std::optional<core::MacAddress> read_mac(ByteView bytes) {
  core::MacAddress::Octets octets{};
  std::ranges::copy(bytes.first(octets.size()), octets.begin());
  const core::MacAddress mac(octets);
  if (mac.is_zero() || mac.is_group()) return std::nullopt;
  return mac;
}

}  // namespace

std::optional<drivers::scout::InBandBmc> ask_bmc(const IpmiCommand& send) {
  const auto device = ask(send, {app, get_device_id, {}}, 4);
  if (!device) return std::nullopt;
  drivers::scout::InBandBmc bmc;
  // Major is binary in seven bits, minor two BCD digits (section 20.1).
  bmc.firmware_revision = fmt::format("{}.{:02x}", (*device)[2] & 0x7f, (*device)[3]);
  if (const auto guid = ask(send, {app, get_system_guid, {}}, 16)) {
    core::Uuid::Octets octets{};
    std::copy_n(guid->begin(), octets.size(), octets.begin());
    const core::Uuid uuid(octets);
    if (!uuid.is_zero()) bmc.system_guid = uuid;
  }
  for (std::uint8_t channel = 1; channel <= last_channel; ++channel) {
    if (!is_lan(send, channel)) continue;
    if (const auto address = lan_parameter(send, channel, lan_ip_address, 4))
      bmc.address = read_address(*address);
    if (const auto mac = lan_parameter(send, channel, lan_mac_address, 6)) bmc.mac = read_mac(*mac);
    if (bmc.address || bmc.mac) break;
  }
  return bmc;
}

}  // namespace colony::ramdisk
