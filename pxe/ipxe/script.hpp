#pragma once
// iPXE scripts (ipxe.org/scripting) from typed values. What could mean something to iPXE's parser (blanks,
// "${", "||", quotes, control bytes) is refused in arguments and replaced in text for people, so that nothing
// written into a boot decision can become a command. Every script ends in a way out: it boots, it hands over,
// or it asks again.

#include <string>

#include "core/error.hpp"
#include "pxe/boot_policy.hpp"
#include "pxe/boot_urls.hpp"

namespace colony::pxe::ipxe {

// Bounds of one script: more is a bug of ours, and x86 Linux cuts its command line at 2048 bytes.
inline constexpr std::size_t argument_limit = 1024;
inline constexpr std::size_t command_line_limit = 2000;
inline constexpr std::size_t initrd_limit = 8;

/// Errors: ipxe.argument (a character outside the allow-list; the argument is named without its value, which
/// may be a token), ipxe.limit, ipxe.no_script (not_found: the decision is to answer 404, or nothing at all).
[[nodiscard]] core::Result<std::string> render_script(const BootDecision& decision,
                                                      const BootRequest& request, const BootServer& server);

/// What a newer iPXE asks TFTP for before anything else ("autoexec.ipxe"): configure, then fetch the script.
[[nodiscard]] std::string autoexec_script(const BootRequest& request, const BootServer& server);

}  // namespace colony::pxe::ipxe
