#include "pxe/ipxe/script.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace colony::pxe::ipxe {

namespace {

using core::ErrorKind;
using core::fail;
using core::Result;

constexpr int retry_seconds = 5;
constexpr int hold_seconds = 30;
constexpr std::size_t reason_limit = 160;

bool plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool allowed_in_argument(char c) {
  return plain(c) || std::string_view("._:/=,@+-").contains(c);
}

/// The part that may be shown: a value may be a token.
std::string_view key_of(std::string_view argument) {
  return argument.substr(0, argument.find('='));
}

Result<> check_argument(std::string_view argument) {
  if (argument.empty() || argument.size() > argument_limit) {
    return fail(ErrorKind::internal, "ipxe.limit",
                fmt::format("kernel argument \"{}\" has {} characters; 1 to {} are accepted",
                            core::printable(key_of(argument)), argument.size(), argument_limit));
  }
  if (!std::ranges::all_of(argument, allowed_in_argument)) {
    return fail(
        ErrorKind::invalid_input, "ipxe.argument",
        fmt::format("kernel argument \"{}\" has characters that do not go into a boot script; letters, "
                    "digits and ._:/=,@+- do",
                    core::printable(key_of(argument))));
  }
  return {};
}

/// For the screen only: what iPXE might read as syntax becomes '?'.
std::string screen_text(std::string_view text) {
  std::string out(text.substr(0, reason_limit));
  for (char& c : out) {
    if (!plain(c) && !std::string_view(" ._:/=,+-()").contains(c)) c = '?';
  }
  return out;
}

/// Asks the server anew, for ever: what to boot may have changed meanwhile.
std::string ask_again(const BootRequest& request, const BootServer& server, int seconds) {
  return fmt::format(
      ":again\n"
      "sleep {}\n"
      "chain --replace --autofree {} || goto again\n",
      seconds, script_url(server, request));
}

Result<std::string> render(const KernelBoot& boot, const BootRequest& request, const BootServer& server) {
  if (boot.initrds.size() > initrd_limit) {
    return fail(ErrorKind::internal, "ipxe.limit", fmt::format("more than {} initrds", initrd_limit));
  }
  std::string command_line;
  std::string initrds;
  for (std::size_t i = 0; i < boot.initrds.size(); ++i) {
    // A UEFI kernel finds its initrd by this name in iPXE's virtual file system; BIOS ignores it.
    const auto name = fmt::format("initrd{}", i);
    command_line += fmt::format(" initrd={}", name);
    initrds +=
        fmt::format("initrd --name {} {} || goto failed\n", name, artifact_url(server, boot.initrds[i]));
  }
  for (const auto& argument : boot.arguments) {
    if (const auto checked = check_argument(argument); !checked) return std::unexpected(checked.error());
    command_line += " " + argument;
  }
  if (command_line.size() > command_line_limit) {
    return fail(ErrorKind::internal, "ipxe.limit",
                fmt::format("the kernel command line has {} characters; {} are accepted", command_line.size(),
                            command_line_limit));
  }
  return fmt::format(
      "#!ipxe\n"
      "echo Colony: loading {}\n"
      "kernel --name kernel {}{} || goto failed\n"
      "{}"
      "boot || goto failed\n"
      ":failed\n"
      "echo Colony: could not load {}, asking again in {} s\n"
      "imgfree\n"
      "{}",
      screen_text(boot.script), artifact_url(server, boot.kernel), command_line, initrds,
      screen_text(boot.script), retry_seconds, ask_again(request, server, retry_seconds));
}

bool is_bios(const BootRequest& request) {
  return request.arch == core::ClientArch::bios_x86;
}

/// BIOS goes on to its next device after success. EDK2 takes success for "somebody booted and came back" and
/// opens its menu; only after a failure it tries the next entry.
std::string_view leave(const BootRequest& request) {
  return is_bios(request) ? "exit 0\n" : "exit 1\n";
}

Result<std::string> render(const LocalDisk& disk, const BootRequest& request, const BootServer&) {
  constexpr std::string_view head = "#!ipxe\necho Colony: this machine boots from its own disk\n";
  switch (disk.handover) {
    case LocalHandover::exit: return fmt::format("{}{}", head, leave(request));
    case LocalHandover::sanboot:
      // INT 13h drive 0x80 is a BIOS idea; UEFI firmware boots its disks itself.
      return fmt::format("{}{}{}", head, is_bios(request) ? "sanboot --no-describe --drive 0x80 ||\n" : "",
                         leave(request));
    case LocalHandover::not_found: break;
  }
  return fail(ErrorKind::not_found, "ipxe.no_script", "this machine boots from its own disk");
}

Result<std::string> render(const Hold& hold, const BootRequest& request, const BootServer& server) {
  return fmt::format(
      "#!ipxe\n"
      "echo Colony holds this machine: {}\n"
      "echo No disk is touched. Asking again every {} s\n"
      "{}",
      screen_text(hold.reason), hold_seconds, ask_again(request, server, hold_seconds));
}

Result<std::string> render(const Silence&, const BootRequest&, const BootServer&) {
  return fail(ErrorKind::not_found, "ipxe.no_script", "nothing to boot for this machine");
}

}  // namespace

Result<std::string> render_script(const BootDecision& decision, const BootRequest& request,
                                  const BootServer& server) {
  return std::visit([&](const auto& what) { return render(what, request, server); }, decision);
}

std::string autoexec_script(const BootRequest& request, const BootServer& server) {
  return fmt::format(
      "#!ipxe\n"
      ":again\n"
      "dhcp && chain --replace --autofree {} ||\n"
      "sleep {}\n"
      "goto again\n",
      script_url(server, request), retry_seconds);
}

}  // namespace colony::pxe::ipxe
