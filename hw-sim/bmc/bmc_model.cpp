#include "hw-sim/bmc/bmc_model.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "hw-sim/bmc/bmc_session.hpp"

namespace colony::hw_sim {

namespace ipmi = drivers::ipmi;

namespace {

using namespace std::chrono_literals;

// IPMI 2.0 section 6.12.15: 60 seconds plus or minus 3. A handshake that goes nowhere ends sooner.
constexpr core::Duration session_silence = 60s;
constexpr core::Duration handshake_silence = 20s;
// Section 5.1 note: a request number is remembered this long to recognise retransmissions.
constexpr core::Duration request_memory = 5s;
constexpr std::uint8_t set_privilege_code = 0x3b;
constexpr std::uint8_t close_session_code = 0x3c;
constexpr std::uint8_t cold_reset_code = 0x02;
constexpr std::uint8_t session_info_code = 0x3d;
constexpr std::uint8_t auth_capabilities_code = 0x38;
constexpr std::uint8_t cipher_suites_code = 0x54;

BmcMoment moment_of(const ipmi::RequestMessage& request) {
  if (sets_password(request)) return BmcMoment::password;
  const auto net_fn = static_cast<ipmi::NetFn>(request.net_fn);
  if (net_fn == ipmi::NetFn::storage || net_fn == ipmi::NetFn::sensor) return BmcMoment::records;
  const bool payload = net_fn == ipmi::NetFn::app && request.code >= 0x48 && request.code <= 0x4f;
  if (payload) return BmcMoment::payload;
  if (net_fn != ipmi::NetFn::chassis) return BmcMoment::command;
  if (request.code == 0x01) return BmcMoment::status;
  if (request.code == 0x02) return BmcMoment::power;
  const bool flags = request.code == 0x08 && !request.data.empty() && (request.data[0] & 0x7f) == 5;
  return flags ? BmcMoment::bootdev : BmcMoment::command;
}

}  // namespace

BmcModel::BmcModel(BmcProfile profile, Chassis& chassis, core::Random& random)
    : profile_(std::move(profile)),
      chassis_(chassis),
      random_(random),
      firmware_(profile_, chassis_),
      users_(profile_) {}

BmcModel::~BmcModel() {
  if (SerialPort* const port = chassis_.serial(); port != nullptr) port->set_on_print({});
}

std::size_t BmcModel::open_sessions() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(sessions_, [](const auto& entry) { return entry.second->open(); }));
}

void BmcModel::restart() {
  end_sol(SolFarewell::none, now_);
  sessions_.clear();
}

BmcModel::Session* BmcModel::find(std::uint32_t bmc_session) {
  const auto found = sessions_.find(bmc_session);
  return found == sessions_.end() ? nullptr : found->second.get();
}

void BmcModel::expire(core::BootTime now) {
  std::erase_if(sessions_, [&](const auto& entry) {
    const bool open = entry.second->open();
    const bool silent = now - entry.second->last_heard >= (open ? session_silence : handshake_silence);
    if (open && silent) ++counters_.sessions_expired;
    return silent;
  });
}

void BmcModel::count_drop() {
  ++counters_.dropped;
}

core::Bytes BmcModel::drop() {
  count_drop();
  return {};
}

std::vector<BmcReply> BmcModel::on_datagram(core::ByteView datagram, core::BootTime now, BmcPeer peer) {
  now_ = now;
  peer_ = peer;
  if (now < frozen_until_) return {};
  if (const auto freeze = faults_.strike(BmcMoment::any, BmcFaultKind::freeze)) {
    frozen_until_ = now + freeze->delay;
    return {};
  }
  if (faults_.strike(BmcMoment::any, BmcFaultKind::drop)) return {};
  expire(now);
  BmcMoment at = BmcMoment::any;
  core::Bytes reply = answer(datagram, now, at);
  if (reply.empty() || faults_.strike(at, BmcFaultKind::lose)) return {};
  std::vector<BmcReply> out;
  const auto late = faults_.strike(at, BmcFaultKind::late);
  if (faults_.strike(at, BmcFaultKind::duplicate)) out.push_back({reply, {}});
  out.push_back({std::move(reply), late ? late->delay : core::Duration{}});
  return out;
}

core::Bytes BmcModel::answer(core::ByteView datagram, core::BootTime now, BmcMoment& at) {
  if (ipmi::is_presence_ping(datagram)) return ipmi::encode_presence_pong(datagram);
  const auto packet = ipmi::decode_packet(datagram);
  if (!packet) return drop();
  if (packet->type == ipmi::PayloadType::ipmi) {
    if (packet->session_id == 0) return answer_presession(packet->payload);
    return answer_command(*packet, now, at);
  }
  if (packet->type == ipmi::PayloadType::sol) {
    on_sol(*packet, now);
    return {};
  }
  at = BmcMoment::session;
  if (packet->session_id != 0 || packet->header != ipmi::HeaderKind::v20) return drop();
  if (faults_.strike(at, BmcFaultKind::drop)) return {};
  switch (packet->type) {
    case ipmi::PayloadType::open_session_request: return answer_open_session(packet->payload, now);
    case ipmi::PayloadType::rakp1: return answer_rakp1(packet->payload, now);
    case ipmi::PayloadType::rakp3: return answer_rakp3(packet->payload, now);
    default: return drop();
  }
}

core::Bytes BmcModel::answer_presession(core::ByteView message) {
  const auto request = ipmi::decode_request(message);
  if (!request) return drop();
  const bool allowed = static_cast<ipmi::NetFn>(request->net_fn) == ipmi::NetFn::app &&
                       (request->code == auth_capabilities_code || request->code == cipher_suites_code);
  if (!allowed) return drop();
  const auto reply = firmware_.run(*request, ipmi::Privilege::callback, {});
  return ipmi::encode_plain_v15(ipmi::encode_reply(*request, reply.completion, reply.data),
                                profile_.pads_15 ? ipmi::LegacyPad::one : ipmi::LegacyPad::none);
}

core::Bytes BmcModel::answer_open_session(core::ByteView payload, core::BootTime now) {
  const auto request = ipmi::decode_open_session_request(payload);
  if (!request) return drop();
  ipmi::OpenSessionResponse response{.tag = request->tag, .console_session = request->console_session};
  const auto send = [&] {
    if (response.status != ipmi::RmcpStatus::ok && profile_.nameless_refusals) {
      response.tag = 0;
      response.console_session = 0;
    }
    return ipmi::encode_plain(ipmi::PayloadType::open_session_response, ipmi::encode(response));
  };
  const auto suite = ipmi::find_suite(request->algorithms);
  const bool bare = profile_.cipher_zero && request->algorithms == ipmi::SuiteAlgorithms{};
  const bool known = bare || (suite && std::ranges::find(profile_.suites, *suite) != profile_.suites.end());
  if (!known) {
    response.status = ipmi::RmcpStatus::no_cipher_suite_match;
    return send();
  }
  // A doubled request takes a second slot, as on real BMCs; when all are taken, a handshake that has not got
  // further gives way.
  if (sessions_.size() >= profile_.max_sessions) {
    const auto waiting =
        std::ranges::find_if(sessions_, [](const auto& entry) { return !entry.second->open(); });
    if (waiting != sessions_.end()) sessions_.erase(waiting);
  }
  if (sessions_.size() >= profile_.max_sessions || faults_.strike(BmcMoment::session, BmcFaultKind::full)) {
    response.status = ipmi::RmcpStatus::insufficient_resources;
    return send();
  }
  std::uint32_t id = random_.u32();
  while (id == 0 || sessions_.contains(id)) id = random_.u32();
  auto session = std::make_unique<Session>();
  session->context.suite = suite.value_or(ipmi::CipherSuite::sha1_aes);
  session->bare = bare;
  session->context.console_session = request->console_session;
  session->context.bmc_session = id;
  session->last_heard = now;
  sessions_.emplace(id, std::move(session));
  // Asked for 0, "as high as the suite allows", the answer is what that is.
  const std::uint8_t granted = request->max_privilege == 0 ? 4 : request->max_privilege;
  response.max_privilege = profile_.reports_privilege ? granted : 0;
  response.bmc_session = id;
  response.algorithms = request->algorithms;
  return send();
}

core::Bytes BmcModel::answer_rakp1(core::ByteView payload, core::BootTime now) {
  const auto request = ipmi::decode_rakp1(payload);
  if (!request) return drop();
  ipmi::Rakp2 response{.tag = request->tag};
  Session* const session = find(request->bmc_session);
  const auto send = [&] {
    if (response.status != ipmi::RmcpStatus::ok && profile_.nameless_refusals) {
      response.tag = 0;
      response.console_session = 0;
    }
    return ipmi::encode_plain(ipmi::PayloadType::rakp2, ipmi::encode(response));
  };
  if (session == nullptr) {
    response.status = ipmi::RmcpStatus::invalid_session_id;
    return send();
  }
  auto& context = session->context;
  response.console_session = context.console_session;
  const bool again = !session->rakp2.empty() && context.console_random == request->console_random;
  if (again && !profile_.draws_anew) return session->rakp2;
  const auto* const user = users_.who_may_log_in(request->username);
  if (user == nullptr || faults_.strike(BmcMoment::session, BmcFaultKind::refuse)) {
    ++counters_.logins_rejected;
    response.status = ipmi::RmcpStatus::unauthorized_name;
    return send();
  }
  if ((request->role & 0x0fU) > static_cast<unsigned>(user->access.limit)) {
    response.status = ipmi::RmcpStatus::unauthorized_role;
    return send();
  }
  session->last_heard = now;
  context.console_random = request->console_random;
  context.role = request->role;
  context.username = request->username;
  context.bmc_guid = profile_.system_guid.octets();
  random_.fill(context.bmc_random);
  response.bmc_random = context.bmc_random;
  response.bmc_guid = context.bmc_guid;
  if (!session->bare) {
    const ipmi::HandshakeCodes codes(context, user->password);
    response.code.assign(codes.rakp2().begin(), codes.rakp2().end());
  }
  session->rakp2 = send();
  return session->rakp2;
}

core::Bytes BmcModel::answer_rakp3(core::ByteView payload, core::BootTime now) {
  // Which suite, and so how long the code is, depends on the session that it names.
  core::ByteReader preamble(payload);
  (void)preamble.skip(4);
  const std::uint32_t named = preamble.u32le().value_or(0);
  Session* const session = find(named);
  if (session == nullptr && profile_.nameless_refusals) {
    const ipmi::Rakp4 refusal{.status = ipmi::RmcpStatus::invalid_session_id};
    return ipmi::encode_plain(ipmi::PayloadType::rakp4, ipmi::encode(refusal));
  }
  if (session == nullptr || session->rakp2.empty()) return drop();
  if (session->bare) return answer_bare_rakp3(*session, payload, now);
  const auto request = ipmi::decode_rakp3(payload, session->context.suite);
  if (!request) return drop();
  if (!session->rakp4.empty()) return session->rakp4;  // again: the reply was lost
  if (request->status != ipmi::RmcpStatus::ok) {
    // The console gives up, mostly because our RAKP 2 was not made with its password.
    ++counters_.logins_rejected;
    users_.on_rejection(session->context.username);
    sessions_.erase(named);
    return {};
  }
  ipmi::Rakp4 response{.tag = request->tag, .console_session = session->context.console_session};
  const auto* const user = users_.who_may_log_in(session->context.username);
  if (user == nullptr) return drop();  // taken from it in the meantime
  const ipmi::HandshakeCodes codes(session->context, user->password);
  if (!ipmi::equal_codes(codes.rakp3(), request->code)) {
    ++counters_.logins_rejected;
    users_.on_rejection(session->context.username);
    response.status = ipmi::RmcpStatus::invalid_integrity_value;
    sessions_.erase(named);
    return ipmi::encode_plain(ipmi::PayloadType::rakp4, ipmi::encode(response));
  }
  response.code.assign(codes.rakp4().begin(), codes.rakp4().end());
  session->rakp4 = ipmi::encode_plain(ipmi::PayloadType::rakp4, ipmi::encode(response));
  session->keys.emplace(codes.session_keys());
  session->last_heard = now;
  users_.on_login(session->context.username);
  ++counters_.sessions_opened;
  return session->rakp4;
}

/// Suite 0: whoever names the session is in.
core::Bytes BmcModel::answer_bare_rakp3(Session& session, core::ByteView payload, core::BootTime now) {
  core::ByteReader in(payload);
  const std::uint8_t tag = in.u8().value_or(0);
  const std::uint8_t status = in.u8().value_or(1);
  if (status != 0) {
    sessions_.erase(session.context.bmc_session);
    return {};
  }
  session.bare_open = true;
  session.last_heard = now;
  ++counters_.sessions_opened;
  const ipmi::Rakp4 response{.tag = tag, .console_session = session.context.console_session};
  return ipmi::encode_plain(ipmi::PayloadType::rakp4, ipmi::encode(response));
}

core::Bytes BmcModel::answer_command(const ipmi::Packet& packet, core::BootTime now, BmcMoment& at) {
  Session* const session = find(packet.session_id);
  if (session == nullptr || !session->open()) return drop();
  if (session->bare && (packet.encrypted || packet.authenticated)) return drop();
  const auto& keys = session->keys;  // none: suite 0
  const auto message = keys ? ipmi::unseal(*keys, packet)
                            : std::expected<core::Bytes, ipmi::IpmiError>(
                                  core::Bytes(packet.payload.begin(), packet.payload.end()));
  if (!message || !session->window.accept(packet.sequence)) return drop();
  const auto request = ipmi::decode_request(*message);
  if (!request) return drop();
  at = moment_of(*request);
  if (faults_.strike(at, BmcFaultKind::drop)) return {};
  if (const auto frozen = faults_.wear(at)) {
    frozen_until_ = now + *frozen;
    return {};
  }
  session->last_heard = now;
  session->peer = peer_;

  // Section 6.12.8 and 5.1: the same request number with the same command is a retransmission.
  const bool again = session->request == *message && now - session->answered_at < request_memory;
  const bool repeats = again && faults_.strike(at, BmcFaultKind::repeat);
  if (again && !repeats) {
    ++counters_.retransmissions;
  } else {
    const auto result = carry_out(*session, *request, at, now);
    session->request = *message;
    session->reply = ipmi::encode_reply(*request, result.completion, result.data);
    session->answered_at = now;
  }
  ipmi::AesKey::Block iv{};
  random_.fill(iv);
  const ipmi::RecordHeader header{session->context.console_session, session->counter.next()};
  core::Bytes sealed = keys ? ipmi::seal(*keys, header, session->reply, iv)
                            : ipmi::encode_bare(header.session_id, header.sequence, session->reply);
  const bool closed = static_cast<ipmi::NetFn>(request->net_fn) == ipmi::NetFn::app &&
                      request->code == close_session_code && session->reply[6] == 0;
  if (closed) {
    ++counters_.sessions_closed;
    sessions_.erase(packet.session_id);
  }
  if (std::exchange(resetting_, false)) {
    ++counters_.resets;
    restart();
    faults_.on_reset();
    frozen_until_ = now + profile_.reset_time;
    starting_until_ = frozen_until_ + profile_.starting_time;
  }
  return sealed;
}

FirmwareReply BmcModel::carry_out(Session& session, const ipmi::RequestMessage& request, BmcMoment at,
                                  core::BootTime now) {
  if (faults_.strike(at, BmcFaultKind::refuse)) return {0xd5, {}};  // not in this state
  const bool app = static_cast<ipmi::NetFn>(request.net_fn) == ipmi::NetFn::app;
  const bool closes = app && request.code == close_session_code;
  if (!closes && (now < starting_until_ || faults_.strike(at, BmcFaultKind::starting))) {
    return {ipmi::completion::initialising, {}};
  }
  if (faults_.strike(at, BmcFaultKind::ignore)) return {0x00, {}};
  if (at == BmcMoment::bootdev && faults_.strike(at, BmcFaultKind::stuck)) return {0x00, {}};
  const bool without_efi =
      at == BmcMoment::bootdev && request.data.size() > 1 && (request.data[1] & 0x20) == 0;
  if (without_efi && faults_.strike(at, BmcFaultKind::ignore_legacy)) return {0x00, {}};
  ++counters_.commands;
  if (app && request.code == set_privilege_code) {
    if (request.data.size() != 1) return {ipmi::completion::request_length, {}};
    const unsigned wanted = request.data[0] & 0x0fU;
    const unsigned granted = session.context.role & 0x0fU;
    if (wanted > granted || wanted > 4) return {0x81, {}};
    if (wanted > 1) session.privilege = static_cast<ipmi::Privilege>(wanted);
    return {0x00, {static_cast<core::Byte>(session.privilege)}};
  }
  if (app && request.code == close_session_code) {
    core::ByteReader in(request.data);
    const auto id = in.u32le();
    if (!id || *id != session.context.bmc_session) return {0x87, {}};
    return {0x00, {}};
  }
  if (app && request.code == session_info_code) {
    const auto open = static_cast<core::Byte>(open_sessions());
    return {0x00, {0x01, static_cast<core::Byte>(profile_.max_sessions), open}};
  }
  if (app && request.code == cold_reset_code) {
    if (session.privilege < ipmi::Privilege::administrator) return {ipmi::completion::not_privileged, {}};
    resetting_ = true;
    return {0x00, {}};
  }
  if (app) {
    if (auto reply = payload_command(session, request, now)) return std::move(*reply);
    const bool cut = at == BmcMoment::password && faults_.strike(at, BmcFaultKind::cut);
    auto reply = users_.run(request, session.privilege, cut ? PasswordFate::cut : PasswordFate::taken);
    if (reply) return {reply->completion, std::move(reply->data)};
  }
  FirmwareReply reply = firmware_.run(request, session.privilege, now);
  if (at == BmcMoment::power && reply.completion == 0) {
    if (const auto action = ipmi::parse_chassis_control(request.data[0])) ++counters_.acts[*action];
  }
  if (at == BmcMoment::status && faults_.strike(at, BmcFaultKind::lie)) reply.data[0] ^= 0x01;
  return reply;
}

}  // namespace colony::hw_sim
