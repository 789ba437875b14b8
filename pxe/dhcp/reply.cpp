#include "pxe/dhcp/reply.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

namespace colony::pxe::dhcp {

namespace {

using core::BootStage;
using core::ClientArch;

/// HTTP boot loads the same program as PXE.
ClientArch program_arch(ClientArch arch) {
  if (arch == ClientArch::efi_x64_http) return ClientArch::efi_x64;
  if (arch == ClientArch::efi_arm64_http) return ClientArch::efi_arm64;
  return arch;
}

std::expected<std::string, Refusal> boot_file(const BootRequest& request, const ReplyConfig& config) {
  if (request.stage == BootStage::ipxe) return script_url(config.server, request);
  if (request.arch == ClientArch::unknown) return std::unexpected(Refusal::unknown_architecture);
  const auto program = config.nbp.find(program_arch(request.arch));
  if (program == config.nbp.end()) return std::unexpected(Refusal::no_boot_program);
  if (request.stage == BootStage::firmware_http) {
    return boot_program_url(config.server, program->second);
  }
  return program->second;
}

core::Bytes pxe_vendor_options(const BootClient& client) {
  constexpr std::size_t limit = 16;
  core::ByteWriter out(limit);
  constexpr std::array<core::Byte, 3> discovery_control{6, 1, use_offered_boot_file};
  out.bytes(discovery_control);
  if (client.boot_item) {
    constexpr std::array<core::Byte, 2> boot_item{71, 4};
    out.bytes(boot_item);
    out.u16be(client.boot_item->type);
    out.u16be(client.boot_item->layer);
  }
  out.u8(static_cast<std::uint8_t>(OptionCode::end));
  assert(out.ok());
  return std::move(out).finish();
}

/// Only what fits one option: a client must not be able to make our reply outgrow the message.
void copy_option(const Message& from, Message& to, OptionCode code) {
  constexpr std::size_t limit = 255;
  const auto value = from.options.find(code);
  if (value && value->size() <= limit) to.options.add(code, *value);
}

/// What every reply repeats of its request.
Message begin_reply(const Message& request, MessageType type) {
  Message reply;
  reply.operation = Operation::reply;
  reply.type = type;
  reply.xid = request.xid;
  reply.broadcast = request.broadcast;
  reply.client = request.client;
  reply.gateway = request.gateway;
  reply.mac = request.mac;
  return reply;
}

/// From where and what the machine boots, on every path the same.
void add_boot(Message& reply, const Message& request, const BootClient& client, const std::string& file,
              const ReplyConfig& config) {
  // iPXE takes a ProxyDHCP answer as final only with siaddr set, even when the file is a URL.
  reply.server = config.server.address;
  reply.server_name = config.server.address.to_string();
  // Old PXE ROMs read the field, EDK2 and iPXE the option; a long URL fits only the option.
  if (file.size() <= file_limit) reply.file = file;

  const bool http = client.request.stage == BootStage::firmware_http;
  // EDK2 accepts an HTTP boot offer only when option 60 says HTTPClient.
  reply.options.add_text(OptionCode::vendor_class, http ? "HTTPClient" : "PXEClient");
  copy_option(request, reply, OptionCode::client_machine_identifier);
  if (!http) {
    reply.options.add(OptionCode::vendor_specific, pxe_vendor_options(client));
    reply.options.add_text(OptionCode::tftp_server_name, config.server.address.to_string());
  }
  reply.options.add_text(OptionCode::bootfile_name, file);
  if (client.request.stage == BootStage::ipxe) {
    constexpr std::array<core::Byte, 3> no_pxe_dhcp{176, 1, 1};
    reply.options.add(OptionCode::ipxe, no_pxe_dhcp);
  }
}

void add_addresses(Message& reply, OptionCode code, const std::vector<core::Ipv4Address>& addresses) {
  for (const auto address : addresses) reply.options.add_address(code, address);
}

std::uint32_t in_seconds(core::Duration duration) {
  return static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(duration).count());
}

/// What the client asked for with option 55, of what the site has configured; everything to a client that
/// asks for nothing in particular.
void add_network(Message& reply, const Message& request, const LeaseTerms& terms) {
  const auto list = request.options.find(OptionCode::parameter_list);
  const auto wants = [&list](OptionCode code) {
    return !list || std::ranges::find(*list, static_cast<core::Byte>(code)) != list->end();
  };
  const auto& subnet = terms.subnet;
  // Never left out: who gets an address and no mask guesses one by its class.
  reply.options.add_u32(OptionCode::subnet_mask, subnet.network.mask());
  if (wants(OptionCode::router) && !subnet.gateway.is_unspecified()) {
    reply.options.add_address(OptionCode::router, subnet.gateway);
  }
  if (wants(OptionCode::dns_server)) add_addresses(reply, OptionCode::dns_server, subnet.dns);
  if (wants(OptionCode::host_name) && !terms.hostname.empty()) {
    reply.options.add_text(OptionCode::host_name, terms.hostname);
  }
  if (list && wants(OptionCode::broadcast_address)) {
    reply.options.add_address(OptionCode::broadcast_address, subnet.network.broadcast());
  }
  if (wants(OptionCode::ntp_server)) add_addresses(reply, OptionCode::ntp_server, subnet.ntp);
}

/// A client takes at least 576 bytes of IP datagram (RFC 2131 section 2), more when option 57 says so. What a
/// boot can do without goes first. The relay takes its option 82 out again: it does not count.
void fit(Message& reply, const Message& request) {
  constexpr std::size_t smallest = 576, headers = 28;
  const std::size_t offered = request.options.find_u16(OptionCode::max_message_size).value_or(smallest);
  const std::size_t limit = std::min(std::max(offered, smallest) - headers, message_limit);
  constexpr auto dispensable =
      std::to_array({OptionCode::broadcast_address, OptionCode::ntp_server, OptionCode::host_name,
                     OptionCode::tftp_server_name, OptionCode::dns_server});
  for (const auto code : dispensable) {
    if (encode(reply).size() <= limit) return;
    reply.options.remove(code);
  }
}

}  // namespace

std::string_view name(Refusal refusal) {
  switch (refusal) {
    case Refusal::unknown_architecture: return "unknown_architecture";
    case Refusal::no_boot_program: return "no_boot_program";
  }
  return "?";
}

std::expected<Message, Refusal> make_proxy_reply(const Message& request, const BootClient& client,
                                                 const ReplyConfig& config) {
  const auto file = boot_file(client.request, config);
  if (!file) return std::unexpected(file.error());
  Message reply =
      begin_reply(request, request.type == MessageType::discover ? MessageType::offer : MessageType::ack);
  reply.options.add_address(OptionCode::server_identifier, config.server.address);
  add_boot(reply, request, client, *file, config);
  copy_option(request, reply, OptionCode::relay_agent_information);  // RFC 3046 section 2.2, last
  return reply;
}

std::expected<Message, Refusal> make_lease_reply(const Message& request,
                                                 const std::optional<BootClient>& client,
                                                 const LeaseTerms& terms, const ReplyConfig& config) {
  std::expected<std::string, Refusal> file;
  if (client) file = boot_file(client->request, config);
  if (!file) return std::unexpected(file.error());
  Message reply =
      begin_reply(request, request.type == MessageType::discover ? MessageType::offer : MessageType::ack);
  // RFC 2131 table 3: an OFFER has no ciaddr.
  if (request.type == MessageType::discover) reply.client = {};
  reply.your = terms.address;
  reply.options.add_address(OptionCode::server_identifier, config.server.address);
  if (!terms.address.is_unspecified()) {
    const auto seconds = in_seconds(terms.subnet.lease_time);
    reply.options.add_u32(OptionCode::lease_time, seconds);
    reply.options.add_u32(OptionCode::renewal_time, seconds / 2);
    reply.options.add_u32(OptionCode::rebinding_time, seconds / 8 * 7);
  }
  add_network(reply, request, terms);
  if (client) add_boot(reply, request, *client, *file, config);
  copy_option(request, reply, OptionCode::client_identifier);  // RFC 6842
  // RFC 3011 section 2: who sends it drops an answer without it.
  if (!request.gateway.is_unspecified()) copy_option(request, reply, OptionCode::subnet_selection);
  fit(reply, request);
  copy_option(request, reply, OptionCode::relay_agent_information);  // RFC 3046 section 2.2, last
  return reply;
}

Message make_nak(const Message& request, std::string_view why, const ReplyConfig& config) {
  Message reply = begin_reply(request, MessageType::nak);
  reply.client = {};
  // The relay must not try the address that the client is told not to use.
  reply.broadcast = reply.broadcast || !request.gateway.is_unspecified();
  reply.options.add_address(OptionCode::server_identifier, config.server.address);
  reply.options.add_text(OptionCode::message, why);
  copy_option(request, reply, OptionCode::client_identifier);
  copy_option(request, reply, OptionCode::relay_agent_information);
  return reply;
}

}  // namespace colony::pxe::dhcp
