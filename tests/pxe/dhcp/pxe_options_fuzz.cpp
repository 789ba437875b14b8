// The values of options 43, 60, 77, 82, 93, 94, 97, 118 and 175, each parser on the same bytes.
#include <cstdlib>

#include "pxe/dhcp/boot_client.hpp"
#include "pxe/dhcp/relay_agent.hpp"

using namespace colony;
using namespace colony::pxe::dhcp;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const core::ByteView value(data, size);
  (void)parse_pxe_vendor_options(value);
  (void)parse_ipxe_options(value);
  (void)parse_client_network_interface(value);
  (void)parse_machine_identifier(value);
  (void)parse_client_architecture(value);
  (void)parse_vendor_class_architecture(core::as_text(value));
  std::size_t total = 0;
  for (const auto text : parse_user_classes(value)) total += text.size();
  if (total > size) std::abort();

  Message message;
  message.options.add(size % 2 == 0 ? OptionCode::vendor_class : OptionCode::user_class, value);
  message.options.add(OptionCode::client_architecture, value);
  message.options.add(OptionCode::client_machine_identifier, value);
  message.options.add(OptionCode::vendor_specific, value);
  (void)classify(message);

  const auto link = parse_link_selection(value);
  if (relayed_from(message)) std::abort();  // nobody relayed it
  message.gateway = core::Ipv4Address(0x0a020001);
  message.options.add(OptionCode::relay_agent_information, value);
  message.options.add(OptionCode::subnet_selection, value);
  const auto from = relayed_from(message);
  if (!from || from->is_unspecified() || (link && from != link)) std::abort();
  return 0;
}
