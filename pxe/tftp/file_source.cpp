#include "pxe/tftp/file_source.hpp"

namespace colony::pxe::tftp {

FileBytes BootFiles::find(const FileRequest& request) {
  if (const auto made = virtual_.find(request.name); made != virtual_.end()) return made->second(request);
  if (const auto file = files_.find(request.name); file != files_.end()) return file->second;
  return nullptr;
}

}  // namespace colony::pxe::tftp
