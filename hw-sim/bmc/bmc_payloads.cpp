// The model's part in SOL: which session has the payload, and what goes in and out of it (IPMI 2.0 chapters
// 15 and 24).

#include "drivers/ipmi/record.hpp"
#include "hw-sim/bmc/bmc_session.hpp"

namespace colony::hw_sim {

namespace ipmi = drivers::ipmi;

namespace {

constexpr std::uint8_t payload_sol = 0x01;
constexpr std::uint8_t encrypted_bit = 0x80;

core::Bytes le32(std::uint32_t value) {
  core::ByteWriter out(4);
  out.u32le(value);
  return std::move(out).finish();
}

}  // namespace

std::optional<FirmwareReply> BmcModel::payload_command(Session& session, const ipmi::RequestMessage& request,
                                                       core::BootTime now) {
  const auto& data = request.data;
  const bool one = data.size() >= 2 && data[0] == payload_sol && data[1] == 1;
  switch (request.code) {
    case 0x48: {  // Activate Payload
      if (data.size() != 6) return FirmwareReply{ipmi::completion::request_length, {}};
      if (!one || !chassis_.serial()) return FirmwareReply{ipmi::completion::invalid_field, {}};
      if (!profile_.sol) return FirmwareReply{ipmi::completion::payload_disabled, {}};
      if ((data[2] & encrypted_bit) == 0) return FirmwareReply{0x84, {}};  // only encrypted
      if (sol_ || faults_.strike(BmcMoment::sol, BmcFaultKind::full)) {
        return FirmwareReply{ipmi::completion::payload_active, {}};
      }
      sol_.emplace();
      sol_session_ = session.context.bmc_session;
      ++counters_.sol_activations;
      chassis_.serial()->set_on_print(
          [this](std::string_view text) {
            if (sol_) sol_->print(text, now_);
            if (on_change_) on_change_();
          },
          [this] { return sol_ ? sol_->room() : BmcSol::max_unsent; });
      core::ByteWriter out(12);
      out.u32le(0);  // auxiliary data
      out.u16le(BmcSol::max_payload);
      out.u16le(BmcSol::max_payload);
      out.u16le(profile_.sol_port);
      out.u16le(0xffff);  // no VLAN
      return FirmwareReply{0x00, std::move(out).finish()};
    }
    case 0x49:  // Deactivate Payload
      if (data.size() != 6) return FirmwareReply{ipmi::completion::request_length, {}};
      if (!one) return FirmwareReply{ipmi::completion::invalid_field, {}};
      if (!sol_) return FirmwareReply{0x80, {}};
      end_sol(sol_session_ == session.context.bmc_session ? SolFarewell::none : SolFarewell::send, now);
      return FirmwareReply{0x00, {}};
    case 0x4a:  // Get Payload Activation Status
      if (data.size() != 1) return FirmwareReply{ipmi::completion::request_length, {}};
      return FirmwareReply{0x00, {0x01, static_cast<core::Byte>(sol_ ? 0x01 : 0x00), 0x00}};
    case 0x4b: {  // Get Payload Instance Info
      if (!one) return FirmwareReply{ipmi::completion::invalid_field, {}};
      core::Bytes out = le32(sol_ ? sol_session_ : 0);
      out.resize(12);
      out[4] = 1;  // system serial port
      return FirmwareReply{0x00, std::move(out)};
    }
    case 0x4e:  // Get Channel Payload Support: IPMI and SOL; session set-up
      return FirmwareReply{
          0x00,
          {static_cast<core::Byte>(profile_.sol ? 0x03 : 0x01), 0x00, 0x3f, 0x00, 0x00, 0x00, 0x00, 0x00}};
    case 0x4f: return FirmwareReply{0x00, {0x10}};  // Get Channel Payload Version: 1.0
    default: return std::nullopt;
  }
}

void BmcModel::on_sol(const ipmi::Packet& packet, core::BootTime now) {
  Session* const session = find(packet.session_id);
  if (session == nullptr || !session->keys) return count_drop();
  const auto payload = ipmi::unseal(*session->keys, packet);
  if (!payload || !session->window.accept(packet.sequence)) return count_drop();
  if (faults_.strike(BmcMoment::sol, BmcFaultKind::drop)) return;
  session->last_heard = now;
  SerialPort* const port = chassis_.serial();
  if (!sol_ || sol_session_ != packet.session_id || port == nullptr) return count_drop();
  const bool listening = chassis_.power() == core::PowerState::on;
  auto step = sol_->on_payload(*payload, listening, now);
  send_sol(step.send);
  if (step.typed_break) port->send_break();
  if (!step.typed.empty()) (void)port->type(step.typed);
}

void BmcModel::send_sol(const std::vector<core::Bytes>& payloads) {
  Session* const session = find(sol_session_);
  if (session == nullptr || !session->keys) return;
  for (const auto& payload : payloads) {
    if (faults_.strike(BmcMoment::sol, BmcFaultKind::lose)) continue;
    const unsigned copies = faults_.strike(BmcMoment::sol, BmcFaultKind::duplicate) ? 2 : 1;
    for (unsigned i = 0; i < copies; ++i) {
      ipmi::AesKey::Block iv{};
      random_.fill(iv);
      outgoing_.push_back(
          {session->peer,
           ipmi::seal(*session->keys, {session->context.console_session, session->counter.next()}, payload,
                      iv, ipmi::PayloadType::sol)});
    }
  }
}

void BmcModel::end_sol(SolFarewell farewell, core::BootTime) {
  if (!sol_) return;
  if (SerialPort* const port = chassis_.serial(); port != nullptr) port->set_on_print({});
  sol_.reset();
  if (farewell == SolFarewell::send) {
    send_sol({ipmi::encode(ipmi::SolPacket{.flags = ipmi::sol_status::deactivated, .data = {}})});
  }
  sol_session_ = 0;
}

std::vector<BmcOutgoing> BmcModel::take_outgoing(core::BootTime now) {
  now_ = now;
  if (sol_ && find(sol_session_) == nullptr) end_sol(SolFarewell::none, now);
  if (sol_ && now >= frozen_until_) send_sol(sol_->on_time(now).send);
  return std::exchange(outgoing_, {});
}

std::optional<core::BootTime> BmcModel::deadline() const {
  return sol_ ? sol_->deadline() : std::nullopt;
}

}  // namespace colony::hw_sim
