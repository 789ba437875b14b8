#pragma once
// The audit as a pure state machine: datagrams and time in, datagrams and the next deadline out.
//  1. Get Channel Authentication Capabilities (section 22.13): anonymous and nameless users, IPMI 1.5.
//  2. Open Session and RAKP with suite 0, under a user name and no password at all; if that opens a session,
//     Get Device ID in it, and Close Session. Nothing else is ever sent in it.
//  3. When asked for: up to two user names, a handshake each that stops after RAKP 2. The code in it is made
//     with the user's password, so that it tells here whether that is one of the factory's: no password is
//     sent, right or wrong. An RAKP 3 with a status gives the BMC its slot back.

#include <optional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "drivers/bmc_audit_values.hpp"
#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/handshake.hpp"
#include "drivers/ipmi/packet.hpp"

namespace colony::drivers::ipmi {

inline constexpr std::size_t max_factory_users = 2;

/// Whom to ask for: the maker's own, and the most common where the maker is not known.
[[nodiscard]] std::vector<std::string> factory_users(std::uint32_t manufacturer_id);

class AuditProbe {
 public:
  struct Questions {
    std::uint32_t console_session = 0;                       // ours, not 0, unique on this port
    std::string username;                                    // of somebody who exists
    std::vector<std::string> factory_users;                  // empty: not asked for
    std::vector<CipherSuite> suites{CipherSuite::sha1_aes};  // for step 3, in this order
  };
  /// `random` outlives it.
  AuditProbe(Questions questions, core::Random& random);

  using Datagrams = std::vector<core::Bytes>;
  [[nodiscard]] Datagrams start(core::BootTime now);
  [[nodiscard]] Datagrams on_datagram(core::ByteView datagram, core::BootTime now);
  [[nodiscard]] Datagrams on_time(core::BootTime now);
  [[nodiscard]] core::BootTime deadline() const { return due_; }
  [[nodiscard]] bool over() const { return state_ == State::over; }
  /// Did it ever answer?
  [[nodiscard]] bool heard() const { return heard_; }
  [[nodiscard]] const BmcAudit& found() const { return found_; }

 private:
  enum class State : std::uint8_t {
    fresh,
    capabilities,
    zero_open,
    zero_rakp1,
    zero_rakp3,
    zero_look,
    zero_close,
    open,
    rakp1,
    over
  };
  [[nodiscard]] Datagrams send(State next, core::Bytes datagram, core::BootTime now);
  [[nodiscard]] Datagrams open_zero(core::BootTime now);
  [[nodiscard]] Datagrams open_next_user(core::BootTime now);
  [[nodiscard]] Datagrams after(State done, core::BootTime now);
  [[nodiscard]] core::Bytes bare_command(const Command& command);
  [[nodiscard]] Datagrams on_capabilities(const Packet& packet, core::BootTime now);
  [[nodiscard]] Datagrams on_open_response(core::ByteView payload, core::BootTime now);
  [[nodiscard]] Datagrams on_zero_handshake(core::ByteView payload, core::BootTime now);
  [[nodiscard]] Datagrams on_zero_reply(const Packet& packet, core::BootTime now);
  [[nodiscard]] Datagrams on_rakp2(core::ByteView payload, core::BootTime now);
  [[nodiscard]] Rakp1 rakp1(const std::string& username);
  /// A refusal that does not name us counts, too: OpenBMC has no other, and it costs a look at most.
  template <class Answer>
  [[nodiscard]] bool is_answer(const Answer& answer) const {
    return answers(answer, tag_, questions_.console_session) != Answers::others;
  }

  Questions questions_;
  core::Random& random_;
  State state_ = State::fresh;
  BmcAudit found_;
  bool heard_ = false;
  core::Bytes datagram_;  // in hand
  unsigned sends_left_ = 0;
  core::BootTime due_{};
  std::uint8_t tag_ = 0;
  std::uint32_t bmc_session_ = 0;
  std::uint32_t sequence_ = 0;  // in the session of suite 0
  RequestNumber number_;
  HandshakeContext context_;
  [[nodiscard]] CipherSuite suite() const { return questions_.suites[suite_]; }
  std::size_t suite_ = 0;  // of questions_.suites
  std::size_t user_ = 0;   // of questions_.factory_users
};

}  // namespace colony::drivers::ipmi
