// Against the kernel itself: a loop device over a file of ours. Skipped where there are none.
#include "ramdisk/machine/kernel_block_device.hpp"

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/loop.h>
#include <sys/ioctl.h>
#include <unistd.h>

using namespace colony;
using namespace colony::ramdisk;

namespace {

constexpr std::size_t file_size = 4 << 20;

class LoopDisk : public testing::Test {
 protected:
  void SetUp() override {
    file_ = std::filesystem::path(testing::TempDir()) / ("loop-" + std::to_string(getpid()));
    std::ofstream(file_) << std::string(file_size, 'x');
    const core::FileDescriptor control(open("/dev/loop-control", O_RDWR | O_CLOEXEC));
    if (!control.valid()) GTEST_SKIP() << "no /dev/loop-control, or no right to it";
    // Between asking for a free device and taking it, somebody else may take it.
    for (int tries = 0; tries < 10 && !loop_.valid(); ++tries) attach(control);
    if (!loop_.valid()) GTEST_SKIP() << "no loop device is to be had";
  }
  void TearDown() override {
    if (loop_.valid()) ioctl(loop_.get(), LOOP_CLR_FD);
    std::filesystem::remove(file_);
  }
  void attach(const core::FileDescriptor& control) {
    const int number = ioctl(control.get(), LOOP_CTL_GET_FREE);
    if (number < 0) return;
    path_ = "/dev/loop" + std::to_string(number);
    core::FileDescriptor loop(open(path_.c_str(), O_RDWR | O_CLOEXEC));
    const core::FileDescriptor backing(open(file_.c_str(), O_RDWR | O_CLOEXEC));
    if (loop.valid() && ioctl(loop.get(), LOOP_SET_FD, backing.get()) == 0) loop_ = std::move(loop);
  }
  [[nodiscard]] bool file_is_zero() const {
    std::ifstream in(file_, std::ios::binary);
    const std::string all(std::istreambuf_iterator<char>(in), {});
    return all.size() == file_size && std::ranges::all_of(all, [](char c) { return c == 0; });
  }

  std::filesystem::path file_;
  std::string path_;
  core::FileDescriptor loop_;
};

}  // namespace

TEST_F(LoopDisk, ReadsWritesAndTellsItsSize) {
  const auto device = KernelBlockDevice::open(path_);
  ASSERT_TRUE(device) << device.error().message;
  EXPECT_EQ((*device)->size_bytes(), file_size);
  EXPECT_EQ((*device)->logical_block_bytes(), 512U);
  AlignedBuffer buffer(8192);
  ASSERT_TRUE((*device)->read(4096, buffer.span()));
  EXPECT_EQ(buffer.view()[0], 'x');
  std::ranges::fill(buffer.span(), core::Byte{'y'});
  ASSERT_TRUE((*device)->write(512, buffer.view().first(512)));
  ASSERT_TRUE((*device)->flush());
  ASSERT_TRUE((*device)->read(512, buffer.span().first(512)));
  EXPECT_EQ(buffer.view()[511], 'y');
}

TEST_F(LoopDisk, ZeroOutLeavesZeroes) {
  const auto device = KernelBlockDevice::open(path_);
  ASSERT_TRUE(device) << device.error().message;
  ASSERT_TRUE((*device)->zero_out(0, file_size));
  ASSERT_TRUE((*device)->flush());
  EXPECT_TRUE(file_is_zero());
}

TEST_F(LoopDisk, DiscardWorksOrIsCalledUnsupported) {
  const auto device = KernelBlockDevice::open(path_);
  ASSERT_TRUE(device) << device.error().message;
  const auto done = (*device)->discard(0, file_size);
  if (!done) {
    EXPECT_EQ(done.error().kind, core::ErrorKind::unsupported) << done.error().message;
  }
}

TEST_F(LoopDisk, IsRefusedWhileSomebodyHoldsIt) {
  const core::FileDescriptor holder(open(path_.c_str(), O_RDWR | O_EXCL | O_CLOEXEC));
  ASSERT_TRUE(holder.valid());
  const auto device = KernelBlockDevice::open(path_);
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, "scout.disk_busy");
}

TEST(KernelBlockDevice, NamesWhatItCannotOpen) {
  const auto device = KernelBlockDevice::open("/dev/no-such-disk");
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, "scout.disk_open");
}
