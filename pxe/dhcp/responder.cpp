#include "pxe/dhcp/responder.hpp"

#include <utility>

#include <fmt/format.h>

namespace colony::pxe::dhcp {

namespace {

using namespace std::chrono_literals;

// A client repeats its DISCOVER within a second; a stranger may go on for ever.
constexpr core::Duration seen_interval = 1s;
constexpr core::Duration unanswered_interval = 60s;
constexpr core::Duration malformed_interval = 10s;
constexpr std::size_t seen_capacity = 4096;
constexpr std::size_t unanswered_capacity = 512;

constexpr std::uint64_t system_stage = 0xff;  // none of core::BootStage: an operating system speaks

std::uint64_t key(std::uint64_t stage, core::MacAddress mac) {
  std::uint64_t value = stage;
  for (const auto octet : mac.octets()) value = value << 8 | octet;
  return value;
}

std::uint64_t key(const BootRequest& request) {
  return key(static_cast<std::uint64_t>(request.stage), request.mac);
}

/// The states in which a client begins: INIT (DISCOVER) and INIT-REBOOT, which asks for its old address
/// without naming a server (RFC 2131 sections 4.3.2 and 4.4). Whoever renews, rebinds or selects has begun
/// before.
bool begins(const Message& message) {
  if (message.type == MessageType::discover) return true;
  return message.type == MessageType::request && message.client.is_unspecified() &&
         !message.options.find_address(OptionCode::server_identifier);
}

/// The address by which the client names itself in this message, if it does. Option 50 of a DISCOVER is only
/// a wish; in a REQUEST it is the lease the client has chosen (RFC 2131 section 4.3.2).
std::optional<core::Ipv4Address> own_address(const Message& message) {
  if (!message.client.is_unspecified()) return message.client;
  if (message.type != MessageType::request) return std::nullopt;
  const auto requested = message.options.find_address(OptionCode::requested_address);
  if (!requested || requested->is_unspecified() || requested->is_broadcast() || requested->is_multicast()) {
    return std::nullopt;
  }
  return requested;
}

/// RFC 2131 section 4.1: through the relay, else to an address the client answers ARP for, else to everybody.
Outgoing address_reply(const Message& reply, const Arrival& arrival) {
  Outgoing out;
  out.datagram = encode(reply);
  if (arrival.port == ArrivalPort::pxe) {
    // PXE 2.1 section 2.4.3: back to where it came from, whatever port that was.
    out.destination = arrival.source;
    out.port = arrival.source_port;
  } else if (!reply.gateway.is_unspecified()) {
    out.destination = reply.gateway;
    out.port = server_port;
  } else if (!reply.client.is_unspecified()) {
    out.destination = reply.client;
    out.port = client_port;
  } else {
    out.destination = core::Ipv4Address(0xffffffffU);
    out.port = client_port;
  }
  return out;
}

}  // namespace

Responder::Responder(ReplyConfig config, const BootPolicy& policy, LearnedAddresses& addresses,
                     core::EvidenceSink& evidence, core::Log& log)
    : config_(std::move(config)),
      policy_(policy),
      addresses_(addresses),
      evidence_(evidence),
      log_(log),
      seen_(seen_interval, seen_capacity),
      unanswered_(unanswered_interval, unanswered_capacity),
      malformed_lines_(malformed_interval, decode_error_count) {}

std::optional<Outgoing> Responder::on_datagram(const Arrival& arrival) {
  ++counters_.received;
  const auto message = decode(arrival.datagram);
  if (!message) {
    on_malformed(arrival, message.error());
    return std::nullopt;
  }
  const auto client = classify(*message);
  if (message->operation != Operation::request || !client) {
    on_ordinary_client(arrival, *message);
    return std::nullopt;
  }
  BootClient known = *client;
  if (const auto address = own_address(*message)) known.request.address = address;
  const BootRequest& request = known.request;

  const bool discover = arrival.port == ArrivalPort::server && message->type == MessageType::discover;
  const bool boot_server_request = arrival.port == ArrivalPort::pxe &&
                                   message->type == MessageType::request && !arrival.source.is_unspecified();
  const bool wants_answer = discover || boot_server_request;
  if (!policy_.serves(request)) {
    ++counters_.strangers;
    if (wants_answer) emit_seen(arrival, request, false);
    return std::nullopt;
  }
  addresses_.learn(request);
  if (!wants_answer) return std::nullopt;

  const auto reply = make_proxy_reply(*message, known, config_);
  if (!reply) {
    on_refusal(arrival, request, reply.error());
    return std::nullopt;
  }
  ++counters_.answered;
  emit_seen(arrival, request, true);
  log_.info(
      "dhcp.offer", "answered a network boot",
      {{"type", name(reply->type)},
       {"mac", request.mac},
       {"arch", core::name(request.arch)},
       {"stage", core::name(request.stage)},
       {"file", core::printable(reply->options.find_text(OptionCode::bootfile_name).value_or(""), 200)}});
  return address_reply(*reply, arrival);
}

void Responder::on_malformed(const Arrival& arrival, DecodeError error) {
  auto& count = counters_.malformed[static_cast<std::size_t>(error)];
  ++count;
  if (!malformed_lines_.allow(static_cast<std::uint8_t>(error), arrival.now)) return;
  log_.warn("dhcp.malformed", "dropped a datagram that is not DHCP as RFC 2131 has it",
            {{"reason", name(error)},
             {"from", arrival.source},
             {"bytes", arrival.datagram.size()},
             {"count", count}});
}

/// An operating system or scout itself: the site's DHCP server answers, we only note that it is up and where.
void Responder::on_ordinary_client(const Arrival& arrival, const Message& message) {
  ++counters_.not_ours;
  if (message.operation != Operation::request) return;
  const auto address = own_address(message);
  const bool new_here = begins(message);
  if (!address && !new_here) return;
  BootRequest request = addresses_.last_request(message.mac).value_or(BootRequest{});
  request.mac = message.mac;
  if (address) request.address = address;
  if (!policy_.serves(request)) return;
  if (address) addresses_.learn(request);
  if (new_here && seen_.allow(key(system_stage, message.mac), arrival.now)) {
    emit(arrival, request, core::SystemAsked{});
  }
}

void Responder::on_refusal(const Arrival& arrival, const BootRequest& request, Refusal refusal) {
  ++counters_.refused;
  emit_seen(arrival, request, false);
  if (!unanswered_.allow(~key(request), arrival.now)) return;
  const std::string text =
      refusal == Refusal::no_boot_program
          ? fmt::format("no boot program for {}: name one in colony.yaml under pxe.nbp",
                        core::name(request.arch))
          : "the machine names no architecture that we know; x86 BIOS, x64 and arm64 UEFI boot";
  emit(arrival, request, core::Note{fmt::format("dhcp.{}", name(refusal)), text});
  log_.warn("dhcp.refused", text, {{"mac", request.mac}, {"reason", name(refusal)}});
}

void Responder::emit(const Arrival& arrival, const BootRequest& request, core::Fact fact) const {
  core::Evidence evidence;
  evidence.mac = request.mac;
  evidence.address = request.address;
  evidence.smbios_uuid = request.uuid;
  evidence.at = arrival.utc_now;
  evidence.source = "pxe.dhcp";
  evidence.fact = std::move(fact);
  evidence_.emit(std::move(evidence));
}

void Responder::emit_seen(const Arrival& arrival, const BootRequest& request, bool answered) {
  auto& limit = answered ? seen_ : unanswered_;
  if (!limit.allow(key(request), arrival.now)) return;
  emit(arrival, request, core::DhcpSeen{request.arch, request.stage, answered});
  if (!answered) {
    log_.info(
        "dhcp.silent", "a network boot asked and is not ours to answer",
        {{"mac", request.mac}, {"arch", core::name(request.arch)}, {"stage", core::name(request.stage)}});
  }
}

}  // namespace colony::pxe::dhcp
