#include "ramdisk/scout/block_device.hpp"

#include <cstdlib>
#include <cstring>
#include <new>

namespace colony::ramdisk {

namespace {
constexpr std::size_t page = 4096;
}

AlignedBuffer::AlignedBuffer(std::size_t size) : size_(size) {
  const std::size_t whole_pages = (size + page - 1) / page * page;
  memory_.reset(static_cast<core::Byte*>(std::aligned_alloc(page, whole_pages == 0 ? page : whole_pages)));
  if (!memory_) throw std::bad_alloc();
  std::memset(memory_.get(), 0, size);
}

void AlignedBuffer::Free::operator()(core::Byte* memory) const {
  std::free(memory);
}

}  // namespace colony::ramdisk
