#include "drivers/ipmi/audit.hpp"

#include <algorithm>
#include <cassert>

#include "core/secret.hpp"

namespace colony::drivers::ipmi {

namespace {

using namespace std::chrono_literals;

constexpr unsigned sends = 2;
constexpr core::Duration wait = 1500ms;
constexpr SuiteAlgorithms nothing{0, 0, 0};  // suite 0: no authentication, no integrity, no encryption
constexpr std::uint8_t by_name_only = 0x10;
/// Whatever else is said of it, this is not about the password.
constexpr auto give_up = RmcpStatus::insufficient_resources;

constexpr std::uint8_t role() {
  return static_cast<std::uint8_t>(Privilege::administrator) | by_name_only;
}

Learnt as_learnt(bool yes) {
  return yes ? Learnt::yes : Learnt::no;
}

}  // namespace

std::vector<std::string> factory_users(std::uint32_t manufacturer_id) {
  std::vector<std::string> users;
  for (const auto& login : factory_logins()) {
    const bool known = std::ranges::find(users, login.username) != users.end();
    if (login.manufacturer_id == manufacturer_id && !known) users.emplace_back(login.username);
  }
  if (users.empty()) users = {"ADMIN", "root"};
  users.resize(std::min(users.size(), max_factory_users));
  return users;
}

AuditProbe::AuditProbe(Questions questions, core::Random& random)
    : questions_(std::move(questions)), random_(random) {
  assert(questions_.console_session != 0 && questions_.factory_users.size() <= max_factory_users);
}

AuditProbe::Datagrams AuditProbe::send(State next, core::Bytes datagram, core::BootTime now) {
  state_ = next;
  datagram_ = datagram;
  sends_left_ = sends - 1;
  due_ = now + wait;
  return {std::move(datagram)};
}

AuditProbe::Datagrams AuditProbe::start(core::BootTime now) {
  assert(state_ == State::fresh);
  return send(
      State::capabilities,
      encode_plain_v15(encode_request(get_channel_auth_capabilities(Privilege::administrator), number_)),
      now);
}

AuditProbe::Datagrams AuditProbe::open_zero(core::BootTime now) {
  return send(State::zero_open,
              encode_plain(PayloadType::open_session_request,
                           encode(OpenSessionRequest{
                               .tag = ++tag_,
                               .max_privilege = static_cast<std::uint8_t>(Privilege::administrator),
                               .console_session = questions_.console_session,
                               .algorithms = nothing})),
              now);
}

AuditProbe::Datagrams AuditProbe::open_next_user(core::BootTime now) {
  if (user_ >= questions_.factory_users.size()) {
    state_ = State::over;
    return {};
  }
  return send(State::open,
              encode_plain(PayloadType::open_session_request,
                           encode(OpenSessionRequest{
                               .tag = ++tag_,
                               .max_privilege = static_cast<std::uint8_t>(Privilege::administrator),
                               .console_session = questions_.console_session,
                               .algorithms = algorithms(suite())})),
              now);
}

/// What comes after a state that is done with, well or not.
AuditProbe::Datagrams AuditProbe::after(State done, core::BootTime now) {
  switch (done) {
    case State::capabilities: return open_zero(now);
    case State::open:
    case State::rakp1: ++user_; return open_next_user(now);
    case State::zero_look: return send(State::zero_close, bare_command(close_session(bmc_session_)), now);
    default: return open_next_user(now);
  }
}

AuditProbe::Datagrams AuditProbe::on_time(core::BootTime now) {
  if (over() || now < due_) return {};
  if (sends_left_ > 0) {
    --sends_left_;
    due_ = now + wait;
    return {datagram_};
  }
  // Some BMCs answer a proposal that they do not know with silence.
  if (state_ == State::zero_open && heard_) found_.cipher_zero = Learnt::no;
  return after(state_, now);
}

core::Bytes AuditProbe::bare_command(const Command& command) {
  number_.value = (number_.value + 1) & 0x3f;
  return encode_bare(bmc_session_, ++sequence_, encode_request(command, number_));
}

Rakp1 AuditProbe::rakp1(const std::string& username) {
  random_.fill(context_.console_random);
  return {.tag = ++tag_,
          .bmc_session = bmc_session_,
          .console_random = context_.console_random,
          .role = role(),
          .username = username};
}

AuditProbe::Datagrams AuditProbe::on_datagram(core::ByteView datagram, core::BootTime now) {
  const auto packet = decode_packet(datagram);
  if (!packet || packet->encrypted || packet->authenticated) return {};
  if (packet->type == PayloadType::ipmi) {
    if (state_ == State::capabilities) return on_capabilities(*packet, now);
    const bool in_session = state_ == State::zero_look || state_ == State::zero_close;
    return in_session ? on_zero_reply(*packet, now) : Datagrams{};
  }
  if (packet->session_id != 0) return {};
  switch (packet->type) {
    case PayloadType::open_session_response:
      if (state_ != State::zero_open && state_ != State::open) return {};
      return on_open_response(packet->payload, now);
    case PayloadType::rakp2:
      if (state_ == State::rakp1) return on_rakp2(packet->payload, now);
      return state_ == State::zero_rakp1 ? on_zero_handshake(packet->payload, now) : Datagrams{};
    case PayloadType::rakp4:
      return state_ == State::zero_rakp3 ? on_zero_handshake(packet->payload, now) : Datagrams{};
    default: return {};
  }
}

AuditProbe::Datagrams AuditProbe::on_capabilities(const Packet& packet, core::BootTime now) {
  const auto reply = decode_reply(packet.payload);
  if (!reply || reply->number != number_ || reply->code != 0x38) return {};
  heard_ = true;
  const auto capabilities = reply->completion == completion::ok
                                ? parse_channel_auth_capabilities(reply->data)
                                : Parsed<ChannelCapabilities>(std::unexpected(IpmiError::command_refused));
  if (capabilities) {
    found_.anonymous_login = as_learnt(capabilities->anonymous);
    found_.null_user = as_learnt(capabilities->null_users);
    found_.ipmi_15 = as_learnt(capabilities->auth_types_15 != 0);
  }
  return after(State::capabilities, now);
}

AuditProbe::Datagrams AuditProbe::on_open_response(core::ByteView payload, core::BootTime now) {
  const auto response = decode_open_session_response(payload);
  if (!response || !is_answer(*response)) return {};
  heard_ = true;
  const bool zero = state_ == State::zero_open;
  const auto& wanted = zero ? nothing : algorithms(suite());
  const bool taken =
      response->status == RmcpStatus::ok && response->algorithms == wanted && response->bmc_session != 0;
  if (!taken) {
    // A full session table says nothing about the suite.
    const bool full = meaning(response->status) == IpmiError::no_free_session;
    if (zero && (response->status == RmcpStatus::ok || !full)) found_.cipher_zero = Learnt::no;
    const bool other_suite = meaning(response->status) == IpmiError::no_cipher_suite;
    if (!zero && other_suite && suite_ + 1 < questions_.suites.size()) {
      ++suite_;
      return open_next_user(now);
    }
    return after(state_, now);
  }
  bmc_session_ = response->bmc_session;
  context_ = {};
  context_.suite = suite();
  context_.console_session = questions_.console_session;
  context_.bmc_session = bmc_session_;
  context_.role = role();
  context_.username = zero ? questions_.username : questions_.factory_users[user_];
  return send(zero ? State::zero_rakp1 : State::rakp1,
              encode_plain(PayloadType::rakp1, encode(rakp1(context_.username))), now);
}

/// RAKP 2 and RAKP 4 of suite 0: tag, status, our session, and no code.
AuditProbe::Datagrams AuditProbe::on_zero_handshake(core::ByteView payload, core::BootTime now) {
  core::ByteReader in(payload);
  Rakp4 answer;
  answer.tag = in.u8().value_or(0);
  answer.status = static_cast<RmcpStatus>(in.u8().value_or(0));
  (void)in.skip(2);
  answer.console_session = in.u32le().value_or(0);
  if (!in.ok() || !is_answer(answer)) return {};
  if (answer.status != RmcpStatus::ok) {
    found_.cipher_zero = Learnt::no;
    return after(State::over, now);
  }
  if (state_ == State::zero_rakp1) {
    return send(State::zero_rakp3,
                encode_plain(PayloadType::rakp3, encode(Rakp3{.tag = ++tag_, .bmc_session = bmc_session_})),
                now);
  }
  found_.cipher_zero = Learnt::yes;
  return send(State::zero_look, bare_command(get_device_id()), now);
}

AuditProbe::Datagrams AuditProbe::on_zero_reply(const Packet& packet, core::BootTime now) {
  if (packet.session_id != questions_.console_session) return {};
  const auto reply = decode_reply(packet.payload);
  if (!reply || reply->number != number_) return {};
  return after(state_, now);
}

AuditProbe::Datagrams AuditProbe::on_rakp2(core::ByteView payload, core::BootTime now) {
  const auto response = decode_rakp2(payload, suite());
  if (!response || !is_answer(*response)) return {};
  if (response->status != RmcpStatus::ok) {
    if (found_.factory_password == Learnt::unknown) found_.factory_password = Learnt::no;
    return after(State::rakp1, now);
  }
  context_.bmc_random = response->bmc_random;
  context_.bmc_guid = response->bmc_guid;
  const bool factory = std::ranges::any_of(factory_logins(), [&](const FactoryLogin& login) {
    const HandshakeCodes codes(context_, core::Secret(login.password));
    return equal_codes(codes.rakp2(), response->code);
  });
  if (factory) {
    found_.factory_password = Learnt::yes;
    found_.factory_user = context_.username;
  } else if (found_.factory_password == Learnt::unknown) {
    found_.factory_password = Learnt::no;
  }
  Datagrams out{encode_plain(PayloadType::rakp3,
                             encode(Rakp3{.tag = ++tag_, .status = give_up, .bmc_session = bmc_session_}))};
  for (auto& more : after(State::rakp1, now)) out.push_back(std::move(more));
  return out;
}

}  // namespace colony::drivers::ipmi
