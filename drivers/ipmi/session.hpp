#pragma once
// One RMCP+ session, from Open Session to Close Session, as a pure state machine: datagrams, commands and
// time in; datagrams, at most one event, and the next deadline out. It holds one command at a time.
//
// Retransmission: a handshake message is sent again byte for byte. A command is sent again with the same
// request number, by which a BMC knows it (IPMI 2.0 section 5.1), under a new session sequence number,
// without which the BMC would drop it as replayed (section 6.12.13). Commands of Repeat::never are sent once.

#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/random.hpp"
#include "drivers/bmc_values.hpp"
#include "drivers/ipmi/commands.hpp"
#include "drivers/ipmi/handshake.hpp"
#include "drivers/ipmi/message.hpp"
#include "drivers/ipmi/packet.hpp"
#include "drivers/ipmi/sequence_window.hpp"

namespace colony::drivers::ipmi {

struct SessionTiming {
  core::Duration first_wait = std::chrono::seconds(1);    // doubles with every retransmission
  unsigned sends = 3;                                     // of one message, the first included
  core::Duration act_wait = std::chrono::seconds(10);     // for the answer to what is sent once
  core::Duration patient_wait = std::chrono::seconds(4);  // first_wait of a patient handshake
};

/// A BMC that draws another random number for a repeated RAKP 1 makes its first answer worthless. Who is
/// patient gives it the time to answer before anything is repeated.
enum class Handshake : std::uint8_t { brisk, patient };

struct SessionConfig {
  std::uint32_t console_session = 0;  // ours, not 0, unique on this port
  std::vector<CipherSuite> suites;    // in order of preference, not empty
  Privilege privilege = Privilege::administrator;
  SessionTiming timing;
  Handshake handshake = Handshake::brisk;
};

struct Opened {
  CipherSuite suite = CipherSuite::sha256_aes;
};
struct Answered {
  std::uint8_t completion = 0;
  core::Bytes data;
};
/// Does a refusal carry our session's id, which nobody can guess?
enum class Named : std::uint8_t { yes, no };
struct Failed {
  IpmiError error = IpmiError::no_answer;
  std::optional<std::uint8_t> detail;  // RMCP+ status or completion code
  Named named = Named::yes;            // no: perhaps not the BMC's word
};
struct Closed {};
using SessionEvent = std::variant<Opened, Answered, Failed, Closed>;

struct Step {
  std::vector<core::Bytes> send;
  std::optional<SessionEvent> event;
};

class Session {
 public:
  /// `credentials` and `random` outlive it.
  Session(SessionConfig config, const BmcCredentials& credentials, core::Random& random);

  /// Once, first. Ends in Opened or Failed.
  [[nodiscard]] Step open(core::BootTime now);
  /// Only when ready(). Ends in Answered or Failed.
  [[nodiscard]] Step submit(const Command& command, core::BootTime now);
  /// Only when ready(). Ends in Closed, also without an answer.
  [[nodiscard]] Step close(core::BootTime now);
  /// Whoever waits has no more time: ends what is under way with Failed{why}, or outcome_unknown for an act.
  [[nodiscard]] Step abandon(IpmiError why);

  [[nodiscard]] Step on_datagram(core::ByteView datagram, core::BootTime now);
  [[nodiscard]] Step on_time(core::BootTime now);

  /// A SOL payload for the BMC, ready to send; only when usable().
  [[nodiscard]] core::Bytes seal_sol(core::ByteView payload);
  /// The SOL payload that a datagram of this session carries; nullopt, counted as dropped, when it carries
  /// none.
  [[nodiscard]] std::optional<core::Bytes> open_sol(core::ByteView datagram);

  /// When on_time wants to be called; nullopt while nothing is awaited.
  [[nodiscard]] std::optional<core::BootTime> deadline() const;
  [[nodiscard]] bool ready() const { return state_ == State::ready; }
  /// Open, whether a command is under way or not.
  [[nodiscard]] bool usable() const { return state_ == State::ready || state_ == State::busy; }
  /// Over: a new session needs a new object.
  [[nodiscard]] bool over() const { return state_ == State::over; }
  [[nodiscard]] std::uint32_t console_session() const { return config_.console_session; }
  /// The BMC's number for it, once it is open.
  [[nodiscard]] std::uint32_t bmc_session() const { return context_.bmc_session; }
  /// Did the BMC ever say anything that belongs to this session?
  [[nodiscard]] bool heard() const { return heard_; }
  /// Did the handshake begin anew? Then the next one had better be patient from the start.
  [[nodiscard]] bool restarted() const { return restarted_; }
  /// Datagrams that were not for us, damaged, forged, replayed or answers to nothing.
  [[nodiscard]] unsigned dropped() const { return dropped_; }

 private:
  enum class State : std::uint8_t { fresh, opening, rakp1, rakp3, raising, ready, busy, closing, over };

  /// The message that awaits its answer.
  struct Pending {
    core::Bytes datagram;  // of the handshake; commands are sealed anew
    core::Bytes message;   // a command, and how to know its reply
    RequestNumber number;
    std::uint8_t net_fn = 0;
    std::uint8_t code = 0;
    Repeat repeat = Repeat::safe;
    unsigned sends_left = 0;
    core::Duration wait{};
    core::BootTime due{};
    std::optional<RmcpStatus> refused;  // said without our session's id: counts when nothing better comes
  };

  [[nodiscard]] Step propose(core::BootTime now);
  [[nodiscard]] Step propose_again(RmcpStatus why, Named named, core::BootTime now);
  [[nodiscard]] Step send_handshake(State next, PayloadType type, core::Bytes payload, core::BootTime now);
  [[nodiscard]] Step send_command(State next, const Command& command, core::BootTime now);
  [[nodiscard]] Step send_again(Pending& pending, core::BootTime now);
  [[nodiscard]] bool is_act() const;
  [[nodiscard]] Step fail(IpmiError error, std::optional<std::uint8_t> detail = std::nullopt,
                          Named named = Named::yes);
  [[nodiscard]] Step drop();

  template <class Answer>
  [[nodiscard]] Step on_handshake(const std::expected<Answer, IpmiError>& answer, core::BootTime now);
  [[nodiscard]] IpmiError refusal(RmcpStatus status) const;
  [[nodiscard]] Step on_refusal(RmcpStatus status, Named named, core::BootTime now);
  [[nodiscard]] Step on_yes(const OpenSessionResponse& response, core::BootTime now);
  [[nodiscard]] Step on_yes(const Rakp2& response, core::BootTime now);
  [[nodiscard]] Step on_yes(const Rakp4& response, core::BootTime now);
  [[nodiscard]] Step on_reply(const Packet& packet, core::BootTime now);
  [[nodiscard]] Step on_answer(ReplyMessage reply);
  [[nodiscard]] core::Bytes seal_message(core::ByteView message);
  [[nodiscard]] core::Bytes farewell();

  SessionConfig config_;
  const BmcCredentials& credentials_;
  core::Random& random_;
  State state_ = State::fresh;
  std::size_t suite_index_ = 0;
  std::uint8_t tag_ = 0;
  HandshakeContext context_;
  std::optional<HandshakeCodes> codes_;
  std::optional<SessionKeys> keys_;
  SequenceCounter counter_;
  SequenceWindow window_;
  RequestNumber number_;
  std::optional<Pending> pending_;
  bool heard_ = false;
  bool restarted_ = false;
  unsigned dropped_ = 0;
};

/// The console session id that a datagram from a BMC names; 0 when it names none. Looks only, checks nothing.
[[nodiscard]] std::uint32_t console_session_of(core::ByteView datagram);

}  // namespace colony::drivers::ipmi
