#include "drivers/ipmi/error.hpp"

#include <fmt/format.h>

namespace colony::drivers::ipmi {

namespace {

struct Row {
  std::string_view name;
  core::ErrorKind kind;
  std::string_view message;
};

Row row(IpmiError error) {
  using enum core::ErrorKind;
  switch (error) {
    case IpmiError::truncated: return {"truncated", corrupt, "the datagram ends too early"};
    case IpmiError::trailing_bytes: return {"trailing_bytes", corrupt, "the datagram goes on after its end"};
    case IpmiError::bad_rmcp_header: return {"bad_rmcp_header", corrupt, "not an RMCP header"};
    case IpmiError::not_ipmi: return {"not_ipmi", corrupt, "RMCP, but not IPMI"};
    case IpmiError::bad_auth_type: return {"bad_auth_type", corrupt, "a session header of another kind"};
    case IpmiError::bad_payload:
      return {"bad_payload", corrupt, "a payload that the specification does not know"};
    case IpmiError::bad_checksum: return {"bad_checksum", corrupt, "the message checksum does not match"};
    case IpmiError::bad_integrity:
      return {"bad_integrity", corrupt, "the authentication code does not match"};
    case IpmiError::bad_padding: return {"bad_padding", corrupt, "the encrypted payload is padded wrongly"};
    case IpmiError::unprotected: return {"unprotected", corrupt, "a session datagram without protection"};
    case IpmiError::replayed: return {"replayed", corrupt, "the session sequence number was seen before"};
    case IpmiError::foreign_session: return {"foreign_session", corrupt, "a datagram of another session"};
    case IpmiError::unexpected: return {"unexpected", corrupt, "an answer to nothing that was asked"};
    case IpmiError::no_answer:
      return {"no_answer", unreachable,
              "the BMC does not answer; check address, port and that IPMI over LAN is enabled"};
    case IpmiError::bad_password:
      return {"bad_password", unauthorized, "the BMC rejected the password, or does not know it"};
    case IpmiError::no_such_user:
      return {"no_such_user", unauthorized, "the BMC does not know the user name"};
    case IpmiError::role_refused:
      return {"role_refused", unauthorized, "the user may not log in with the privilege level we need"};
    case IpmiError::no_cipher_suite:
      return {"no_cipher_suite", refused, "the BMC accepts none of the allowed cipher suites"};
    case IpmiError::no_free_session:
      return {"no_free_session", exhausted,
              "all sessions of the BMC are in use; they end after 60 s without traffic"};
    case IpmiError::handshake_refused: return {"handshake_refused", refused, "the BMC refused the session"};
    case IpmiError::weaker_suite_chosen:
      return {"weaker_suite_chosen", refused, "the BMC answered with other algorithms than proposed"};
    case IpmiError::outcome_unknown:
      return {"outcome_unknown", timed_out, "sent once and not answered: look before doing it again"};
    case IpmiError::busy: return {"busy", exhausted, "the BMC is busy"};
    case IpmiError::unsupported: return {"unsupported", unsupported, "the BMC does not know this command"};
    case IpmiError::not_privileged: return {"not_privileged", unauthorized, "the user may not do this"};
    case IpmiError::command_refused: return {"command_refused", refused, "the BMC refused the command"};
    case IpmiError::bad_reply: return {"bad_reply", corrupt, "the BMC's reply does not fit the command"};
    case IpmiError::bad_fru: return {"bad_fru", corrupt, "the FRU inventory contradicts itself"};
    case IpmiError::sol_busy:
      return {"sol_busy", conflict, "another session has the serial line; --take ends that session's hold"};
    case IpmiError::sol_open: return {"sol_open", conflict, "the serial line is open here already"};
    case IpmiError::sol_disabled:
      return {"sol_disabled", refused, "serial over LAN is switched off in the BMC"};
    case IpmiError::sol_unprotected:
      return {"sol_unprotected", refused, "the BMC offers its serial line only without encryption"};
    case IpmiError::sol_ended:
      return {"sol_ended", cancelled, "the BMC ended the serial line: somebody else took it, or it restarts"};
    case IpmiError::sol_lost:
      return {"sol_lost", unreachable, "the BMC no longer answers on the serial line"};
    case IpmiError::credentials:
      return {"credentials", invalid_input,
              "IPMI carries user names of at most 16 bytes and passwords of at most 20"};
    case IpmiError::queue_full: return {"queue_full", exhausted, "too many operations wait for this BMC"};
    case IpmiError::backing_off:
      return {"backing_off", unreachable, "the BMC did not answer of late and is left alone for a while"};
    case IpmiError::breaker_open:
      return {"breaker_open", unreachable,
              "the BMC has not answered several times in a row and is left alone"};
    case IpmiError::locked_out:
      return {
          "locked_out", unauthorized,
          "this password was refused twice and is not tried again; mend it here or on the BMC, then: colony "
          "add-ipmi"};
    case IpmiError::closed: return {"closed", cancelled, "the BMC client is closing"};
    case IpmiError::put_aside: return {"put_aside", internal, "made way for something more urgent"};
    case IpmiError::deadline:
      return {"deadline", timed_out, "the deadline passed before the BMC had answered"};
  }
  return {"internal", internal, "unnamed IPMI error"};
}

}  // namespace

std::string_view name(IpmiError error) {
  return row(error).name;
}

bool is(const core::Error& error, IpmiError what) {
  return error.code == to_error(what).code;
}

core::Error to_error(IpmiError error, std::optional<std::uint8_t> detail) {
  const Row found = row(error);
  std::string message(found.message);
  if (detail) message += fmt::format(" (code {:02x}h)", *detail);
  return core::Error{found.kind, fmt::format("ipmi.{}", found.name), std::move(message)};
}

}  // namespace colony::drivers::ipmi
