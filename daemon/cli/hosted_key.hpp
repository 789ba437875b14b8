#pragma once
// Which appliance of this machine is meant, and where its key for the hosted side may come from: a file,
// standard input, COLONY_API_KEY; never a word of the command line, except where `colony init` has always
// taken it.

#include <string>

#include "core/secret.hpp"
#include "daemon/cli/command.hpp"
#include "daemon/init/instance.hpp"

namespace colony::daemon::cli {

struct HostedKeyArguments {
  std::string flag;  // --api-key: documented for init; it was overwritten in argv
  std::string file;  // --api-key-file; "-" is standard input
  void declare_file(Arguments& arguments);
};

/// The one of COLONY_INSTANCE, else the only one. Errors: cli.instance.
[[nodiscard]] core::Result<Instance> chosen_instance(const Session& session);

/// The first that is given of --api-key-file, --api-key, COLONY_API_KEY; an empty key when none is. Errors:
/// cli.no_file, cli.file.
[[nodiscard]] core::Result<core::Secret> hosted_key_of(Session& session, HostedKeyArguments& given);

}  // namespace colony::daemon::cli
