#pragma once
// As much of iPXE's script language (https://ipxe.org/scripting) as boot scripts use, read the way iPXE reads
// it: variables are expanded first, words are split at blanks, `||`, `&&`, `;` and `#` are words, and a
// failing line ends the script. Pure: the interpreter runs until it needs something from outside and says
// what.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/sha256.hpp"

namespace colony::hw_sim {

/// An image iPXE holds in memory: what it was called, where it came from, what it hashes to.
struct IpxeImage {
  std::string name;
  std::string url;
  core::Sha256Digest digest;
  std::uint64_t bytes = 0;
};

namespace ipxe_need {
struct Fetch {  // an image; answer with on_image or on_failure
  std::string url;
};
struct Sleep {  // answer with on_slept
  core::Duration duration{};
};
struct BootKernel {
  IpxeImage kernel;
  std::vector<IpxeImage> initrds;
  std::string command_line;
};
struct Chain {  // another script or boot program
  std::string url;
};
struct LocalDisk {};  // sanboot
struct Exit {         // back to the firmware, which tries the next boot device
  bool success = true;
};
struct Reboot {};
struct PowerOff {};
struct Stuck {  // waits for a person, or loops without waiting
  std::string reason;
};
}  // namespace ipxe_need

using IpxeNeed = std::variant<ipxe_need::Fetch, ipxe_need::Sleep, ipxe_need::BootKernel, ipxe_need::Chain,
                              ipxe_need::LocalDisk, ipxe_need::Exit, ipxe_need::Reboot, ipxe_need::PowerOff,
                              ipxe_need::Stuck>;

class IpxeScript {
 public:
  using Variables = std::map<std::string, std::string, std::less<>>;

  /// `url` is where the script came from: relative URLs start there. Errors: ipxe.not_a_script (no "#!ipxe"),
  /// ipxe.too_large.
  [[nodiscard]] static core::Result<IpxeScript> parse(std::string_view text, std::string url,
                                                      Variables variables);

  /// Runs on. Called again only after the answer to the last need was given.
  [[nodiscard]] IpxeNeed run();
  void on_image(std::uint64_t bytes, const core::Sha256Digest& digest);
  void on_failure();
  void on_slept() {}

  /// What `echo` printed, oldest first, bounded.
  [[nodiscard]] const std::vector<std::string>& screen() const { return screen_; }
  [[nodiscard]] const Variables& variables() const { return variables_; }

 private:
  using Words = std::vector<std::string>;
  enum class Verdict : std::uint8_t { success, failure };
  struct PendingImage {
    std::string name, url, arguments;
    bool kernel = false;
  };

  [[nodiscard]] std::optional<IpxeNeed> run_command(const Words& words);
  [[nodiscard]] std::optional<IpxeNeed> fetch(const Words& words, bool kernel);
  [[nodiscard]] std::optional<IpxeNeed> boot(const Words& words);
  void go_to(std::string_view label);
  void print(std::string_view line);
  [[nodiscard]] Words next_command(std::string& terminator);

  std::vector<std::string> lines_;
  std::string url_;
  Variables variables_;
  std::size_t line_ = 0;  // the next one to start
  Words words_;           // of the line being run
  std::size_t word_ = 0;
  std::string terminator_;  // after the command that ran last
  Verdict verdict_ = Verdict::success;
  std::optional<PendingImage> pending_;
  std::vector<IpxeImage> images_;
  std::optional<std::string> selected_;  // image name that `boot` starts
  std::map<std::string, std::string, std::less<>> arguments_;
  std::vector<std::string> screen_;
};

/// Resolves `reference` against `base` (RFC 3986 section 5.2, as far as boot URLs need it).
[[nodiscard]] std::string resolve_url(std::string_view base, std::string_view reference);

}  // namespace colony::hw_sim
