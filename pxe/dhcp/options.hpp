#pragma once
// The options of one DHCPv4 message (RFC 2132), as code and bytes. Options that a sender split are joined
// here (RFC 3396), so that nobody above sees the pieces.

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "core/address.hpp"
#include "core/bytes.hpp"

namespace colony::pxe::dhcp {

/// IANA "BOOTP vendor extensions and DHCP options", the ones we read or write.
enum class OptionCode : std::uint8_t {
  pad = 0,
  subnet_mask = 1,
  router = 3,
  dns_server = 6,
  host_name = 12,
  interface_mtu = 26,
  broadcast_address = 28,
  ntp_server = 42,
  vendor_specific = 43,
  requested_address = 50,
  lease_time = 51,
  overload = 52,
  message_type = 53,
  server_identifier = 54,
  parameter_list = 55,
  message = 56,
  max_message_size = 57,
  renewal_time = 58,
  rebinding_time = 59,
  vendor_class = 60,
  client_identifier = 61,
  tftp_server_name = 66,
  bootfile_name = 67,
  user_class = 77,
  relay_agent_information = 82,
  client_architecture = 93,
  client_network_interface = 94,
  client_machine_identifier = 97,
  subnet_selection = 118,
  ipxe = 175,
  end = 255,
};

enum class OptionsError : std::uint8_t {
  truncated,  // an option's length runs past the end of its field
};

class Options {
 public:
  struct Option {
    OptionCode code;
    core::Bytes value;
    friend bool operator==(const Option&, const Option&) = default;
  };

  /// The joined value; nothing when the option is absent.
  [[nodiscard]] std::optional<core::ByteView> find(OptionCode code) const;
  [[nodiscard]] bool has(OptionCode code) const { return find(code).has_value(); }
  /// A value that must be exactly so long; otherwise as if absent.
  [[nodiscard]] std::optional<std::uint8_t> find_u8(OptionCode code) const;
  [[nodiscard]] std::optional<std::uint16_t> find_u16(OptionCode code) const;
  [[nodiscard]] std::optional<core::Ipv4Address> find_address(OptionCode code) const;
  /// Text without the trailing NULs that some firmware counts in.
  [[nodiscard]] std::optional<std::string_view> find_text(OptionCode code) const;

  /// Appends to the value when the code is there already (RFC 3396).
  void add(OptionCode code, core::ByteView value);
  void add_u8(OptionCode code, std::uint8_t value);
  void add_u32(OptionCode code, std::uint32_t value);
  void add_address(OptionCode code, core::Ipv4Address address);
  void add_text(OptionCode code, std::string_view text) { add(code, core::as_bytes(text)); }

  void remove(OptionCode code);

  [[nodiscard]] const std::vector<Option>& all() const { return options_; }
  friend bool operator==(const Options&, const Options&) = default;

 private:
  std::vector<Option> options_;  // in order of first appearance
};

/// Reads one options field into `options`, up to END or the end of the field. A missing END is accepted: the
/// field's own length is the bound.
[[nodiscard]] std::expected<void, OptionsError> decode_options(core::ByteView field, Options& options);

/// Writes every option, values over 255 bytes split (RFC 3396), then END.
void encode_options(const Options& options, core::ByteWriter& out);

}  // namespace colony::pxe::dhcp
