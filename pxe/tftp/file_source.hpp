#pragma once
// What TFTP can serve: a name to bytes, nothing else. There is no file system behind it, so nothing to escape
// into.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/address.hpp"

namespace colony::pxe::tftp {

/// Shared with HTTP, and because a transfer may outlive the version of the file that it began with.
using FileBytes = std::shared_ptr<const std::string>;

struct FileRequest {
  std::string_view name;
  core::Ipv4Address client;
  std::optional<core::MacAddress> mac;  // of the client, where known
};

class FileSource {
 public:
  virtual ~FileSource() = default;
  /// Null: there is no such file for this client.
  [[nodiscard]] virtual FileBytes find(const FileRequest& request) = 0;
};

/// Boot programs that are the same for everybody, and files made for the asking machine ("autoexec.ipxe").
class BootFiles final : public FileSource {
 public:
  /// Makes one machine's file; null when it has none. Quick: called on the logic thread, per request.
  using Make = std::function<FileBytes(const FileRequest&)>;

  void add(std::string name, FileBytes bytes) { files_.insert_or_assign(std::move(name), std::move(bytes)); }
  void add_virtual(std::string name, Make make) {
    virtual_.insert_or_assign(std::move(name), std::move(make));
  }
  [[nodiscard]] FileBytes find(const FileRequest& request) override;

 private:
  std::map<std::string, FileBytes, std::less<>> files_;
  std::map<std::string, Make, std::less<>> virtual_;
};

}  // namespace colony::pxe::tftp
