#pragma once
// TFTP by tftpd-hpa: writes the tree that colony-tftpd.service serves (tftp_tree.hpp), and reads a file
// through it, from the load-balancer address, at the start and ever after (tftp_proof.hpp). docs/adr/0005.

#include <string>

#include "core/async/blocking_pool.hpp"
#include "core/async/task_group.hpp"
#include "core/async/wakeup.hpp"
#include "core/log.hpp"
#include "core/net/privileged.hpp"
#include "core/random.hpp"
#include "daemon/boot/tftp_proof.hpp"
#include "daemon/boot/tftp_tree.hpp"
#include "daemon/findings.hpp"

namespace colony::daemon {

class TftpEngine {
 public:
  /// All of it outlives the engine's tasks.
  struct Parts {
    core::Timers& timers;
    core::Random& random;
    core::Log& log;
    core::BlockingPool& pool;
    core::Privileged& privileged;
    Findings& findings;
  };
  struct Settings {
    core::Ipv4Address address;
    std::string directory;  // the tree
    std::string site_root;  // tftp.root
    std::uint16_t port = 69;
  };

  TftpEngine(Parts parts, Settings settings, TreeFiles files);
  TftpEngine(const TftpEngine&) = delete;
  TftpEngine& operator=(const TftpEngine&) = delete;
  ~TftpEngine();

  /// Runs as a task of `group`, which ends before the engine does.
  void start(core::TaskGroup& group);
  /// The address is ours, or is not any more: without it nothing is proved, and nothing is wrong with TFTP.
  void set_address_held(bool held);
  /// Exports and proves now.
  void look_again() { changed_.wake(); }
  [[nodiscard]] bool serves() const { return held_ && proof_.served(); }

 private:
  [[nodiscard]] core::Task<> run();
  [[nodiscard]] core::Task<core::Result<>> prove();
  void tell(const core::Result<>& outcome);

  Parts parts_;
  Settings settings_;
  TreeFiles files_;
  TftpProof proof_;
  bool held_ = false;
  core::Wakeup changed_;
};

}  // namespace colony::daemon
