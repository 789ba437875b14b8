#include "pxe/dhcp/reply.hpp"

#include <array>
#include <cassert>

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

  Message reply;
  reply.operation = Operation::reply;
  reply.type = request.type == MessageType::discover ? MessageType::offer : MessageType::ack;
  reply.xid = request.xid;
  reply.broadcast = request.broadcast;
  reply.client = request.client;
  // iPXE takes a ProxyDHCP answer as final only with siaddr set, even when the file is a URL.
  reply.server = config.server.address;
  reply.gateway = request.gateway;
  reply.mac = request.mac;
  reply.server_name = config.server.address.to_string();
  // Old PXE ROMs read the field, EDK2 and iPXE the option; a long URL fits only the option.
  if (file->size() <= file_limit) reply.file = *file;

  const bool http = client.request.stage == BootStage::firmware_http;
  reply.options.add_address(OptionCode::server_identifier, config.server.address);
  // EDK2 accepts an HTTP boot offer only when option 60 says HTTPClient.
  reply.options.add_text(OptionCode::vendor_class, http ? "HTTPClient" : "PXEClient");
  copy_option(request, reply, OptionCode::client_machine_identifier);
  if (!http) {
    reply.options.add(OptionCode::vendor_specific, pxe_vendor_options(client));
    reply.options.add_text(OptionCode::tftp_server_name, config.server.address.to_string());
  }
  reply.options.add_text(OptionCode::bootfile_name, *file);
  if (client.request.stage == BootStage::ipxe) {
    constexpr std::array<core::Byte, 3> no_pxe_dhcp{176, 1, 1};
    reply.options.add(OptionCode::ipxe, no_pxe_dhcp);
  }
  copy_option(request, reply, OptionCode::relay_agent_information);  // RFC 3046 section 2.2, last
  return reply;
}

}  // namespace colony::pxe::dhcp
