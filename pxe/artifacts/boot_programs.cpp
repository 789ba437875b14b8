#include "pxe/artifacts/boot_programs.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/bytes.hpp"
#include "core/net/file_descriptor.hpp"

namespace colony::pxe {

namespace {

constexpr std::string_view debian_folder = "/usr/lib/ipxe/";

bool is_plain_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && !name.starts_with('.') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                  c == '_' || c == '-';
         });
}

core::Result<std::string> read_file(const std::string& path) {
  const core::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.valid()) {
    const bool debian = path.starts_with(debian_folder);
    return core::fail(
        core::ErrorKind::not_found, "nbp.missing",
        fmt::format("boot program {} cannot be opened{}", path,
                    debian ? "; it comes with Debian's package ipxe: apt-get install ipxe" : ""));
  }
  struct stat about{};
  if (::fstat(file.get(), &about) != 0) return core::fail_errno("nbp.read", path, errno);
  const auto size = static_cast<std::uint64_t>(about.st_size);
  if (!S_ISREG(about.st_mode) || size == 0 || size > max_boot_program_size) {
    return core::fail(
        core::ErrorKind::invalid_input, "nbp.size",
        fmt::format("boot program {} must be a file of 1 to {} bytes", path, max_boot_program_size));
  }
  std::string bytes(size, '\0');
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = ::read(file.get(), bytes.data() + at, bytes.size() - at);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return core::fail_errno("nbp.read", path, got == 0 ? EIO : errno);
    at += static_cast<std::size_t>(got);
  }
  return bytes;
}

}  // namespace

std::vector<BootProgramFile> debian_boot_programs() {
  return {{"undionly.kpxe", "/usr/lib/ipxe/undionly.kpxe"},
          {"snponly.efi", "/usr/lib/ipxe/snponly.efi"},
          {"ipxe.efi", "/usr/lib/ipxe/ipxe.efi"}};
}

core::Result<> BootPrograms::load(const BootProgramFile& file) {
  if (!is_plain_name(file.name)) {
    return core::fail(core::ErrorKind::invalid_input, "nbp.name",
                      fmt::format("boot program name {} has other characters than letters, digits, . _ -",
                                  core::printable(file.name)));
  }
  auto bytes = read_file(file.path);
  if (!bytes) return std::unexpected(bytes.error());
  programs_.insert_or_assign(file.name, std::make_shared<const std::string>(std::move(*bytes)));
  return {};
}

BootPrograms::Bytes BootPrograms::find(std::string_view name) const {
  const auto found = programs_.find(name);
  return found == programs_.end() ? nullptr : found->second;
}

}  // namespace colony::pxe
