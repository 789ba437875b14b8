#pragma once
// Who is behind a caller, for the rule that takes two persons. A person is a user by name, or the uid at the
// unix socket. A key is its owner's, and also of whoever made it: he has seen it. A key of the user `local`
// was made over the socket and stands for everybody there.
//
// What this cannot see: that a uid and a user are one human, and that an administrator logs in as a user
// whose password he has set.

#include <string>
#include <string_view>
#include <vector>

#include "daemon/keys/key_ring.hpp"

namespace colony::daemon::keys {

/// "uid 1000", "alice", "local": one or two of them.
using Persons = std::vector<std::string>;

/// As it was when the caller was let in, whatever has become of his key since.
[[nodiscard]] Persons persons_of(const Caller& caller);
/// Whether somebody may be in both.
[[nodiscard]] bool share_a_person(const Persons& some, const Persons& others);

}  // namespace colony::daemon::keys
