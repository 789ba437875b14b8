#pragma once
// What the kernel tells of its own accord about interfaces and IPv4 addresses (rtnetlink(7) multicast): that
// something changed, so that whoever cares looks again with InterfaceAddresses. Needs no capability.

#include <optional>
#include <vector>

#include "core/error.hpp"
#include "core/net/file_descriptor.hpp"
#include "core/net/privileged.hpp"

namespace colony::core {

struct InterfaceNotice {
  unsigned index = 0;
  std::optional<InterfaceState>
      link;  // of a link that is there, without addresses; else: it, or an address, changed
};

class InterfaceWatch {
 public:
  struct News {
    std::vector<InterfaceNotice> notices;
    bool missed_some = false;  // the kernel had more to tell than the socket holds: look at everything
  };

  /// Errors: net.netlink.
  [[nodiscard]] static Result<InterfaceWatch> open();
  /// Non-blocking; readable when there is news.
  [[nodiscard]] int fd() const { return fd_.get(); }
  /// What is queued now, bounded: there may be more.
  [[nodiscard]] News take();

 private:
  explicit InterfaceWatch(FileDescriptor fd) : fd_(std::move(fd)) {}
  FileDescriptor fd_;
};

}  // namespace colony::core
