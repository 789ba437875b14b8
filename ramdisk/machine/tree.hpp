#pragma once
// Small files of sysfs and procfs below a root that tests replace. Everything is bounded, and text comes out
// clean: what a drive writes into its model name reaches no log and no message as control characters.

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/bytes.hpp"

namespace colony::ramdisk {

class Tree {
 public:
  explicit Tree(std::filesystem::path root) : root_(std::move(root)) {}

  /// The first line, trimmed, printable ASCII only, at most 256 bytes; empty when there is none.
  [[nodiscard]] std::string line(const std::string& path) const;
  [[nodiscard]] std::optional<std::uint64_t> number(const std::string& path) const;
  /// Raw content; empty when it cannot be read, cut at `limit`.
  [[nodiscard]] core::Bytes bytes(const std::string& path, std::size_t limit) const;
  [[nodiscard]] std::string text(const std::string& path, std::size_t limit) const;
  [[nodiscard]] bool exists(const std::string& path) const;
  /// Names in a directory, sorted, at most 4096.
  [[nodiscard]] std::vector<std::string> names(const std::string& path) const;
  /// Where a link leads, with all links on the way followed; empty when it leads nowhere.
  [[nodiscard]] std::string resolved(const std::string& path) const;
  [[nodiscard]] std::filesystem::path at(const std::string& path) const { return root_ / path; }

 private:
  std::filesystem::path root_;
};

/// Printable ASCII of `text`, trimmed, runs of blanks made one, at most 256 bytes.
[[nodiscard]] std::string clean(std::string_view text);

}  // namespace colony::ramdisk
