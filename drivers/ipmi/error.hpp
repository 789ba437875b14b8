#pragma once
// Everything that can go wrong between us and a BMC over RMCP+. Decoders and the session return these; the
// client turns them into core::Error (code "ipmi." + name) where they leave the room.

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/error.hpp"

namespace colony::drivers::ipmi {

enum class IpmiError : std::uint8_t {
  // A datagram that is dropped: damaged, foreign, old or forged.
  truncated,        // ends before its own length fields say so
  trailing_bytes,   // goes on after its own length fields say so
  bad_rmcp_header,  // not RMCP version 6 without acknowledgement (section 13.1.3)
  not_ipmi,         // an RMCP class other than IPMI
  bad_auth_type,    // a session header we do not speak
  bad_payload,      // a payload type or a fixed field that the specification does not know
  bad_checksum,     // of an IPMI message (section 13.8)
  bad_integrity,    // the authentication code does not match: forged, or of another session
  bad_padding,      // decrypted, but not padded as section 13.29 says
  unprotected,      // inside a session, but not both encrypted and authenticated
  replayed,         // a session sequence number seen before, or outside the window
  foreign_session,  // names a session that is not ours
  unexpected,       // well-formed, but answers nothing that we asked

  // Establishing a session.
  no_answer,            // nobody answered any of our attempts
  bad_password,         // RAKP 2 or 4 was not made with our password, or the BMC says so of RAKP 3
  no_such_user,         // RAKP 2 status 0Dh
  role_refused,         // the user may not have the privilege level we ask for
  no_cipher_suite,      // the BMC refused every suite that we allow
  no_free_session,      // "insufficient resources": its session table is full; may work later
  handshake_refused,    // any other RMCP+ status code
  weaker_suite_chosen,  // answered with other algorithms than we proposed

  // Commands.
  outcome_unknown,  // an act that must not be sent twice got no answer
  busy,             // completion code C0h, C3h, D0h or D2h: may work later
  unsupported,      // completion code C1h, or 80h for a boot parameter
  not_privileged,   // completion code D4h
  command_refused,  // any other completion code but 00h
  bad_reply,        // completion code 00h, with data that the command cannot answer
  bad_fru,          // FRU inventory data that contradicts its own checksums or lengths

  // Serial over LAN.
  sol_busy,         // another session has the serial line
  sol_open,         // this program has it open already
  sol_disabled,     // switched off in the BMC
  sol_unprotected,  // the BMC offers it only without encryption
  sol_ended,        // the BMC, or somebody through it, ended it
  sol_lost,         // the BMC, or our session with it, is gone

  // Ours.
  credentials,   // a name over 16 or a password over 20 bytes: IPMI cannot carry it
  queue_full,    // too many operations wait for this BMC
  backing_off,   // this BMC did not answer of late; not tried again until later
  breaker_open,  // it did not answer several times in a row: commands fail at once until a probe is due
  locked_out,    // this password was refused twice; not tried again
  closed,        // the client is closing
  put_aside,     // made way for something urgent; asked again, never seen by callers
  deadline,      // the caller's time was over; an act was not sent (else: outcome_unknown)
};

[[nodiscard]] std::string_view name(IpmiError error);

/// With `detail` the RMCP+ status or completion code, where there is one.
[[nodiscard]] core::Error to_error(IpmiError error, std::optional<std::uint8_t> detail = std::nullopt);
/// Was `error` made of `what`?
[[nodiscard]] bool is(const core::Error& error, IpmiError what);

}  // namespace colony::drivers::ipmi
